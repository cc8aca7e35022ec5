"""Charts of quality: of the number of segments, and of the input rows."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from python_charts.style import (
    INK,
    QUIET,
    format_number,
    format_share,
    is_missing,
    label_rows,
    say,
    style_figure,
    wrap,
)
from python_charts.tables import Tables

REASONS = {
    "filtered": "Left out by the project's filter",
    "missing_customer": "No customer id",
    "unreadable_timestamp": "Unreadable date",
    "unreadable_amount": "Unreadable amount",
    "before_earliest_date": "Before the earliest date",
    "after_as_of_date": "After the as-of date",
    "ignored_return": "Return (returns are ignored)",
    "duplicate": "Duplicate",
    "conflicting_transaction_id": "Transaction id of another row",
}
SCORES = {
    "stability": "Stability<br>(higher: comes back on resampled data)",
    "simplified_silhouette": "Simplified silhouette<br>(higher: better separated)",
    "silhouette": "Silhouette<br>(higher: better separated)",
    "inertia": "Inertia<br>(lower: tighter; it always falls)",
}


def build_segment_count_scores(tables: Tables) -> go.Figure:
    """Draw the quality of every number of segments tried, the chosen one marked.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_count_scores.

    Returns
    -------
    go.Figure
        One panel per score; hovering gives the reason for or against a number.
    """
    scores = tables["segment_count_scores"].sort_values("segment_count")
    if scores.empty:
        return say("No number of segments was tried: there are too few customers.")
    figure = make_subplots(
        rows=2, cols=2, vertical_spacing=0.26, subplot_titles=list(SCORES.values())
    )
    chosen = [bool(value) for value in scores["is_chosen"]]
    for number, name in enumerate(SCORES):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=[int(count) for count in scores["segment_count"]],
                y=[None if is_missing(y) else float(y) for y in scores[name]],
                mode="lines+markers",
                line={"color": QUIET, "width": 1.5},
                marker={
                    "size": [16 if is_chosen else 8 for is_chosen in chosen],
                    "symbol": [
                        "star" if is_chosen else "circle" for is_chosen in chosen
                    ],
                    "color": [
                        "#B3261E" if is_chosen else QUIET for is_chosen in chosen
                    ],
                    "opacity": 1,
                },
                hovertext=[
                    f"<b>{row['segment_count']} segments</b>: "
                    f"{format_number(row[name])}<br>{wrap(row['reason'], 60)}"
                    for row in scores.to_dict("records")
                ],
                hoverinfo="text",
            ),
            row=number // 2 + 1,
            col=number % 2 + 1,
        )
    count = [int(k) for k in scores.loc[scores["is_chosen"], "segment_count"]]
    title = "How good each number of segments is"
    if count:
        title += f"; {count[0]} were chosen (red star)"
        figure.add_vline(
            x=count[0], line={"color": "#B3261E", "dash": "dot", "width": 1}
        )
    style_figure(figure, title, 660)
    figure.update_layout(showlegend=False, margin_t=120)
    figure.update_xaxes(
        title_text="number of segments",
        dtick=max(1, len(scores) // 12),
        tick0=int(scores["segment_count"].min()),
        tickformat="d",
    )
    return figure.update_yaxes(nticks=5)


def build_data_quality(tables: Tables) -> go.Figure:
    """Draw which rows of the input were not accepted, and the money in them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses transaction_quality.

    Returns
    -------
    go.Figure
        Rows and money of the reasons that were met, in the order they are tried.
    """
    quality = tables["transaction_quality"].sort_values("reason_order")
    rejected = quality[(quality["status"] == "rejected") & (quality["row_count"] > 0)]
    if rejected.empty:
        accepted = int(quality.loc[quality["status"] == "accepted", "row_count"].sum())
        return say(
            f"No row was rejected: all {accepted:,} transaction rows were accepted."
        )
    labels = [wrap(describe_reason(reason), 28) for reason in rejected["reason"]]
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.06,
        subplot_titles=["Rows rejected", "Money in the rejected rows"],
    )
    # What cannot be read has no amount: 0 would be a claim.
    money = [
        "amount not readable"
        if reason == "unreadable_amount"
        else format_number(amount)
        for reason, amount in zip(rejected["reason"], rejected["amount"], strict=True)
    ]
    rows = [
        f"{count:,} ({format_share(share)})"
        for count, share in zip(
            rejected["row_count"], rejected["row_share"], strict=True
        )
    ]
    for column, (name, texts) in enumerate((("row_count", rows), ("amount", money)), 1):
        values = [float(value) for value in rejected[name]]
        low, high = min(0.0, *values), max(0.0, *values)
        span = (high - low) or 1.0
        figure.add_trace(
            go.Bar(
                name=name,
                x=values,
                y=list(range(len(labels))),
                orientation="h",
                marker_color="#6B7C8C",
                text=texts,
                textposition="outside",
                textfont_color=INK,
                cliponaxis=False,
                hovertext=[
                    f"{label}<br>{text}"
                    for label, text in zip(labels, texts, strict=True)
                ],
                hoverinfo="text",
            ),
            row=1,
            col=column,
        )
        figure.update_xaxes(
            title_text=["transaction rows", "in the shop's currency"][column - 1],
            range=[low - (0.4 * span if low < 0 else 0), high + 0.45 * span],
            nticks=6,
            row=1,
            col=column,
        )
        label_rows(figure, labels, row=1, col=column)
    style_figure(
        figure,
        "Transaction rows that were left out, by the first reason met",
        150 + 44 * len(labels),
    )
    return figure.update_layout(showlegend=False, margin_t=90)


def describe_reason(reason: str) -> str:
    """Say why a row was rejected in words."""
    own = reason.replace("_", " ")
    return REASONS.get(reason, own[:1].upper() + own[1:])
