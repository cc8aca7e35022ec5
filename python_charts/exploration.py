"""Last parts: the customers before anybody grouped them, and the number of segments."""

import plotly.graph_objects as go
from babel.dates import get_day_names

from python_charts import parts
from python_charts.parts import Cell, Report, Table
from python_charts.style import ACCENT, describe_feature

# Months of a cohort that fit on a page.
COHORTS, MONTHS = 12, 12
SCORES = {
    "stability": "Stability (higher: found again)",
    "silhouette": "Silhouette (higher: separate)",
    "inertia": "Inertia (always falls)",
}


def build_histograms(report: Report) -> list[go.Figure]:
    """Draw each feature of the model twice: as it is, and as the model sees it."""
    bins = report.tables["feature_histograms"]
    bins = bins.query("scale == 'raw' or transform != 'none'").sort_values("bin")
    figures = []
    for (feature, scale), rows in bins.groupby(["feature", "scale"]):
        label, kind, _ = describe_feature(feature)
        if scale == "transformed":
            label, kind = f"{label} after {rows['transform'].iloc[0]}", "number"
        low, high = rows["lower_bound"], rows["upper_bound"]
        bars = go.Bar(
            x=((low + high) / 2).tolist(),
            y=rows["customers"].tolist(),
            width=(high - low).tolist(),
            marker={"color": ACCENT, "line": {"width": 0}},
            hoverinfo="y",
        )
        figure = go.Figure(bars)
        figure.update_xaxes(**parts.mark_ticks(report, kind, high.max()))
        figure.update_yaxes(nticks=4, tickformat="~s")
        most = rows["customers"].idxmax()
        ends = [report.numbers.write(end[most], kind) for end in (low, high)]
        title = f"{label}: most often {' to '.join(ends)}"
        figures.append(parts.finish(figure, title, title, height=200))
    return figures


def tint_correlations(report: Report) -> Table:
    """Tint how far two features say the same about a customer."""
    pairs = report.tables["feature_correlations"]
    found = pairs.set_index(["feature", "other_feature"])["correlation"].to_dict()
    lines = {x: describe_feature(x)[0] for x in sorted(pairs["feature"].unique())}

    def fill(line: str, column: str) -> Cell:
        value = found.get((line, column))
        return Cell("") if line == column else report.cell(value, "ratio", value)

    heads = {feature: f"#{label}" for feature, label in lines.items()}
    return parts.make_grid("Correlation", lines, heads, fill)


def build_concentration(report: Report) -> go.Figure:
    """Draw which share of the money the best customers bring."""
    rows = report.tables["revenue_concentration"].sort_values("twentieth")
    customers, money = rows["customers_so_far_share"], rows["revenue_so_far_share"]
    figure = go.Figure()
    for x, y, line in (
        ([0, 1], [0, 1], {"color": "#8A94A0", "dash": "dot"}),
        ([0, *customers], [0, *money], {"color": ACCENT, "width": 3}),
    ):
        figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="x+y")
    figure.update_yaxes(tickformat=".0%", title_text="share of net revenue")
    figure.update_xaxes(tickformat=".0%", title_text="share of buyers, the best first")
    # About a fifth of the buyers, or the best one of a few.
    best = max(int((customers < 0.205).sum()), 1) - 1
    at, share = [report.numbers.share(x.iloc[best]) for x in (customers, money)]
    title = f"The best {at} of the buyers bring {share} of the net revenue"
    return parts.finish(figure, title, title, height=340)


def tint_cohorts(report: Report) -> Table:
    """Tint which share of a cohort bought again, month after month."""
    rows = report.tables["cohort_retention"]
    # A small cohort says more of single customers than of the shop.
    rows = rows.query("1 <= months_since <= @MONTHS and cohort_customers >= 10")
    found = rows.set_index(["cohort_month", "months_since"])["retained_share"].to_dict()
    months = sorted(rows["cohort_month"].unique())[-COHORTS:]
    sizes = dict(zip(rows["cohort_month"], rows["cohort_customers"], strict=True))
    most = max(rows["retained_share"].max(), 0.01) if len(rows) else 1

    def fill(month: object, since: int) -> Cell:
        share = found.get((month, since))
        return Cell("") if share is None else report.cell(share, "share", share / most)

    write = report.numbers.write
    lines = {x: f"{write(x, 'month')} ({write(sizes[x], 'count')})" for x in months}
    heads = {since: f"#{since}" for since in sorted(rows["months_since"].unique())}
    return parts.make_grid("First bought in (customers)", lines, heads, fill)


def build_calendar(report: Report) -> list[go.Figure]:
    """Draw purchases by day of the week and by month."""
    calendar = report.tables["sales_calendar"]
    sums = calendar.groupby("weekday")[["purchase_days", "days"]].sum()
    means = (sums["purchase_days"] / sums["days"]).reindex(range(1, 8), fill_value=0)
    months = calendar.groupby("order_month")["purchase_days"].sum()
    labels = [report.numbers.write(month, "month") for month in months.index]
    days = get_day_names("abbreviated", locale=report.numbers.locale)
    figures = []
    charts = {"day of the week": (days, means), "month": (labels, months)}
    for what, (ticks, values) in charts.items():
        figure = go.Figure(
            go.Bar(y=values.tolist(), marker_color=ACCENT, hoverinfo="y")
        )
        figure.update_xaxes(**parts.label_places(ticks))
        figure.update_yaxes(nticks=5, tickformat="~s")
        title = f"{ticks[values.argmax()]} has the most purchases of any {what}"
        figures.append(parts.finish(figure, title, title, height=240))
    return figures


def build_counts(report: Report) -> list[go.Figure]:
    """Draw the scores of every number of segments tried, the chosen one as a star."""
    rows = report.tables["segment_count_scores"].sort_values("segment_count")
    symbols = rows["is_chosen"].map({True: "star", False: "circle"}).tolist()
    figures = []
    for name, words in SCORES.items():
        star = report.numbers.write(rows.loc[rows["is_chosen"], name].max(), "number")
        title = f"{words}: {star} at the star"
        points = go.Scatter(
            x=rows["segment_count"].tolist(),
            y=rows[name].tolist(),
            mode="lines+markers",
            line={"color": ACCENT, "width": 1.5},
            marker={"symbol": symbols, "size": 12, "opacity": 1},
            hoverinfo="x+y",
        )
        figure = go.Figure(points)
        figure.update_xaxes(tickformat="d", dtick=max(1, len(rows) // 6))
        figure.update_yaxes(nticks=4)
        values = [report.numbers.write(value, "number") for value in rows[name]]
        alt = f"{title}, from the fewest segments to the most: {', '.join(values)}"
        figures.append(parts.finish(figure, alt, title, height=220))
    return figures
