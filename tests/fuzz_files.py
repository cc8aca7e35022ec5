"""Cases of tests/fuzz_inputs.py: names of columns, and files of every kind."""

import random

from fuzz_csv import tell
from fuzz_shop import (
    COLUMNS,
    PARQUET,
    SNIFFED,
    TEXT,
    map_columns,
    nothing,
    of_csv,
    of_parquet,
    write_both,
    write_bytes,
    write_csv,
    write_json,
    write_parquet,
    zip_up,
)

KEYWORDS = {"customer_id": "order", "amount": "group", "ordered_at": "select"}
# Our column to the file's, and our column to what the vars say.
NAMES = {
    "capitals": ({column: column.upper() for column in COLUMNS}, {}),
    "spaces around names": ({column: f" {column} " for column in COLUMNS}, {}),
    "a title for a name": (
        {"customer_id": "Customer ID"},
        {"customer_id": "Customer ID"},
    ),
    "a title quoted": (
        {"customer_id": "Customer ID"},
        {"customer_id": '"Customer ID"'},
    ),
    "keywords quoted": (
        KEYWORDS,
        {ours: f'"{word}"' for ours, word in KEYWORDS.items()},
    ),
    "keywords unquoted": (KEYWORDS, KEYWORDS),
    "an empty name": ({"category": ""}, {}),
    "a name like injection": ({"amount": "a; drop table x; --"}, {}),
    **{
        word: ({"amount": name}, {"amount": mapping})
        for word, name, mapping in (
            ("a quote in a name", 'paid "net"', '"paid ""net"""'),
            ("a backslash in a name", "paid\\net", '"paid\\net"'),
            ("an apostrophe in a name", "buyer's", '"buyer\'s"'),
            ("a euro sign", "Paid €", '"Paid €"'),
            ("a line break in a name", "paid\nnet", '"paid\nnet"'),
            ("a dot in a name", "order.total", '"order.total"'),
            ("a dot unquoted", "order.total", "order.total"),
            ("a number as a name", "2025", '"2025"'),
            ("a number unquoted", "2025", "2025"),
            ("a name misspelt", "total", "totl"),
            ("a function misspelt", "total", "rond(total, 2)"),
            ("an unfinished expression", "total", "replace(total, ','"),
            ("two expressions", "total", "total, quantity"),
            ("text times text", "price", "quantity * price"),
            ("an aggregate", "total", "sum(total)"),
            (
                *("a name like injection mapped", "a; drop table x; --"),
                '"a; drop table x; --"',
            ),
        )
    },
}
NAMED = {
    **{
        f"names: {word}": of_csv(
            header=renamed,
            set_vars=map_columns(**mapping),
            must_work=any('"' in value for value in mapping.values()),
        )
        for word, (renamed, mapping) in NAMES.items()
    },
    # The reader renames the second of two equal names.
    "names: a name twice": of_csv(
        header={"discount_amount": "amount"}, read={"discount_amount": nothing}
    ),
    "names: two that differ in case": of_csv(
        header={"discount_amount": "AMOUNT"}, read={"discount_amount": nothing}
    ),
    "names: 300 columns": of_csv(
        SNIFFED,
        write=lambda folder, rows: write_csv()(
            folder,
            [
                row | {f"extra_{number}": number for number in range(292)}
                for row in rows
            ],
        ),
        must_work=True,
    ),
}

RANDOM_BYTES = random.Random(1).randbytes(4000)
TWO_CSV = TEXT.replace("orders.csv", "*.csv")
TWO_PARQUET = PARQUET.replace("orders", "*")
WITH_TOTAL = write_both(
    write_csv(name="a.csv"), write_csv(name="b.csv", header={"amount": "total"})
)
WEB_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>403</title></head>\n"
    b"<body>Log in, please.</body></html>\n"
)
JSON = "read_json('{folder}/orders.json')"


