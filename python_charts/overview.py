"""Sizes and money of the segments: today, over time, and what came after."""

import pandas as pd
import plotly.graph_objects as go

from python_charts import parts
from python_charts.parts import Report
from python_charts.style import escape, say


def describe_profiles(report: Report) -> pd.DataFrame:
    """Add to the segments' profiles what changed, and what is typical in words."""
    months = report.tables["segment_months"]
    newest = months[months["as_of_date"] == months["as_of_date"].max()]
    changes = newest[newest["is_comparable"]].set_index("segment_id")["customer_change"]
    rows = report.order(report.tables["segment_profiles"])
    return rows.assign(
        change=rows["segment_id"].map(changes),
        per_customer=rows["net_revenue"].astype(float) / rows["customers"],
        note=[_describe(report, row) for row in rows.to_dict("records")],
    )


def _describe(report: Report, row: dict) -> str:
    """Say what is typical of a segment, and for how many its name is true."""
    evidence = report.numbers.rewrite(say(row["evidence"]))
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
                y=[row - 0.08 + 0.28 * place],
                text=[texts[place]],
                marker={"color": segment.colour, "opacity": opacity},
                **{"orientation": "h", "width": 0.26, "textposition": "outside"},
                **{"cliponaxis": False, "hoverinfo": "skip"},
            )
    low, high = min(0.0, shares.min().min()), max(shares.max().max(), 0.01)
    # Room for the text at the end of the bar.
    room = 0.2 * (high - low)
    parts.name_rows(figure, segments, 62)
    span = [low - room * (low < 0), high + room]
    figure.update_xaxes(tickformat=".0%", nticks=6, range=span)
    alt = f"Shares of customers and of net revenue: {'; '.join(says)}"
    found = report.tables["report_findings"].set_index("finding")["sentence"]
    title = str(found.get("revenue_carrier", "Customers and net revenue by segment"))
    title = report.numbers.rewrite(title.rstrip("."))
    return parts.finish(figure, alt, title, barmode="overlay")


def build_sizes_over_time(report: Report) -> go.Figure:
    """Draw which share of the customers each segment had at every month start."""
    months = report.tables["segment_months"].sort_values("as_of_date")
    dates = months["as_of_date"].unique()
    labels = [report.numbers.write(date, "month") for date in dates]
    figure = go.Figure()
    # The first trace lies at the bottom: the last segment.
    for segment in reversed(report.keep("segment_months").values()):
        rows = months[months["segment_id"] == segment.segment_id]
        counts = [report.numbers.write(count, "count") for count in rows["customers"]]
        figure.add_bar(
            name=segment.name,
            meta=str(segment.segment_id),
            x=list(range(len(dates))),
            y=rows["customer_share"].tolist(),
            marker={"color": segment.colour, "line": {"width": 0}},
            hovertext=[
                f"{escape(segment.name)}, {label}: {count}"
                for label, count in zip(labels, counts, strict=True)
            ],
            hoverinfo="text",
        )
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    figure.update_xaxes(**parts.label_places(labels))
    newest = months[months["as_of_date"] == dates[-1]].nlargest(1, "customer_share")
    share = report.numbers.share(newest["customer_share"].iloc[0])
    name = newest["segment_name"].iloc[0]
    title = f"{name} are the largest segment of {labels[-1]}: {share} of past buyers"
    alt = f"Stacked bars, {labels[0]} to {labels[-1]}. {title}."
    bars = {"barmode": "stack", "bargap": 0.1, "showlegend": True}
    return parts.finish(figure, alt, title, height=360, **bars)


def order_later_spend(report: Report) -> pd.DataFrame:
    """Order what customers spent in the three months after a month start, newest first."""
    rows = report.tables["segment_forward_value"]
    rows = rows.query("segmentation == 'segments' and horizon_months == 3")
    ids = {segment.name: segment.segment_id for segment in report.segments}
    rows = report.order(rows.assign(segment_id=rows["group_name"].map(ids)))
    rows = rows.sort_values("as_of_date", ascending=False, kind="stable")
    keys = [report.numbers.write(date, "date") for date in rows["as_of_date"]]
    return rows.assign(key=keys)
