"""Sizes and money of the segments: today, over time, and what came after."""

import plotly.graph_objects as go

from python_charts.parts import Report, Table, finish, label_places, name_rows
from python_charts.style import escape, say


def list_profiles(report: Report) -> Table:
    """List the segments: size, change, money, what is typical and what to do."""
    months = report.tables["segment_months"]
    newest = months[months["as_of_date"] == months["as_of_date"].max()]
    changes = newest[newest["is_comparable"]].set_index("segment_id")["customer_change"]
    rows = report.order(report.tables["segment_profiles"])
    rows = rows.assign(
        change=rows["segment_id"].map(changes),
        per_customer=rows["net_revenue"].astype(float) / rows["customers"],
        note=[_describe(report, row) for row in rows.to_dict("records")],
    )
    return report.list_rows(
        rows,
        "Segment|segment_id|segment; Customers|customers|count; "
        "Share|customer_share|share; Change in the last month|change|change; "
        "Net revenue|net_revenue|money; "
        "Share of net revenue|revenue_share|share; "
        "Net revenue per customer|per_customer|money; "
        "Average purchase|median_average_order_value|money; "
        "What to do|recommended_action|text",
    )


def _describe(report: Report, row: dict) -> str:
    """Say what is typical of a segment, and for how many its name is true."""
    evidence = say(row["evidence"])
    if row["segment_kind"] != "cluster":
        return f"{evidence}."
    share = row["name_holds_share"]
    verdict = "True for" if share >= 0.5 else "No longer true for most, only for"
    return f"{evidence}. {verdict} {report.numbers.share(share)}: {row['name_claim']}."


def build_sizes(report: Report) -> go.Figure:
    """Draw each segment's share of the customers against its share of the money."""
    profiles = report.tables["segment_profiles"].set_index("segment_id")
    shares = profiles[["customer_share", "revenue_share"]].astype(float).fillna(0)
    # What rounds to nothing is drawn as nothing.
    shares = shares.where(shares.abs() >= 0.0005, 0)
    segments = [*report.keep("segment_profiles").values()]
    figure, says = go.Figure(), []
    for row, segment in enumerate(segments):
        customers, money = profiles.loc[segment.segment_id, [*shares]]
        texts = [report.numbers.write(share, "share") for share in (customers, money)]
        says.append(f"{segment.name} {texts[0]} and {texts[1]}")
        for place, opacity in ((0, 0.45), (1, 1)):
            figure.add_bar(
                name=segment.name,
                meta=str(segment.segment_id),
                x=[shares.loc[segment.segment_id].iloc[place]],
                y=[row + 0.3 * place],
                text=[texts[place]],
                marker={"color": segment.colour, "opacity": opacity},
                **{"orientation": "h", "width": 0.28, "textposition": "outside"},
                **{"cliponaxis": False, "hoverinfo": "skip"},
            )
    low, high = min(0.0, shares.min().min()), max(shares.max().max(), 0.01)
    # Room for the text at the end of the bar.
    room = 0.2 * (high - low)
    name_rows(figure, segments).update_yaxes(range=[len(segments) - 0.5, -0.7])
    figure.update_xaxes(
        tickformat=".0%", nticks=6, range=[low - room * (low < 0), high + room]
    )
    figure.update_layout(barmode="overlay")
    alt = f"Shares of customers and of net revenue: {'; '.join(says)}"
    found = report.tables["report_findings"].set_index("finding")["sentence"]
    title = str(found.get("revenue_carrier", "Customers and net revenue by segment"))
    return finish(figure, 50 + 62 * len(segments), alt, title.rstrip("."))


def build_sizes_over_time(report: Report) -> go.Figure:
    """Draw which share of the customers each segment had at every month start."""
    months = report.tables["segment_months"]
    dates = sorted(months["as_of_date"].unique())
    labels = [report.numbers.write(date, "month") for date in dates]
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
