"""Charts of where the segments lie, and their customers where they were asked for."""

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go

from python_charts.style import (
    NO_CLUSTERS,
    Segment,
    count_things,
    escape,
    format_number,
    format_share,
    keep_present,
    list_log_ticks,
    list_segments,
    place_legend,
    say,
    style_figure,
    wrap,
)
from python_charts.tables import Tables

MEASURES = [
    *("recency_days", "frequency", "monetary", "confidence", "horizontal", "vertical")
]
RECENCY_TICKS = [0, 1, 3, 7, 14, 30, 60, 120, 240, 365, 730, 1460, 2920, 5840]


def shows_customers(tables: Tables) -> bool:
    """Tell whether single customers were asked for: only then their ids are read."""
    return "customer_id" in tables["segment_map"]


def describe_rfm_scatter(tables: Tables) -> str:
    """Say how to read the chart of recency, frequency and net revenue."""
    return _describe_marks(tables) + (
        "A larger mark is more net revenue. Click a name in the legend to hide a "
        "segment, double-click to see it alone."
    )


def describe_segment_map(tables: Tables) -> str:
    """Say how to read the map."""
    return _describe_marks(tables) + (
        "All features of the model are flattened to two dimensions (principal "
        "components): customers near each other look alike to the model. What overlaps "
        "here may still be apart in the dimensions left out."
    )


def _describe_marks(tables: Tables) -> str:
    """Say what a mark stands for."""
    if shows_customers(tables):
        return "A sample of the clustered customers, one mark each. "
    return (
        "A mark is the median customer of a segment, in a sample of the clustered "
        "customers; each of its bars spans the middle half of the segment. "
    )


def build_rfm_scatter(tables: Tables) -> go.Figure:
    """Draw segments or their customers by recency, frequency and net revenue.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_map and segment_profiles.

    Returns
    -------
    go.Figure
        Place is recency and purchase days (log scales), area is net revenue.
    """
    points = tables["segment_map"]
    if points.empty:
        return say(NO_CLUSTERS)
    marks = list(_list_marks(tables, points))
    largest = max(rows["monetary"].max() for _, rows, _ in marks)
    figure = go.Figure()
    for segment, rows, bars in marks:
        figure.add_scatter(
            name=segment.label(),
            # Today's buyer has 0 days, which a log axis cannot show: drawn at 1 more.
            x=[float(days) + 1 for days in rows["recency_days"]],
            y=[float(days) for days in rows["frequency"]],
            mode="markers",
            marker={
                "color": segment.colour,
                "symbol": segment.symbol,
                "size": [
                    max(float(money), 0.0) for money in rows["monetary"].fillna(0)
                ],
                "sizemode": "area",
                "sizeref": (largest if largest > 0 else 1.0) / 34**2,
                "sizemin": 3.5,
                "opacity": 0.65,
                "line": {"width": 0.5, "color": "white"},
            },
            error_x=bars.get("recency_days"),
            error_y=bars.get("frequency"),
            hovertext=_describe_points(segment, rows),
            hoverinfo="text",
        )
    style_figure(figure, "Recency, frequency and net revenue", 600)
    place_legend(figure, [segment.label() for segment, _, _ in marks])
    figure.update_xaxes(
        title_text="days since last purchase (log scale; recent buyers on the left)",
        type="log",
        tickvals=[days + 1 for days in RECENCY_TICKS],
        ticktext=[f"{days:,}" for days in RECENCY_TICKS],
    )
    figure.update_yaxes(
        title_text="purchase days in the window (log scale)",
        type="log",
        **list_log_ticks(1, max(points["frequency"].max(), 10)),
    )
    return figure


def build_segment_map(tables: Tables) -> go.Figure:
    """Draw segments or their customers on the two main axes of the model's features.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_map and segment_profiles.

    Returns
    -------
    go.Figure
        Near marks are customers the model sees as alike.
    """
    points = tables["segment_map"]
    if points.empty:
        return say(NO_CLUSTERS)
    marks = list(_list_marks(tables, points))
    figure = go.Figure()
    for segment, rows, bars in marks:
        figure.add_scatter(
            name=segment.label(),
            x=[float(value) for value in rows["horizontal"]],
            y=[float(value) for value in rows["vertical"]],
            mode="markers",
            marker={
                "color": segment.colour,
                "symbol": segment.symbol,
                "size": 7,
                "opacity": 0.7,
                "line": {"width": 0.5, "color": "white"},
            },
            error_x=bars.get("horizontal"),
            error_y=bars.get("vertical"),
            hovertext=_describe_points(segment, rows),
            hoverinfo="text",
        )
    shares = [
        format_share(points[column].iloc[0])
        for column in ("horizontal_variance_share", "vertical_variance_share")
    ]
    style_figure(figure, "How near the segments are to each other", 600)
    place_legend(figure, [segment.label() for segment, _, _ in marks])
    figure.update_xaxes(
        title_text=f"first principal component ({shares[0]} of the variance)"
    )
    figure.update_yaxes(
        title_text=f"second principal component ({shares[1]} of the variance)",
        scaleanchor="x",
    )
    return figure


def _list_marks(
    tables: Tables, points: pd.DataFrame
) -> Iterator[tuple[Segment, pd.DataFrame, dict[str, dict]]]:
    """List what is drawn of each segment: a row per mark, and its bars by column."""
    for segment in keep_present(list_segments(tables), points):
        rows = points[points["segment_id"] == segment.segment_id]
        if shows_customers(tables):
            yield segment, rows.sort_values("customer_id"), {}
            continue
        rows = rows[MEASURES].astype(float)
        lower, middle, upper = (rows.quantile(share) for share in (0.25, 0.5, 0.75))
        bars = {
            column: {
                "array": [upper[column] - middle[column]],
                "arrayminus": [middle[column] - lower[column]],
                "thickness": 1.5,
                "width": 4,
            }
            for column in MEASURES
        }
        yield segment, middle.to_frame().T.assign(customers=len(rows)), bars


def _describe_points(segment: Segment, rows: pd.DataFrame) -> list[str]:
    """Describe marks for hovering: single customers, or the middle of a segment."""
    return [
        f"<b>{wrap(segment.name, 60)}</b>"
        + (
            f"<br>customer {escape(row['customer_id'])}"
            if "customer_id" in row
            else f"<br>medians of {count_things(row['customers'], 'customer')}"
        )
        + f"<br>last purchase {count_things(row['recency_days'], 'day')} ago"
        f"<br>{count_things(row['frequency'], 'purchase day')}"
        f"<br>{format_number(row['monetary'])} net revenue"
        f"<br>confidence {format_number(row['confidence'])}"
        for row in rows.to_dict("records")
    ]
