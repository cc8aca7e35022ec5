"""What is kept follows the input: months seen again, erased people gone, one model.

One small shop, built day after day in one database under a new file name each time, as a
feed would be.
"""

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import Build
from shops import Shop, make_buyers, make_line

RENAMED, ERASED = "buyer 008", "buyer 013"
VARS = {
    "segmentation_demographics": {"region": {"kind": "nominal", "levels": ["a", "b"]}},
    "segmentation_demographics_weight": 0.1,
    "segmentation_duplicates": "keep",
}
# The tables that hold the model.
MODEL = (
    "segment_scales",
    "segment_centroids",
    "segment_training_distances",
    "segment_training_bins",
    "segment_backtest_rows",
    "segment_backtest_outcomes",
    "segment_names",
    "segment_rule_clauses",
    "segment_map_axes",
    "segment_parameters",
)
TODAY = """
    select customer_id, segment_id, previous_segment_name, segment_changed_on::varchar
    from customer_segments where segment_id > 0 order by customer_id
"""
MONTHS = "select * exclude (is_marked) from segment_placements order by all"


def make_lines() -> list[dict]:
    """Buyers of four kinds; ten of those who had lapsed come back in early December."""
    generator = random.Random(3)
    back = [
        make_line(f"buyer {number:03}", days_ago, 70)
        for number in range(2, 42, 4)
        for days_ago in range(23, 29)
    ]
    return [
        line
        | {
            # An id that a person could be found by is in the customer id only.
            "transaction_id": str(number),
            "order_id": str(number),
            "category": generator.choice("xyz"),
            "discount_amount": str(generator.choice([0, 1, 2])),
        }
        for number, line in enumerate(make_buyers() + back)
    ]


def change(lines: list[dict], month: str, count: int, **changes) -> list[dict]:
    """Change the first lines of a month; a change is a function of the line."""
    found = [line for line in lines if line["ordered_at"].startswith(month)][:count]
    assert len(found) == count
    return [
        line | {name: new(line) for name, new in changes.items()}
        if line in found
        else line
        for line in lines
    ]


def move_by_20_days(line: dict) -> str:
    day = date.fromisoformat(line["ordered_at"])
    moved = day + timedelta(days=20 if day.day <= 10 else 0)
    return moved.isoformat()


def rename(rows: list[dict]) -> list[dict]:
    return [
        row | {"customer_id": "renamed" if row["customer_id"] == RENAMED else one}
        for row in rows
        if (one := row["customer_id"]) != ERASED
    ]


class Feed:
    """A shop in a database of its own; every delivery comes in files of another name."""

    def __init__(self, folder: Path) -> None:
        self.build = Build(folder)
        self.deliveries = 0

    def deliver(self, lines: list[dict], customers: list[dict], as_of: str) -> None:
        self.deliveries += 1
        shop = Shop(lines, customers, VARS | {"segmentation_as_of_date": as_of})
        self.build.vars = shop.write(
            self.build.folder / f"delivery of {as_of}, no. {self.deliveries}"
        )

    def mark_months(self) -> None:
        """Rows that are scored again lose the mark."""
        with duckdb.connect(str(self.build.database)) as connection:
            connection.execute(
                "alter table segment_placements"
                " add column if not exists is_marked boolean"
            )
            connection.execute("update segment_placements set is_marked = true")

    def list_months(self, condition: str) -> set[str]:
        return {
            month
            for (month,) in self.build.query(
                "select distinct as_of_date::varchar from segment_placements"
                f" where {condition} and day(as_of_date) = 1"
            )
        }

    def read_model(self) -> dict[str, list[tuple]]:
        return {
            name: self.build.query(f"select * from {name} order by all")
            for name in MODEL
        }

    def count_mentions(self, text: str) -> dict[str, int]:
        """Tables and published files that mention a text, and how many rows do."""
        found = {}
        with duckdb.connect(str(self.build.database), read_only=True) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
            for schema, name in tables:
                found[name] = connection.execute(
                    f'select count(*) from "{schema}"."{name}" as one'
                    " where contains(one::varchar, ?)",
                    [text],
                ).fetchall()[0][0]
        for path in self.build.published.rglob("*.parquet"):
            found[path.name] = len(
                duckdb.execute(
                    "select * from read_parquet(?) as one where contains(one::varchar, ?)",
                    [str(path), text],
                ).fetchall()
            )
        database = self.build.published / "segments.duckdb"
        found[database.name] = database.read_bytes().count(text.encode())
        return {name: count for name, count in found.items() if count}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict:
    """The deliveries one after the other, and what was seen after each."""
    return deliver_all(tmp_path_factory.mktemp("history"))


