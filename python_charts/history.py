"""Charts of the past: how segments grew, who moved, and what came after."""

import math

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from python_charts.style import (
    INK,
    NO_CLUSTERS,
    Segment,
    count_lines,
    count_things,
    format_date,
    format_number,
    format_share,
    is_missing,
    label_rows,
    list_past_segments,
    name_columns,
    place_legend,
    say,
    style_figure,
    wrap,
)
from python_charts.tables import Tables

NO_HISTORY = (
    "There is no history to show: it needs two month starts that see purchases, and "
    "segmentation_history_months above 1."
)
NO_HORIZON = (
    "What customers spent later is not known yet: no month start of the history has a "
    "whole month behind it."
)
NOT_YET = -1000
MOVED = ["#FFFFFF", "#92C5DE", "#2166AC"]
GROUPINGS = {
    "segments": ("Segments", {"color": INK, "width": 2.5}, "circle"),
    "rfm_grid": (
        "Classic RFM grid",
        {"color": "#8A6D3B", "width": 2, "dash": "dash"},
        "square",
    ),
}


def build_segments_over_time(tables: Tables) -> go.Figure:
    """Draw which share of the customers each segment had at every month start.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_migrations and segment_profiles.

    Returns
    -------
    go.Figure
        Stacked bars, one trace per segment, the first segment on top.
    """
    moves = tables["segment_migrations"]
    if moves.empty:
        return say(_say_no_history(tables))
    dates = sorted(moves["as_of_date"].unique())
    keys = ["to_segment_id", "as_of_date"]
    columns = ["customers", "net_revenue_after"]
    sums = moves.sort_values(["to_segment_id", "from_segment_name"])
    sums = sums.groupby(keys)[columns].sum().to_dict("index")
    totals = moves.groupby("as_of_date")["customers"].sum()
    present = set(moves["to_segment_id"])
    segments = [
        segment
        for segment in list_past_segments(tables)
        if segment.segment_id in present
    ]
    figure = go.Figure()
    # The first trace lies at the bottom: the last segment.
    for segment in reversed(segments):
        found = [sums.get((segment.segment_id, date)) for date in dates]
        shares = [
            float(cell["customers"] / totals[date]) if cell else 0.0
            for cell, date in zip(found, dates, strict=True)
        ]
        figure.add_bar(
            name=segment.label(),
            x=list(range(len(dates))),
            y=shares,
            marker={
                "color": segment.colour,
                "line": {"width": 1, "color": "white"},
            },
            text=[format_share(share) if share >= 0.05 else "" for share in shares]
            if len(dates) <= 14
            else None,
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertext=[
                f"<b>{wrap(segment.name, 60)}</b><br>{format_date(date)}: "
                + (
                    f"{count_things(cell['customers'], 'customer')}, "
                    f"{format_share(share)} of {int(totals[date]):,}<br>"
                    f"{format_number(cell['net_revenue_after'])} net revenue in the "
                    "window until then"
                    if cell
                    else "no customer"
                )
                for cell, share, date in zip(found, shares, dates, strict=True)
            ],
            hoverinfo="text",
        )
    style_figure(figure, "Share of the customers in each segment, month by month", 520)
    place_legend(figure, [segment.label() for segment in segments])
    figure.update_layout(
        barmode="stack", bargap=0.12, legend_traceorder="reversed", margin_t=70
    )
    figure.update_xaxes(title_text="first day of the month", **_mark_months(dates))
    return figure.update_yaxes(
        title_text="share of customers", tickformat=".0%", range=[0, 1]
    )


