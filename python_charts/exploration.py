"""Last parts: the customers before anybody grouped them, and the number of segments."""

import plotly.graph_objects as go
from babel.dates import get_day_names

from python_charts.parts import Cell, Report, Table, finish, label_places, make_grid
from python_charts.style import ACCENT, describe_feature

# Months of a cohort that fit on a page.
COHORTS, MONTHS = 12, 12
SCORES = {
    "stability": "Stability (higher: found again)",
    "simplified_silhouette": "Silhouette (higher: separate)",
    "inertia": "Inertia (always falls)",
}


def build_histograms(report: Report) -> list[go.Figure]:
    """Draw each feature of the model twice: as it is, and as the model sees it."""
    bins = report.tables["feature_histograms"].sort_values("bin")
    figures = []
    for (feature, scale), rows in bins.groupby(["feature", "scale"]):
        label, kind, _ = describe_feature(feature)
        transform = rows["transform"].iloc[0]
        if scale == "transformed" and transform == "none":
            continue
        low, high = rows["lower_bound"], rows["upper_bound"]
        figure = go.Figure()
        figure.add_bar(
            x=((low + high) / 2).tolist(),
            y=rows["customers"].tolist(),
            width=(high - low).tolist(),
            marker={"color": ACCENT, "line": {"width": 0}},
            hoverinfo="y",
        )
        form = ".0%" if kind == "share" else "~s"
        figure.update_xaxes(nticks=5, tickformat=form if scale == "raw" else "~g")
        figure.update_yaxes(nticks=4, tickformat="~s")
        title = f"{label}, {'as it is' if scale == 'raw' else f'after {transform}'}"
        most = rows["customers"].idxmax()
        ends = [report.numbers.write(end[most], "number") for end in (low, high)]
        figures.append(
            finish(figure, 200, f"{title}: most in {' to '.join(ends)}", title)
        )
    return figures


def tint_correlations(report: Report) -> Table:
    """Tint how far two features say the same about a customer."""
    pairs = report.tables["feature_correlations"]
    found = pairs.set_index(["feature", "other_feature"])["correlation"].to_dict()
    lines = {x: describe_feature(x)[0] for x in sorted(pairs["feature"].unique())}

    def fill(line: str, column: str) -> Cell:
        value = found.get((line, column))
        return Cell("") if line == column else report.cell(value, "ratio", value)

    return make_grid("Correlation", lines, {x: f"#{lines[x]}" for x in lines}, fill)


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
    at, share = (
        report.numbers.write(x.iloc[best], "share") for x in (customers, money)
    )
    title = f"The best {at} of the buyers bring {share} of the net revenue"
    return finish(figure, 340, title, title)


def tint_cohorts(report: Report) -> Table:
    """Tint which share of a cohort bought again, month after month."""
    rows = report.tables["cohort_retention"]
    # A small cohort says more of single customers than of the shop.
    rows = rows[
        rows["months_since"].between(1, MONTHS) & (rows["cohort_customers"] >= 10)
    ]
    found = rows.set_index(["cohort_month", "months_since"])["retained_share"].to_dict()
    months = sorted(rows["cohort_month"].unique())[-COHORTS:]
    sizes = rows.drop_duplicates("cohort_month").set_index("cohort_month")
    most = max(rows["retained_share"].max(), 0.01) if len(rows) else 1

    def fill(month: object, since: int) -> Cell:
        share = found.get((month, since))
        return Cell("") if share is None else report.cell(share, "share", share / most)

    lines = {}
    for month in months:
        size = report.numbers.write(sizes.loc[month, "cohort_customers"], "count")
        lines[month] = f"{report.numbers.write(month, 'month')} ({size})"
    heads = {since: f"#{since}" for since in sorted(rows["months_since"].unique())}
    return make_grid("First bought in (customers)", lines, heads, fill)


def build_calendar(report: Report) -> list[go.Figure]:
    """Draw purchases by day of the week and by month."""
    calendar = report.tables["sales_calendar"]
    sums = calendar.groupby("weekday")[["purchase_days", "days"]].sum()
    means = (sums["purchase_days"] / sums["days"]).reindex(range(1, 8), fill_value=0)
    months = calendar.groupby("order_month")["purchase_days"].sum()
    labels = [report.numbers.write(month, "month") for month in months.index]
    names = get_day_names("abbreviated", locale=report.numbers.locale)
    days = [names[day - 1] for day in means.index]
    figures = []
    for title, ticks, values in (
        ("Purchases on an average day of the week", days, means.tolist()),
        ("Purchases by month", labels, months.tolist()),
    ):
        figure = go.Figure(go.Bar(y=values, marker_color=ACCENT, hoverinfo="y"))
        figure.update_xaxes(**label_places(ticks))
        figure.update_yaxes(nticks=5, tickformat="~s")
        alt = f"{title}: most in {ticks[values.index(max(values))]}"
        figures.append(finish(figure, 240, alt, title))
    return figures


def build_counts(report: Report) -> list[go.Figure]:
    """Draw the scores of every number of segments tried, the chosen one as a star."""
    rows = report.tables["segment_count_scores"].sort_values("segment_count")
    chosen = rows["is_chosen"].astype(bool).tolist()
    figures = []
    for name, title in SCORES.items():
        figure = go.Figure()
        figure.add_scatter(
            x=rows["segment_count"].tolist(),
            y=rows[name].tolist(),
            mode="lines+markers",
            line={"color": ACCENT, "width": 1.5},
            marker={
                "symbol": ["star" if is_chosen else "circle" for is_chosen in chosen],
                "size": [16 if is_chosen else 8 for is_chosen in chosen],
                "opacity": 1,
            },
            hoverinfo="x+y",
        )
        figure.update_xaxes(tickformat="d", dtick=max(1, len(rows) // 6))
        figure.update_yaxes(nticks=4)
        values = zip(rows["segment_count"], rows[name], strict=True)
        says = ", ".join(f"{k}: {report.numbers.write(y, 'number')}" for k, y in values)
        figures.append(finish(figure, 220, f"{title} by number, {says}", title))
    return figures