def write_amounts_as_text(folder, rows: list) -> None:
    rows = [row | {"amount": f"EUR {row['amount']}"} for row in rows]
    write_parquet(name="b.parquet")(folder, rows)


def of_parquet_edited(after):
    return of_csv(PARQUET, write=write_parquet(after=after))


def of_json(write=None, **more):
    return of_csv(JSON, write=write or write_json(), **more)


def nest_customer(row: dict) -> dict:
    return {"id": row["customer_id"], "name": "x"}


FILES = {
    "file: parquet truncated": of_parquet_edited(
        lambda content: content[: len(content) // 2]
    ),
    "file: parquet damaged in the middle": of_parquet_edited(
        lambda content: content[:100] + b"\xff" * 200 + content[300:]
    ),
    "file: parquet of 0 bytes": of_csv(
        PARQUET, write=write_bytes("orders.parquet", b"")
    ),
    "file: random bytes": of_csv(
        PARQUET, write=write_bytes("orders.parquet", RANDOM_BYTES)
    ),
    "file: random bytes as csv": of_csv(
        SNIFFED, write=write_bytes("orders.csv", RANDOM_BYTES)
    ),
    "file: csv as parquet": of_csv(PARQUET, name="orders.parquet"),
    "file: parquet as csv": of_csv(SNIFFED, write=write_parquet(name="orders.csv")),
    "file: json as csv": of_csv(SNIFFED, write=write_json(name="orders.csv")),
    "file: web page as csv": of_csv(SNIFFED, write=write_bytes("orders.csv", WEB_PAGE)),
    "file: workbook": of_csv(
        "read_csv('{folder}/orders.xlsx')",
        write=write_bytes("orders.xlsx", zip_up(b"<xml/>")),
    ),
    # By an extension that is not installed.
    "file: workbook by read_xlsx": of_csv(
        "read_xlsx('{folder}/orders.xlsx')",
        write=write_bytes("orders.xlsx", zip_up(b"<xml/>")),
    ),
    "file: no rows": of_parquet(change=lambda rows: []),
    "file: none": of_csv(PARQUET),
    "file: a folder": of_csv("read_csv('{folder}')"),
    "file: name alone": of_csv("'{folder}/orders.csv'"),
    "file: name unquoted": of_csv("{folder}/orders.csv"),
    "file: subquery": of_csv(f"(select * from {SNIFFED} where true)", must_work=True),
    "file: query without brackets": of_csv(f"select * from {SNIFFED}"),
    "file: two files": of_csv(
        TWO_CSV,
        write=write_both(write_csv(name="a.csv"), write_csv(name="b.csv")),
        must_work=True,
    ),
    "file: two files, other columns": of_csv(TWO_CSV, write=WITH_TOTAL),
    "file: two files united by name": of_csv(
        tell("union_by_name=true", TWO_CSV),
        map_columns(amount="coalesce(amount, total)"),
        write=WITH_TOTAL,
        must_work=True,
    ),
    "file: two Parquet files, other types": of_csv(
        TWO_PARQUET,
        write=write_both(write_parquet(name="a.parquet"), write_amounts_as_text),
    ),
    "file: one of two truncated": of_csv(
        TWO_PARQUET,
        write=write_both(
            write_parquet(name="a.parquet"),
            write_parquet(name="b.parquet", after=lambda content: content[:500]),
        ),
    ),
    "json lines": of_json(),
    "json array": of_json(write_json(as_array=True)),
    "json cut off": of_json(write_json(after=lambda text: text[:-40])),
    "json nested": of_json(
        raw={"customer_id": nest_customer},
        set_vars=map_columns(customer_id="customer_id.id"),
        must_work=True,
    ),
    "json nested unmapped": of_json(raw={"customer_id": nest_customer}),
    "json mixed types": of_json(
        raw={"amount": lambda row: (float if row["place"] % 2 else str)(row["amount"])}
    ),
    "json empty": of_json(write_bytes("orders.json", b"")),
}
CASES = NAMED | FILES
