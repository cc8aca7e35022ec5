"""Chart of the demographics: who is in a segment, among those known."""

import math

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from python_charts.style import (
    DIVERGING,
    QUIET,
    Segment,
    count_lines,
    escape,
    format_share,
    is_missing,
    label_rows,
    list_segments,
    name_columns,
    say,
    style_figure,
    wrap,
)
from python_charts.tables import Tables


def describe_demographics(tables: Tables) -> str:
    """Say how to read the chart, with the size below which a cell is hidden.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_demographics.

    Returns
    -------
    str
        Plain text.
    """
    says = (
        "Each number is a share of the segment's customers whose attribute is known; "
        "the first row says how many that are. Colour compares with all segments that "
        "show the value; white where no other one does. "
    )
    sizes = tables["segment_demographics"]["minimum_cell_size"]
    if not sizes.empty and sizes.max() > 1:
        says += (
            f"Hidden cells have fewer than {int(sizes.max()):,} customers, or none, or "
            "would give away such a cell; values that every segment hides are left "
            "out. "
        )
    return says + (
        "A dash: the attribute is not known for any customer of the segment."
    )


def build_demographics(tables: Tables) -> go.Figure:
    """Draw who is in each segment, among the customers whose attribute is known.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_demographics and segment_profiles.

    Returns
    -------
    go.Figure
        One panel per attribute: text is the share among known, colour the lift.
        Suppressed cells say hidden; the first row is the share known (coverage).
    """
    cells = tables["segment_demographics"]
    if cells.empty:
        return say(
            "No demographic attribute is published, or none has a value that enough "
            "customers of one segment share."
        )
    segments = list_segments(tables)
    columns, angle, head = name_columns(segments)
    attributes = sorted(cells["attribute"].unique())
    values = {name: _list_values(cells, name) for name in attributes}
    labels = {name: [wrap(value, 34) for value in values[name]] for name in attributes}
    heights = [
        max(27, 8 + 16 * count_lines(labels[name])) * (len(values[name]) + 1)
        for name in attributes
    ]
    gap = 62 + head
    total = sum(heights) + gap * (len(attributes) - 1)
    figure = make_subplots(
        rows=len(attributes),
        cols=1,
        row_heights=heights,
        vertical_spacing=gap / total if len(attributes) > 1 else 0,
    )
    for row, name in enumerate(attributes, start=1):
        group = cells[cells["attribute"] == name]
        found = group.set_index(["attribute_value", "segment_id"]).to_dict("index")
        coverage = group.groupby("segment_id")["coverage"].first().to_dict()
        for trace in _draw_attribute(found, coverage, values[name], segments):
            figure.add_trace(trace, row=row, col=1)
        figure.update_xaxes(
            side="top",
            tickvals=list(range(len(columns))),
            ticktext=columns,
            tickangle=angle,
            tickfont_size=12,
            showgrid=False,
            zeroline=False,
            row=row,
            col=1,
        )
        label_rows(figure, ["<i>attribute known</i>", *labels[name]], row=row, col=1)
        axis = figure.layout["yaxis" if row == 1 else f"yaxis{row}"]
        words = name.replace("_", " ")
        figure.add_annotation(
            text=f"<b>{escape(words[:1].upper() + words[1:])}</b>",
            x=0,
            y=axis.domain[1],
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            yshift=14 + head,
            showarrow=False,
            font_size=15,
        )
    figure.update_yaxes(showgrid=False)
    style_figure(
        figure,
        "Who is in each segment: share among the customers whose attribute is known",
        total + 50 + gap,
    )
    return figure.update_layout(
        margin_t=30 + gap,
        margin_b=20,
        coloraxis={
            "colorscale": DIVERGING,
            "cmin": -1,
            "cmax": 1,
            "colorbar": {
                "title": {
                    "text": "share against all segments",
                    "side": "right",
                    "font": {"size": 12},
                },
                "tickvals": [-1, 0, 1],
                "ticktext": ["≤ half", "same", "≥ twice"],
                "thickness": 14,
                "lenmode": "pixels",
                "len": 260,
                "y": 1,
                "yanchor": "top",
            },
        },
    )


def _list_values(cells: pd.DataFrame, attribute: str) -> list[str]:
    """List an attribute's values in their order.

    The mart counts the order within a segment, where a value nobody has is skipped, so
    the largest order that a value has anywhere comes nearest to its own.
    """
    group = cells[cells["attribute"] == attribute]
    order = group.groupby("attribute_value")["value_order"].max()
    return sorted(order.index, key=lambda value: (order[value], value))


