"""Small made-up shops for the tests, and the vars that point the project at them."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import Build
from read_vars import merge_vars

AS_OF = date(2026, 1, 1)
# What reads the transactions.
STAGING = (
    "base_transactions",
    "stg_transaction_rows",
    "stg_repeated_rows",
    "stg_transactions",
)
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


@dataclass
class Shop:
    """Rows of both tables; every column is text unless `types` says otherwise."""

    transactions: list[dict]
    customers: list[dict] | None = None
    vars: dict = field(default_factory=dict)
    types: dict[str, pa.DataType] = field(default_factory=dict)
    columns: tuple[str, ...] = COLUMNS

    def write(self, folder: Path) -> dict:
        """Write the tables as Parquet files and return the vars that name them."""
        folder.mkdir(parents=True, exist_ok=True)
        relations = {}
        for name, table in self.tables().items():
            path = folder / f"{name}.parquet"
            pq.write_table(table, path)
            relations[name] = f"read_parquet('{path}')"
        return self.make_vars(relations)

    def make_vars(self, relations: dict[str, str] | None = None) -> dict:
        """Make the vars that name the tables: by their own names, if not otherwise."""
        names = dict.fromkeys(self.tables()) | (relations or {})
        named = {name: relation or name for name, relation in names.items()}
        given = {
            "segmentation_transactions": named["shop_transactions"],
            "segmentation_customers": named.get("shop_customers"),
            "segmentation_as_of_date": AS_OF.isoformat(),
            "segmentation_model": {"k_bootstraps": 5},
        }
        return merge_vars(given, self.vars)

    def tables(self) -> dict[str, pa.Table]:
        """Make both tables, or the one that there is."""
        tables = {
            "shop_transactions": self._make_table(self.transactions, self.columns)
        }
        if self.customers is not None:
            columns = tuple(self.customers[0]) if self.customers else ("customer_id",)
            tables["shop_customers"] = self._make_table(self.customers, columns)
        return tables

    def _make_table(self, rows: list[dict], columns: tuple[str, ...]) -> pa.Table:
        return pa.table(
            {
                column: pa.array(
                    [row.get(column) for row in rows],
                    self.types.get(column, pa.string()),
                )
                for column in columns
            }
        )

    def build_in(self, folder: Path) -> Build:
        folder.mkdir(parents=True, exist_ok=True)
        return Build(folder, vars=self.write(folder / "input"))


def make_line(customer_id: str, days_ago: int, amount: object, **columns) -> dict:
    """One line of a purchase some days before the eve of the as-of date."""
    day = AS_OF - timedelta(days=1 + days_ago)
    number = f"{customer_id}-{days_ago}-{amount}"
    return {
        "transaction_id": number,
        "order_id": f"order {number}",
        "customer_id": customer_id,
        "ordered_at": day.isoformat(),
        "amount": str(amount),
    } | columns


def make_buyers(count: int = 140, seed: int = 1) -> list[dict]:
    """Lines of buyers of four kinds: how recent, how often, how much."""
    generator = random.Random(seed)
    kinds = [((1, 30), (8, 14), 60), ((1, 60), (1, 2), 15), ((120, 200), (5, 9), 40)]
    kinds.append(((220, 340), (1, 3), 90))
    lines = []
    for number in range(count):
        recency, frequency, basket = kinds[number % 4]
        days = generator.randint(*recency)
        for _ in range(generator.randint(*frequency)):
            amount = round(basket * generator.uniform(0.5, 1.5), 2)
            lines.append(make_line(f"buyer {number:03}", days, amount))
            days += generator.randint(3, 12)
    return lines


def run_all(tasks: dict) -> dict:
    """Run functions without arguments two at a time; name to result, in their order."""
    with ThreadPoolExecutor(2) as pool:
        started = {name: pool.submit(task) for name, task in tasks.items()}
        return {name: task.result() for name, task in started.items()}
