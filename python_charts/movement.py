"""Third part: how segments grew, who moved where, and what came after."""

import plotly.graph_objects as go

from python_charts.parts import Report, Table, finish, label_places
from python_charts.style import escape


def build_sizes_over_time(report: Report) -> go.Figure:
    """Draw which share of the customers each segment had at every month start."""
    months = report.tables["segment_months"]
    dates = sorted(months["as_of_date"].unique())
    labels = [report.numbers.month(date) for date in dates]
    figure = go.Figure()
    # The first trace lies at the bottom: the last segment.
    for segment in reversed(report.keep("segment_months").values()):
        rows = months[months["segment_id"] == segment.segment_id]
        rows = rows.sort_values("as_of_date")
        customers = [
            report.numbers.write(count, "count") for count in rows["customers"]
        ]
        figure.add_bar(
            name=segment.name,
            meta=str(segment.segment_id),
            x=list(range(len(dates))),
            y=rows["customer_share"].tolist(),
            marker={"color": segment.colour, "line": {"width": 0}},
            hovertext=[
                f"{escape(segment.name)}, {label}: {count}"
                for label, count in zip(labels, customers, strict=True)
            ],
            hoverinfo="text",
        )
    figure.update_layout(barmode="stack", bargap=0.1)
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    figure.update_xaxes(**label_places(labels))
    newest = months[months["as_of_date"] == dates[-1]].nlargest(1, "customer_share")
    share = report.numbers.share(newest["customer_share"].iloc[0])
    title = f"{newest['segment_name'].iloc[0]} are the largest segment now: {share}"
    alt = f"Stacked bars, {labels[0]} to {labels[-1]}. {title} of the customers."
    return finish(figure, 360, alt, title)


def list_later_spend(report: Report) -> Table:
    """List what customers spent in the three months after each month start."""
    value = report.tables["segment_forward_value"]
    rows = value[(value["segmentation"] == "segments") & (value["horizon_months"] == 3)]
    ids = {segment.name: segment.segment_id for segment in report.segments}
    rows = report.order(rows.assign(segment_id=rows["group_name"].map(ids)))
    rows = rows.sort_values("as_of_date", ascending=False, kind="stable")
    table = report.list_rows(
        rows,
        "Segment then|segment_id|segment; Placed on|as_of_date|date; "
        "Customers|customers|count; "
        "Mean net revenue after|mean_future_net_revenue|money; "
        "Share who bought|buyer_share|share",
    )
    table.keys = [row[1].text for row in table.rows]
    return table
