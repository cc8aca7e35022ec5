"""A chain of daily builds gives the same tables as one build of everything.

Each day of a random history brings new lines, late ones, corrections, deletions, copies and
ids that are used again on other days; customers are erased and whole days disappear.
"""

import random
from datetime import date, timedelta

import duckdb
import pytest
from conftest import Build

DAYS = 4
FIRST_DAY = date(2025, 12, 28)
COLUMNS = ("transaction_id", "customer_id", "ordered_at", "category", "amount", "note")
TABLES = (
    "stg_transaction_rows",
    "stg_repeated_rows",
    "stg_transactions",
    "int_transaction_batches",
    "int_customer_days",
    "int_customer_category_days",
    "int_as_of_date",
    "int_as_of_dates",
    "int_customer_sums",
    "int_trend_constants",
    "int_customer_features",
    "int_rfm_score_bounds",
    "int_known_customers",
    "transaction_quality",
    "rejected_transactions",
)
SELECTED = ["base_transactions", "base_customers", "stg_customer_records"]
SELECTED += ["stg_customers", "int_customer_demographics", *TABLES]


def make_line(generator: random.Random, today: date, days_ago: int) -> tuple:
    ordered_on = str(today - timedelta(days=days_ago))
    return (
        generator.choice([f"T{generator.randrange(60)}", None]),
        generator.choice([*"abcdefgh", "  ", None]),
        generator.choice([ordered_on] * 9 + ["soon"]),
        generator.choice(["books", "music", None]),
        generator.choice(["10", "20.5", "-10", "0", "ten"]),
        generator.choice(["x", "y"]),
    )


def live_a_day(
    generator: random.Random, lines: list[tuple], today: date
) -> list[tuple]:
    """Return the lines of the table a day later, in another order."""
    lines = [line for line in lines if generator.random() > 0.03]
    gone = generator.choice([line[2] for line in lines])
    erased = generator.choice("abcdefgh")
    lines = [line for line in lines if line[2] != gone and line[1] != erased]
    for index in generator.sample(range(len(lines)), 4):
        column = generator.randrange(len(COLUMNS))
        changed = list(lines[index])
        changed[column] = make_line(generator, today, generator.randrange(99))[column]
        lines[index] = tuple(changed)
    lines += generator.sample(lines, 4)
    lines += [make_line(generator, today, generator.randrange(99)) for _ in range(5)]
    # Some are of tomorrow, and seen then.
    lines += [make_line(generator, today, generator.choice([0, -1])) for _ in range(9)]
    generator.shuffle(lines)
    return lines


class Shop(Build):
    """A build over the table `lines` of its own database."""

    def take_in(self, lines: list[tuple], *options: str) -> dict[str, list[tuple]]:
        """Build on these lines; return every table, its rows in one order."""
        with duckdb.connect(str(self.database)) as connection:
            columns = ", ".join(f"{name} varchar" for name in COLUMNS)
            connection.execute(f"create or replace table lines ({columns})")
            connection.executemany(
                f"insert into lines values ({', '.join('?' * len(COLUMNS))})", lines
            )
        done = self.dbt("run", *options, "--select", *SELECTED)
        assert done.returncode == 0, done.stdout[-3000:]
        return {
            name: self.query(f"select * from {name} order by all") for name in TABLES
        }


@pytest.mark.parametrize(
    ("duplicates", "sees_tomorrow"),
    [("keep", True), ("drop_exact", True), ("by_transaction_id", False)],
)
def test_daily_builds_equal_one_build(duplicates, sees_tomorrow, tmp_path):
    generator = random.Random(duplicates)
    lines = [make_line(generator, FIRST_DAY, ago % 99) for ago in range(150)]
    # Many conflicts are wanted here.
    rejected = {"conflicting_transaction_id": 1, "duplicate": 1, "missing_customer": 1}
    given = {
        "segmentation_transactions": "lines",
        "segmentation_customers": None,
        "segmentation_demographics": {},
        "segmentation_duplicates": duplicates,
        "segmentation_tests": {
            "rejected_for": rejected,
            "unreadable_column": {"maximum_share": 1},
        },
    }
    (tmp_path / "daily").mkdir()
    (tmp_path / "once").mkdir()
    daily = Shop(tmp_path / "daily", vars=given)
    once = Shop(tmp_path / "once", vars=given)
    for number in range(DAYS):
        today = FIRST_DAY + timedelta(days=number)
        if not sees_tomorrow:
            as_of = {"segmentation_as_of_date": str(today + timedelta(days=1))}
            daily.vars, once.vars = given | as_of, given | as_of
        found = daily.take_in(lines)
        if number in (1, DAYS - 1):
            expected = once.take_in(lines, "--full-refresh")
            for name in TABLES:
                assert found[name] == expected[name], (number, name)
        lines = live_a_day(generator, lines, today + timedelta(days=1))
    reasons = {row[1] for row in found["transaction_quality"] if row[3]}
    assert {"accepted", "missing_customer", "unreadable_amount"} <= reasons
