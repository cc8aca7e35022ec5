"""What every chart shares: the segments' order and colours, words and numbers."""

import html
import math
import textwrap
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from python_charts.tables import Tables

# Okabe and Ito's colours, then the farthest ones from those already taken, in the
# worst of normal, protan and deutan vision (CIE76 distance never below 15).
CLUSTER_COLOURS = (
    ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#661100"]
    + ["#DDCC77", "#332288", "#882255", "#2424F2", "#7961F2", "#806633", "#F29DAC"]
    + ["#80136D", "#6191F2", "#85A642", "#59543A", "#581FCC", "#F26179"]
)
# Segments by rule are greys, always: nobody fitted them.
RULE_COLOURS = ["#5F6770", "#868E96", "#A9B0B7", "#C6CBD0"]
SYMBOLS = ["circle", "square", "diamond", "cross", "triangle-up", "star", "x"]
# Below the average customer is brown, above is blue.
DIVERGING = ["#A6611A", "#DFC27D", "#F7F7F7", "#92C5DE", "#2166AC"]
INK = "#212A33"
QUIET = "#4C5A67"
FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'


NO_CLUSTERS = "There are no clusters: the shop has too few customers for a model."


class Feature(NamedTuple):
    """How a feature is called: label, unit for an axis, kind of number, log scale."""

    label: str
    unit: str
    kind: str
    is_skewed: bool = False


FEATURES = {
    "recency_days": Feature(
        "Recency (days)", "days since last purchase", "count", True
    ),
    "frequency": Feature("Purchase days", "purchase days in the window", "count", True),
    "monetary": Feature(
        "Net revenue",
        "net revenue per customer, in the shop's currency",
        "amount",
        True,
    ),
    "average_order_value": Feature(
        "Average purchase",
        "net revenue per purchase day, in the shop's currency",
        "amount",
        True,
    ),
    "tenure_days": Feature("Tenure (days)", "days since first purchase", "count"),
    "discount_share": Feature(
        "Discount share", "discounts, share of the price before discount", "share"
    ),
    "spend_trend": Feature(
        "Spend trend", "last 90 days against the 90 before", "factor"
    ),
    "order_count": Feature("Orders", "orders in the window", "count", True),
    "units": Feature("Units", "units bought", "count", True),
    "mean_gap_days": Feature(
        "Purchase gap (days)", "days between purchase days", "count", True
    ),
    "return_rate": Feature("Return rate", "returns, share of gross revenue", "share"),
    "category_count": Feature("Categories", "categories bought", "count"),
}


class Segment(NamedTuple):
    """A segment as every chart shows it; ``name`` is the raw, unescaped text."""

    segment_id: int
    name: str
    kind: str
    colour: str
    symbol: str

    def label(self, width: int = 24) -> str:
        """Return the name for a legend: wrapped to `width`, never cut."""
        return wrap(self.name, width)

    def tick(self, width: int = 24) -> str:
        """Return the name for an axis, behind a square in the segment's colour."""
        return f'<span style="color:{self.colour}">■</span> {self.label(width)}'


def list_segments(tables: Tables) -> list[Segment]:
    """Put the segments in their one order: clusters by id, then those by rule.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The published tables.

    Returns
    -------
    list of Segment
        A cluster's colour follows from its position among the clusters.
    """
    profiles = tables["segment_profiles"]
    rows = zip(
        profiles["segment_id"],
        profiles["segment_name"],
        profiles["segment_kind"],
        strict=True,
    )
    ordered = sorted(rows, key=lambda row: (row[2] == "rule", abs(row[0])))
    segments = []
    for position, (segment_id, name, kind) in enumerate(ordered):
        if kind == "rule":
            colour = RULE_COLOURS[(abs(segment_id) - 1) % len(RULE_COLOURS)]
        else:
            colour = CLUSTER_COLOURS[position % len(CLUSTER_COLOURS)]
        symbol = SYMBOLS[position % len(SYMBOLS)]
        name = f"Segment {segment_id}" if pd.isna(name) else str(name)
        segments.append(Segment(int(segment_id), name, str(kind), colour, symbol))
    return segments


