"""Malformed and unusual tables for tests/fuzz_inputs.py, each with what it really says.

Every case starts from one small shop. `raw` changes what stands in a column of the file,
`read` what a careful person reads there, and `write` how the file is laid out. The vars
are those that a sensible user would set; many cases leave them out on purpose.
"""

import csv
import datetime as dt
import gzip
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
    "transaction_id",
    "order_id",
    "customer_id",
    "ordered_at",
    "category",
    "quantity",
    "amount",
    "discount_amount",
)
TEXT_READER = "read_csv('{folder}/orders.csv', all_varchar=true)"
READER = "read_csv('{folder}/orders.csv')"
PARQUET = "read_parquet('{folder}/orders.parquet')"
CUSTOMER_READER = "read_csv('{folder}/customers.csv', all_varchar=true)"
ATTRIBUTES = {
    "birth_date": {"kind": "date", "as": "age_years"},
    "gender": {"kind": "nominal", "levels": ["female", "male"]},
    "income": {"kind": "number", "minimum": 0},
    "band": {"kind": "ordinal", "levels": ["low", "middle", "high"]},
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

    Attributes
    ----------
    raw, read
        By column: what the file holds, and what a person reads there (None: nothing).
    change
        Adds, drops or reorders rows before anything is written.
    drop
        Columns that the file does not have.
    must_work
        The vars say everything needed, so a build that stops is a fault.
    must_tell
        More than a tenth of what a column holds cannot be read, so silence is a fault.
    may_lose
        Largest share of rows that the build may reject without a word.
    rows_in_file
        Where the reader finds another number of rows than were written.
    """

    given: str
    write: Writer
    vars: dict = field(default_factory=dict)
    raw: dict[str, Cell] = field(default_factory=dict)
    read: dict[str, Cell] = field(default_factory=dict)
    change: Callable[[Rows], Rows] | None = None
    drop: tuple[str, ...] = ()
    is_customers: bool = False
    must_work: bool = False
    must_tell: bool = False
    may_lose: float = 0.1
    rows_in_file: int | None = None

    def lay_out(self, folder: Path) -> tuple[Rows, Rows | None]:
        """Write the files; return what the orders and the customers really say."""
        orders, customers = make_orders(), None
        if self.is_customers:
            customers = make_customers()
            write_parquet()(folder, [_keep(row) for row in orders])
            customers = self._write(folder, customers)
        else:
            orders = self._write(folder, orders)
        return orders, customers

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


# ---- How files are laid out -------------------------------------------------------


def write_csv(
    name: str = "orders.csv",
    delimiter: str = ",",
    encoding: str = "utf-8",
    newline: str = "\n",
    header: bool | dict | str = True,
    quoted: bool = False,
    after: Callable[[bytes], bytes] | None = None,
) -> Writer:
    """CSV; `header` renames columns or is the header line itself, `after` edits bytes."""

    def write(folder: Path, rows: Rows) -> None:
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=delimiter,
            lineterminator=newline,
            quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
        )
        names = list(rows[0]) if rows else list(COLUMNS)
        if isinstance(header, str):
            text.write(header + newline)
        elif header:
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
        names = list(rows[0]) if rows else list(columns)
        table = pa.table(
            {
                column: pa.array(
                    [row[column] for row in rows],
                    (types or {}).get(column, None if rows else pa.string()),
                )
                for column in names
            }
        )
        pq.write_table(table, folder / name)
        if after:
            (folder / name).write_bytes(after((folder / name).read_bytes()))

    return write


def write_json(
    name: str = "orders.json",
    as_array: bool = False,
    after: Callable[[str], str] = str,
) -> Writer:
    def write(folder: Path, rows: Rows) -> None:
        lines = [json.dumps(row, default=str) for row in rows]
        text = "[" + ",\n".join(lines) + "]" if as_array else "\n".join(lines) + "\n"
        (folder / name).write_text(after(text))

    return write


def write_bytes(name: str, content: bytes) -> Writer:
    def write(folder: Path, rows: Rows) -> None:
        (folder / name).write_bytes(content)

    return write


def write_both(*writers: Writer) -> Writer:
    """Half of the rows in each file."""

    def write(folder: Path, rows: Rows) -> None:
        middle = len(rows) // 2
        for writer, part in zip(writers, (rows[:middle], rows[middle:]), strict=True):
            writer(folder, part)

    return write


def edit_lines(change: Callable[[list[str]], list[str]]) -> Callable[[bytes], bytes]:
    def after(content: bytes) -> bytes:
        lines = content.decode().split("\n")
        return "\n".join(change(lines)).encode()

    return after


def zip_up(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("orders.csv", content)
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


def show_date(layout: str, column: str = "ordered_at") -> Cell:
    return lambda row: row[column].strftime(layout)


def to_epoch(factor: int) -> Cell:
    return lambda row: (
        int(row["ordered_at"].replace(tzinfo=dt.UTC).timestamp()) * factor
    )


def to_excel(row: dict) -> float:
    return (row["ordered_at"] - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)


def show_amount(layout: str) -> Cell:
    """Write amounts by a format of Python; `,` and `.` may be swapped by `swap`."""
    return lambda row: layout.format(row["amount"])


def swap(cell: Cell) -> Cell:
    """Change decimal points to commas and thousands separators to points."""
    return lambda row: str(cell(row)).translate(str.maketrans(",.", ".,"))


def show_id(layout: str) -> Cell:
    return lambda row: layout.format(int(row["customer_id"]))


def nothing(row: dict) -> None:
    return None


CASES: dict[str, Case] = {}


def add(name: str, given: str, write: Writer, relation: str, **more: object) -> None:
    """Add a case of the transactions."""
    assert name not in CASES, name
    given_vars = {
        "segmentation_transactions": relation,
        "segmentation_customers": None,
        "segmentation_demographics": {},
        "segmentation_as_of_date": None,
    }
    CASES[name] = Case(given, write, given_vars | more.pop("vars", {}), **more)


def add_customers(
    name: str,
    given: str,
    write: Writer | None = None,
    relation: str = CUSTOMER_READER,
    **more: object,
) -> None:
    """Add a case of the customer table, beside transactions in order."""
    assert name not in CASES, name
    given_vars = {
        "segmentation_transactions": PARQUET,
        "segmentation_customers": relation,
        "segmentation_demographics": ATTRIBUTES,
        "segmentation_as_of_date": None,
    }
    CASES[name] = Case(
        given,
        write or write_csv("customers.csv"),
        given_vars | more.pop("vars", {}),
        is_customers=True,
        **more,
    )


def map_columns(**columns: str) -> dict:
    return {"segmentation_transaction_columns": columns}


def map_customers(**columns: str) -> dict:
    return {"segmentation_customer_columns": columns}


# ---- CSV: separators, quotes, encodings, line ends --------------------------------

for word, delimiter in (
    ("comma", ","),
    ("semicolon", ";"),
    ("tab", "\t"),
    ("pipe", "|"),
    ("caret", "^"),
):
    add(
        f"csv {word}",
        f"CSV with {word}, sniffed",
        write_csv(delimiter=delimiter),
        READER,
    )
    add(
        f"csv {word} quoted",
        f"CSV with {word}, every cell in quotes, read as text",
        write_csv(delimiter=delimiter, quoted=True),
        TEXT_READER,
    )
add(
    "csv wrong delim",
    "CSV with commas, read with delim=';'",
    write_csv(),
    "read_csv('{folder}/orders.csv', delim=';')",
)
add(
    "csv decimal comma in a comma file",
    "CSV with commas as separator and unquoted decimal commas",
    write_csv(
        after=edit_lines(
            lambda lines: lines[:1] + [line.replace(".", ",") for line in lines[1:]]
        )
    ),
    TEXT_READER,
)
for word, encoding, told in (
    ("utf-8 with BOM", "utf-8-sig", None),
    ("utf-16 with BOM", "utf-16", None),
    ("utf-16 with BOM", "utf-16", "utf-16"),
    ("utf-16 little endian", "utf-16-le", None),
    ("utf-16 little endian", "utf-16-le", "utf-16"),
    ("utf-16 big endian", "utf-16-be", "utf-16"),
    ("latin-1", "latin-1", None),
    ("latin-1", "latin-1", "latin-1"),
    ("cp1252", "cp1252", None),
    ("cp1252", "cp1252", "latin-1"),
    ("cp1252", "cp1252", "CP1252"),
    ("utf-8", "utf-8", "latin-1"),
    ("utf-32", "utf-32", None),
    ("utf-8", "utf-8", "klingon"),
):
    add(
        f"csv {word} {'told ' + told if told else 'untold'}",
        f"CSV in {word}, " + (f"encoding='{told}'" if told else "encoding not said"),
        write_csv(encoding=encoding),
        TEXT_READER.replace("true)", f"true, encoding='{told}')")
        if told
        else TEXT_READER,
        raw={"category": always("“Möbel”")} if encoding == "cp1252" else {},
    )
for word, newline in (("CRLF", "\r\n"), ("CR", "\r")):
    add(f"csv {word}", f"CSV with {word}", write_csv(newline=newline), READER)
add(
    "csv mixed line ends",
    "CSV with CRLF in every third line",
    write_csv(
        after=edit_lines(
            lambda lines: [
                line + "\r" if place % 3 == 0 and line else line
                for place, line in enumerate(lines)
            ]
        )
    ),
    READER,
)
add(
    "csv without a last line end",
    "CSV whose last line does not end",
    write_csv(after=lambda content: content.rstrip()),
    READER,
)
add(
    "csv blank lines",
    "CSV with a blank line after every tenth",
    write_csv(
        after=edit_lines(
            lambda lines: [
                line + "\n" if place % 10 == 9 else line
                for place, line in enumerate(lines)
            ]
        )
    ),
    READER,
)
add(
    "csv newlines in cells",
    "Line breaks within quoted categories",
    write_csv(),
    READER,
    raw={"category": always("Garten\nund Haus")},
)
add(
    "csv quotes in cells",
    "Quotes and separators within quoted categories",
    write_csv(),
    READER,
    raw={"category": always('Regal 60", "neu"')},
)
add(
    "csv backslash escapes",
    "Quotes within cells escaped by a backslash",
    write_csv(after=lambda content: content.replace(b'""', b'\\"')),
    READER,
    raw={"category": always('Regal 60", neu')},
)
add(
    "csv unclosed quote",
    "A quote that is opened in the middle and never closed",
    write_csv(
        after=edit_lines(
            lambda lines: lines[:60] + [lines[60].replace("O00", '"O00')] + lines[61:]
        )
    ),
    READER,
)
add(
    "csv NUL bytes",
    "NUL bytes within categories",
    write_csv(after=lambda content: content.replace(b"Garten", b"Gar\0ten")),
    TEXT_READER,
)
add(
    "csv invalid utf-8 in one row",
    "One byte that is not UTF-8",
    write_csv(after=lambda content: content.replace(b"Garten", b"G\xffrten", 1)),
    TEXT_READER,
)

# ---- CSV: headers, ragged rows, options -------------------------------------------

add("csv no header untold", "CSV without header", write_csv(header=False), READER)
add(
    "csv no header told",
    "CSV without header, names given",
    write_csv(header=False),
    "read_csv('{folder}/orders.csv', header=false, all_varchar=true, names=["
    + ", ".join(f"'{column}'" for column in COLUMNS)
    + "])",
    must_work=True,
)
add(
    "csv too few names",
    "CSV without header, three names given",
    write_csv(header=False),
    "read_csv('{folder}/orders.csv', header=false, all_varchar=true,"
    " names=['transaction_id', 'order_id', 'customer_id'])",
)
add(
    "csv header twice",
    "Two exports appended: the header comes again in the middle",
    write_csv(
        after=edit_lines(lambda lines: lines[:60] + lines[:1] + lines[60:]),
    ),
    TEXT_READER,
    rows_in_file=121,
)
add(
    "csv title line",
    "A title line above the header",
    write_csv(after=lambda content: b"Orders of 2025\n" + content),
    TEXT_READER,
)
add(
    "csv title line skipped",
    "A title line above the header, skip=1",
    write_csv(after=lambda content: b"Orders of 2025\n" + content),
    TEXT_READER.replace("true)", "true, skip=1)"),
    must_work=True,
)
add(
    "csv comment lines",
    "Lines with # above the header",
    write_csv(after=lambda content: b"# exported\n# by hand\n" + content),
    TEXT_READER,
)
add(
    "csv trailing delimiter",
    "A separator at the end of every line",
    write_csv(after=edit_lines(lambda lines: [line + "," for line in lines if line])),
    TEXT_READER,
)
add(
    "csv short rows",
    "Every tenth line ends after the customer",
    write_csv(
        after=edit_lines(
            lambda lines: [
                ",".join(line.split(",")[:3]) if place % 10 == 9 else line
                for place, line in enumerate(lines)
            ]
        )
    ),
    TEXT_READER,
)
add(
    "csv short rows padded",
    "Every twentieth line ends after the customer, null_padding=true",
    write_csv(
        after=edit_lines(
            lambda lines: [
                ",".join(line.split(",")[:3]) if place % 20 == 19 else line
                for place, line in enumerate(lines)
            ]
        )
    ),
    TEXT_READER.replace("true)", "true, null_padding=true)"),
    read={
        column: (
            lambda row, column=column: None if row["place"] % 20 == 18 else row[column]
        )
        for column in ("ordered_at", "amount", "quantity", "discount_amount")
    },
)
add(
    "csv long rows",
    "Every tenth line has two cells too many",
    write_csv(
        after=edit_lines(
            lambda lines: [
                line + ",x,y" if place % 10 == 9 else line
                for place, line in enumerate(lines)
            ]
        )
    ),
    TEXT_READER,
)
add(
    "csv total line",
    "A last line with the total and nothing else",
    write_csv(),
    TEXT_READER,
    change=lambda rows: [
        *rows,
        dict.fromkeys(COLUMNS) | {"place": 120, "amount": Decimal("51234.50")},
    ],
)
add("csv empty file", "A CSV of 0 bytes", write_bytes("orders.csv", b""), READER)
add(
    "csv only line ends",
    "A CSV of five empty lines",
    write_bytes("orders.csv", b"\n\n\n\n\n"),
    READER,
)
add(
    "csv header only",
    "A CSV with a header and no rows",
    write_csv(),
    READER,
    change=lambda rows: [],
)
add(
    "csv one row",
    "A CSV with one row",
    write_csv(),
    TEXT_READER,
    change=lambda rows: rows[:1],
    must_work=True,
)
add(
    "csv one column",
    "A CSV with one column",
    write_bytes("orders.csv", b"amount\n1\n2\n3\n"),
    READER,
)
add(
    "csv gzip",
    "orders.csv.gz",
    write_csv(name="orders.csv.gz", after=gzip.compress),
    "read_csv('{folder}/orders.csv.gz', all_varchar=true)",
    must_work=True,
)
add(
    "csv gzip by another name",
    "gzip named orders.csv",
    write_csv(after=gzip.compress),
    TEXT_READER,
)
add(
    "csv not gzip",
    "Plain CSV named orders.csv.gz",
    write_csv(name="orders.csv.gz"),
    "read_csv('{folder}/orders.csv.gz')",
)
add(
    "csv gzip truncated",
    "Half of a gzip file",
    write_csv(
        name="orders.csv.gz",
        after=lambda content: gzip.compress(content)[
            : len(gzip.compress(content)) // 2
        ],
    ),
    "read_csv('{folder}/orders.csv.gz', all_varchar=true)",
)
add("csv zip", "A zip archive named orders.csv", write_csv(after=zip_up), READER)
add(
    "csv decimal_separator",
    "Decimal commas, decimal_separator=','",
    write_csv(delimiter=";"),
    "read_csv('{folder}/orders.csv', delim=';', decimal_separator=',')",
    raw={
        "amount": swap(show_amount("{:.2f}")),
        "discount_amount": lambda row: str(row["discount_amount"]).replace(".", ","),
    },
    must_work=True,
)
add(
    "csv late text",
    "25,000 lines, the last amount is a word",
    write_csv(),
    READER,
    change=lambda rows: [
        rows[place % 120] | {"place": place, "transaction_id": str(place)}
        for place in range(25000)
    ],
    raw={"amount": lambda row: "n/a" if row["place"] == 24999 else row["amount"]},
    read={"amount": lambda row: None if row["place"] == 24999 else row["amount"]},
)
add(
    "csv late text read as text",
    "25,000 lines, the last amount is a word, all_varchar=true",
    write_csv(),
    TEXT_READER,
    change=lambda rows: [
        rows[place % 120] | {"place": place, "transaction_id": str(place)}
        for place in range(25000)
    ],
    raw={"amount": lambda row: "n/a" if row["place"] == 24999 else row["amount"]},
    read={"amount": lambda row: None if row["place"] == 24999 else row["amount"]},
    must_work=True,
)
add(
    "csv typed wrongly",
    "types={'customer_id': 'INTEGER'} over ids with letters",
    write_csv(),
    "read_csv('{folder}/orders.csv', types={'customer_id': 'INTEGER'})",
    raw={"customer_id": lambda row: f"C{row['customer_id']}"},
)
add(
    "csv typed with a word",
    "types={'ordered_at': 'DATETIMES'}, which is no type",
    write_csv(),
    "read_csv('{folder}/orders.csv', types={'ordered_at': 'DATETIMES'})",
)
add(
    "csv option that is none",
    "read_csv with an option that does not exist",
    write_csv(),
    "read_csv('{folder}/orders.csv', seperator=',')",
)
add(
    "csv timestampformat",
    "Day-first dates, the reader's own timestampformat",
    write_csv(),
    "read_csv('{folder}/orders.csv', timestampformat='%d/%m/%Y %H:%M')",
    raw={"ordered_at": show_date("%d/%m/%Y %H:%M")},
    must_work=True,
)
add(
    "csv nullstr",
    "NULL written as \\N, nullstr='\\N'",
    write_csv(),
    TEXT_READER.replace("true)", "true, nullstr='\\N')"),
    raw={"category": every(3, "\\N", "category")},
    must_work=True,
)

# ---- Names of columns -------------------------------------------------------------

for word, renamed, mapping in (
    ("capitals", {column: column.upper() for column in COLUMNS}, {}),
    ("spaces around names", {column: f" {column} " for column in COLUMNS}, {}),
    (
        "a title for a name",
        {"customer_id": "Customer ID"},
        {"customer_id": "Customer ID"},
    ),
    (
        "a title quoted",
        {"customer_id": "Customer ID"},
        {"customer_id": '"Customer ID"'},
    ),
    (
        "keywords quoted",
        {"customer_id": "order", "amount": "group", "ordered_at": "select"},
        {"customer_id": '"order"', "amount": '"group"', "ordered_at": '"select"'},
    ),
    (
        "keywords unquoted",
        {"customer_id": "order", "amount": "group", "ordered_at": "select"},
        {"customer_id": "order", "amount": "group", "ordered_at": "select"},
    ),
    ("a quote in a name", {"amount": 'paid "net"'}, {"amount": '"paid ""net"""'}),
    ("a backslash in a name", {"amount": "paid\\net"}, {"amount": '"paid\\net"'}),
    ("an apostrophe in a name", {"amount": "buyer's"}, {"amount": '"buyer\'s"'}),
    ("a euro sign", {"amount": "Paid €"}, {"amount": '"Paid €"'}),
    ("a line break in a name", {"amount": "paid\nnet"}, {"amount": '"paid\nnet"'}),
    ("a dot in a name", {"amount": "order.total"}, {"amount": '"order.total"'}),
    ("a dot unquoted", {"amount": "order.total"}, {"amount": "order.total"}),
    ("a number as a name", {"amount": "2025"}, {"amount": '"2025"'}),
    ("a number unquoted", {"amount": "2025"}, {"amount": "2025"}),
    ("an empty name", {"category": ""}, {}),
    ("a name misspelt", {"amount": "total"}, {"amount": "totl"}),
    ("a function misspelt", {"amount": "total"}, {"amount": "rond(total, 2)"}),
    ("an unfinished expression", {"amount": "total"}, {"amount": "replace(total, ','"}),
    ("two expressions", {"amount": "total"}, {"amount": "total, quantity"}),
    ("text times text", {"amount": "price"}, {"amount": "quantity * price"}),
    ("an aggregate", {"amount": "total"}, {"amount": "sum(total)"}),
    ("a name like injection", {"amount": "a; drop table x; --"}, {}),
    (
        "a name like injection mapped",
        {"amount": "a; drop table x; --"},
        {"amount": '"a; drop table x; --"'},
    ),
):
    add(
        f"names: {word}",
        f"Columns with {word}" + (", mapped" if mapping else ""),
        write_csv(header=renamed),
        TEXT_READER,
        vars=map_columns(**mapping),
        must_work=any('"' in value for value in mapping.values()),
    )
