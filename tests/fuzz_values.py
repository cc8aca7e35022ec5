"""Further cases of tests/fuzz_inputs.py: types of Parquet, values, customer tables."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
from fuzz_cases import (
    ATTRIBUTES,
    CASES,
    COLUMNS,
    PARQUET,
    READER,
    TEXT_READER,
    add,
    add_customers,
    always,
    every,
    map_columns,
    map_customers,
    nothing,
    show_amount,
    show_date,
    show_id,
    swap,
    to_epoch,
    to_excel,
    write_bytes,
    write_csv,
    write_json,
    write_parquet,
)

__all__ = ["CASES"]
DICTIONARY = pa.dictionary(pa.int32(), pa.string())
DUPLICATES = "segmentation_duplicates"


def format_var(layout: str) -> dict:
    return {"segmentation_timestamp_format": layout}


def whole(row: dict) -> int:
    return int(row["amount"])


def at_midnight(row: dict) -> dt.datetime:
    return dt.datetime.combine(row["birth_date"], dt.time())


def as_text(column: str):
    return lambda row: str(row[column])


# ---- Types of Parquet -------------------------------------------------------------

for word, arrow, cell in (
    ("int32", pa.int32(), whole),
    ("int64", pa.int64(), whole),
    ("uint64", pa.uint64(), lambda row: abs(int(row["amount"]))),
    ("float16", pa.float16(), lambda row: float(int(row["amount"]))),
    ("float32", pa.float32(), lambda row: float(int(row["amount"]))),
    ("float64", pa.float64(), lambda row: float(row["amount"])),
    ("decimal(10, 2)", pa.decimal128(10, 2), None),
    ("decimal(38, 10)", pa.decimal128(38, 10), None),
    ("decimal(50, 10)", pa.decimal256(50, 10), None),
    ("string", pa.string(), as_text("amount")),
    ("large_string", pa.large_string(), as_text("amount")),
    ("dictionary", DICTIONARY, as_text("amount")),
    ("binary", pa.binary(), lambda row: str(row["amount"]).encode()),
    ("bool", pa.bool_(), lambda row: row["amount"] > 0),
    ("null", pa.null(), nothing),
    ("list", pa.list_(pa.float64()), lambda row: [float(row["amount"])]),
    (
        "struct",
        pa.struct({"value": pa.float64(), "currency": pa.string()}),
        lambda row: {"value": float(row["amount"]), "currency": "EUR"},
    ),
    ("timestamp", pa.timestamp("us"), lambda row: row["ordered_at"]),
):
    read = {}
    if word in ("int32", "int64") or word in ("float16", "float32"):
        read = {"amount": lambda row: Decimal(int(row["amount"]))}
    elif word == "uint64":
        read = {"amount": lambda row: Decimal(abs(int(row["amount"])))}
    elif word in ("bool", "null", "timestamp"):
        read = {"amount": nothing}
    add(
        f"parquet amount {word}",
        f"Parquet, amount as {word}",
        write_parquet(types={"amount": arrow}),
        PARQUET,
        raw={"amount": cell} if cell else {},
        read=read,
    )
add(
    "parquet amount struct mapped",
    "Parquet, amount as a struct, mapped by amount.value",
    write_parquet(),
    PARQUET,
    raw={"amount": lambda row: {"value": row["amount"], "currency": "EUR"}},
    vars=map_columns(amount="amount.value"),
    must_work=True,
)
add(
    "parquet amount list mapped",
    "Parquet, amount as a list, mapped by amount[1]",
    write_parquet(),
    PARQUET,
    raw={"amount": lambda row: [row["amount"]]},
    vars=map_columns(amount="amount[1]"),
    must_work=True,
)
add(
    "parquet lines unnested",
    "Parquet, one row per order with a list of structs, unnested in a subquery",
    lambda folder, rows: write_parquet()(
        folder,
        [
            {name: row[name] for name in COLUMNS if name not in ("amount", "quantity")}
            | {"items": [{"amount": row["amount"], "quantity": row["quantity"]}]}
            for row in rows
        ],
    ),
    "(select * exclude (items), unnest(items, recursive := true)"
    " from read_parquet('{folder}/orders.parquet'))",
    must_work=True,
)

for word, arrow, cell in (
    ("timestamp s", pa.timestamp("s"), None),
    ("timestamp ms", pa.timestamp("ms"), None),
    ("timestamp ns", pa.timestamp("ns"), None),
    ("timestamptz UTC", pa.timestamp("us", "UTC"), None),
    ("timestamptz New York", pa.timestamp("us", "America/New_York"), None),
    ("date32", pa.date32(), lambda row: row["ordered_at"].date()),
    ("date64", pa.date64(), lambda row: row["ordered_at"].date()),
    ("string", pa.string(), as_text("ordered_at")),
    ("dictionary", DICTIONARY, as_text("ordered_at")),
    (
        "yyyymmdd int32",
        pa.int32(),
        lambda row: int(row["ordered_at"].strftime("%Y%m%d")),
    ),
    (
        "yyyymmdd int64",
        pa.int64(),
        lambda row: int(row["ordered_at"].strftime("%Y%m%d")),
    ),
    (
        "yyyymmdd float64",
        pa.float64(),
        lambda row: float(row["ordered_at"].strftime("%Y%m%d")),
    ),
    ("epoch seconds", pa.int64(), to_epoch(1)),
    ("epoch milliseconds", pa.int64(), to_epoch(1000)),
    ("epoch microseconds", pa.int64(), to_epoch(1000000)),
    ("Excel serial", pa.float64(), to_excel),
    ("time", pa.time32("s"), lambda row: row["ordered_at"].time()),
    ("duration", pa.duration("s"), lambda row: dt.timedelta(days=row["place"])),
    ("bool", pa.bool_(), always(True)),
    ("null", pa.null(), nothing),
    ("list", pa.list_(pa.timestamp("us")), lambda row: [row["ordered_at"]]),
    (
        "struct",
        pa.struct({"at": pa.timestamp("us")}),
        lambda row: {"at": row["ordered_at"]},
    ),
):
    is_lost = word in ("time", "duration", "bool", "null")
    add(
        f"parquet date {word}",
        f"Parquet, ordered_at as {word}",
        write_parquet(types={"ordered_at": arrow}),
        PARQUET,
        raw={"ordered_at": cell} if cell else {},
        read={"ordered_at": nothing} if is_lost else {},
    )
for word, cell, more in (
    (
        "yyyymmdd with a format",
        lambda row: int(row["ordered_at"].strftime("%Y%m%d")),
        format_var("%Y%m%d"),
    ),
    (
        "epoch seconds mapped",
        to_epoch(1),
        map_columns(ordered_at="to_timestamp(ordered_at)"),
    ),
    (
        "epoch milliseconds mapped",
        to_epoch(1000),
        map_columns(ordered_at="epoch_ms(ordered_at)"),
    ),
    (
        "Excel serial mapped",
        to_excel,
        map_columns(
            ordered_at="date '1899-12-30' + cast(floor(ordered_at) as integer)"
        ),
    ),
    ("stamps with a format", None, format_var("%Y-%m-%d %H:%M:%S")),
    ("stamps with a wrong format", None, format_var("%d/%m/%Y")),
):
    add(
        f"parquet date {word}",
        f"Parquet, ordered_at as {word}",
        write_parquet(),
        PARQUET,
        raw={"ordered_at": cell} if cell else {},
        vars=more,
        must_work="wrong" not in word,
    )

for word, arrow, cell in (
    ("int16", pa.int16(), None),
    ("int64", pa.int64(), None),
    ("uint64", pa.uint64(), None),
    ("float64", pa.float64(), None),
    ("decimal(10, 0)", pa.decimal128(10, 0), None),
    ("decimal(10, 2)", pa.decimal128(10, 2), None),
    ("dictionary", DICTIONARY, as_text("customer_id")),
    ("binary", pa.binary(), lambda row: row["customer_id"].encode()),
    ("list", pa.list_(pa.string()), lambda row: [row["customer_id"]]),
    (
        "struct",
        pa.struct({"id": pa.string()}),
        lambda row: {"id": row["customer_id"]},
    ),
    ("null", pa.null(), nothing),
):
    number = cell is None
    add(
        f"parquet customer {word}",
        f"Parquet, customer_id as {word}",
        write_parquet(types={"customer_id": arrow}),
        PARQUET,
        raw={
            "customer_id": (
                lambda row, arrow=arrow: (
                    Decimal(row["customer_id"])
                    if pa.types.is_decimal(arrow)
                    else int(row["customer_id"])
                )
            )
            if number
            else cell
        },
        read={"customer_id": nothing}
        if word == "null"
        else {
            "customer_id": lambda row, word=word: {
                "list": f"[{row['customer_id']}]",
                "struct": f"{{'id': {row['customer_id']}}}",
            }.get(word, row["customer_id"])
        },
    )
add(
    "parquet every column a dictionary",
    "Parquet, all columns dictionaries of texts",
    write_parquet(types=dict.fromkeys(COLUMNS, DICTIONARY)),
    PARQUET,
    raw={column: as_text(column) for column in COLUMNS},
    must_work=True,
)
add(
    "parquet only what is needed",
    "Parquet with customer_id, ordered_at and amount",
    write_parquet(),
    PARQUET,
    drop=("transaction_id", "order_id", "category", "quantity", "discount_amount"),
    vars={DUPLICATES: "keep"},
    must_work=True,
)
add(
    "parquet only what is needed, no vars",
    "Parquet with customer_id, ordered_at and amount; nothing set",
    write_parquet(),
    PARQUET,
    drop=("transaction_id", "order_id", "category", "quantity", "discount_amount"),
)
add(
    "parquet categories nested",
    "Parquet, category as a struct",
    write_parquet(),
    PARQUET,
    raw={"category": lambda row: {"main": row["category"], "sub": None}},
)

# ---- Dates as text ----------------------------------------------------------------

SNIFFED = (
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S+02:00",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%m/%d/%Y",
    "%y-%m-%d",
    "%Y%m%d",
)
for word, layout, told in (
    ("ISO with T", "%Y-%m-%dT%H:%M:%S", None),
    ("ISO with Z", "%Y-%m-%dT%H:%M:%SZ", None),
    ("ISO with an offset", "%Y-%m-%dT%H:%M:%S+02:00", None),
    ("ISO with milliseconds", "%Y-%m-%d %H:%M:%S.123", None),
    ("slashes, year first", "%Y/%m/%d", None),
    ("day first", "%d/%m/%Y", None),
    ("day first", "%d/%m/%Y", "%d/%m/%Y"),
    ("day first with dashes", "%d-%m-%Y", None),
    ("month first", "%m/%d/%Y", None),
    ("month first", "%m/%d/%Y", "%m/%d/%Y"),
    ("day first", "%d/%m/%Y", "%m/%d/%Y"),
    ("German", "%d.%m.%Y %H:%M", None),
    ("German", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M"),
    ("German", "%d.%m.%Y %H:%M", "%d.%m.%Y"),
    ("two-digit years", "%d.%m.%y", None),
    ("two-digit years", "%d.%m.%y", "%d.%m.%y"),
    ("two-digit years", "%y-%m-%d", None),
    ("names of months", "%b %d, %Y", None),
    ("names of months", "%b %d, %Y", "%b %d, %Y"),
    ("12-hour clock", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
    ("yyyymmdd", "%Y%m%d", None),
    ("yyyymmdd", "%Y%m%d", "%Y%m%d"),
    ("yyyymmddhhmmss", "%Y%m%d%H%M%S", None),
    ("ISO week", "%G-W%V-%u", None),
    ("months only", "%Y-%m", None),
    ("spaces around", "  %Y-%m-%d  ", None),
    ("ISO", "%Y-%m-%d", "YYYY-MM-DD"),
    ("ISO", "%Y-%m-%d", "%Q"),
    ("ISO", "%Y-%m-%d", "it's"),
):
    for reader in (TEXT_READER, READER) if told is None else (TEXT_READER,):
        sniffed = ", sniffed" if reader == READER else ""
        if sniffed and layout not in SNIFFED:
            continue
        add(
            f"date {layout.strip()} {'by ' + told if told else 'untold'}{sniffed}",
            f"Dates, {word} ({layout.strip()})"
            + (
                f", segmentation_timestamp_format {told}"
                if told
                else ", no format given"
            )
            + sniffed,
            write_csv(),
            reader,
            raw={"ordered_at": show_date(layout)},
            read={"ordered_at": nothing} if word == "months only" else {},
            vars=format_var(told) if told else {},
            must_work=told == layout,
        )
for word, cell in (
    ("epoch seconds", to_epoch(1)),
    ("epoch milliseconds", to_epoch(1000)),
    ("Excel serials", to_excel),
):
    for reader, how in ((TEXT_READER, "as text"), (READER, "sniffed")):
        add(
            f"date {word} {how}",
            f"Dates as {word} in a CSV, read {how}",
            write_csv(),
            reader,
            raw={"ordered_at": cell},
        )
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
):
    add(
        f"date {word}",
        f"Dates, {word} of the rows",
        write_csv(),
        TEXT_READER,
        raw={"ordered_at": every(step, value, "ordered_at")},
        read={"ordered_at": every(step, None, "ordered_at")},
    )
add(
    "date mixed day and month first",
    "Day first in one half, month first in the other",
    write_csv(),
    TEXT_READER,
    raw={
        "ordered_at": lambda row: row["ordered_at"].strftime(
            "%d/%m/%Y" if row["place"] % 2 else "%m/%d/%Y"
        )
    },
    vars=format_var("%d/%m/%Y"),
)

# ---- Amounts as text --------------------------------------------------------------

COMMA_TO_POINT = map_columns(amount="replace(amount, ',', '.')")
for word, cell, more in (
    ("decimal commas", swap(show_amount("{:.2f}")), {}),
    ("decimal commas replaced", swap(show_amount("{:.2f}")), COMMA_TO_POINT),
    ("thousands commas", show_amount("{:,.2f}"), {}),
    (
        "thousands commas removed",
        show_amount("{:,.2f}"),
        map_columns(amount="replace(amount, ',', '')"),
    ),
    ("thousands points", swap(show_amount("{:,.2f}")), {}),
    ("thousands points, commas replaced", swap(show_amount("{:,.2f}")), COMMA_TO_POINT),
    (
        "thousands points removed",
        swap(show_amount("{:,.2f}")),
        map_columns(amount="replace(replace(amount, '.', ''), ',', '.')"),
    ),
    ("dollars in front", show_amount("${:.2f}"), {}),
    (
        "dollars removed",
        show_amount("${:,.2f}"),
        map_columns(amount="regexp_replace(amount, '[$,]', '', 'g')"),
    ),
    ("euros behind", show_amount("{:.2f} €"), {}),
    ("a currency code", show_amount("EUR {:.2f}"), {}),
    ("spaces as thousands", lambda row: f"{row['amount']:,}".replace(",", " "), {}),
    (
        "no-break spaces",
        lambda row: f"{row['amount']:,}".replace(",", "\N{NO-BREAK SPACE}"),
        {},
    ),
    ("Swiss thousands", lambda row: f"{row['amount']:,}".replace(",", "'"), {}),
    ("spaces around", show_amount("  {:.2f} "), {}),
    ("scientific", show_amount("{:.5e}"), {}),
    ("a plus sign", show_amount("{:+.2f}"), {}),
    ("eight decimals", show_amount("{:.8f}"), {}),
    (
        "Persian digits",
        lambda row: str(row["amount"]).translate(
            str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
        ),
        {},
    ),
    (
        "brackets for returns",
        lambda row: f"({-row['amount']})" if row["amount"] < 0 else str(row["amount"]),
        {},
    ),
    (
        "minus behind",
        lambda row: f"{-row['amount']}-" if row["amount"] < 0 else str(row["amount"]),
        {},
    ),
    (
        "a long minus",
        lambda row: str(row["amount"]).replace("-", "\N{MINUS SIGN}"),
        {},
    ),
):
    add(
        f"amount {word}",
        f"Amounts with {word}" + (", mapped" if more else ""),
        write_csv(),
        TEXT_READER,
        raw={"amount": cell},
        vars=more,
        must_work=bool(more) and word != "thousands points, commas replaced",
    )
add(
    "amount thousands commas sniffed",
    "Amounts such as 1,234.50 beside 12.50, read sniffed",
    write_csv(),
    READER,
    raw={"amount": show_amount("{:,.2f}")},
)
for word, value, step in (
    ("nan in 5 %", "NaN", 20),
    ("inf in 5 %", "inf", 20),
    ("nan in 20 %", "NaN", 5),
    ("all inf", "inf", 1),
    ("all empty", "", 1),
    ("words in 5 %", "free", 20),
    ("words in 20 %", "free", 5),
    ("#N/A in 20 %", "#N/A", 5),
    ("true in 20 %", "true", 5),
    ("1e30 in 5 %", "1e30", 20),
    ("40 digits in 5 %", "1" * 40, 20),
    ("hexadecimal in 5 %", "0x1F", 20),
    ("percents in 20 %", "12 %", 5),
):
    add(
        f"amount {word}",
        f"Amounts, {word} of the rows",
        write_csv(),
        TEXT_READER,
        raw={"amount": every(step, value, "amount")},
        read={"amount": every(step, None, "amount")},
    )
for word, value, arrow in (
    ("NaN in doubles", float("nan"), pa.float64()),
    ("infinity in doubles", float("inf"), pa.float64()),
    ("1e300 in doubles", 1e300, pa.float64()),
    ("1e13 in doubles", 1e13, pa.float64()),
    ("int64 at its limit", 2**63 - 1, pa.int64()),
):
    big = Decimal(10) ** 13 if "1e13" in word else None
    add(
        f"amount {word}",
        f"Parquet, {word} in 5 % of the rows",
        write_parquet(types={"amount": arrow}),
        PARQUET,
        raw={
            "amount": every(
                20,
                value,
                "amount",
                whole if arrow == pa.int64() else lambda row: float(row["amount"]),
            )
        },
        read={
            "amount": every(
                20,
                big,
                "amount",
                (lambda row: Decimal(whole(row))) if arrow == pa.int64() else None,
            )
        },
    )
add(
    "amount all zero",
    "Every amount is 0",
    write_csv(),
    TEXT_READER,
    raw={"amount": always(0)},
    read={"amount": always(Decimal(0))},
)
add(
    "amount all negative",
    "Every amount is negative",
    write_csv(),
    TEXT_READER,
    raw={"amount": lambda row: -abs(row["amount"])},
    read={"amount": lambda row: -abs(row["amount"])},
)

# ---- Ids --------------------------------------------------------------------------

for word, cell, read in (
    ("floats with .0", show_id("{}.0"), show_id("{}")),
    ("zero padded", show_id("{:08}"), show_id("{:08}")),
    ("spaces around", show_id("  {} "), show_id("{}")),
    ("tabs around", show_id("\t{}\t"), show_id("{}")),
    ("line breaks behind", show_id("{}\r\n"), show_id("{}")),
    ("no-break spaces around", show_id("\N{NO-BREAK SPACE}{}"), show_id("{}")),
    (
        "tabs in half of the rows",
        lambda row: row["customer_id"] + ("\t" if row["place"] % 2 else ""),
        show_id("{}"),
    ),
    (
        ".0 in half of the rows",
        lambda row: row["customer_id"] + (".0" if row["place"] % 2 else ""),
        show_id("{}"),
    ),
    ("scientific", show_id("{:.3e}"), show_id("{:.3e}")),
    ("other scripts", show_id("顧客-{}-Ж-🛒"), show_id("顧客-{}-Ж-🛒")),
    (
        "SQL",
        show_id("'; drop table stg_transactions; -- {}"),
        show_id("'; drop table stg_transactions; -- {}"),
    ),
    ("Jinja", show_id("{{{{ 1 / 0 }}}} {}"), show_id("{{{{ 1 / 0 }}}} {}")),
    ("quotes", show_id('"{}\'s"'), show_id('"{}\'s"')),
    ("1 MB", lambda row: "x" * 1_000_000 + row["customer_id"], None),
):
    add(
        f"customer ids {word}",
        f"Customer ids with {word}",
        write_csv(quoted=True),
        TEXT_READER,
        raw={"customer_id": cell},
        read={"customer_id": read or cell},
        change=(lambda rows: rows[:4]) if word == "1 MB" else None,
    )
add(
    "customer ids 1 MB parquet",
    "Customer ids of 1 MB in Parquet",
    write_parquet(),
    PARQUET,
    raw={"customer_id": lambda row: "x" * 1_000_000 + row["customer_id"]},
    read={"customer_id": lambda row: "x" * 1_000_000 + row["customer_id"]},
    change=lambda rows: rows[:20],
)
for word, step, value in (
    ("empty in 5 %", 20, ""),
    ("empty in 33 %", 3, ""),
    ("null words in 20 %", 5, "NULL"),
    ("all empty", 1, ""),
):
    add(
        f"customer ids {word}",
        f"Customer ids, {word} of the rows",
        write_csv(),
        TEXT_READER,
        raw={"customer_id": every(step, value, "customer_id")},
        read={
            "customer_id": every(
                step, "NULL" if value == "NULL" else None, "customer_id"
            )
        },
        may_lose=0.1,
    )
add(
    "customer ids empty in 99 %",
    "Customer ids in one row of 60",
    write_csv(),
    TEXT_READER,
    raw={
        "customer_id": lambda row: row["customer_id"] if row["place"] % 60 == 0 else ""
    },
    read={"customer_id": every(60, "1001", "customer_id", nothing)},
)
add(
    "transaction ids are order ids",
    "transaction_id is mapped to the order: two lines share one",
    write_csv(),
    TEXT_READER,
    vars=map_columns(transaction_id="order_id"),
)
add(
    "transaction ids are order ids, by id",
    "The same, and segmentation_duplicates: by_transaction_id",
    write_csv(),
    TEXT_READER,
    vars=map_columns(transaction_id="order_id") | {DUPLICATES: "by_transaction_id"},
)
add(
    "transaction ids restart",
    "transaction_id counts from 1 to 40 three times",
    write_csv(),
    TEXT_READER,
    raw={"transaction_id": lambda row: row["place"] % 40},
)
add(
    "transaction ids empty in half",
    "transaction_id in every second row",
    write_csv(),
    TEXT_READER,
    raw={"transaction_id": every(2, "", "transaction_id")},
)
add(
    "transaction ids all equal",
    "transaction_id is 0 in every row",
    write_csv(),
    TEXT_READER,
    raw={"transaction_id": always("0")},
)
for policy in ("keep", "drop_exact", "by_transaction_id", None):
    add(
        f"rows twice {policy or 'default'}",
        "One row in twenty comes twice, "
        + (f"segmentation_duplicates: {policy}" if policy else "nothing set"),
        write_csv(),
        TEXT_READER,
        change=lambda rows: [
            copy
            for row in rows
            for copy in [row | {"is_copy": False}]
            + [row | {"is_copy": True}] * (row["place"] % 20 == 0)
        ],
        drop=("is_copy",),
        read={"ordered_at": lambda row: None if row["is_copy"] else row["ordered_at"]}
        if policy in ("drop_exact", "by_transaction_id")
        else {},
        vars={DUPLICATES: policy} if policy else {},
    )
add(
    "rows all twice drop_exact",
    "Every row comes twice, segmentation_duplicates: drop_exact",
    write_csv(),
    TEXT_READER,
    change=lambda rows: rows + rows,
    vars={DUPLICATES: "drop_exact"},
)
add(
    "two products with equal price drop_exact",
    "Lines that differ only in a column that is not mapped, drop_exact",
    lambda folder, rows: write_csv()(
        folder,
        [
            {name: row[name] for name in ("customer_id", "ordered_at", "amount")}
            | {"product": place}
            for place, row in enumerate(rows)
        ],
    ),
    TEXT_READER,
    change=lambda rows: rows + rows,
    drop=("transaction_id", "order_id", "category", "quantity", "discount_amount"),
    vars={DUPLICATES: "drop_exact"},
    must_work=True,
)
add(
    "filter that two thirds pass",
    "A filter that two thirds of the rows pass",
    write_csv(),
    TEXT_READER,
    vars={"segmentation_transaction_filter": "category <> 'Garten'"},
    read={
        "ordered_at": lambda row: (
            None if row["category"] == "Garten" else row["ordered_at"]
        )
    },
    may_lose=1.0,
    must_work=True,
)
add(
    "filter over a column that is none",
    "A filter over a column that does not exist",
    write_csv(),
    TEXT_READER,
    vars={"segmentation_transaction_filter": "status = 'paid'"},
)
add(
    "filter by a subquery",
    "A filter with a subquery",
    write_csv(),
    TEXT_READER,
    vars={
        "segmentation_transaction_filter": "customer_id in (select distinct customer_id"
        " from read_csv('{folder}/orders.csv', all_varchar=true) as others)"
    },
    must_work=True,
)

# ---- Columns that are not needed --------------------------------------------------

for column in ("quantity", "discount_amount"):
    for word, cell in (
        ("decimal commas", lambda row, column=column: f"{row[column]},00"),
        ("units behind", lambda row, column=column: f"{row[column]} pcs"),
        (
            "words in 20 %",
            every(5, "viele", column),
        ),
    ):
        read = (
            {column: every(5, None, column)}
            if "words" in word
            else {column: lambda row, column=column: Decimal(str(row[column]))}
        )
        if column == "discount_amount" and word == "decimal commas":
            cell = lambda row: str(row["discount_amount"]).replace(".", ",")  # noqa: E731
        add(
            f"{column} {word}",
            f"{column} with {word}",
            write_csv(),
            TEXT_READER,
            raw={column: cell},
            read=read,
            must_tell="words" in word,
        )
add(
    "quantity a list",
    "Parquet, quantity as a list",
    write_parquet(),
    PARQUET,
    raw={"quantity": lambda row: [row["quantity"]]},
)

# ---- Customer tables --------------------------------------------------------------

for word, delimiter, encoding, relation in (
    ("commas", ",", "utf-8", "read_csv('{folder}/customers.csv')"),
    ("semicolons", ";", "utf-8-sig", "read_csv('{folder}/customers.csv')"),
    ("utf-16", ",", "utf-16", "read_csv('{folder}/customers.csv')"),
    (
        "latin-1 told",
        ";",
        "latin-1",
        "read_csv('{folder}/customers.csv', encoding='latin-1')",
    ),
    ("latin-1", ";", "latin-1", "read_csv('{folder}/customers.csv')"),
):
    add_customers(
        f"customers csv {word}",
        f"Customers as CSV with {word}",
        write_csv("customers.csv", delimiter=delimiter, encoding=encoding),
        relation,
        raw={
            "gender": lambda row: {"female": "weiblich", "male": "männlich"}[
                row["gender"]
            ]
        },
        read={
            "gender": lambda row: {"female": "weiblich", "male": "männlich"}[
                row["gender"]
            ]
        },
        vars={
            "segmentation_demographics": {
                "birth_date": {"kind": "date", "as": "age_years"},
                "gender": {"kind": "nominal", "levels": ["weiblich", "männlich"]},
            }
        },
    )
CUSTOMER_PARQUET = "read_parquet('{folder}/customers.parquet')"
add_customers(
    "customers no rows",
    "A customer table without rows",
    write_parquet("customers.parquet", columns=("customer_id", *ATTRIBUTES)),
    CUSTOMER_PARQUET,
    change=lambda rows: [],
)
add_customers(
    "customers empty file",
    "A customer table of 0 bytes",
    write_bytes("customers.csv", b""),
)
add_customers(
    "customers truncated",
    "A customer table in Parquet, cut off",
    write_parquet("customers.parquet", after=lambda content: content[:700]),
    CUSTOMER_PARQUET,
)
add_customers(
    "customers missing",
    "A customer table that is not there",
    relation=CUSTOMER_PARQUET,
)
add_customers(
    "customers one column",
    "Customers with an id and nothing else, four attributes asked for",
    drop=("birth_date", "gender", "income", "band"),
)
add_customers(
    "customers one column, no attributes",
    "Customers with an id and nothing else, none asked for",
    drop=("birth_date", "gender", "income", "band"),
    vars={"segmentation_demographics": {}},
    must_work=True,
)
add_customers(
    "customers twice",
    "Every customer comes twice, equal",
    change=lambda rows: rows + rows,
)
add_customers(
    "customers twice and different",
    "Every customer comes twice, once without anything known",
    change=lambda rows: (
        rows
        + [
            row | {"birth_date": None, "gender": None, "income": None, "band": None}
            for row in rows
        ]
    ),
)
for word, cell in (
    ("floats with .0", show_id("{}.0")),
    ("zero padded", show_id("{:08}")),
    ("tabs around", show_id("\t{}\t")),
    ("line breaks behind", show_id("{}\n")),
    ("spaces around", show_id(" {} ")),
    ("a prefix", show_id("C-{}")),
    ("empty in 20 %", every(5, "", "customer_id")),
    ("all empty", always("")),
):
    lost = {"empty in 20 %": every(5, None, "customer_id"), "all empty": nothing}
    add_customers(
        f"customers ids {word}",
        f"Customer table, ids with {word}",
        raw={"customer_id": cell},
        read={"customer_id": lost.get(word, show_id("{}"))},
        must_tell=word in lost,
    )
add_customers(
    "customers ids as doubles",
    "Customer table in Parquet, ids as doubles, whole numbers in the transactions",
    write_parquet("customers.parquet", types={"customer_id": pa.float64()}),
    CUSTOMER_PARQUET,
    raw={"customer_id": lambda row: float(row["customer_id"])},
)
add_customers(
    "customers ids in a struct",
    "Customer table in Parquet, ids in a struct, mapped",
    write_parquet("customers.parquet"),
    CUSTOMER_PARQUET,
    raw={"customer_id": lambda row: {"id": row["customer_id"], "kind": "b2c"}},
    vars=map_customers(customer_id="customer_id.id"),
    must_work=True,
)
for word, layout in (
    ("DD-MM-YYYY", "%d-%m-%Y"),
    ("DD/MM/YYYY", "%d/%m/%Y"),
    ("MM/DD/YYYY", "%m/%d/%Y"),
    ("DD.MM.YYYY", "%d.%m.%Y"),
    ("YYYYMMDD", "%Y%m%d"),
    ("two-digit years", "%d.%m.%y"),
    ("ISO with a time", "%Y-%m-%dT00:00:00Z"),
    ("years only", "%Y"),
):
    add_customers(
        f"births {word}",
        f"Birth dates written {word}",
        raw={"birth_date": show_date(layout, "birth_date")},
    )
for word, mapping in (
    ("DD-MM-YYYY mapped", "strptime(birth_date, '%d-%m-%Y')"),
    ("DD-MM-YYYY try mapped", "try_strptime(birth_date, '%d-%m-%Y')"),
):
    add_customers(
        f"births {word}",
        "Birth dates written DD-MM-YYYY, mapped",
        raw={"birth_date": show_date("%d-%m-%Y", "birth_date")},
        vars=map_customers(birth_date=mapping),
        must_work=True,
    )
for word, arrow, cell in (
    ("yyyymmdd int64", pa.int64(), lambda row: int(f"{row['birth_date']:%Y%m%d}")),
    ("timestamp", pa.timestamp("us"), at_midnight),
    ("timestamptz", pa.timestamp("us", "UTC"), at_midnight),
    ("null", pa.null(), nothing),
    ("struct", None, lambda row: {"born": row["birth_date"]}),
    (
        "epoch days int64",
        pa.int64(),
        lambda row: (row["birth_date"] - dt.date(1970, 1, 1)).days,
    ),
):
    add_customers(
        f"births parquet {word}",
        f"Customer table in Parquet, birth_date as {word}",
        write_parquet(
            "customers.parquet", types={"birth_date": arrow} if arrow else {}
        ),
        CUSTOMER_PARQUET,
        raw={"birth_date": cell} if cell else {},
        read={"birth_date": nothing} if word == "null" else {},
    )
for word, cell, read in (
    ("dollars", lambda row: f"${row['income']:,} ", None),
    ("thousands commas", lambda row: f"{row['income']:,}", None),
    ("k behind", lambda row: f"{row['income'] / 1000}k", None),
    ("words in 20 %", every(5, "secret", "income"), every(5, None, "income")),
    ("unknown in 20 %", every(5, "unknown", "income"), every(5, None, "income")),
    ("#N/A in 20 %", every(5, "#N/A", "income"), every(5, None, "income")),
    ("negatives in 20 %", every(5, -1, "income"), every(5, None, "income")),
    ("nan in 5 %", every(20, "nan", "income"), every(20, None, "income")),
    ("all empty", always(""), nothing),
):
    add_customers(
        f"income {word}",
        f"Income with {word}",
        raw={"income": cell},
        read={"income": read} if read else {},
        must_tell=word in ("words in 20 %", "negatives in 20 %"),
    )
add_customers(
    "levels other words",
    "An ordinal attribute whose values are not the levels given",
    raw={"band": lambda row: {"low": "1", "middle": "2", "high": "3"}[row["band"]]},
)
add_customers(
    "levels another case and spaces",
    "Levels in capitals and with spaces",
    raw={"band": lambda row: f" {row['band'].upper()} "},
    must_work=True,
)
add_customers(
    "levels one of three unlisted",
    "One of three levels is not listed",
    raw={"band": lambda row: "medium" if row["band"] == "middle" else row["band"]},
)
add_customers(
    "levels in a nested struct",
    "Customer table as JSON with attributes in an object, mapped",
    write_json("customers.json"),
    "read_json('{folder}/customers.json')",
    raw={
        "band": lambda row: {"level": row["band"], "since": "2020"},
    },
    vars=map_customers(band="band.level"),
    must_work=True,
)
add_customers(
    "levels in a struct unmapped",
    "Customer table as JSON with attributes in an object, not mapped",
    write_json("customers.json"),
    "read_json('{folder}/customers.json')",
    raw={"band": lambda row: {"level": row["band"], "since": "2020"}},
)
add_customers(
    "attribute in capitals",
    "Columns in capitals, the attribute named DOB",
    write_csv("customers.csv", header={"birth_date": "DOB"}),
    vars={"segmentation_demographics": {"DOB": {"kind": "date", "as": "age_years"}}},
)
add_customers(
    "attribute named order",
    "An attribute whose column is named order",
    write_csv("customers.csv", header={"gender": "order"}),
    vars={"segmentation_demographics": {"order": {"kind": "nominal"}}},
)
add_customers(
    "attribute with a space",
    "An attribute in a column with a space, mapped in quotes",
    write_csv("customers.csv", header={"gender": "Gender of Client"}),
    vars=map_customers(gender='"Gender of Client"'),
    must_work=True,
)
add_customers(
    "boolean with odd words",
    "A boolean attribute of ja and nein",
    raw={"gender": lambda row: {"female": "ja", "male": "nein"}[row["gender"]]},
    vars={"segmentation_demographics": {"gender": {"kind": "boolean"}}},
    read={"gender": lambda row: {"female": "yes", "male": "no"}[row["gender"]]},
)
add_customers(
    "extra column of another type",
    "An extra column asked for as integer that holds words",
    must_tell=True,
    vars={
        "segmentation_demographics": {},
        "segmentation_extra_columns": {"band": "integer"},
    },
)
add_customers(
    "transactions as customers",
    "The file of transactions given as the customer table",
    write=lambda folder, rows: None,
    relation=PARQUET,
    change=lambda rows: rows[:30],
    vars={"segmentation_demographics": {}},
    rows_in_file=120,
)
