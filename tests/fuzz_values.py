"""Cases of tests/fuzz_inputs.py: amounts, ids and rows of the transactions."""

from decimal import Decimal

import pyarrow as pa
from fuzz_shop import (
    SNIFFED,
    always,
    every,
    in_column,
    map_columns,
    nothing,
    of_csv,
    show_amount,
    show_id,
    swap,
    write_csv,
)
from fuzz_types import DUPLICATES, NOT_NEEDED, of_column, of_text, spoil

FILTER = "segmentation_transaction_filter"

# ---- Amounts as text: how they are written, and how the vars read them -----------------

COMMA_TO_POINT = "replace(amount, ',', '.')"
shown = in_column("amount", str)
with_commas = in_column("amount", "{:,}".format)
AMOUNT_TEXTS = {
    "decimal commas": (swap(show_amount("{:.2f}")), None),
    "decimal commas replaced": (swap(show_amount("{:.2f}")), COMMA_TO_POINT),
    "thousands commas": (show_amount("{:,.2f}"), None),
    "thousands commas removed": (show_amount("{:,.2f}"), "replace(amount, ',', '')"),
    "thousands points": (swap(show_amount("{:,.2f}")), None),
    "thousands points, commas replaced": (swap(show_amount("{:,.2f}")), COMMA_TO_POINT),
    "thousands points removed": (
        swap(show_amount("{:,.2f}")),
        "replace(replace(amount, '.', ''), ',', '.')",
    ),
    "dollars in front": (show_amount("${:.2f}"), None),
    "dollars removed": (
        show_amount("${:,.2f}"),
        "regexp_replace(amount, '[$,]', '', 'g')",
    ),
    "euros behind": (show_amount("{:.2f} €"), None),
    "a currency code": (show_amount("EUR {:.2f}"), None),
    "spaces as thousands": (lambda row: with_commas(row).replace(",", " "), None),
    "no-break spaces": (
        lambda row: with_commas(row).replace(",", "\N{NO-BREAK SPACE}"),
        None,
    ),
    "Swiss thousands": (lambda row: with_commas(row).replace(",", "'"), None),
    "spaces around": (show_amount("  {:.2f} "), None),
    "scientific": (show_amount("{:.5e}"), None),
    "a plus sign": (show_amount("{:+.2f}"), None),
    "eight decimals": (show_amount("{:.8f}"), None),
    "Persian digits": (
        lambda row: shown(row).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        None,
    ),
    "brackets for returns": (
        in_column("amount", lambda one: f"({-one})" if one < 0 else str(one)),
        None,
    ),
    "minus behind": (
        in_column("amount", lambda one: f"{-one}-" if one < 0 else str(one)),
        None,
    ),
    "a long minus": (lambda row: shown(row).replace("-", "\N{MINUS SIGN}"), None),
}
# In doubles and whole numbers; only 1e13 is an amount.
AMOUNT_NUMBERS = {
    "NaN in doubles": float("nan"),
    "infinity in doubles": float("inf"),
    "1e300 in doubles": 1e300,
    "1e13 in doubles": 1e13,
}
AMOUNTS = {
    **{
        f"amount {word}": of_text(
            "amount",
            raw,
            set_vars=map_columns(amount=mapping) if mapping else {},
            must_work=bool(mapping) and word != "thousands points, commas replaced",
        )
        for word, (raw, mapping) in AMOUNT_TEXTS.items()
    },
    "amount thousands commas sniffed": of_text(
        "amount", show_amount("{:,.2f}"), reader=SNIFFED
    ),
    **{
        f"amount {word}": spoil("amount", word, value, step)
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
        )
    },
    **{
        f"amount {word}": of_column(
            "amount",
            every(20, value, "amount", in_column("amount", float)),
            every(20, Decimal(10) ** 13 if value == 1e13 else None, "amount"),
            pa.float64(),
        )
        for word, value in AMOUNT_NUMBERS.items()
    },
    "amount int64 at its limit": of_column(
        "amount",
        every(20, 2**63 - 1, "amount", in_column("amount", int)),
        every(20, None, "amount", in_column("amount", lambda one: Decimal(int(one)))),
        pa.int64(),
    ),
    "amount all zero": of_text("amount", always(0), always(Decimal(0))),
    "amount all negative": of_text(
        "amount", *[in_column("amount", lambda amount: -abs(amount))] * 2
    ),
}

# ---- Ids: how they are written, and what a person reads --------------------------------

plain_id = show_id("{}")


def odd_rows(text: str):
    return lambda row: row["customer_id"] + (text if row["place"] % 2 else "")


def long_id(row: dict) -> str:
    return "x" * 1_000_000 + row["customer_id"]


