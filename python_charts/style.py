"""The look of the page: colours in their order, words, numbers, one Plotly template."""

import html
import math
import re
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from babel import Locale, dates, numbers

from python_charts.tables import Tables

# Okabe and Ito's colours, then the farthest ones from those already taken, in the
# worst of normal, protan and deutan vision; those too dark for a dark page come last.
CLUSTER_COLOURS = (
    ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#7961F2"]
    + ["#DDCC77", "#806633", "#F29DAC", "#6191F2", "#85A642", "#F26179", "#2424F2"]
    + ["#332288", "#882255", "#661100", "#80136D", "#59543A", "#581FCC"]
)
# Segments by rule are greys, always: nobody fitted them.
RULE_COLOURS = ["#5F6770", "#868E96", "#A9B0B7", "#C6CBD0"]
SYMBOLS = ["circle", "square", "diamond", "cross", "triangle-up", "star", "x"]
ACCENT = "#3B82C4"
FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'
SCHEMES = {
    "light": {"ink": "#1F2933", "line": "#D5DAE0", "box": "#FFFFFF"},
    "dark": {"ink": "#E4E9EE", "line": "#3B444E", "box": "#232B34"},
}
# How a feature is called, which kind of number it is, and whether a log axis suits it.
FEATURES = {
    "recency_days": ("Days since last purchase", "count", True),
    "frequency": ("Purchase days", "count", True),
    "monetary": ("Net revenue", "money", True),
    "average_order_value": ("Average purchase", "money", True),
    "tenure_days": ("Days since first purchase", "count", False),
    "discount_share": ("Discount share", "share", False),
    "spend_trend": ("Spend trend", "factor", False),
    "order_count": ("Orders", "count", True),
    "units": ("Units", "count", True),
    "mean_gap_days": ("Days between purchases", "count", True),
    "return_rate": ("Return rate", "share", False),
    "category_count": ("Categories", "count", False),
}


class Segment(NamedTuple):
    """A segment as every part shows it; ``name`` is the raw, unescaped text."""

    segment_id: int
    name: str
    kind: str
    colour: str
    symbol: str


def say(name: str) -> str:
    """Turn a name of the tables into words."""
    return (name[:1].upper() + name[1:]).replace("_", " ")


def describe_feature(name: str) -> tuple[str, str, bool]:
    """Look a feature up; one of the user's own keeps its name."""
    return FEATURES.get(name, (say(name), "number", False))


def escape(text: object) -> str:
    """Escape text for Plotly, which reads markup and fills in ``%{names}``."""
    return html.escape(str(text), quote=False).replace("%{", "%&#123;")


def list_segments(tables: Tables) -> list[Segment]:
    """Put today's segments and those of the history in their one order, with colours.

    Clusters come first, by id. Today's take the first colours, so that a segment which
    only the history has does not change them.
    """
    columns = ["segment_id", "segment_name", "segment_kind"]
    rows = pd.concat(tables[mart] for mart in ("segment_profiles", "segment_months"))
    rows = rows.drop_duplicates("segment_id")[columns].itertuples(index=False)
    found = {int(key): (str(name), str(kind)) for key, name, kind in rows}
    today = set(tables["segment_profiles"]["segment_id"])
    clusters = sorted(
        (key for key in found if found[key][1] != "rule"),
        key=lambda key: (key not in today, abs(key)),
    )
    segments = []
    for key, (name, kind) in found.items():
        place = abs(key) - 1 if kind == "rule" else clusters.index(key)
        colours = RULE_COLOURS if kind == "rule" else CLUSTER_COLOURS
        colour, symbol = colours[place % len(colours)], SYMBOLS[place % len(SYMBOLS)]
        segments.append(Segment(key, name, kind, colour, symbol))
    return sorted(segments, key=lambda item: (item.kind == "rule", abs(item[0])))