def build_segment_moves(tables: Tables) -> go.Figure:
    """Draw who moved from which segment to which in the newest month.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_migrations and segment_profiles.

    Returns
    -------
    go.Figure
        A row per segment before, a column per segment after; text is customers and
        their net revenue, colour the share of the row. Stays are grey.
    """
    moves = tables["segment_migrations"]
    if moves.empty:
        return say(_say_no_history(tables))
    newest = moves["as_of_date"].max()
    rows = moves[moves["as_of_date"] == newest]
    cells = {
        (NOT_YET if pd.isna(row["from_segment_id"]) else int(row["from_segment_id"]),)
        + (int(row["to_segment_id"]),): row
        for row in rows.to_dict("records")
    }
    known = list_past_segments(tables)
    before = [
        segment
        for segment in known
        if any(segment.segment_id == origin for origin, _ in cells)
    ]
    after = [
        segment
        for segment in known
        if any(segment.segment_id == target for _, target in cells)
    ]
    if any(origin == NOT_YET for origin, _ in cells):
        before.append(Segment(NOT_YET, "Not yet a customer", "rule", "#FFFFFF", ""))
    sizes = {
        origin.segment_id: sum(
            int(row["customers"])
            for (place, _), row in cells.items()
            if place == origin.segment_id
        )
        for origin in before
    }
    figure = go.Figure()
    for is_stay in (True, False):
        grid = [
            [
                _describe_move(
                    origin,
                    target,
                    cells.get((origin.segment_id, target.segment_id)),
                    sizes[origin.segment_id],
                    is_stay,
                )
                for target in after
            ]
            for origin in before
        ]
        figure.add_trace(
            go.Heatmap(
                name="stayed" if is_stay else "moved",
                x=list(range(len(after))),
                y=list(range(len(before))),
                z=[[cell and cell[0] for cell in row] for row in grid],
                text=[[cell[1] if cell else "" for cell in row] for row in grid],
                hovertext=[[cell and cell[2] for cell in row] for row in grid],
                texttemplate="%{text}",
                textfont_size=12 if len(after) <= 10 else 10,
                hoverinfo="text",
                hoverongaps=False,
                xgap=2,
                ygap=2,
                zmin=0,
                zmax=1 if is_stay else 0.25,
                colorscale=["#E4E7EA", "#E4E7EA"] if is_stay else MOVED,
                showscale=not is_stay,
                colorbar={
                    "title": {
                        "text": "share of the row, if moved",
                        "side": "right",
                        "font": {"size": 12},
                    },
                    "tickvals": [0, 0.1, 0.2, 0.25],
                    "ticktext": ["0 %", "10 %", "20 %", "≥ 25 %"],
                    "thickness": 14,
                    "lenmode": "pixels",
                    "len": 240,
                    "y": 1,
                    "yanchor": "top",
                },
            )
        )
    old = rows[rows["from_segment_id"].notna()]
    stayed = int(old.loc[old["is_stay"].astype(bool), "customers"].sum())
    title = f"In the month before {format_date(newest)}, "
    title += (
        f"{format_share(stayed / int(old['customers'].sum()))} of the customers stayed "
        "in their segment"
        if len(old)
        else "all customers were new"
    )
    columns, angle, head = name_columns(after)
    ticks = [segment.tick() for segment in before]
    row_height = 16 + 17 * max(2, count_lines(ticks))
    style_figure(figure, title, 110 + head + row_height * len(before))
    figure.update_layout(margin_t=90 + head, margin_b=20)
    figure.update_xaxes(
        title={"text": "segment then: customers, and their net revenue"},
        side="top",
        tickvals=list(range(len(columns))),
        ticktext=columns,
        tickangle=angle,
        tickfont_size=12,
        showgrid=False,
        zeroline=False,
    )
    label_rows(figure, ticks)
    return figure.update_yaxes(title_text="segment a month before", showgrid=False)


def build_forward_value(tables: Tables) -> go.Figure:
    """Draw how much of later spend the segments explain, against the classic grid.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_forward_value.

    Returns
    -------
    go.Figure
        One panel per horizon, a line per grouping over the month starts. What the model
        had seen when it was fitted is open, what it had not seen is filled.
    """
    shares = list_explained_shares(tables)
    if shares.empty:
        if tables["segment_migrations"].empty:
            return say(_say_no_history(tables))
        return say(NO_HORIZON)
    horizons = sorted(shares["horizon_months"].unique())
    dates = sorted(shares["as_of_date"].unique())
    figure = make_subplots(
        rows=1,
        cols=len(horizons),
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=[
            f"Spend in the next {'month' if months == 1 else f'{months} months'}"
            for months in horizons
        ],
    )
    for column, months in enumerate(horizons, start=1):
        for grouping, (words, line, symbol) in GROUPINGS.items():
            rows = shares[
                (shares["horizon_months"] == months)
                & (shares["segmentation"] == grouping)
            ].sort_values("as_of_date")
            figure.add_trace(
                go.Scatter(
                    name=words,
                    legendgroup=grouping,
                    showlegend=column == 1,
                    x=[dates.index(date) for date in rows["as_of_date"]],
                    y=[float(share) for share in rows["explained_share"]],
                    mode="lines+markers",
                    line=line,
                    marker={
                        "symbol": [
                            f"{symbol}-open" if is_in_sample else symbol
                            for is_in_sample in rows["is_in_sample"]
                        ],
                        "size": 8,
                    },
                    hovertext=[
                        f"<b>{words}</b>, {format_date(row['as_of_date'])}<br>"
                        f"{format_share(row['explained_share'])} of the variance, with "
                        f"{count_things(row['group_count'], 'group')}<br>"
                        f"The model was fitted {_say_when(row['is_in_sample'])}"
                        for row in rows.to_dict("records")
                    ],
                    hoverinfo="text",
                ),
                row=1,
                col=column,
            )
    title = compare_groupings(shares).replace(" %", "\u00a0%")
    style_figure(figure, wrap(title, 110), 470)
    figure.update_layout(
        margin_t=125,
        legend={"orientation": "h", "x": 0, "y": 1.13, "yanchor": "bottom"},
    )
    figure.update_xaxes(
        title_text="placed on, first day of the month",
        range=[-0.4, len(dates) - 0.6],
        **_mark_months(dates, most=12),
    )
    figure.update_yaxes(
        tickformat=".0%", range=[0, 1.12 * max(shares["explained_share"].max(), 0.01)]
    )
    return figure.update_yaxes(title_text="share of variance explained", row=1, col=1)


