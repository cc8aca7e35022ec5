"""Second part: what is typical of each segment, and how to find its customers."""

import math

import plotly.graph_objects as go

from python_charts.parts import Cell, Report, Table, finish, make_grid, name_rows
from python_charts.style import describe_feature, escape, say

SCORES = range(1, 6)


def list_features(report: Report, *roles: str) -> dict[str, str]:
    """Name the features of some roles, those that weigh most first."""
    rows = report.tables["segment_feature_profiles"].drop_duplicates("feature")
    found = [
        (roles.index(role), describe_feature(name)[0], name)
        for name, role in zip(rows["feature"], rows["feature_role"], strict=True)
        if role in roles
    ]
    return {name: label for _, label, name in sorted(found)}


def tint_profiles(report: Report) -> Table:
    """Tint every median by how unusual the segment is in the feature."""
    rows = report.tables["segment_feature_profiles"]
    found = rows.set_index(["feature", "segment_id"]).to_dict("index")

    def fill(name: str, segment_id: int) -> Cell:
        row = found.get((name, segment_id))
        if row is None:
            return Cell("–")
        kind = describe_feature(name)[1]
        return report.cell(row["median"], kind, row["standardised_mean"] / 2)

    features = list_features(report, "core", "secondary", "profile")
    columns = report.keep("segment_feature_profiles")
    title = ""
    if found:
        name, key = max(found, key=lambda place: abs(found[place]["standardised_mean"]))
        most = "highest" if found[name, key]["standardised_mean"] > 0 else "lowest"
        title = f"{columns[key].name} stand out most: {most} {features[name].lower()}"
    return make_grid("Median of", features, columns, fill, title)


def tint_recency_frequency(report: Report) -> Table:
    """Tint the cells of recency and frequency by their net revenue."""
    grid = report.tables["recency_frequency_grid"]
    found = grid.set_index(["recency_score", "frequency_score"]).to_dict("index")
    most = max(float(grid["net_revenue"].max()), 1.0)

    def fill(recency: int, frequency: int) -> Cell:
        row = found[recency, frequency]
        money = float(row["net_revenue"])
        cell = report.cell(row["customers"], "count", max(money, 0.0) / most)
        return cell._replace(note=report.numbers.money(money))

    best = grid[grid[["recency_score", "frequency_score"]].min(axis=1) >= 4]
    both = ["customers", "net_revenue"]
    shares = best[both].astype(float).sum() / grid[both].astype(float).sum()
    customers, money = (report.numbers.write(share, "share") for share in shares)
    title = f"{customers} of the buyers are recent and frequent and bring {money}"
    ends = {1: " (lowest)", 5: " (best)"}
    lines = {key: f"Recency {key}{ends.get(key, '')}" for key in reversed(SCORES)}
    columns = {key: f"#Frequency {key}{ends.get(key, '')}" for key in SCORES}
    return make_grid("Customers, net revenue below", lines, columns, fill, title)


def build_distributions(report: Report) -> list[go.Figure]:
    """Draw a box per segment for each feature of the model, a figure per feature."""
    profiles = report.tables["segment_feature_profiles"]
    figures = []
    for name, label in list_features(report, "core", "secondary").items():
        _, kind, is_skewed = describe_feature(name)
        rows = profiles[profiles["feature"] == name].set_index("segment_id")
        segments = [item for item in report.segments if item[0] in rows.index]
        figure, says = go.Figure(), []
        for place, segment in enumerate(segments):
            row = rows.loc[segment.segment_id]
            says.append(f"{segment.name} {report.numbers.write(row['median'], kind)}")
            figure.add_box(
                name=segment.name,
                meta=str(segment.segment_id),
                y=[place],
                q1=[row["lower_quartile"]],
                median=[row["median"]],
                q3=[row["upper_quartile"]],
                lowerfence=[row["percentile_05"]],
                upperfence=[row["percentile_95"]],
                line={"color": segment.colour, "width": 1.5},
                **{"orientation": "h", "width": 0.34, "hoverinfo": "skip"},
            )
        is_log = is_skewed and bool((rows["percentile_05"] > 0).all())
        figure.update_xaxes(
            type="log" if is_log else "linear",
            tickformat=".0%" if kind == "share" else "~s",
            nticks=5,
        )
        if is_log:
            spread = rows["percentile_95"].max() / rows["percentile_05"].min()
            figure.update_xaxes(dtick="D2" if spread < 30 else 1)
        name_rows(figure, segments)
        title = label + (" (log scale)" if is_log else "")
        alt = f"{label}, medians: {'; '.join(says)}"
        figures.append(finish(figure, 64 + 46 * len(segments), alt, title))
    return figures


