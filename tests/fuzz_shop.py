"""A small shop that tests/fuzz_inputs.py writes into files in many malformed ways.

A `Case` starts from the shop: `raw` changes what stands in a column of the file, `read`
what a careful person reads there, and `write` how the file is laid out. The vars are those
that a sensible user would set; many cases leave them out on purpose.
"""

import csv
import datetime as dt
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Rows = list[dict]
Cell = Callable[[dict], object]
Writer = Callable[[Path, Rows], None]

COLUMNS = (
    *("transaction_id", "order_id", "customer_id", "ordered_at", "category"),
    *("quantity", "amount", "discount_amount"),
)
# How the file is read: every column as text, or with types guessed by DuckDB.
TEXT = "read_csv('{folder}/orders.csv', all_varchar=true)"
SNIFFED = "read_csv('{folder}/orders.csv')"
PARQUET = "read_parquet('{folder}/orders.parquet')"
CUSTOMERS_TEXT = "read_csv('{folder}/customers.csv', all_varchar=true)"
CUSTOMERS_PARQUET = "read_parquet('{folder}/customers.parquet')"
ATTRIBUTES = {
    "birth_date": {"kind": "date", "as": "age_years"},
    "gender": {"kind": "nominal", "levels": ["female", "male"]},
    "income": {"kind": "number", "minimum": 0},
    "band": {"kind": "ordinal", "levels": ["low", "middle", "high"]},
}
NOTHING_SET = {
    "segmentation_transactions": PARQUET,
    "segmentation_customers": None,
    "segmentation_demographics": {},
    "segmentation_as_of_date": None,
}


