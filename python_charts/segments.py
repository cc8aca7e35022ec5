"""Charts of segments: how large they are, and what is typical of them."""

import math

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from python_charts.style import (
    DIVERGING,
    INK,
    NO_CLUSTERS,
    QUIET,
    Segment,
    count_lines,
    describe_feature,
    escape,
    format_number,
    format_share,
    format_value,
    is_missing,
    keep_present,
    label_rows,
    list_features,
    list_log_ticks,
    list_segments,
    say,
    style_figure,
    wrap,
)
from python_charts.tables import Tables

ROLES = {
    "core": "Core features",
    "secondary": "Secondary features",
    "profile": "Not seen by the model",
}


def build_segment_sizes(tables: Tables) -> go.Figure:
    """Draw each segment's share of customers against its share of net revenue.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_profiles.

    Returns
    -------
    go.Figure
        Two bars per segment: customers pale, revenue full.
    """
    segments = list_segments(tables)
    if not segments:
        return say("There are no customers yet.")
    rows = tables["segment_profiles"].set_index("segment_id")
    rows = rows.loc[[segment.segment_id for segment in segments]]
    measures = [
        ("customer_share", "customers", "customers", 0.45, -0.2),
        ("revenue_share", "net_revenue", "net revenue", 1.0, 0.2),
    ]
    figure = go.Figure()
    for share, total, words, opacity, offset in measures:
        texts = [
            f"no share of {words}: the total is zero"
            if is_missing(part)
            else f"{format_share(part)} of {words} ({format_number(whole)})"
            for part, whole in zip(rows[share], rows[total], strict=True)
        ]
        values = [0.0 if is_missing(part) else float(part) for part in rows[share]]
        places = [place + offset for place in range(len(segments))]
        figure.add_bar(
            name=f"Share of {words}",
            x=values,
            y=places,
            width=0.36,
            orientation="h",
            marker_color=[segment.colour for segment in segments],
            marker_opacity=opacity,
            hovertext=[
                f"{wrap(segment.name, 60)}<br>{text}"
                for segment, text in zip(segments, texts, strict=True)
            ],
            hoverinfo="text",
        )
        # Texts to the right of zero, even of a bar that goes left.
        figure.add_scatter(
            name=f"Text of {words}",
            x=[max(value, 0.0) for value in values],
            y=places,
            mode="text",
            text=[f" {text}" for text in texts],
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
        )
    values = [value for trace in figure.data for value in trace.x]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    ticks = [segment.tick(30) for segment in segments]
    row = 24 + 17 * max(count_lines(ticks), 2)
    style_figure(
        figure,
        "Share of customers (pale) against share of net revenue (full), by segment",
        130 + row * len(segments),
    )
    figure.update_layout(showlegend=False, barmode="overlay")
    figure.update_xaxes(
        title_text="share of all customers, share of all net revenue",
        tickformat=".0%",
        range=[low - (0.02 * span if low < 0 else 0.0), high + 0.4 * span],
    )
    return label_rows(figure, ticks)


def build_profile_heatmap(tables: Tables) -> go.Figure:
    """Draw how far each cluster is from the average customer, feature by feature.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_feature_profiles and segment_profiles.

    Returns
    -------
    go.Figure
        Colour is the standardised mean, cut at two deviations; text is the median.
    """
    profiles = tables["segment_feature_profiles"]
    if profiles.empty:
        return say(NO_CLUSTERS)
    segments = keep_present(list_segments(tables), profiles)
    features = list_features(profiles, ROLES)
    cells = profiles.set_index(["segment_id", "feature"]).to_dict("index")
    grid = [
        [cells.get((segment.segment_id, feature)) for feature in features]
        for segment in segments
    ]
    figure = go.Figure(
        go.Heatmap(
            x=list(range(len(features))),
            y=list(range(len(segments))),
            z=[[cell and cell["standardised_mean"] for cell in row] for row in grid],
            zmin=-2,
            zmax=2,
            colorscale=DIVERGING,
            xgap=2,
            ygap=2,
            text=[
                [
                    _format_cell(cell, feature)
                    for cell, feature in zip(row, features, strict=True)
                ]
                for row in grid
            ],
            texttemplate="%{text}",
            hovertext=[
                [
                    _describe_cell(cell, feature, segment)
                    for cell, feature in zip(row, features, strict=True)
                ]
                for row, segment in zip(grid, segments, strict=True)
            ],
            hoverinfo="text",
            colorbar={
                "title": {
                    "text": "mean against all clustered customers",
                    "side": "right",
                    "font": {"size": 12},
                },
                "tickvals": [-2, -1, 0, 1, 2],
                "ticktext": ["≤ −2 sd", "−1 sd", "average", "+1 sd", "≥ +2 sd"],
                "thickness": 14,
                "lenmode": "pixels",
                "len": 260,
                "y": 1,
                "yanchor": "top",
            },
        )
    )
    ticks = [segment.tick() for segment in segments]
    columns = [wrap(describe_feature(name).label, 18) for name in features]
    style_figure(
        figure,
        "What is typical of each segment: the median, coloured by how unusual it is",
        max(340, 240 + (16 + 18 * count_lines(ticks)) * len(segments)),
    )
    figure.update_layout(margin_t=95, plot_bgcolor="#E4E7EA")
    figure.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=columns,
        tickangle=-35,
        showgrid=False,
        zeroline=False,
        range=[-0.5, len(columns) - 0.5],
    )
    label_rows(figure, ticks).update_yaxes(showgrid=False)
    roles = profiles.drop_duplicates("feature").set_index("feature")["feature_role"]
    for role, words in ROLES.items():
        places = [i for i, feature in enumerate(features) if roles[feature] == role]
        if not places:
            continue
        width = max(11, 11 * len(places))
        figure.add_annotation(
            x=(places[0] + places[-1]) / 2,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=wrap(words, width),
            showarrow=False,
            font={"color": QUIET, "size": 13},
        )
        if places[0]:
            figure.add_vline(x=places[0] - 0.5, line={"color": INK, "width": 2})
    return figure