def build_map(report: Report) -> go.Figure:
    """Draw segments, or single customers if asked for, on the model's main axes."""
    points = report.tables["segment_map"]
    axes = ["horizontal", "vertical"]
    figure = go.Figure()
    for key, segment in report.keep("segment_map").items():
        rows = points[points["segment_id"] == key]
        marker = {"color": segment.colour, "symbol": segment.symbol, "size": 12}
        low, middle, high = rows[axes].quantile([0.25, 0.5, 0.75]).to_numpy()
        marks, hover, bars = middle[None], [segment.name], {}
        if "customer_id" in rows:
            rows = rows.sort_values("customer_id")
            marks, marker["size"] = rows[axes].to_numpy(), 7
            hover = [f"{name}: {segment.name}" for name in rows["customer_id"]]
        else:
            for place, name in enumerate(("error_x", "error_y")):
                up, down = high[place] - middle[place], middle[place] - low[place]
                bars[name] = {"array": [up], "arrayminus": [down]}
        figure.add_scatter(
            name=segment.name,
            meta=str(key),
            x=marks[:, 0].tolist(),
            y=marks[:, 1].tolist(),
            mode="markers",
            marker=marker,
            hovertext=[escape(text) for text in hover],
            hoverinfo="text",
            **bars,
        )
    shares = [points[f"{axis}_variance_share"].iloc[0] for axis in axes]
    x, y = map(report.numbers.share, shares)
    figure.update_xaxes(title_text=f"Horizontal axis: {x} of the variance", nticks=6)
    figure.update_yaxes(title_text=f"Vertical axis: {y} of the variance", nticks=6)
    names = ", ".join(item.name for item in report.keep("segment_map").values())
    title = "Segments near each other look alike to the model"
    return finish(figure, 420, f"{title}: {names} on its two main axes", title)


def tint_demographics(report: Report) -> list[Table]:
    """Tint the shares among known customers by how they differ from all segments."""
    columns = report.keep("segment_demographics")
    tables = []
    for attribute, group in report.tables["segment_demographics"].groupby("attribute"):
        found = group.set_index(["attribute_value", "segment_id"]).to_dict("index")
        known = group.groupby("segment_id")["coverage"].first().to_dict()
        # The order counts within a segment, so the largest anywhere comes nearest.
        order = group.groupby("attribute_value")["value_order"].max()
        values = sorted(order.index, key=lambda value: (order[value], value))

        def fill(value: str | None, segment_id: int, found=found, known=known) -> Cell:
            share = known.get(segment_id, 0.0)
            if value is None:
                return Cell("hidden") if share != share else report.cell(share, "share")
            cell = found.get((value, segment_id))
            if share == 0:
                return Cell("–")
            # A value that nobody has is not told from one that few have.
            if cell is None or cell["is_suppressed"]:
                return Cell("hidden")
            lift = cell["lift"]
            tint = None if lift != lift else math.log2(max(lift, 0.01))
            return report.cell(cell["share_of_known"], "share", tint)

        lines = {None: "Attribute known"} | {value: value for value in values}
        tables.append(make_grid(say(str(attribute)), lines, columns, fill))
    return tables
