"""The page: header, table of segments, and every chart under a heading."""

import html
import os
from pathlib import Path

import pandas as pd
from plotly.offline import get_plotlyjs

from python_charts.charts import SECTIONS, Section
from python_charts.quality import describe_reason
from python_charts.style import (
    FONT,
    NO_CLUSTERS,
    format_number,
    format_share,
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
        aside.write_bytes(render_page(tables).encode("utf-8"))
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
    model = _find_model(tables)
    facts = {}
    if not profiles.empty:
        facts["As of (day not included)"] = _format_date(profiles["as_of_date"].max())
        facts["Customers"] = f"{int(profiles['customers'].sum()):,}"
        revenue = profiles["net_revenue"].sum()
        facts["Net revenue, shop's currency"] = f"{revenue:,.0f}"
    warning = ""
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
    items = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts.items()
    )
    return (
        "<header><h1>Customer segments</h1>\n"
        '<p class="quiet">Customers grouped by how recently, how often and for how '
        "much they buy. Net revenue counts the look-back window of the features.</p>\n"
        f'<dl class="facts">{items}</dl>\n{warning}</header>\n'
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
                _text(row["evidence"]),
                _text(row["recommended_action"]),
            ]
        )
    heads = (
        "Segment|#Customers|#Share of customers|#Share of net revenue|#Borderline|"
        "Evidence|Recommended action"
    )
    table = (
        _render_table(heads.split("|"), body, name_column=True)
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
    """Render a chart under its heading, or the sentence that stands for it."""
    figure = section.build(tables)
    if figure.data:
        chart = figure.to_html(
            full_html=False,
            include_plotlyjs=False,
            div_id=f"chart-{section.anchor}",
            config=CONFIG,
        )
        chart = f'<p class="quiet">{section.lead}</p>\n{chart}'
    else:
        chart = f'<p class="empty">{figure.layout.annotations[0].text}</p>'
    below = ""
    if section.anchor in TABLES_BELOW:
        below = TABLES_BELOW[section.anchor](tables)
    return (
        f'<section id="{section.anchor}"><h2>{section.heading}</h2>\n{chart}\n{below}'
        "</section>\n"
    )


def _render_counts(tables: Tables) -> str:
    """List every number of segments tried, with the reason for or against it."""
    scores = tables["segment_count_scores"].sort_values("segment_count")
    if scores.empty:
        return ""
    body = [
        [
            f"{int(row['segment_count'])}{' (chosen)' if row['is_chosen'] else ''}",
            _decimals(row["stability"]),
            _decimals(row["worst_jaccard"]),
            _decimals(row["simplified_silhouette"]),
            _decimals(row["silhouette"]),
            format_share(row["smallest_share"]),
            _text(row["reason"]),
        ]
        for row in scores.to_dict("records")
    ]
    heads = (
        "Segments|#Stability|#Least stable segment|#Simplified silhouette|#Silhouette|"
        "#Smallest segment|Why, or why not"
    )
    strong = [bool(value) for value in scores["is_chosen"]]
    model = _find_model(tables)
    says = ""
    if model is not None:
        says = (
            f'<p class="quiet">Model version {model["model_version"]} was fitted as of '
            f"{_format_date(model['fitted_as_of_date'])} on "
            f"{int(model['training_customers']):,} customers with "
            f"{int(model['feature_count'])} features: stability "
            f"{_decimals(model['stability'])}, silhouette "
            f"{_decimals(model['silhouette'])}, Davies-Bouldin "
            f"{_decimals(model['davies_bouldin'])}, Calinski-Harabasz "
            f"{format_number(model['calinski_harabasz'])}.</p>\n"
        )
    return _render_table(heads.split("|"), body, strong) + says


def _render_quality(tables: Tables) -> str:
    """List accepted rows and every reason, met or not."""
    quality = tables["transaction_quality"].sort_values("reason_order")
    body = [
        [
            "Accepted"
            if row["status"] == "accepted"
            else html.escape(describe_reason(row["reason"])),
            f"{int(row['row_count']):,}",
            format_share(row["row_share"]),
            "not readable"
            if row["reason"] == "unreadable_amount" and row["row_count"]
            else f"{row['amount']:,.2f}",
        ]
        for row in quality.to_dict("records")
    ]
    strong = [status == "accepted" for status in quality["status"]]
    heads = ["Rows", "#Count", "#Share of all rows", "#Money, shop's currency"]
    return _render_table(heads, body, strong)


def _render_table(
    heads: list[str],
    body: list[list[str]],
    strong: list[bool] | None = None,
    name_column: bool = False,
) -> str:
    """Render rows of HTML cells; a head that starts with # is a column of numbers."""
    kinds = [' class="number"' if head.startswith("#") else "" for head in heads]
    cells = list(kinds)
    if name_column:
        cells[0] = ' class="name"'
    head = "".join(
        f'<th scope="col"{kind}>{html.escape(text.lstrip("#"))}</th>'
        for kind, text in zip(kinds, heads, strict=True)
    )
    rows = ""
    for number, row in enumerate(body):
        rows += '<tr class="strong">' if strong and strong[number] else "<tr>"
        for kind, cell in zip(cells, row, strict=True):
            rows += f"<td{kind}>{cell}</td>"
        rows += "</tr>\n"
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></div>\n"
    )


def _find_model(tables: Tables) -> dict | None:
    """Return the evaluation of the model that placed the customers, if there is one."""
    versions = tables["segment_profiles"]["model_version"].dropna()
    evaluation = tables["segment_evaluation"]
    if versions.empty:
        return None
    rows = evaluation[evaluation["model_version"] == versions.max()]
    return None if rows.empty else rows.iloc[-1].to_dict()


def _format_date(value: object) -> str:
    """Write a date as 2026-01-31."""
    return "unknown" if pd.isna(value) else str(pd.Timestamp(value).date())


def _decimals(value: float) -> str:
    """Write a score with two decimals."""
    return "–" if pd.isna(value) else f"{value:.2f}"


def _text(value: object) -> str:
    """Escape a text cell, which may be empty."""
    return "" if pd.isna(value) else html.escape(str(value)).replace(" %", "\u00a0%")


TABLES_BELOW = {"count": _render_counts, "quality": _render_quality}

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