add(
    "names: a name twice",
    "Two columns named amount; the reader renames the second",
    write_csv(header={"discount_amount": "amount"}),
    TEXT_READER,
    read={"discount_amount": nothing},
)
add(
    "names: two that differ in case",
    "Columns amount and AMOUNT",
    write_csv(header={"discount_amount": "AMOUNT"}),
    TEXT_READER,
    read={"discount_amount": nothing},
)
add(
    "names: 300 columns",
    "300 columns of which 8 matter",
    lambda folder, rows: write_csv()(
        folder,
        [row | {f"extra_{number}": number for number in range(292)} for row in rows],
    ),
    READER,
    must_work=True,
)

# ---- Files that are not what they seem --------------------------------------------

add(
    "file: parquet truncated",
    "Half of a Parquet file",
    write_parquet(after=lambda content: content[: len(content) // 2]),
    PARQUET,
)
add(
    "file: parquet damaged in the middle",
    "A Parquet file with 200 bytes overwritten",
    write_parquet(after=lambda content: content[:100] + b"\xff" * 200 + content[300:]),
    PARQUET,
)
add(
    "file: parquet of 0 bytes",
    "A Parquet file of 0 bytes",
    write_bytes("orders.parquet", b""),
    PARQUET,
)
add(
    "file: random bytes",
    "Random bytes named orders.parquet",
    write_bytes("orders.parquet", random.Random(1).randbytes(4000)),
    PARQUET,
)
add(
    "file: random bytes as csv",
    "Random bytes named orders.csv",
    write_bytes("orders.csv", random.Random(1).randbytes(4000)),
    READER,
)
add(
    "file: csv as parquet",
    "CSV named orders.parquet",
    write_csv(name="orders.parquet"),
    PARQUET,
)
add(
    "file: parquet as csv",
    "Parquet named orders.csv",
    write_parquet(name="orders.csv"),
    READER,
)
add(
    "file: json as csv",
    "JSON lines named orders.csv",
    write_json(name="orders.csv"),
    READER,
)
add(
    "file: web page as csv",
    "An HTML error page named orders.csv",
    write_bytes(
        "orders.csv",
        b"<!DOCTYPE html>\n<html><head><title>403</title></head>\n"
        b"<body>Log in, please.</body></html>\n",
    ),
    READER,
)
add(
    "file: workbook",
    "A workbook named orders.xlsx, read by read_csv",
    write_bytes("orders.xlsx", zip_up(b"<xml/>")),
    "read_csv('{folder}/orders.xlsx')",
)
add(
    "file: workbook by read_xlsx",
    "A workbook, read by an extension that is not installed",
    write_bytes("orders.xlsx", zip_up(b"<xml/>")),
    "read_xlsx('{folder}/orders.xlsx')",
)
add(
    "file: no rows",
    "A Parquet file without rows",
    write_parquet(),
    PARQUET,
    change=lambda rows: [],
)
add("file: none", "A pattern that no file matches", write_csv(), PARQUET)
add(
    "file: a folder", "A folder in place of a file", write_csv(), "read_csv('{folder}')"
)
add(
    "file: name alone",
    "A file name in quotes without a reader",
    write_csv(),
    "'{folder}/orders.csv'",
)
add(
    "file: name unquoted",
    "A file name without quotes",
    write_csv(),
    "{folder}/orders.csv",
)
add(
    "file: subquery",
    "A subquery in brackets",
    write_csv(),
    "(select * from read_csv('{folder}/orders.csv') where true)",
    must_work=True,
)
add(
    "file: query without brackets",
    "A query without brackets",
    write_csv(),
    "select * from read_csv('{folder}/orders.csv')",
)
add(
    "file: two files",
    "Two CSV files by a pattern",
    write_both(write_csv(name="a.csv"), write_csv(name="b.csv")),
    "read_csv('{folder}/*.csv', all_varchar=true)",
    must_work=True,
)
add(
    "file: two files, other columns",
    "Two CSV files, the second with another header",
    write_both(
        write_csv(name="a.csv"), write_csv(name="b.csv", header={"amount": "total"})
    ),
    "read_csv('{folder}/*.csv', all_varchar=true)",
)
add(
    "file: two files united by name",
    "Two CSV files, the second with another header, union_by_name=true",
    write_both(
        write_csv(name="a.csv"), write_csv(name="b.csv", header={"amount": "total"})
    ),
    "read_csv('{folder}/*.csv', all_varchar=true, union_by_name=true)",
    vars=map_columns(amount="coalesce(amount, total)"),
    must_work=True,
)
add(
    "file: two Parquet files, other types",
    "Two Parquet files, the second with amounts as text",
    write_both(
        write_parquet(name="a.parquet"),
        lambda folder, rows: write_parquet(name="b.parquet")(
            folder, [row | {"amount": f"EUR {row['amount']}"} for row in rows]
        ),
    ),
    "read_parquet('{folder}/*.parquet')",
)
add(
    "file: one of two truncated",
    "Two Parquet files, the second cut off",
    write_both(
        write_parquet(name="a.parquet"),
        write_parquet(name="b.parquet", after=lambda content: content[:500]),
    ),
    "read_parquet('{folder}/*.parquet')",
)
add("json lines", "JSON lines", write_json(), "read_json('{folder}/orders.json')")
add(
    "json array",
    "A JSON array",
    write_json(as_array=True),
    "read_json('{folder}/orders.json')",
)
add(
    "json cut off",
    "JSON lines, the last one cut off",
    write_json(after=lambda text: text[:-40]),
    "read_json('{folder}/orders.json')",
)
add(
    "json nested",
    "JSON lines with the customer as an object, mapped by customer.id",
    write_json(),
    "read_json('{folder}/orders.json')",
    raw={"customer_id": lambda row: {"id": row["customer_id"], "name": "x"}},
    vars=map_columns(customer_id="customer_id.id"),
    must_work=True,
)
add(
    "json nested unmapped",
    "JSON lines with the customer as an object, not mapped",
    write_json(),
    "read_json('{folder}/orders.json')",
    raw={"customer_id": lambda row: {"id": row["customer_id"], "name": "x"}},
)
add(
    "json mixed types",
    "JSON lines with amounts as numbers and as texts",
    write_json(),
    "read_json('{folder}/orders.json')",
    raw={
        "amount": lambda row: (
            float(row["amount"]) if row["place"] % 2 else str(row["amount"])
        )
    },
)
add(
    "json empty",
    "A JSON file of 0 bytes",
    write_bytes("orders.json", b""),
    "read_json('{folder}/orders.json')",
)
