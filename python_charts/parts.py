"""What the page is made of: tables with tinted cells, and figures with words."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from python_charts.style import Numbers, Segment, escape, list_segments, say
from python_charts.tables import Tables


class Cell(NamedTuple):
    """A cell: its text, the raw value to sort by, and from -1 to 1 how it is tinted."""

    text: str
    value: object = None
    tint: float | None = None
    note: str = ""
    segment: Segment | None = None
    is_rule: bool = False


@dataclass
class Table:
    """Rows of cells. A head with # is of numbers; a key is the month of a row."""

    heads: list
    rows: list[list[Cell]]
    keys: list[str] = field(default_factory=list)
    is_grid: bool = False


@dataclass
class Report:
    """The published tables, and how this reader wants them."""

    tables: Tables
    numbers: Numbers = field(default_factory=Numbers)
    title: str = "Customer segments"
    logo: str = ""
    wanted: tuple[str, ...] = ()

    def __post_init__(self):
        everyone = list_segments(self.tables)
        known = {key: item for item in everyone for key in (item.name, str(item[0]))}
        for name in set(self.wanted) - set(known):
            names = ", ".join(item.name for item in everyone)
            raise ValueError(f"There is no segment {name}: there are {names}.")
        wanted = [known[name] for name in self.wanted] or everyone
        self.segments = [item for item in everyone if item in wanted]
        self.by_id = {item.segment_id: item for item in self.segments}

    def keep(self, table: str) -> dict[int, Segment]:
        """List the segments that a table has rows for, in their order, by their id."""
        present = set(self.tables[table]["segment_id"])
        return {key: item for key, item in self.by_id.items() if key in present}

    def cell(self, value, kind: str, tint: float | None = None, note: str = "") -> Cell:
        """Write a value into a cell: a segment, a rule, text, words, or a number."""
        if kind == "segment":
            segment = self.by_id[value]
            return Cell(segment.name, segment.name, None, note, segment)
        if kind == "rule" and isinstance(value, str):
            return Cell(value.replace(") or (", ")\nor ("), value, is_rule=True)
        if kind == "rule":
            return Cell("No short rule finds this segment.")
        if kind in ("text", "words"):
            return Cell(say(str(value)) if kind == "words" else str(value), value)
        return Cell(self.numbers.write(value, kind), value, tint)

    def list_rows(self, rows: pd.DataFrame, columns: str) -> Table:
        """Make a table of rows; columns are `head|column|kind`, with a semicolon between.

        A segment stands behind its colour, with what the column note says below it; the
        column key is the month of a row.
        """
        specs = [spec.strip().split("|") for spec in columns.split(";")]
        rows = rows.assign(note=rows.get("note", ""))
        body = [
            [self.cell(row[name], kind, None, row["note"]) for _, name, kind in specs]
            for row in rows.to_dict("records")
        ]
        plain = ("text", "words", "segment", "rule")
        heads = [f"{'#' * (kind not in plain)}{head}" for head, _, kind in specs]
        return Table(heads, body, list(rows.get("key", ())))

    def order(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows of the segments wanted, in the segments' order."""
        rows = rows[rows["segment_id"].isin(self.by_id)]
        return rows.sort_values(
            "segment_id", key=lambda ids: ids.map([*self.by_id].index)
        )


def make_grid(corner: str, lines: dict, columns: dict, fill: Callable) -> Table:
    """Fill a grid of tinted cells by the keys of its lines and columns with heads."""
    rows = [
        [Cell(words, words), *(fill(line, column) for column in columns)]
        for line, words in lines.items()
    ]
    return Table([corner, *columns.values()], rows, is_grid=True)


def finish(figure: go.Figure, alt: str, title: str, **layout) -> go.Figure:
    """Give a figure what it says in words, its title, and the rest of its layout."""
    lines = "<br>".join(map(escape, textwrap.wrap(title, 80)))
    meta = {"alt": alt, "title": title}
    return figure.update_layout(meta=meta, title_text=lines, **layout)


def label_places(labels: Sequence | Mapping) -> dict:
    """Label at most seven places of an axis, the last one among them."""
    step = -(-len(labels) // 7)
    places = list(range(len(labels) - 1, -1, -step))
    return {"tickvals": places, "ticktext": [labels[place] for place in places]}


def mark_ticks(report: Report, kind: str, high: float) -> dict:
    """Mark an axis in the unit of its kind; the log of a ratio as times or divided by."""
    if kind == "factor":
        places = [math.log(ratio) for ratio in (1 / 16, 1 / 4, 1 / 2, 1, 2, 4, 16)]
        texts = [report.numbers.factor(place) for place in places]
        return {"tickvals": places, "ticktext": texts}
    # Plotly's short form writes a half as 500m.
    form = "~s" if high >= 1000 else "~g"
    return {"tickformat": ".0%" if kind == "share" else form, "nticks": 5}


def name_rows(figure: go.Figure, segments: list[Segment], pitch: int) -> go.Figure:
    """Write names above rows some pixels high, where even a phone has room."""
    names = [textwrap.wrap(segment.name, 46) for segment in segments]
    pitch += 26 * (max(map(len, names)) - 1)
    figure.update_layout(height=56 + pitch * len(segments))
    for row, segment in enumerate(segments):
        figure.add_annotation(
            name=str(segment.segment_id),
            text="<br>".join(map(escape, names[row])),
            **{"x": 0, "xref": "paper", "xanchor": "left", "align": "left"},
            **{"font_size": 12},
            **{"y": row - 0.24, "yanchor": "bottom", "showarrow": False},
        )
    return figure.update_yaxes(
        range=[len(segments) - 0.45, -0.7],
        **{"showticklabels": False, "showgrid": False, "zeroline": False},
    )