class Numbers:
    """Writes numbers and dates as the reader's locale does; what is missing is a dash."""

    PATTERNS = {
        **{"count": "#,##0", "change": "+#,##0;-#,##0", "ratio": "#,##0.00"},
        **{"number": "#,##0.##", "date": "medium", "month": "MMM yy"},
    }
    # A date, a count and a share as sentences of the tables write them.
    WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)|(\d{1,3}(?:,\d{3})+)|(\d+(\.\d)?) %")

    def __init__(self, locale: str = "en", currency: str | None = None):
        self.locale, self.currency = locale, currency
        signs = (numbers.get_decimal_symbol, numbers.get_group_symbol)
        self.separators = "".join(sign(locale) for sign in signs)

    def write(self, value: object, kind: str) -> str:
        """Write a value of a kind: one of the patterns, or of the methods below."""
        if pd.isna(value):
            return "–"
        if kind in ("date", "month"):
            day = pd.Timestamp(value)
            return dates.format_date(day, self.PATTERNS[kind], locale=self.locale)
        kind = "count" if kind == "change" and value == 0 else kind
        if kind not in self.PATTERNS:
            return getattr(self, kind)(value)
        # Half a day or half a customer says nothing.
        value = round(value) if kind == "count" or abs(value) >= 99.5 else value
        return numbers.format_decimal(value, self.PATTERNS[kind], locale=self.locale)

    def rewrite(self, sentence: str) -> str:
        """Write what a sentence of the tables writes in English as the reader does."""

        def replace(found: re.Match) -> str:
            day, count, share, tenths = found.groups()
            if day:
                return self.write(pd.to_datetime(day, errors="coerce"), "date")
            if count:
                return self.write(int(count.replace(",", "")), "count")
            return self.share(float(share) / 100, bool(tenths))

        return self.WRITTEN.sub(replace, sentence)

    def money(self, value: float, short_from: float = 1e6) -> str:
        """Write an amount, in the currency if there is one; three digits if it is long."""
        sign = [self.currency] if self.currency else []
        if abs(value) >= short_from:
            value = float(f"{value:.3g}")
            form = f"format_compact_{'currency' if sign else 'decimal'}"
            short = {"locale": self.locale, "fraction_digits": 1}
            return getattr(numbers, form)(value, *sign, **short)
        if not sign:
            return self.write(value, "number")
        value = round(value) if abs(value) >= 99.5 else value
        text = numbers.format_currency(value, *sign, locale=self.locale)
        return text.replace(f"{self.separators[0]}00", "")

    def factor(self, value: float) -> str:
        """Write the log of a ratio as times or divided by."""
        sign = "÷" if value < 0 else "×"
        return sign + self.write(math.exp(min(abs(value), 50)), "number")

    def share(self, value: float, has_decimal: bool | None = None) -> str:
        """Write a share as per cent, with a decimal below ten unless told otherwise."""
        value = 0 if abs(value) < 0.0005 else value
        if has_decimal is None:
            has_decimal = 0 < abs(value) < 0.0995
        form = Locale.parse(self.locale).percent_formats[None].pattern
        form = form.replace("0", "0.0") if has_decimal else form
        return numbers.format_percent(value, form, locale=self.locale)


def make_template(scheme: str, separators: str) -> go.layout.Template:
    """Make the one template of all figures, for daylight or for the dark."""
    ink, line, box = SCHEMES[scheme].values()
    axis = dict(gridcolor=line, linecolor=line, zerolinecolor=line, tickfont_size=12)
    axis |= dict(title_font_size=12, title_standoff=10)
    axis |= dict(automargin=True, fixedrange=True)
    layout = go.Layout(
        font={"family": FONT, "size": 13, "color": ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        # Half of the first and of the last label of an axis fits into the margin.
        margin={"l": 14, "r": 24, "t": 8, "b": 8},
        title={"x": 0.01, "yref": "container", "automargin": True, "font_size": 15},
        legend={"orientation": "h", "y": -0.18},
        showlegend=False,
        dragmode=False,
        separators=separators,
        hoverlabel={"align": "left", "bgcolor": box, "font": {"color": ink}},
        # The lowest label of one axis stays clear of the first one of the other.
        xaxis=axis | {"ticklabelstandoff": 8},
        yaxis=axis,
    )
    return go.layout.Template(layout=layout)