def list_explained_shares(tables: Tables) -> pd.DataFrame:
    """List the share explained once per month start, horizon and grouping.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_forward_value, where every group repeats it.

    Returns
    -------
    pd.DataFrame
        Without the month starts after which everybody spent the same.
    """
    columns = ["as_of_date", "horizon_months", "segmentation"]
    rows = tables["segment_forward_value"]
    rows = rows[[*columns, "explained_share", "group_count", "is_in_sample"]].dropna()
    return rows.drop_duplicates(columns).sort_values(columns)


def compare_groupings(shares: pd.DataFrame) -> str:
    """Say which grouping explains more of later spend, on average over the months.

    Parameters
    ----------
    shares : pd.DataFrame
        What ``list_explained_shares`` returns.

    Returns
    -------
    str
        Both means for each horizon, and whether the model had seen what came after. Where
        some month starts are unseen, only those are averaged.
    """
    is_unseen = ~shares["is_in_sample"].astype(bool)
    if is_unseen.any():
        shares = shares[is_unseen]
    means = (
        shares.sort_values("as_of_date")
        .groupby(["horizon_months", "segmentation"])["explained_share"]
        .mean()
    )
    parts, signs = [], set()
    for months in sorted(shares["horizon_months"].unique()):
        ours = means.get((months, "segments"), math.nan)
        grid = means.get((months, "rfm_grid"), math.nan)
        if is_missing(ours) or is_missing(grid):
            continue
        texts = [format_share(ours), format_share(grid)]
        signs.add(0 if texts[0] == texts[1] else 1 if ours > grid else -1)
        parts.append(
            f"{texts[0]} against {texts[1]} over {count_things(months, 'month')}"
        )
    if not parts:
        return "How much of later spend a grouping explains"
    verdict = {
        (1,): "Segments explain more of later spend than the classic RFM grid",
        (-1,): "The classic RFM grid explains more of later spend than segments",
        (0,): "Segments and the classic RFM grid explain later spend equally well",
    }.get(tuple(signs), "Segments against the classic RFM grid: no clear winner")
    if tuple(signs) == (-1,):
        verdict += " (segments named first)"
    return (
        f"{verdict}, on average {', '.join(parts)}. The model was fitted "
        f"{_say_when(not is_unseen.any())}"
    )


def _say_when(is_in_sample: bool) -> str:
    if is_in_sample:
        return "on data that include this later spend"
    return "before this later spend"


def _say_no_history(tables: Tables) -> str:
    """Say why there is no history."""
    if tables["segment_profiles"]["model_version"].dropna().empty:
        return NO_CLUSTERS
    return NO_HISTORY


def _mark_months(dates: list, most: int = 24) -> dict[str, list]:
    """Name the positions of an axis by month; of many, only some."""
    step = math.ceil(len(dates) / most)
    places = list(range(len(dates) - 1, -1, -step))[::-1]
    names = [format_date(dates[place])[:7] for place in places]
    return {
        "tickvals": places,
        "ticktext": names,
        "showgrid": False,
        "zeroline": False,
        "tickangle": -45,
    }


def _describe_move(
    origin: Segment, target: Segment, row: dict | None, size: int, is_stay: bool
) -> tuple[float, str, str] | None:
    """Return colour, text and hover of a cell; nothing if it is of the other kind."""
    if row is None or bool(row["is_stay"]) != is_stay:
        return None
    share = int(row["customers"]) / size
    money = format_number(row["net_revenue_after"])
    way = (
        f"stayed in <b>{wrap(origin.name, 60)}</b>"
        if is_stay
        else f"from <b>{wrap(origin.name, 60)}</b><br>to <b>{wrap(target.name, 60)}</b>"
    )
    hover = (
        f"{way}<br>{count_things(row['customers'], 'customer')}, {format_share(share)} "
        f"of the {size:,} in the row<br>net revenue of the window: "
        f"{format_number(row['net_revenue_before'])} before, {money} then"
    )
    # Where new customers come in is no move: without colour.
    colour = 0.0 if origin.segment_id == NOT_YET else share
    return colour, f"{int(row['customers']):,}<br>{money}", hover
