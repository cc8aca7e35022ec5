'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const find = (query, root = document) => [...root.querySelectorAll(query)];
const dark = matchMedia('(prefers-color-scheme: dark)');
const hidden = new Set();
const config = { displayModeBar: false, responsive: true, showSendToCloud: false };

// ---- Charts: drawn when they come near, with the template of day or night.
function read(plot) {
  const { data: traces, layout } = data.figures[plot.dataset.figure][plot.dataset.place];
  const isShown = (key) => !hidden.has(String(key));
  const annotations = (layout.annotations || []).filter((note) => isShown(note.name));
  return {
    data: traces.map((trace) => ({ ...trace, visible: isShown(trace.meta) })),
    layout: { ...layout, annotations, template: data.templates.light },
  };
}
function draw(plot) {
  const { data: traces, layout } = read(plot);
  const template = data.templates[dark.matches && !printing ? 'dark' : 'light'];
  // The page has the title and the legend beside the chart.
  const bare = { ...layout, template, autosize: true, title: { text: '' }, showlegend: false };
  return Plotly.react(plot, traces, bare, config).then(() => { plot.dataset.drawn = 'yes'; });
}
// A picture has all of it, and is on white paper.
function picture(plot) {
  const { data: traces, layout } = read(plot);
  const height = layout.height + 80;
  return { data: traces, layout: { ...layout, height, width: 800, paper_bgcolor: 'white' } };
}
let printing = false;
const drawn = () => find('.plot[data-drawn]');
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting && !target.dataset.drawn) draw(target);
  }
}, { rootMargin: '600px' });
find('.plot').forEach((plot) => watcher.observe(plot));
dark.addEventListener('change', () => drawn().forEach(draw));
addEventListener('beforeprint', () => {
  // Charts are as wide as their place: on paper that is A4's.
  document.body.classList.add('paper');
  printing = true;
  find('details').forEach((part) => { part.open = true; });
  find('.plot').forEach(draw);
});
addEventListener('afterprint', () => {
  document.body.classList.remove('paper');
  printing = false;
  drawn().forEach(draw);
});

// ---- Filter by segment: everything that names a segment follows.
function applyFilter() {
  for (const part of find('[data-segment]')) {
    const isOff = hidden.has(part.dataset.segment);
    if (!part.dataset.key) part.hidden = isOff;
  }
  find('select[data-month]').forEach(showMonth);
  drawn().forEach(draw);
}
for (const button of find('[data-filter]')) {
  button.addEventListener('click', () => {
    const key = button.dataset.filter;
    if (!hidden.delete(key)) hidden.add(key);
    button.setAttribute('aria-pressed', String(!hidden.has(key)));
    applyFilter();
  });
}

// ---- Filter by month.
function showMonth(select) {
  for (const row of find(`#${select.dataset.month} [data-key]`)) {
    row.hidden = row.dataset.key !== select.value || hidden.has(row.dataset.segment);
  }
}
find('select[data-month]').forEach((select) => {
  select.addEventListener('change', () => showMonth(select));
});

// ---- Sorting: numbers as numbers, the rest as text; missing values last.
function sortBy(button) {
  const head = button.closest('th');
  const body = button.closest('table').tBodies[0];
  const place = [...head.parentNode.children].indexOf(head);
  const isNumber = head.classList.contains('number');
  const isUp = head.getAttribute('aria-sort') === (isNumber ? 'descending' : null);
  find('th', head.parentNode).forEach((other) => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', isUp ? 'ascending' : isNumber ? 'descending' : 'ascending');
  const read = (row) => {
    const { value } = row.children[place].dataset;
    return isNumber ? parseFloat(value) : (value ?? row.children[place].textContent);
  };
  const sign = head.getAttribute('aria-sort') === 'ascending' ? 1 : -1;
  const compare = (a, b) => {
    const [x, y] = [read(a), read(b)];
    if (isNumber && (Number.isNaN(x) || Number.isNaN(y))) return Number.isNaN(x) - Number.isNaN(y);
    return sign * (isNumber ? x - y : String(x).localeCompare(String(y)));
  };
  [...body.rows].sort(compare).forEach((row) => body.append(row));
}
find('[data-sort]').forEach((button) => button.addEventListener('click', () => sortBy(button)));

// ---- Copy a rule, save a table or a chart.
function save(name, url) {
  const link = document.createElement('a');
  Object.assign(link, { href: url, download: name }).click();
}
for (const button of find('[data-copy]')) {
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(button.previousElementSibling.textContent)
      .then(() => { button.textContent = 'Copied'; }, () => { button.textContent = 'Select and copy'; });
  });
}
for (const button of find('[data-csv]')) {
  button.addEventListener('click', () => {
    const { csv } = button.dataset;
    const file = new Blob(['\ufeff', data.csv[csv]], { type: 'text/csv' });
    save(`${csv}.csv`, URL.createObjectURL(file));
  });
}
for (const button of find('[data-png]')) {
  button.addEventListener('click', async () => {
    for (const plot of find('.plot', button.closest('.block'))) {
      const figure = picture(plot);
      const { width, height } = figure.layout;
      const url = await Plotly.toImage(figure, { format: 'png', scale: 2, width, height });
      save(`${plot.dataset.figure}-${+plot.dataset.place + 1}.png`, url);
    }
  });
}