def _draw_attribute(
    found: dict, coverage: dict, values: list[str], segments: list[Segment]
) -> list[go.Heatmap]:
    """Draw one attribute twice: the cells shown by lift, and the neutral ones."""
    shown, neutral = _Layer(), _Layer()
    # Neutral cells: 0 coverage or not compared, 1 hidden, 2 nothing known.
    shown.add_row([None] * len(segments))
    neutral.add_row(
        [
            (
                0,
                _show_coverage(coverage.get(segment.segment_id, 0.0)),
                _say_of(segment, "share of customers whose attribute is known"),
            )
            for segment in segments
        ]
    )
    for value in values:
        row = [
            (segment, found.get((value, segment.segment_id))) for segment in segments
        ]
        shown.add_row([_show_cell(segment, value, cell) for segment, cell in row])
        neutral.add_row(
            [
                _hide_cell(
                    segment, value, cell, coverage.get(segment.segment_id, 0) != 0
                )
                for segment, cell in row
            ]
        )
    greys = [[0, "#FFFFFF"], [0.5, "#D5D9DD"], [1, "#F1F3F5"]]
    return [
        go.Heatmap(coloraxis="coloraxis", **shown.draw()),
        go.Heatmap(
            zmin=0,
            zmax=2,
            colorscale=greys,
            showscale=False,
            textfont_color=QUIET,
            **neutral.draw(),
        ),
    ]


class _Layer:
    """Cells of a heatmap: number, text, and text for hovering; None leaves a gap."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[float, str, str] | None]] = []

    def add_row(self, cells: list[tuple[float, str, str] | None]) -> None:
        """Add a row below those there are."""
        self.rows.append(cells)

    def draw(self) -> dict[str, object]:
        """Return what a heatmap needs to draw the cells."""
        grid = {
            key: [[cell and cell[part] for cell in row] for row in self.rows]
            for part, key in enumerate(("z", "text", "hovertext"))
        }
        grid["text"] = [[text or "" for text in row] for row in grid["text"]]
        count = len(self.rows[0])
        return {
            "textfont_size": 12 if count <= 12 else 9,
            "x": list(range(count)),
            "y": list(range(len(self.rows))),
            "xgap": 2,
            "ygap": 2,
            "texttemplate": "%{text}",
            "hoverinfo": "text",
            "hoverongaps": False,
            **grid,
        }


def _show_cell(
    segment: Segment, value: str, cell: dict | None
) -> tuple[float, str, str] | None:
    """Return a cell that may be shown, else nothing."""
    if cell is None or cell["is_suppressed"] or is_missing(cell["lift"]):
        return None
    share, lift = format_share(cell["share_of_known"]), float(cell["lift"])
    says = (
        f"{escape(value)}: {share} of the customers known<br>{lift:.2f} times the "
        f"share in all segments that show it<br>{int(cell['customers']):,} customers"
    )
    return math.log2(max(lift, 1e-3)), share, _say_of(segment, says)


def _hide_cell(
    segment: Segment, value: str, cell: dict | None, is_known: bool
) -> tuple[float, str, str] | None:
    """Return a cell that is hidden, empty or not compared, else nothing."""
    if not is_known:
        says = f"{escape(value)}: the attribute is not known for any customer"
        return 2, "–", _say_of(segment, says)
    # A value that nobody has is not told from one that few have.
    if cell is None or cell["is_suppressed"]:
        says = f"{escape(value)}: hidden, no customer or too few to be shown"
        return 1, "hidden", _say_of(segment, says)
    if is_missing(cell["lift"]):
        share = format_share(cell["share_of_known"])
        says = (
            f"{escape(value)}: {share} of the customers known<br>no other segment shows "
            f"it<br>{int(cell['customers']):,} customers"
        )
        return 0, share, _say_of(segment, says)
    return None


def _show_coverage(coverage: float) -> str:
    """Write the share known, which is hidden where too few customers are."""
    return "hidden" if is_missing(coverage) else format_share(coverage)


def _say_of(segment: Segment, says: str) -> str:
    """Put a segment's name before what is said of it."""
    return f"<b>{wrap(segment.name, 60)}</b><br>{says}"
