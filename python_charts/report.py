"""The page: header, table of segments, and every chart under a heading."""

import html
import os
from pathlib import Path

import pandas as pd
from plotly.offline import get_plotlyjs

from python_charts.charts import SECTIONS, Section
from python_charts.details import (
    EMPTY,
    TABLES_BELOW,
    escape_cell,
    find_drift,
    find_model,
    render_table,
)
from python_charts.style import (
    FONT,
    NO_CLUSTERS,
    format_date,
    format_share,
    is_missing,
    list_segments,
)
from python_charts.tables import Tables

STYLE = """
:root { --ink: #212a33; --quiet: #4c5a67; --line: #d5d9dd; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 28px 32px 60px; color: var(--ink);
  background: #fff; font: 15px/1.5 FONT; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 21px; margin: 0 0 4px; }
p { max-width: 78ch; margin: 4px 0 10px; }
a { color: #0b5394; }
nav { border: solid var(--line); border-width: 1px 0 0;
  padding: 8px 0 0; margin: 18px 0 0; }
nav a { display: inline-block; margin-right: 18px; }
td:first-child:not(.name) { white-space: nowrap; }
section { margin: 34px 0 0; padding-top: 20px; border-top: 1px solid var(--line); }
.quiet { color: var(--quiet); }
.facts { display: flex; flex-wrap: wrap; gap: 10px 34px; margin: 18px 0; padding: 0; }
.facts div { min-width: 100px; }
.facts dt { color: var(--quiet); font-size: 13px; }
.facts dd { margin: 0; font-size: 20px; font-weight: 600; }
.warning { border-left: 5px solid #b3261e; background: #fdecea; padding: 10px 14px; }
h3 { font-size: 16px; margin: 14px 0 4px; }
.ok, .watch { border-left: 5px solid #1b7f4d; background: #f1f3f5;
  padding: 10px 14px; }
.watch { border-color: #b7791f; }
code { font: 13px/1.45 ui-monospace, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; background: #f1f3f5; padding: 1px 4px; border-radius: 3px;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
code span { white-space: nowrap; }
td:has(code) { min-width: 430px; }
.empty { background: #f1f3f5; padding: 12px 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 10px 0; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 7px 10px 7px 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; overflow-wrap: normal; }
td.number, th.number { text-align: right; white-space: nowrap; padding-right: 18px; }
th.number { white-space: normal; }
tr.strong td { font-weight: 600; }
td.name { min-width: 170px; font-weight: 600; padding-left: 20px; text-indent: -20px; }
.swatch { display: inline-block; width: 12px; height: 12px; margin-right: 8px;
  border-radius: 2px; text-indent: 0; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
@media print {
  @page { size: A3 portrait; margin: 10mm; }
  body { padding: 0; font-size: 12px; }
  nav { display: none; }
  section, tr { break-inside: avoid; }
  h2, h2 + p { break-after: avoid; }
}
""".replace("FONT", FONT)

# Nothing leaves the page: no button that would send the data to a server.
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
}
# Charts are as wide as the screen; a sheet of paper has its own width.
PRINTING = """
function fitCharts(width) {
  document.querySelectorAll('.js-plotly-plot').forEach(function (chart) {
    Plotly.relayout(chart, width ? {width: width} : {width: null, autosize: true});
  });
}
window.addEventListener('beforeprint', function () { fitCharts(1000); });
window.addEventListener('afterprint', function () { fitCharts(null); });
"""


def write_report(tables: Tables, folder: str | Path) -> Path:
    """Write ``report.html`` so that a reader never meets half a page.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The published tables.
    folder : str or Path
        The folder they were published in.

    Returns
    -------
    Path
        The page.
    """
    path = Path(folder) / "report.html"
    aside = path.with_name(f".report.html.{os.getpid()}")
    try:
        page = render_page(tables).encode("utf-8")
        # As open as the tables it is drawn from, which are for their owner by default.
        aside.touch(mode=0o600)
        aside.write_bytes(page)
        aside.chmod(int(os.environ.get("SEGMENTATION_PUBLISH_MODE") or "600", 8))
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def render_page(tables: Tables) -> str:
    """Render the whole page as text: the same tables give the same bytes.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The published tables.

    Returns
    -------
    str
        HTML with plotly.js inside; it asks no host for anything.
    """
    links = "".join(
        f'<a href="#{section.anchor}">{section.heading}</a>' for section in SECTIONS
    )
    sections = "".join(_render_section(section, tables) for section in SECTIONS)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n<title>Customer segments</title>\n'
        f"<style>{STYLE}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n<body>\n"
        f"{_render_header(tables)}"
        f'<nav aria-label="Contents"><a href="#segments">Segments</a>{links}'
        '<a href="#meaning">What segments do not mean</a></nav>\n'
        f"{_render_segments(tables)}{sections}{MEANING}"
        f"<script>{PRINTING}</script>\n</body>\n</html>\n"
    )