def make_orders() -> Rows:
    """120 lines of 30 customers in 2025; midday, so that no time zone moves a day."""
    draw = random.Random(8)
    rows = []
    for place in range(120):
        amount = Decimal(draw.randrange(100, 9000)) / 100
        if place % 7 == 0:
            amount += 1200
        rows.append(
            {
                "place": place,
                "transaction_id": f"T{place:04}",
                "order_id": f"O{place // 2:04}",
                "customer_id": str(1001 + (place // 2) % 30),
                "ordered_at": dt.datetime(2025, 3, 1, 8 + place % 10, place % 60)
                + dt.timedelta(days=(place // 2) * 3),
                "category": ("Bücher", "Garten", "Möbel")[place % 3],
                "quantity": 1 + place % 4,
                "amount": -amount if place % 17 == 5 else amount,
                "discount_amount": Decimal(place % 5) / 2,
            }
        )
    return rows


def make_customers() -> Rows:
    """The 30 buyers and 3 more."""
    return [
        {
            "place": place,
            "customer_id": str(1001 + place),
            "birth_date": dt.date(1950, 1, 1) + dt.timedelta(days=611 * place),
            "gender": ("female", "male")[place % 2],
            "income": 20000 + 2500 * place,
            "band": ("low", "middle", "high")[place % 3],
        }
        for place in range(33)
    ]


@dataclass(frozen=True)
class Case:
    """A table, the vars that point at it, and what it says.

    `raw` and `read` are by column; None is: nothing can be read there.
    """

    write: Writer
    vars: dict
    raw: dict[str, Cell] = field(default_factory=dict)
    read: dict[str, Cell] = field(default_factory=dict)
    # Adds, drops or reorders rows before anything is written.
    change: Callable[[Rows], Rows] | None = None
    # Columns that the file does not have.
    drop: tuple[str, ...] = ()
    is_customers: bool = False
    # The vars say everything needed, so a build that stops is a fault.
    must_work: bool = False
    # More than a tenth of what a column holds cannot be read, so silence is a fault.
    must_tell: bool = False
    # Largest share of rows that the build may reject without a word.
    may_lose: float = 0.1
    # Where the reader finds another number of rows than were written.
    rows_in_file: int | None = None

    def lay_out(self, folder: Path) -> tuple[Rows, Rows | None]:
        """Write the files; return what the orders and the customers really say."""
        if not self.is_customers:
            return self._write(folder, make_orders()), None
        write_parquet()(folder, [_keep(row) for row in make_orders()])
        return make_orders(), self._write(folder, make_customers())

    def _write(self, folder: Path, rows: Rows) -> Rows:
        if self.change:
            rows = self.change(rows)
        self.write(folder, [_keep(row, self.drop, self.raw) for row in rows])
        return [
            row
            | {column: None for column in self.drop}
            | {column: cell(row) for column, cell in self.read.items()}
            for row in rows
        ]


def _keep(row: dict, drop: tuple = (), raw: dict[str, Cell] | None = None) -> dict:
    row = row | {column: cell(row) for column, cell in (raw or {}).items()}
    return {name: row[name] for name in row if name not in ("place", *drop)}


def of_csv(reader: str = TEXT, set_vars: dict | None = None, **more) -> Case:
    """Transactions in a CSV; `more` are arguments of write_csv and of Case."""
    layout = {name: more.pop(name) for name in LAYOUT if name in more}
    relation = {"segmentation_transactions": reader}
    write = more.pop("write", None) or write_csv(**layout)
    return Case(write, NOTHING_SET | relation | (set_vars or {}), **more)


def of_parquet(types: dict | None = None, set_vars: dict | None = None, **more) -> Case:
    """Transactions in Parquet."""
    return of_csv(PARQUET, set_vars, write=write_parquet(types=types), **more)


def of_customers(
    write: Writer | None = None,
    reader: str = CUSTOMERS_TEXT,
    set_vars: dict | None = None,
    **more,
) -> Case:
    """A customer table, beside transactions in order."""
    given = {
        "segmentation_customers": reader,
        "segmentation_demographics": ATTRIBUTES,
    } | (set_vars or {})
    write = write or write_csv("customers.csv")
    return Case(write, NOTHING_SET | given, is_customers=True, **more)


def of_customers_parquet(types: dict | None = None, **more) -> Case:
    write = more.pop("write", None) or write_parquet("customers.parquet", types)
    return of_customers(write, CUSTOMERS_PARQUET, **more)


def map_columns(**columns: str) -> dict:
    return {"segmentation_transaction_columns": columns}


def map_customers(**columns: str) -> dict:
    return {"segmentation_customer_columns": columns}


# ---- How files are laid out -------------------------------------------------------

LAYOUT = ("name", "delimiter", "encoding", "newline", "header", "quoted", "after")


def write_csv(
    name: str = "orders.csv",
    delimiter: str = ",",
    encoding: str = "utf-8",
    newline: str = "\n",
    header: bool | dict = True,
    quoted: bool = False,
    after: Callable[[bytes], bytes] | None = None,
) -> Writer:
    """CSV; `header` renames columns or is left out, `after` edits the bytes."""

    def write(folder: Path, rows: Rows) -> None:
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=delimiter,
            lineterminator=newline,
            quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
        )
        names = list(rows[0]) if rows else list(COLUMNS)
        if header:
            renamed = header if isinstance(header, dict) else {}
            writer.writerow([renamed.get(column, column) for column in names])
        writer.writerows([[row.get(column) for column in names] for row in rows])
        content = text.getvalue().encode(encoding)
        (folder / name).write_bytes(after(content) if after else content)

    return write


def write_parquet(
    name: str = "orders.parquet",
    types: dict[str, pa.DataType] | None = None,
    after: Callable[[bytes], bytes] | None = None,
    columns: tuple[str, ...] = COLUMNS,
) -> Writer:
    """Parquet; decimals, stamps and texts unless `types` says otherwise.

    `columns` are those of a table without rows.
    """

    def write(folder: Path, rows: Rows) -> None:
        table = pa.table(
            {
                column: pa.array(
                    [row[column] for row in rows],
                    (types or {}).get(column, None if rows else pa.string()),
                )
                for column in (rows[0] if rows else columns)
            }
        )
        pq.write_table(table, folder / name)
        if after:
            (folder / name).write_bytes(after((folder / name).read_bytes()))

    return write


def write_json(
    name: str = "orders.json", as_array: bool = False, after: Callable = str
) -> Writer:
    def write(folder: Path, rows: Rows) -> None:
        lines = [json.dumps(row, default=str) for row in rows]
        text = "[" + ",\n".join(lines) + "]" if as_array else "\n".join(lines) + "\n"
        (folder / name).write_text(after(text))

    return write


def write_bytes(name: str, content: bytes) -> Writer:
    return lambda folder, rows: (folder / name).write_bytes(content) and None


def write_both(*writers: Writer) -> Writer:
    """Half of the rows in each file."""

    def write(folder: Path, rows: Rows) -> None:
        middle = len(rows) // 2
        for writer, part in zip(writers, (rows[:middle], rows[middle:]), strict=True):
            writer(folder, part)

    return write


def edit_lines(change: Callable[[list[str]], list[str]]) -> Callable[[bytes], bytes]:
    return lambda content: "\n".join(change(content.decode().split("\n"))).encode()


def edit_last_of(step: int, change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """Change the last of every so many lines."""
    return edit_lines(
        lambda lines: [
            change(line) if place % step == step - 1 else line
            for place, line in enumerate(lines)
        ]
    )


def zip_up(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        # A file's date is part of an archive, and no clock is read here.
        archive.writestr(zipfile.ZipInfo("orders.csv"), content)
    return target.getvalue()


# ---- What stands in a cell --------------------------------------------------------


def every(step: int, value: object, column: str, other: Cell | None = None) -> Cell:
    """`value` in every so many rows, the cell as it is (or `other`) in the rest."""

    def cell(row: dict) -> object:
        if row["place"] % step == 0:
            return value
        return other(row) if other else row[column]

    return cell


def always(value: object) -> Cell:
    return lambda row: value


nothing = always(None)


def in_column(column: str, change: Callable) -> Cell:
    """What a function makes of the cell of a column."""
    return lambda row: change(row[column])


def as_text(column: str) -> Cell:
    return in_column(column, str)


def show_date(layout: str, column: str = "ordered_at") -> Cell:
    return in_column(column, lambda value: value.strftime(layout))


def show_id(layout: str) -> Cell:
    return in_column("customer_id", lambda value: layout.format(int(value)))


def show_amount(layout: str) -> Cell:
    return in_column("amount", layout.format)


def swap(cell: Cell) -> Cell:
    """Change decimal points to commas and thousands separators to points."""
    return lambda row: str(cell(row)).translate(str.maketrans(",.", ".,"))


def to_epoch(factor: int) -> Cell:
    def cell(row: dict) -> int:
        return int(row["ordered_at"].replace(tzinfo=dt.UTC).timestamp()) * factor

    return cell


def to_excel(row: dict) -> float:
    return (row["ordered_at"] - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