ID_TEXTS = {
    "floats with .0": (show_id("{}.0"), plain_id),
    "spaces around": (show_id("  {} "), plain_id),
    "tabs around": (show_id("\t{}\t"), plain_id),
    "line breaks behind": (show_id("{}\r\n"), plain_id),
    "no-break spaces around": (show_id("\N{NO-BREAK SPACE}{}"), plain_id),
    "tabs in half of the rows": (odd_rows("\t"), plain_id),
    ".0 in half of the rows": (odd_rows(".0"), plain_id),
    **{
        word: (show_id(layout), show_id(layout))
        for word, layout in (
            ("zero padded", "{:08}"),
            ("scientific", "{:.3e}"),
            ("other scripts", "顧客-{}-Ж-🛒"),
            ("SQL", "'; drop table stg_transactions; -- {}"),
            ("Jinja", "{{{{ 1 / 0 }}}} {}"),
            ("quotes", '"{}\'s"'),
        )
    },
}
IDS = {
    **{
        f"customer ids {word}": of_text("customer_id", raw, read, quoted=True)
        for word, (raw, read) in ID_TEXTS.items()
    },
    "customer ids 1 MB": of_text(
        "customer_id", long_id, long_id, quoted=True, change=lambda rows: rows[:4]
    ),
    "customer ids 1 MB parquet": of_column(
        "customer_id", long_id, long_id, change=lambda rows: rows[:20]
    ),
    "customer ids empty in 5 %": spoil("customer_id", "", "", 20),
    "customer ids empty in 33 %": spoil("customer_id", "", "", 3),
    "customer ids all empty": spoil("customer_id", "", "", 1),
    # NULL could be a name.
    "customer ids null words in 20 %": of_text(
        "customer_id", *[every(5, "NULL", "customer_id")] * 2
    ),
    "customer ids empty in 99 %": of_text(
        "customer_id",
        lambda row: row["customer_id"] if row["place"] % 60 == 0 else "",
        every(60, "1001", "customer_id", nothing),
    ),
    "transaction ids are order ids": of_csv(
        set_vars=map_columns(transaction_id="order_id")
    ),
    "transaction ids are order ids, by id": of_csv(
        set_vars=map_columns(transaction_id="order_id")
        | {DUPLICATES: "by_transaction_id"}
    ),
    "transaction ids restart": of_text(
        "transaction_id", in_column("place", lambda place: place % 40)
    ),
    "transaction ids empty in half": of_text(
        "transaction_id", every(2, "", "transaction_id")
    ),
    "transaction ids all equal": of_text("transaction_id", always("0")),
}

# ---- Rows ------------------------------------------------------------------------------


def copy_some(rows: list) -> list:
    """One row in twenty comes twice."""
    return [
        copy
        for row in rows
        for copy in [row | {"is_copy": False}]
        + [row | {"is_copy": True}] * (row["place"] % 20 == 0)
    ]


def write_products(folder, rows: list) -> None:
    """Lines that differ only in a column that is not mapped."""
    needed = ("customer_id", "ordered_at", "amount")
    write_csv()(
        folder,
        [
            {name: row[name] for name in needed} | {"product": place}
            for place, row in enumerate(rows)
        ],
    )


def unless(test, column: str):
    return lambda row: None if test(row) else row[column]


ROWS = {
    **{
        f"rows twice {policy or 'default'}": of_csv(
            change=copy_some,
            drop=("is_copy",),
            read={"ordered_at": unless(lambda row: row["is_copy"], "ordered_at")}
            if policy in ("drop_exact", "by_transaction_id")
            else {},
            set_vars={DUPLICATES: policy} if policy else {},
        )
        for policy in ("keep", "drop_exact", "by_transaction_id", None)
    },
    "rows all twice drop_exact": of_csv(
        change=lambda rows: rows + rows, set_vars={DUPLICATES: "drop_exact"}
    ),
    "two products with equal price drop_exact": of_csv(
        write=write_products,
        change=lambda rows: rows + rows,
        drop=NOT_NEEDED,
        set_vars={DUPLICATES: "drop_exact"},
        must_work=True,
    ),
    "filter that two thirds pass": of_csv(
        set_vars={FILTER: "category <> 'Garten'"},
        read={
            "ordered_at": unless(lambda row: row["category"] == "Garten", "ordered_at")
        },
        may_lose=1.0,
        must_work=True,
    ),
    "filter over a column that is none": of_csv(set_vars={FILTER: "status = 'paid'"}),
    "filter by a subquery": of_csv(
        set_vars={
            FILTER: "customer_id in (select distinct customer_id"
            " from read_csv('{folder}/orders.csv', all_varchar=true) as others)"
        },
        must_work=True,
    ),
}

# ---- Columns that are not needed --------------------------------------------------------


def decimals(column: str):
    return in_column(column, lambda value: Decimal(str(value)))


OTHERS = {
    "quantity decimal commas": of_text(
        "quantity", in_column("quantity", "{},00".format), decimals("quantity")
    ),
    "discount_amount decimal commas": of_text(
        "discount_amount",
        swap(in_column("discount_amount", str)),
        decimals("discount_amount"),
    ),
    **{
        f"{column} units behind": of_text(
            column, in_column(column, "{} pcs".format), decimals(column)
        )
        for column in ("quantity", "discount_amount")
    },
    **{
        f"{column} words in 20 %": of_text(
            column,
            every(5, "viele", column),
            every(5, None, column),
            must_tell=True,
        )
        for column in ("quantity", "discount_amount")
    },
}
CASES = AMOUNTS | IDS | ROWS | OTHERS