// ---- Who moved between two months: dates, segments, customers, money. Who was not yet a
// customer comes from segment 0, which no segment has.
const [, ...moves] = data.csv.segment_moves.trim().split('\n').map((line) => line.split(','));
const months = [...new Set(moves.flatMap((move) => move.slice(0, 2)))].sort();
const [from, to, says, table] = ['from', 'to', 'says', 'table']
  .map((name) => document.getElementById(`moves-${name}`));
function showMoves() {
  const rows = moves
    .filter(([a, b]) => a === months[from.value] && b === months[to.value])
    .map(([, , a, b, customers, , money]) => [+a || 0, +b, +customers, +money]);
  const cells = new Map(rows.map(([a, b, ...cell]) => [`${a} ${b}`, cell]));
  const has = (place) => ([id]) => !hidden.has(String(id)) && rows.some((row) => row[place] === id);
  const names = [...data.segments, [0, 'Not yet a customer']];
  const [lines, columns] = [0, 1].map((place) => names.filter(has(place)));
  const count = (part) => part.reduce((sum, row) => sum + row[2], 0);
  const number = new Intl.NumberFormat(data.locale, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(data.locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const add = (parent, name, text, attributes = {}) => {
    const part = parent.appendChild(document.createElement(name));
    part.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => part.setAttribute(key, value));
    return part;
  };
  table.replaceChildren();
  const head = add(add(table, 'thead', ''), 'tr', '');
  add(head, 'th', 'From, below; to, right', { scope: 'col' });
  columns.forEach(([, name]) => add(head, 'th', name, { scope: 'col' }));
  const body = add(table, 'tbody', '');
  for (const [line, name] of lines) {
    const row = add(body, 'tr', '');
    add(row, 'th', name, { scope: 'row' });
    const total = count(rows.filter((move) => move[0] === line));
    for (const [column] of columns) {
      const [customers, money] = cells.get(`${line} ${column}`) || [];
      const cell = add(row, 'td', customers ? number.format(customers) : '', { class: 'number' });
      if (!customers) continue;
      add(cell, 'small', short.format(money));
      cell.dataset.tint = 'high';
      cell.style.setProperty('--tint', (100 * customers) / total);
      cell.classList.toggle('stay', line === column);
    }
  }
  const known = rows.filter((move) => move[0] !== 0);
  const stayed = count(known.filter((move) => move[0] === move[1])) / count(known);
  says.textContent = known.length
    ? `${new Intl.NumberFormat(data.locale, { style: 'percent' }).format(stayed)} stayed in their segment.`
    : 'All customers were new.';
}
if (table) {
  const date = new Intl.DateTimeFormat(data.locale, { dateStyle: 'medium', timeZone: 'UTC' });
  months.forEach((month, place) => {
    const words = date.format(new Date(month));
    if (place < months.length - 1) from.add(new Option(words, place));
    if (place > 0) to.add(new Option(words, place));
  });
  [from.value, to.value] = [months.length - 2, months.length - 1];
  from.addEventListener('change', () => { to.value = Math.max(+to.value, +from.value + 1); showMoves(); });
  to.addEventListener('change', () => { from.value = Math.min(+from.value, +to.value - 1); showMoves(); });
  document.addEventListener('click', (event) => { if (event.target.closest('[data-filter]')) showMoves(); });
  showMoves();
}
