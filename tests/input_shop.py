"""A small shop with odd ids, to be handed over to dbt in every kind of input."""

import csv
import datetime as dt
import functools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import yaml

EMOJI = "\N{SHOPPING TROLLEY}"
# Ids that something on the way could change: zeros, quotes, separators, other scripts.
SPECIAL_IDS = (
    "000007",
    "0000000000000000012",
    "1e5",
    "O'Neil",
    'Say "hi"; or not',
    "back\\slash, comma",
    "Jürgen Größe",
    f"basket {EMOJI} 1",
    "'; drop table orders; --",
    "<script>",
)
ORDERS = {
    "line_id": "text",
    "order_no": "text",
    "customer": "text",
    "placed_at": "timestamp",
    "total": "decimal(10, 2)",
    "discount": "decimal(10, 2)",
    "pieces": "integer",
    "category": "text",
}
CUSTOMERS = {
    "id": "text",
    "born": "date",
    "gender": "text",
    "income": "text",
    "household_size": "integer",
    "newsletter": "boolean",
}
# The shop's words, the same for every kind of input.
SHOP_VARS = {
    "segmentation_transaction_columns": {
        "transaction_id": "line_id",
        "order_id": "order_no",
        "customer_id": "customer",
        "ordered_at": "placed_at",
        "amount": "total",
        "discount_amount": "discount",
        "quantity": "pieces",
    },
    "segmentation_customer_columns": {"customer_id": "id", "birth_date": "born"},
    "segmentation_demographics": {
        "birth_date": {"kind": "date", "as": "age_years"},
        "gender": {"kind": "nominal"},
        "income": {"kind": "ordinal", "levels": ["niedrig", "mittel", "höher"]},
        "household_size": {"kind": "number"},
        "newsletter": {"kind": "boolean"},
    },
    "segmentation_duplicates": "by_transaction_id",
    "segmentation_k": 4,
    "segmentation_model": {"k_range": [4, 4], "k_bootstraps": 2},
}


@dataclass(frozen=True)
class Shop:
    """Rows of the two tables, in the order of their columns."""

    orders: list[tuple]
    customers: list[tuple]

    def __iter__(self) -> Iterator[tuple[str, dict, list[tuple]]]:
        """Name, columns and rows of each table."""
        yield "orders", ORDERS, self.orders
        yield "customers", CUSTOMERS, self.customers


@functools.cache
def make_shop() -> Shop:
    """Draw 170 buyers of four habits; 3 without a record, and 5 records without orders."""
    draw = random.Random(155)
    ids = [*SPECIAL_IDS, *(f"{number:06d}" for number in range(1000, 1165))]
    last_day = dt.datetime(2025, 12, 31)
    # Orders, days between them, days since the last, money of a line.
    habits = [(14, 12, 8, 30), (3, 80, 40, 180), (6, 25, 200, 40), (2, 10, 15, 35)]
    orders = []
    for place, customer in enumerate(ids[:170]):
        count, gap, ago, price = habits[place % 4]
        day = last_day - dt.timedelta(days=draw.randrange(ago))
        for order in range(max(1, count + draw.randrange(-1, 3))):
            for line in range(draw.choice((1, 1, 2))):
                total = Decimal(draw.randrange(50 * price, 150 * price)) / 100
                orders.append(
                    (
                        f"{place:04d}-{order:02d}-{line}",
                        f"{place * 100 + order:08d}",
                        customer,
                        day + dt.timedelta(seconds=draw.randrange(86400)),
                        -total if draw.random() < 0.02 else total,
                        Decimal(draw.randrange(0, 300)) / 100,
                        draw.randrange(1, 5),
                        draw.choice(("Bücher", "Möbel; innen", 'Regal 60"', "Garten")),
                    )
                )
            day -= dt.timedelta(days=draw.randrange(gap // 2, gap * 2))
    customers = [
        (
            customer,
            dt.date(1940, 1, 1) + dt.timedelta(days=draw.randrange(24000)),
            draw.choice(("weiblich", "männlich", None)),
            draw.choice(("niedrig", "mittel", "höher")),
            draw.randrange(1, 6),
            draw.random() < 0.4,
        )
        for customer in [*ids[:90], *ids[93:]]
    ]
    # The last line came twice.
    return Shop([*orders, orders[-1]], customers)


def write_profile(folder: Path, attach: list[dict], **output) -> Path:
    """Write a user's own profile, with databases attached."""
    profile = {
        "customer_segmentation": {
            "target": "duckdb",
            "outputs": {
                "duckdb": {
                    "type": "duckdb",
                    "path": "{{ env_var('SEGMENTATION_DB') }}",
                    "threads": 2,
                    "settings": {"TimeZone": "UTC"},
                    "attach": attach,
                    **output,
                }
            },
        }
    }
    (folder / "profile").mkdir()
    path = folder / "profile" / "profiles.yml"
    path.write_text(yaml.safe_dump(profile))
    return path.parent


def create_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    connection.execute(f"create schema if not exists {schema}")
    for name, columns, rows in make_shop():
        words = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create table {schema}.{name} ({words})")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"insert into {schema}.{name} values ({marks})", rows)


def write_csv(path: Path, rows: list[tuple], header=None, **how) -> None:
    encoding = how.pop("encoding", "utf-8")
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **how)
        if header:
            writer.writerow(header)
        writer.writerows(rows)