def deliver_all(folder: Path) -> dict:
    feed = Feed(folder)
    build = feed.build
    lines = make_lines()
    ids = sorted({line["customer_id"] for line in lines})
    customers = [
        {"customer_id": one, "region": "ab"[number % 2]}
        for number, one in enumerate(ids)
    ]
    seen = {"feed": feed, "today": {}}

    feed.deliver(lines, customers, "2025-12-10")
    build.run()
    seen["today"]["10 December"] = build.query(TODAY)
    assert feed.count_mentions(ERASED) and feed.count_mentions(RENAMED)

    feed.mark_months()
    feed.deliver(lines, customers, "2025-12-20")
    build.run()
    seen["today"]["20 December"] = build.query(TODAY)
    seen["scored again without a change"] = feed.list_months("is_marked is null")

    feed.mark_months()
    lines = change(lines, "2025-08", 5, category=lambda _: "another")
    lines = change(lines, "2025-09", 30, discount_amount=lambda _: "9")
    lines = change(lines, "2025-10", 52, ordered_at=move_by_20_days)
    feed.deliver(lines, customers, "2026-01-01")
    build.run()
    seen["today"]["1 January"] = build.query(TODAY)
    seen["scored again after corrections"] = build.query(
        "select as_of_date::varchar, customer_id from segment_placements"
        " where is_marked is null and day(as_of_date) = 1"
    )
    seen["corrected"] = {
        line["customer_id"]
        for line, other in zip(lines, make_lines(), strict=True)
        if line != other
    }
    seen["corrected months"] = build.query(MONTHS)

    scratch = Build(build.folder / "scratch", vars=build.vars)
    scratch.folder.mkdir()
    shutil.copy(build.database, scratch.database)
    with duckdb.connect(str(scratch.database)) as connection:
        connection.execute("drop table segment_placements")
    done = scratch.dbt("run", "--select", "segment_placements")
    assert done.returncode == 0, done.stdout[-3000:]
    seen["months from scratch"] = scratch.query(
        MONTHS.replace("exclude (is_marked)", "")
    )

    feed.mark_months()
    moved = [one | {"region": "b"} for one in customers]
    feed.deliver(lines, moved, "2026-01-01")
    build.run()
    seen["left alone after an attribute changed"] = feed.list_months("is_marked")

    seen["model"] = feed.read_model()
    feed.deliver(rename(lines), rename(customers), "2026-01-01")
    build.run()
    seen["mentions"] = feed.count_mentions(ERASED) | feed.count_mentions(RENAMED)
    seen["today"]["erased"] = build.query(TODAY)
    seen["model after erasing"] = feed.read_model()
    seen["versions"] = build.query(
        "select model_version, refit_reason from segment_evaluation order by all"
    )

    others = [
        {name: value.replace("buyer", "guest") for name, value in line.items()}
        for line in make_buyers(seed=2)
    ]
    feed.deliver(others, [{"customer_id": "guest 000", "region": "a"}], "2026-01-01")
    build.run()
    seen["mentions by another shop"] = feed.count_mentions("buyer 0")
    seen["versions of two shops"] = build.query(
        "select model_version, refit_reason from segment_evaluation order by all"
    )
    return seen


def test_the_same_data_in_another_file_leave_every_month_alone(runs):
    assert runs["scored again without a change"] == set()


def test_corrections_score_their_customers_again(runs):
    scored = {customer for _, customer in runs["scored again after corrections"]}
    assert len(runs["corrected"]) > 10
    assert runs["corrected"] <= scored


def test_corrections_score_nobody_else_at_dates_before_them(runs):
    """After them, bounds of scores and the median spend may have moved."""
    scored = {
        customer
        for month, customer in runs["scored again after corrections"]
        if month < "2025-09-01"
    }
    assert scored
    assert scored <= runs["corrected"]


def test_an_attribute_that_weighs_scores_every_month_again(runs):
    assert runs["left alone after an attribute changed"] == set()


def test_months_scored_one_by_one_are_those_scored_at_once(runs):
    assert len(runs["months from scratch"]) > 700
    assert runs["corrected months"] == runs["months from scratch"]


def test_who_is_erased_or_renamed_is_nowhere_after_one_build(runs):
    assert runs["mentions"] == {}


def test_the_model_is_the_same_to_the_byte_after_an_erasure(runs):
    assert runs["versions"] == [(1, "no model yet")]
    for name in MODEL:
        assert runs["model"][name], name
        assert runs["model"][name] == runs["model after erasing"][name], name


def test_an_erasure_moves_nobody_else_and_a_new_name_moves_nobody(runs):
    before = {row[0]: row[1:] for row in runs["today"]["1 January"]}
    after = {row[0]: row[1:] for row in runs["today"]["erased"]}
    assert before.pop(RENAMED) == after.pop("renamed")
    del before[ERASED]
    assert before == after


def test_the_day_of_a_change_is_told_alike_on_every_later_day(runs):
    """Until the customer changes again."""
    earlier, later, next_month = (
        {row[0]: row[1:] for row in runs["today"][day]}
        for day in ("10 December", "20 December", "1 January")
    )
    for before, after in ((earlier, later), (later, next_month)):
        same = [
            one for one in before if one in after and before[one][0] == after[one][0]
        ]
        changed = [one for one in same if before[one][2]]
        assert len(changed) > 20
        # Some of them since the last month start, where the day used to move.
        assert len([one for one in changed if before[one][2] == "2025-12-01"]) > 3
        assert {one: before[one] for one in same} == {one: after[one] for one in same}
    assert {day[-2:] for _, _, day in next_month.values() if day} == {"01"}


def test_another_shop_gets_a_model_of_its_own_and_the_first_leaves_no_trace(runs):
    assert runs["versions of two shops"] == [
        (1, "no model yet"),
        (2, "most training customers are not in the input"),
    ]
    assert runs["mentions by another shop"] == {}