def build_feature_distributions(tables: Tables) -> go.Figure:
    """Draw how the features the model sees spread within each cluster.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_feature_profiles and segment_profiles.

    Returns
    -------
    go.Figure
        One panel per feature, one box per cluster; whiskers are percentiles 5 and 95.
    """
    profiles = tables["segment_feature_profiles"]
    features = list_features(profiles, ["core", "secondary"])
    if not features:
        return say(NO_CLUSTERS)
    segments = keep_present(list_segments(tables), profiles)
    ticks = [segment.tick() for segment in segments]
    row_height = 105 + (10 + 17 * count_lines(ticks)) * len(segments)
    row_count = math.ceil(len(features) / 2)
    figure = make_subplots(
        rows=row_count,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        vertical_spacing=105 / (row_height * row_count),
        subplot_titles=[wrap(describe_feature(name).label, 50) for name in features],
    )
    for number, name in enumerate(features):
        feature = describe_feature(name)
        row, column = number // 2 + 1, number % 2 + 1
        rows = profiles[profiles["feature"] == name].set_index("segment_id")
        for place, segment in enumerate(segments):
            if segment.segment_id not in rows.index:
                continue
            box = rows.loc[segment.segment_id]
            figure.add_trace(
                go.Box(
                    name=escape(segment.name),
                    y=[place],
                    q1=[box["lower_quartile"]],
                    median=[box["median"]],
                    q3=[box["upper_quartile"]],
                    lowerfence=[box["percentile_05"]],
                    upperfence=[box["percentile_95"]],
                    orientation="h",
                    width=0.6,
                    marker_color=segment.colour,
                    line_width=1.5,
                ),
                row=row,
                col=column,
            )
        # Money and counts are skewed: a log axis, wherever no value forbids it.
        low, high = rows["percentile_05"].min(), rows["percentile_95"].max()
        skewed = feature.is_skewed and 0 < 20 * low < high
        unit = wrap(feature.unit + (" (log scale)" if skewed else ""), 46)
        figure.update_xaxes(title_text=unit, title_font_size=13, row=row, col=column)
        if skewed:
            ticks_of_axis = list_log_ticks(low, high)
            figure.update_xaxes(type="log", **ticks_of_axis, row=row, col=column)
        elif feature.kind == "share":
            figure.update_xaxes(tickformat=".0%", row=row, col=column)
        elif feature.kind == "factor":
            reach = float(rows[["percentile_05", "percentile_95"]].abs().max().max())
            step = max(1, math.ceil(reach / math.log(2) / 3))
            powers = [power * step for power in range(-3, 4)]
            figure.update_xaxes(
                tickvals=[power * math.log(2) for power in powers],
                ticktext=[_name_factor(power) for power in powers],
                row=row,
                col=column,
            )
        if column == 1:
            label_rows(figure, ticks, row=row, col=1)
        else:
            label_rows(figure, [""] * len(ticks), row=row, col=2)
    style_figure(
        figure,
        "How customers of a segment differ among themselves",
        90 + row_height * row_count,
    )
    return figure.update_layout(showlegend=False, margin_t=90)


def _format_cell(cell: dict | None, feature: str) -> str:
    """Write the median of a segment and feature, or that there is none."""
    kind = describe_feature(feature).kind
    return "–" if cell is None else format_value(cell["median"], kind)


def _describe_cell(cell: dict | None, feature: str, segment: Segment) -> str:
    """Describe a segment and feature for hovering."""
    label, unit, kind, _ = describe_feature(feature)
    lines = [f"<b>{wrap(segment.name, 60)}</b>", wrap(f"{label}: {unit}", 60)]
    if cell is None:
        return "<br>".join([*lines, "no customer with a value"])
    lines += [
        f"{words} {format_value(cell[column], kind)}"
        for words, column in (
            ("median", "median"),
            ("lower quartile", "lower_quartile"),
            ("upper quartile", "upper_quartile"),
        )
    ]
    if not is_missing(cell["index_to_all"]):
        lines.append(f"mean is {format_number(cell['index_to_all'])} where all are 100")
    lines.append(f"standardised mean {cell['standardised_mean']:+.2f}")
    lines.append(f"{int(cell['known_customers']):,} customers with a value")
    return "<br>".join(lines)


def _name_factor(power: int) -> str:
    """Name a power of two as times or divided by."""
    if power == 0:
        return "same"
    return ("×" if power > 0 else "÷") + format_number(2 ** abs(power))