def _render_header(tables: Tables) -> str:
    """Say of what shop and day this is, and how far to trust it."""
    profiles = tables["segment_profiles"]
    model = find_model(tables)
    facts = {}
    if not profiles.empty:
        facts["As of (day not included)"] = format_date(profiles["as_of_date"].max())
        facts["Customers"] = f"{int(profiles['customers'].sum()):,}"
        revenue = profiles["net_revenue"].sum()
        facts["Net revenue, shop's currency"] = f"{revenue:,.0f}"
    warning = ""
    window = "the look-back window of the features"
    if not profiles.empty:
        first = format_date(profiles["window_start_date"].min())
        last = profiles["as_of_date"].max() - pd.Timedelta(days=1)
        window = f"the window of the features, {first} to {format_date(last)}"
    if model is None:
        facts["Model"] = "none"
        warning = f'<p class="warning">{NO_CLUSTERS}</p>\n'
    else:
        facts["Model version"] = str(model["model_version"])
        facts["Clusters"] = str(model["segment_count"])
        status = str(model["model_status"])
        facts["Status"] = status.replace("_", " ")
        if status == "weak_structure":
            warning = (
                '<p class="warning"><strong>Weak structure.</strong> No number of '
                "segments comes back reliably when the model is fitted again on "
                "resampled customers. Use these segments as a convenient grouping, "
                "not as kinds of customers.</p>\n"
            )
        explained = model["later_spend_explained_share"]
        if not is_missing(explained) and explained < 0.02:
            warning += (
                '<p class="warning"><strong>Little foresight.</strong> What customers '
                "did so far does not tell their later spend apart in this shop. The "
                "segments describe the past.</p>\n"
            )
    drift = find_drift(tables)
    if model is not None and drift is not None:
        facts["Freshness"] = str(drift["status"])
        if drift["status"] == "refit due":
            warning += (
                '<p class="warning"><strong>Refit due.</strong> '
                f"{escape_cell(drift['hint'])}</p>\n"
            )
    items = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts.items()
    )
    return (
        "<header><h1>Customer segments</h1>\n"
        '<p class="quiet">Customers grouped by how recently, how often and for how '
        f"much they buy. Net revenue counts {window}.</p>\n"
        f'<dl class="facts">{items}</dl>\n{warning}</header>\n'
    )


def _render_claim(row: dict) -> str:
    """Say what a cluster's name claims and for how many of its customers it is true."""
    if row["segment_kind"] != "cluster":
        return ""
    share = row["name_holds_share"]
    verdict = "No longer true for most, only for" if share < 0.5 else "True for"
    return (
        f'<br><span class="quiet">{verdict} {format_share(share)}: '
        f"{escape_cell(row['name_claim'])}</span>"
    )


def _render_segments(tables: Tables) -> str:
    """List every segment with its evidence and what to do."""
    rows = tables["segment_profiles"].set_index("segment_id").to_dict("index")
    body = []
    for segment in list_segments(tables):
        row = rows[segment.segment_id]
        body.append(
            [
                f'<span class="swatch" style="background:{segment.colour}"></span>'
                + html.escape(segment.name),
                f"{int(row['customers']):,}",
                format_share(row["customer_share"]),
                format_share(row["revenue_share"]),
                format_share(row["borderline_share"]),
                escape_cell(row["evidence"]) + _render_claim(row),
                escape_cell(row["recommended_action"]),
            ]
        )
    heads = (
        "Segment|#Customers|#Share of customers|#Share of net revenue|#Borderline|"
        "Evidence|Recommended action"
    )
    table = (
        render_table(heads.split("|"), body, name_column=True)
        if body
        else '<p class="empty">There are no customers yet.</p>'
    )
    return (
        '<section id="segments"><h2>Segments</h2>\n<p class="quiet">Clusters first, '
        "then grey: customers whom a rule places because they cannot be clustered. "
        "Borderline is the share of a cluster's customers who lie almost as near to "
        f"another one.</p>\n{table}</section>\n"
    )


def _render_section(section: Section, tables: Tables) -> str:
    """Render a chart and table under a heading, or the sentence that stands for it."""
    lead = section.lead if isinstance(section.lead, str) else section.lead(tables)
    lead = f'<p class="quiet">{html.escape(lead)}</p>\n'
    below = ""
    if section.anchor in TABLES_BELOW:
        below = TABLES_BELOW[section.anchor](tables)
    if section.build is None:
        chart = "" if below.startswith(EMPTY) else lead
    else:
        figure = section.build(tables)
        if figure.data:
            chart = lead + figure.to_html(
                full_html=False,
                include_plotlyjs=False,
                div_id=f"chart-{section.anchor}",
                config=CONFIG,
            )
        else:
            chart = f"{EMPTY}{figure.layout.annotations[0].text}</p>"
    return (
        f'<section id="{section.anchor}"><h2>{section.heading}</h2>\n{chart}\n{below}'
        "</section>\n"
    )


MEANING = """<section id="meaning"><h2>What segments do not mean</h2>
<ul>
<li>Names are relative to this shop: its &ldquo;Champions&rdquo; are the best of these
customers, and could be average ones elsewhere.</li>
<li>A segment describes what customers did. It is not a cause, and not a forecast of
what they would do if treated differently: test an action on part of a segment
first.</li>
<li>Borders are drawn by a model. Borderline customers would fit the neighbouring
segment nearly as well; do not read much into a single customer's segment.</li>
<li>Demographics are shown among the customers for whom they are known, who may differ
from the others. They describe a segment; they are no reason to treat a person
differently.</li>
</ul></section>
"""