def list_past_segments(tables: Tables) -> list[Segment]:
    """Put today's segments and those that only the history has in their one order.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Uses segment_profiles, segment_migrations and segment_rules.

    Returns
    -------
    list of Segment
        Today's keep their colours; a cluster without customers today takes the next.
    """
    segments = list_segments(tables)
    present = {segment.segment_id for segment in segments}
    moves = tables["segment_migrations"]
    names = {
        int(segment_id): str(name)
        for rows, prefix in (
            (moves, "from_segment"),
            (moves, "to_segment"),
            (tables["segment_rules"], "segment"),
        )
        for segment_id, name in zip(
            rows[f"{prefix}_id"], rows[f"{prefix}_name"], strict=True
        )
        if not pd.isna(segment_id)
    }
    for segment_id in sorted(set(names) - present, key=lambda key: (key < 0, abs(key))):
        if segment_id < 0:
            kind = "rule"
            colour = RULE_COLOURS[(abs(segment_id) - 1) % len(RULE_COLOURS)]
        else:
            kind = "cluster"
            position = sum(segment.kind == "cluster" for segment in segments)
            colour = CLUSTER_COLOURS[position % len(CLUSTER_COLOURS)]
        symbol = SYMBOLS[len(segments) % len(SYMBOLS)]
        segments.append(Segment(segment_id, names[segment_id], kind, colour, symbol))
    return sorted(
        segments, key=lambda item: (item.kind == "rule", abs(item.segment_id))
    )


def escape(text: object) -> str:
    """Escape text for Plotly, which reads ``<``, ``>`` and ``&`` as markup."""
    return html.escape(str(text), quote=False)


def wrap(text: object, width: int) -> str:
    """Break text into escaped lines of at most `width` characters."""
    lines = textwrap.wrap(str(text), width) or [""]
    return "<br>".join(escape(line) for line in lines)


def keep_present(segments: list[Segment], rows: pd.DataFrame) -> list[Segment]:
    """Keep the segments that a table has rows for."""
    present = set(rows["segment_id"])
    return [segment for segment in segments if segment.segment_id in present]


def count_lines(labels: Iterable[str]) -> int:
    """Count the lines of the tallest label."""
    return max((label.count("<br>") + 1 for label in labels), default=1)


def describe_feature(name: str) -> Feature:
    """Look a feature up; one of the user's own keeps its name."""
    own = name.replace("_", " ")
    return FEATURES.get(name, Feature(own[:1].upper() + own[1:], own, "number"))


def list_features(profiles: pd.DataFrame, roles: Iterable[str]) -> list[str]:
    """Order the features of some roles: by role, known ones first, then by name."""
    known = list(FEATURES)
    features = []
    for role in roles:
        names = set(profiles.loc[profiles["feature_role"] == role, "feature"])
        features += sorted(
            names,
            key=lambda name: (
                known.index(name) if name in known else len(known),
                name,
            ),
        )
    return features


def is_missing(value: object) -> bool:
    """Tell whether a cell has no number that could be shown."""
    return value is None or bool(pd.isna(value)) or math.isinf(float(value))


def format_share(value: float) -> str:
    """Write a share as a percentage."""
    if is_missing(value):
        return "–"
    if 0 < abs(value) < 0.0005:
        return "about 0 %"
    digits = 1 if 0 < abs(value) < 0.0995 else 0
    return f"{100 * value:.{digits}f} %"


def format_number(value: float) -> str:
    """Write a number short enough for a label: 12.3k, 4.5M, 6.7B, 8.9T."""
    if is_missing(value):
        return "–"
    if abs(value) >= 1e15:
        return f"{value:.1e}"
    for size, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size * 0.99995:
            size = 1e3 if suffix == "k" else size
            return f"{value / size:,.1f}{suffix}"
    digits = 0 if abs(value) >= 99.5 or float(value).is_integer() else 1
    digits = 2 if 0 < abs(value) < 9.95 and digits else digits
    return f"{value:,.{digits}f}"


