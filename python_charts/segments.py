"""Second part: what is typical of each segment, and how to find its customers."""

import math

import plotly.graph_objects as go

from python_charts import parts
from python_charts.parts import Cell, Report, Table
from python_charts.style import describe_feature, escape, say


def list_features(report: Report, *roles: str) -> dict[str, str]:
    """Name the features of some roles, those that weigh most first."""
    rows = report.order(report.tables["segment_feature_profiles"])
    rows = rows.drop_duplicates("feature")
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
    return parts.make_grid("Median of", features, columns, fill)


def tint_recency_frequency(report: Report) -> Table:
    """Tint the cells of recency and frequency by their net revenue."""
    grid = report.tables["recency_frequency_grid"]
    found = grid.set_index(["recency_score", "frequency_score"]).to_dict("index")
    most = max(float(grid["net_revenue"].max()), 1.0)

    def fill(recency: int, frequency: int) -> Cell:
        row = found[recency, frequency]
        money = float(row["net_revenue"])
        cell = report.cell(row["customers"], "count", max(money, 0.0) / most)
        return cell._replace(note=report.numbers.money(money, short_from=1e4))

    ends = {1: " (lowest)", 5: " (best)"}
    lines = {key: f"Recency {key}{ends.get(key, '')}" for key in range(5, 0, -1)}
    columns = {key: f"#Frequency {key}{ends.get(key, '')}" for key in range(1, 6)}
    return parts.make_grid("Customers, net revenue below", lines, columns, fill)


def build_distributions(report: Report) -> list[go.Figure]:
    """Draw a box per segment for each feature of the model, a figure per feature."""
    profiles = report.order(report.tables["segment_feature_profiles"])
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
        high = rows["percentile_95"].max()
        figure.update_xaxes(**parts.mark_ticks(report, kind, high))
        if is_skewed and (rows["percentile_05"] > 0).all():
            dtick = "D2" if high / rows["percentile_05"].min() < 30 else 1
            figure.update_xaxes(type="log", title_text="log scale", dtick=dtick)
        parts.name_rows(figure, segments, 46)
        title = f"{label}: highest for {report.by_id[rows['median'].idxmax()].name}"
        alt = f"{label}, medians: {'; '.join(says)}"
        figures.append(parts.finish(figure, alt, title))
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
    x, y, both = map(report.numbers.share, [*shares, sum(shares)])
    figure.update_xaxes(title_text=f"Horizontal axis: {x} of the variance", nticks=6)
    figure.update_yaxes(title_text=f"Vertical axis: {y} of the variance", nticks=6)
    title = f"Two axes keep {both} of what tells customers apart to the model"
    alt = f"{title}; segments near each other look alike to it"
    return parts.finish(figure, alt, title, height=420, showlegend=True)


def tint_demographics(report: Report) -> list[Table]:
    """Tint the shares among known customers by how they differ from all segments."""
    columns = report.keep("segment_demographics")
    tables = []
    for attribute, group in report.tables["segment_demographics"].groupby("attribute"):
        found = group.set_index(["attribute_value", "segment_id"]).to_dict("index")
        known = group.groupby("segment_id")["coverage"].first()
        # A segment whose number is hidden, or 0, has nothing to show.
        shown = {key: item for key, item in columns.items() if known.get(key, 0) > 0}
        # The order counts within a segment, so the largest anywhere comes nearest.
        order = group.groupby("attribute_value")["value_order"].max()
        values = sorted(order.index, key=lambda value: (order[value], value))

        def fill(value: str | None, segment_id: int, found=found, known=known) -> Cell:
            if value is None:
                return report.cell(known[segment_id], "share")
            cell = found.get((value, segment_id))
            # A value that nobody has is not told from one that few have.
            if cell is None or cell["is_suppressed"]:
                return Cell("hidden")
            tint = math.log2(max(cell["lift"], 0.01))
            return report.cell(cell["share_of_known"], "share", tint)

        lines = {None: "Attribute known"} | {value: value for value in values}
        if shown:
            tables.append(parts.make_grid(say(str(attribute)), lines, shown, fill))
    return tables
