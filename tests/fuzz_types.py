"""Cases of tests/fuzz_inputs.py: types of Parquet, and dates as text."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
from fuzz_shop import (
    COLUMNS,
    SNIFFED,
    TEXT,
    always,
    as_text,
    every,
    in_column,
    map_columns,
    nothing,
    of_csv,
    of_parquet,
    show_date,
    show_id,
    to_epoch,
    to_excel,
    write_parquet,
)

DICTIONARY = pa.dictionary(pa.int32(), pa.string())
DUPLICATES = "segmentation_duplicates"
NOT_NEEDED = ("transaction_id", "order_id", "category", "quantity", "discount_amount")


def format_var(layout: str) -> dict:
    return {"segmentation_timestamp_format": layout}


def of_column(column: str, raw=None, read=None, arrow=None, **more):
    """Parquet in which one column is of another type; None leaves the cells."""
    return of_parquet(
        {column: arrow} if arrow else None,
        raw={column: raw} if raw else {},
        read={column: read} if read else {},
        **more,
    )


def of_text(column: str, raw, read=None, reader: str = TEXT, **more):
    """A CSV in which one column is written in another way."""
    read = {column: read} if read else {}
    return of_csv(reader, raw={column: raw}, read=read, **more)


# ---- Types of Parquet: the type, what stands there, what a person reads ---------------

as_whole = in_column("amount", int)
whole = in_column("amount", lambda amount: Decimal(int(amount)))
yyyymmdd = show_date("%Y%m%d")
AMOUNT_TYPES = {
    "int32": (pa.int32(), as_whole, whole),
    "int64": (pa.int64(), as_whole, whole),
    "uint64": (
        pa.uint64(),
        in_column("amount", lambda amount: abs(int(amount))),
        in_column("amount", lambda amount: Decimal(abs(int(amount)))),
    ),
    "float16": (pa.float16(), lambda row: float(as_whole(row)), whole),
    "float32": (pa.float32(), lambda row: float(as_whole(row)), whole),
    "float64": (pa.float64(), in_column("amount", float), None),
    "decimal(10, 2)": (pa.decimal128(10, 2), None, None),
    "decimal(38, 10)": (pa.decimal128(38, 10), None, None),
    "decimal(50, 10)": (pa.decimal256(50, 10), None, None),
    "string": (pa.string(), as_text("amount"), None),
    "large_string": (pa.large_string(), as_text("amount"), None),
    "dictionary": (DICTIONARY, as_text("amount"), None),
    "binary": (
        pa.binary(),
        in_column("amount", lambda amount: str(amount).encode()),
        None,
    ),
    "bool": (pa.bool_(), in_column("amount", lambda amount: amount > 0), nothing),
    "null": (pa.null(), nothing, nothing),
    "list": (
        pa.list_(pa.float64()),
        in_column("amount", lambda amount: [float(amount)]),
        None,
    ),
    "struct": (
        pa.struct({"value": pa.float64(), "currency": pa.string()}),
        lambda row: {"value": float(row["amount"]), "currency": "EUR"},
        None,
    ),
    "timestamp": (pa.timestamp("us"), in_column("ordered_at", lambda at: at), nothing),
}
DATE_TYPES = {
    "timestamp s": (pa.timestamp("s"), None, None),
    "timestamp ms": (pa.timestamp("ms"), None, None),
    "timestamp ns": (pa.timestamp("ns"), None, None),
    "timestamptz UTC": (pa.timestamp("us", "UTC"), None, None),
    "timestamptz New York": (pa.timestamp("us", "America/New_York"), None, None),
    "date32": (pa.date32(), in_column("ordered_at", dt.datetime.date), None),
    "date64": (pa.date64(), in_column("ordered_at", dt.datetime.date), None),
    "string": (pa.string(), as_text("ordered_at"), None),
    "dictionary": (DICTIONARY, as_text("ordered_at"), None),
    "yyyymmdd int32": (pa.int32(), lambda row: int(yyyymmdd(row)), None),
    "yyyymmdd int64": (pa.int64(), lambda row: int(yyyymmdd(row)), None),
    "yyyymmdd float64": (pa.float64(), lambda row: float(yyyymmdd(row)), None),
    "epoch seconds": (pa.int64(), to_epoch(1), None),
    "epoch milliseconds": (pa.int64(), to_epoch(1000), None),
    "epoch microseconds": (pa.int64(), to_epoch(1000000), None),
    "Excel serial": (pa.float64(), to_excel, None),
    "time": (pa.time32("s"), in_column("ordered_at", dt.datetime.time), nothing),
    "duration": (
        pa.duration("s"),
        in_column("place", lambda place: dt.timedelta(days=place)),
        nothing,
    ),
    "bool": (pa.bool_(), always(True), nothing),
    "null": (pa.null(), nothing, nothing),
    "list": (
        pa.list_(pa.timestamp("us")),
        in_column("ordered_at", lambda at: [at]),
        None,
    ),
    "struct": (
        pa.struct({"at": pa.timestamp("us")}),
        in_column("ordered_at", lambda at: {"at": at}),
        None,
    ),
}
id_as_int = in_column("customer_id", int)
id_as_decimal = in_column("customer_id", Decimal)
ID_TYPES = {
    "int16": (pa.int16(), id_as_int, None),
    "int64": (pa.int64(), id_as_int, None),
    "uint64": (pa.uint64(), id_as_int, None),
    "float64": (pa.float64(), id_as_int, None),
    "decimal(10, 0)": (pa.decimal128(10, 0), id_as_decimal, None),
    "decimal(10, 2)": (pa.decimal128(10, 2), id_as_decimal, None),
    "dictionary": (DICTIONARY, as_text("customer_id"), None),
    "binary": (pa.binary(), in_column("customer_id", str.encode), None),
    "list": (
        pa.list_(pa.string()),
        in_column("customer_id", lambda text: [text]),
        show_id("[{}]"),
    ),
    "struct": (
        pa.struct({"id": pa.string()}),
        in_column("customer_id", lambda text: {"id": text}),
        show_id("{{'id': {}}}"),
    ),
    "null": (pa.null(), nothing, nothing),
}
MAPPED_DATES = {
    "yyyymmdd with a format": (lambda row: int(yyyymmdd(row)), format_var("%Y%m%d")),
    "epoch seconds mapped": (
        to_epoch(1),
        map_columns(ordered_at="to_timestamp(ordered_at)"),
    ),
    "epoch milliseconds mapped": (
        to_epoch(1000),
        map_columns(ordered_at="epoch_ms(ordered_at)"),
    ),
    "Excel serial mapped": (
        to_excel,
        map_columns(
            ordered_at="date '1899-12-30' + cast(floor(ordered_at) as integer)"
        ),
    ),
    "stamps with a format": (None, format_var("%Y-%m-%d %H:%M:%S")),
    "stamps with a wrong format": (None, format_var("%d/%m/%Y")),
}


def write_orders_with_items(folder, rows: list) -> None:
    """One row per order, with a list of structs."""
    kept = [name for name in COLUMNS if name not in ("amount", "quantity")]
    write_parquet()(
        folder,
        [
            {name: row[name] for name in kept}
            | {"items": [{"amount": row["amount"], "quantity": row["quantity"]}]}
            for row in rows
        ],
    )


TYPES = {
    **{
        f"parquet {word} {name}": of_column(column, raw, read, arrow)
        for word, column, types in (
            ("amount", "amount", AMOUNT_TYPES),
            ("date", "ordered_at", DATE_TYPES),
            ("customer", "customer_id", ID_TYPES),
        )
        for name, (arrow, raw, read) in types.items()
    },
    **{
        f"parquet date {word}": of_column(
            "ordered_at", raw, set_vars=more, must_work="wrong" not in word
        )
        for word, (raw, more) in MAPPED_DATES.items()
    },
    "parquet amount struct mapped": of_column(
        "amount",
        lambda row: {"value": row["amount"], "currency": "EUR"},
        set_vars=map_columns(amount="amount.value"),
        must_work=True,
    ),
    "parquet amount list mapped": of_column(
        "amount",
        in_column("amount", lambda amount: [amount]),
        set_vars=map_columns(amount="amount[1]"),
        must_work=True,
    ),
    "parquet lines unnested": of_csv(
        "(select * exclude (items), unnest(items, recursive := true)"
        " from read_parquet('{folder}/orders.parquet'))",
        write=write_orders_with_items,
        must_work=True,
    ),
    "parquet every column a dictionary": of_parquet(
        dict.fromkeys(COLUMNS, DICTIONARY),
        raw={column: as_text(column) for column in COLUMNS},
        must_work=True,
    ),
    "parquet only what is needed": of_parquet(
        drop=NOT_NEEDED, set_vars={DUPLICATES: "keep"}, must_work=True
    ),
    "parquet only what is needed, no vars": of_parquet(drop=NOT_NEEDED),
    "parquet categories nested": of_column(
        "category", lambda row: {"main": row["category"], "sub": None}
    ),
    "quantity a list": of_column("quantity", in_column("quantity", lambda one: [one])),
}

# ---- Dates as text: how they are written, and the format that is told ------------------

LAYOUTS = (
    ("%Y-%m-%dT%H:%M:%S", None),
    ("%Y-%m-%dT%H:%M:%SZ", None),
    ("%Y-%m-%dT%H:%M:%S+02:00", None),
    ("%Y-%m-%d %H:%M:%S.123", None),
    ("%Y/%m/%d", None),
    ("%d/%m/%Y", None),
    ("%d/%m/%Y", "%d/%m/%Y"),
    ("%d-%m-%Y", None),
    ("%m/%d/%Y", None),
    ("%m/%d/%Y", "%m/%d/%Y"),
    ("%d/%m/%Y", "%m/%d/%Y"),
    ("%d.%m.%Y %H:%M", None),
    ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M"),
    ("%d.%m.%Y %H:%M", "%d.%m.%Y"),
    ("%d.%m.%y", None),
    ("%d.%m.%y", "%d.%m.%y"),
    ("%y-%m-%d", None),
    ("%b %d, %Y", None),
    ("%b %d, %Y", "%b %d, %Y"),
    ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
    ("%Y%m%d", None),
    ("%Y%m%d", "%Y%m%d"),
    ("%Y%m%d%H%M%S", None),
    ("%G-W%V-%u", None),
    ("%Y-%m", None),
    ("  %Y-%m-%d  ", None),
    ("%Y-%m-%d", "YYYY-MM-DD"),
    ("%Y-%m-%d", "%Q"),
    ("%Y-%m-%d", "it's"),
)
ALSO_SNIFFED = (
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+02:00", "%d/%m/%Y", "%d-%m-%Y"),
    *("%m/%d/%Y", "%y-%m-%d", "%Y%m%d"),
)


def of_dates(layout: str, told: str | None, reader: str = TEXT):
    return of_text(
        "ordered_at",
        show_date(layout),
        nothing if layout == "%Y-%m" else None,
        reader,
        set_vars=format_var(told) if told else {},
        must_work=told == layout,
    )


def spoil(column: str, word: str, value: object, step: int):
    """A case with a value that nobody can read in every so many rows."""
    return of_text(column, every(step, value, column), every(step, None, column))


DATES = {
    **{
        f"date {layout.strip()} {'by ' + told if told else 'untold'}": of_dates(
            layout, told
        )
        for layout, told in LAYOUTS
    },
    **{
        f"date {layout} untold, sniffed": of_dates(layout, None, SNIFFED)
        for layout in ALSO_SNIFFED
    },
    **{
        f"date {word} {how}": of_text("ordered_at", raw, None, reader)
        for word, raw in (
            ("epoch seconds", to_epoch(1)),
            ("epoch milliseconds", to_epoch(1000)),
            ("Excel serials", to_excel),
        )
        for reader, how in ((TEXT, "as text"), (SNIFFED, "sniffed"))
    },
    **{
        f"date {word}": spoil("ordered_at", word, value, step)
        for word, value, step in (
            ("rubbish in 5 %", "gestern", 20),
            ("rubbish in 20 %", "gestern", 5),
            ("0000-00-00 in 20 %", "0000-00-00", 5),
            ("9999-12-31 in 3 %", "9999-12-31", 40),
            ("1900-01-01 in 20 %", "1900-01-01", 5),
            ("infinity in 5 %", "infinity", 20),
            ("empty in 20 %", "", 5),
            ("30 February in 5 %", "2025-02-30", 20),
            ("another order in every second", "31/12/2025", 2),
            ("all empty", "", 1),
            ("all null words", "NULL", 1),
        )
    },
    "date mixed day and month first": of_text(
        "ordered_at",
        lambda row: row["ordered_at"].strftime(
            "%d/%m/%Y" if row["place"] % 2 else "%m/%d/%Y"
        ),
        set_vars=format_var("%d/%m/%Y"),
    ),
}

CASES = TYPES | DATES