def format_value(value: float, kind: str) -> str:
    """Write a feature's value in its own unit; a log ratio as times or divided by."""
    if is_missing(value):
        return "–"
    if kind == "share":
        return format_share(value)
    if kind == "factor":
        factor = math.exp(min(abs(value), 50))
        sign = "÷" if value < 0 and factor >= 1.05 else "×"
        return sign + (f"{factor:.1f}" if factor < 99.95 else format_number(factor))
    if kind == "count":
        if abs(value) >= 9999.5:
            return format_number(value)
        if abs(value) < 9.95 and not float(value).is_integer():
            return f"{value:.1f}"
        # Halves go up, as in the evidence texts.
        return f"{math.floor(value + 0.5):,}"
    return format_number(value)


def format_date(value: object) -> str:
    """Write a date as 2026-01-31."""
    return "unknown" if pd.isna(value) else str(pd.Timestamp(value).date())


def count_things(value: float, thing: str) -> str:
    """Write a count with its noun: 1 day, 2 days."""
    number = format_value(value, "count")
    return f"{number} {thing}" if number == "1" else f"{number} {thing}s"


def style_figure(figure: go.Figure, title: str, height: int) -> go.Figure:
    """Give a figure the title, size and fonts that all of them have."""
    figure.update_layout(
        template="plotly_white",
        title={
            "text": f"<b>{title}</b>",
            "x": 0,
            "xref": "container",
            "xanchor": "left",
        },
        title_font_size=16,
        font={"family": FONT, "size": 13, "color": INK},
        hoverlabel={"align": "left", "namelength": -1, "bgcolor": "white"},
        title_y=1,
        title_yanchor="top",
        title_pad_t=12,
        margin={"l": 10, "r": 20, "t": 60, "b": 60},
        height=height,
    )
    figure.update_xaxes(automargin=True, exponentformat="B", title_standoff=12)
    figure.update_yaxes(automargin=True, exponentformat="B", title_standoff=12)
    return figure


def label_rows(figure: go.Figure, labels: list[str], **place: int) -> go.Figure:
    """Name the positions of a vertical axis, the first one on top."""
    return figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=labels,
        range=[len(labels) - 0.5, -0.5],
        zeroline=False,
        **place,
    )


def name_columns(segments: list[Segment]) -> tuple[list[str], int, int]:
    """Name the columns; return also the angle and the height that the names need."""
    if len(segments) <= 9:
        width = 20 if len(segments) <= 5 else 12
        names = [
            segment.tick(width).replace("</span> ", "</span><br>")
            for segment in segments
        ]
        return names, 0, 16 * count_lines(names)
    # Many columns are narrow: names stand upright, and from 13 on in one line.
    width = 20 if len(segments) <= 12 else 200
    longest = min(width, max(len(segment.name) for segment in segments))
    return [segment.tick(width) for segment in segments], -90, 30 + 8 * longest


def place_legend(figure: go.Figure, labels: list[str]) -> None:
    """Give the legend the height that all of its names need."""
    lines = sum(label.count("<br>") + 1.4 for label in labels)
    figure.update_layout(
        height=max(figure.layout.height, 140 + 18 * lines),
        legend={
            "title_text": "Segment",
            "itemsizing": "constant",
            "y": 1,
            "yanchor": "top",
        },
    )


def list_log_ticks(low: float, high: float) -> dict[str, list]:
    """List the ticks of a log axis as whole numbers: 1, 2, 5, 10 or only 1, 10."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    if len(powers) > 8:
        powers = powers[:: math.ceil(len(powers) / 8)]
    digits = (1, 2, 5) if len(powers) <= 3 else (1, 3) if len(powers) <= 4 else (1,)
    ticks = [digit * 10.0**power for power in powers for digit in digits]
    return {"tickvals": ticks, "ticktext": [format_number(tick) for tick in ticks]}


def say(sentence: str) -> go.Figure:
    """Return a figure that says why there is nothing to draw.

    Parameters
    ----------
    sentence : str
        Plain text; the page shows it in place of the figure.

    Returns
    -------
    go.Figure
        Without a trace, with the sentence as its only annotation.
    """
    figure = go.Figure()
    figure.add_annotation(text=escape(sentence), showarrow=False)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.update_layout(template="plotly_white", height=120)
