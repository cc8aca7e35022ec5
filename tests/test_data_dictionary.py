"""What the tables say of themselves: the data dictionary, and keys in the database."""

import duckdb
import pytest
from conftest import Build

PERSONAL = [
    ("column_quality", "examples"),
    ("customer_quality", "example"),
    ("customer_segments", "age_years"),
    ("customer_segments", "customer_id"),
    ("customer_segments", "gender"),
    ("customer_segments", "household_size"),
    ("customer_segments", "income_band"),
    ("customer_segments", "region"),
    ("customer_segments_monthly", "customer_id"),
    ("rejected_transactions", "customer_id"),
    ("rejected_transactions", "order_id"),
    ("rejected_transactions", "raw_amount"),
    ("rejected_transactions", "raw_ordered_at"),
    ("rejected_transactions", "transaction_id"),
    ("segment_map", "customer_id"),
]


@pytest.fixture(scope="module")
def published(demo_build):
    with duckdb.connect(
        str(demo_build.published / "segments.duckdb"), read_only=True
    ) as connection:
        yield connection


def test_it_lists_every_column_in_its_place_and_with_its_type(published):
    listed = published.execute(
        "select table_name, column_name, column_number, data_type from data_dictionary"
    ).fetchall()
    actual = published.execute(
        "select table_name, column_name, column_index, data_type"
        " from duckdb_columns() where not internal"
    ).fetchall()
    types = {
        data_type: published.execute(f"select typeof(cast(null as {data_type}))")
        .fetchone()[0]
        for data_type in {row[3] for row in listed}
    }  # fmt: skip
    assert {(*row[:3], types[row[3]]) for row in listed} == set(actual)
    assert len(listed) == len(actual) > 200


def test_every_column_is_described_and_numbers_have_a_unit(published):
    missing = published.execute(
        "select table_name, column_name from data_dictionary where description = ''"
        " or (unit is null) <> (data_type in ('string', 'date', 'boolean'))"
    ).fetchall()
    assert missing == []
    assert published.execute(
        "select unit from data_dictionary where table_name = 'customer_segments'"
        " and column_name in ('recency_days', 'monetary', 'age_years') order by all"
    ).fetchall() == [("days",), ("money",), ("years",)]


def test_it_says_which_columns_are_personal(published):
    assert (
        published.execute(
            "select table_name, column_name from data_dictionary where is_personal"
            " order by all"
        ).fetchall()
        == PERSONAL
    )


def test_attributes_that_are_not_published_are_not_listed(tmp_path):
    build = Build(tmp_path)
    build.build(
        *("--select", "data_dictionary"), segmentation_publish_demographics=False
    )
    assert build.query(
        "select column_name from data_dictionary"
        " where table_name = 'customer_segments' and is_personal"
    ) == [("customer_id",)]


def test_every_mart_with_a_key_declares_it(demo_build):
    """DECISIONS says why customer_segments does not; the others have none, or are views."""
    marts = {path.stem for path in (demo_build.project / "models/marts").glob("*.sql")}
    declared = demo_build.query(
        "select table_name from duckdb_constraints()"
        " where constraint_type = 'PRIMARY KEY'"
    )
    assert marts - {name for (name,) in declared} == {
        "customer_segments",
        "customer_segments_monthly",
        "rejected_transactions",
        "segment_moves",
    }
