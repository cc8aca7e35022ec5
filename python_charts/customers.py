"""Charts of single customers of a sample: where each one lies."""

import pandas as pd
import plotly.graph_objects as go

from python_charts.style import (
    NO_CLUSTERS,
    Segment,
    count_things,
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

RECENCY_TICKS = [0, 1, 3, 7, 14, 30, 60, 120, 240, 365, 730, 1460, 2920, 5840]


def build_rfm_scatter(tables: Tables) -> go.Figure:
    """Draw a sample of customers by recency, frequency and net revenue.

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
    largest = points["monetary"].max()
    figure = go.Figure()
    for segment, rows in _split(tables, points):
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
            hovertext=_describe_points(segment, rows),
            hoverinfo="text",
        )
    style_figure(figure, "Recency, frequency and net revenue of single customers", 600)
    place_legend(figure, [segment.label() for segment, _ in _split(tables, points)])
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
    """Draw a sample of customers on the two main axes of the model's features.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_map and segment_profiles.

    Returns
    -------
    go.Figure
        Near points are customers the model sees as alike.
    """
    points = tables["segment_map"]
    if points.empty:
        return say(NO_CLUSTERS)
    figure = go.Figure()
    for segment, rows in _split(tables, points):
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
            hovertext=_describe_points(segment, rows),
            hoverinfo="text",
        )
    shares = [
        format_share(points[column].iloc[0])
        for column in ("horizontal_variance_share", "vertical_variance_share")
    ]
    style_figure(figure, "How near the segments are to each other", 600)
    place_legend(figure, [segment.label() for segment, _ in _split(tables, points)])
    figure.update_xaxes(
        title_text=f"first principal component ({shares[0]} of the variance)"
    )
    figure.update_yaxes(
        title_text=f"second principal component ({shares[1]} of the variance)",
        scaleanchor="x",
    )
    return figure


def _split(tables: Tables, rows: pd.DataFrame) -> list[tuple[Segment, pd.DataFrame]]:
    """Split customers by segment, in the one order of segments."""
    rows = rows.sort_values("customer_id")
    return [
        (segment, rows[rows["segment_id"] == segment.segment_id])
        for segment in keep_present(list_segments(tables), rows)
    ]


def _describe_points(segment: Segment, rows: pd.DataFrame) -> list[str]:
    """Describe customers for hovering, without saying who they are."""
    columns = ["recency_days", "frequency", "monetary", "confidence"]
    return [
        f"<b>{wrap(segment.name, 60)}</b>"
        f"<br>last purchase {count_things(row['recency_days'], 'day')} ago"
        f"<br>{count_things(row['frequency'], 'purchase day')}"
        f"<br>{format_number(row['monetary'])} net revenue"
        f"<br>confidence {format_number(row['confidence'])}"
        for row in rows[columns].to_dict("records")
    ]
