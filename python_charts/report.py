"""Puts figures, tables and words into the template: one file that needs no network."""

import json
import os
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from python_charts import exploration, overview, segments
from python_charts.parts import Report
from python_charts.style import SCHEMES, describe_feature, make_template
from python_charts.tables import LEFT_OUT

HERE = Path(__file__).parent
# A spreadsheet runs a text that begins like this; a quotation mark keeps it from that.
FORMULA = r"^([=+@\t\r\n-])"
# The figures of each block, and the mart without whose rows there are none.
FIGURES = {
    "sizes": (overview.build_sizes, "segment_profiles"),
    "distributions": (segments.build_distributions, "segment_feature_profiles"),
    "map": (segments.build_map, "segment_map"),
    "months": (overview.build_sizes_over_time, "segment_months"),
    "histograms": (exploration.build_histograms, "feature_histograms"),
    "concentration": (exploration.build_concentration, "revenue_concentration"),
    "calendar": (exploration.build_calendar, "sales_calendar"),
    "counts": (exploration.build_counts, "segment_count_scores"),
}


def build_figures(report: Report) -> dict[str, list[go.Figure]]:
    """Build every figure there is something to draw for, by the name of its block."""
    found = {}
    for name, (build, mart) in FIGURES.items():
        rows = report.tables[mart]
        rows = report.order(rows) if "segment_id" in rows else rows
        figures = [] if rows.empty else build(report)
        found[name] = figures if isinstance(figures, list) else [figures]
    return found


def render_page(report: Report) -> str:
    """Render the page as text: the same tables give the same bytes."""
    figures = build_figures(report)
    data = {
        "locale": report.numbers.locale.replace("_", "-"),
        "figures": {
            name: [json.loads(figure.to_json()) for figure in group]
            for name, group in figures.items()
        },
        "templates": {
            scheme: make_template(scheme, report.numbers.separators).to_plotly_json()
            for scheme in SCHEMES
        },
        "segments": [(item.segment_id, item.name) for item in report.segments],
        "csv": {
            name: rows.replace(FORMULA, r"'\1", regex=True).to_csv(index=False)
            for name, rows in report.tables.items()
            if name not in LEFT_OUT
        },
    }
    loader = FileSystemLoader(HERE)
    jinja = Environment(loader=loader, autoescape=True, trim_blocks=True)
    return jinja.get_template("template.html").render(
        report=report,
        tables=report.tables,
        figures=figures,
        overview=overview,
        segments=segments,
        exploration=exploration,
        describe_feature=describe_feature,
        # Nothing in the data can end the script that holds it.
        data=Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")),
        style=Markup((HERE / "style.css").read_text()),
        script=Markup((HERE / "script.js").read_text()),
        plotly=Markup((HERE / "vendor" / "plotly-cartesian.min.js").read_text()),
    )


def write_report(report: Report, path: Path) -> Path:
    """Write the page so that a reader never meets half of one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        page = render_page(report).encode("utf-8")
        # As open as the tables it is drawn from, which are for their owner by default.
        aside.touch(mode=0o600)
        aside.write_bytes(page)
        aside.chmod(int(os.environ.get("SEGMENTATION_PUBLISH_MODE") or "600", 8))
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path
