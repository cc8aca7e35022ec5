"""First part: one row per segment, and who brings the money."""

import plotly.graph_objects as go

from python_charts.parts import Report, Table, finish, name_rows
from python_charts.style import say


def list_profiles(report: Report) -> Table:
    """List the segments: size, change, money, what is typical and what to do."""
    months = report.tables["segment_months"]
    newest = months[months["as_of_date"] == months["as_of_date"].max()]
    changes = newest.set_index("segment_id")["customer_change"]
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
    segments = report.keep("segment_profiles").values()
    figure, says = go.Figure(), []
    for row, segment in enumerate(segments):
        customers, money = profiles.loc[segment.segment_id, [*shares]]
        texts = [report.numbers.write(share, "share") for share in (customers, money)]
        says.append(
            f"{segment.name} {texts[0]} of customers, {texts[1]} of net revenue"
        )
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
    found = report.tables["report_findings"].set_index("finding")["sentence"]
    title = str(found.get("revenue_carrier", "Customers and net revenue by segment"))
    return finish(figure, 50 + 62 * len(segments), "; ".join(says), title.rstrip("."))
