"""A database built by an older release takes today's code and loses nothing."""

import json

import duckdb
import pytest
from conftest import PROJECT, Build

RELEASE = PROJECT / "tests" / "data" / "release_0.1.0"
# A column of every kept table that a later release could have added.
ADDED = {
    "stg_transaction_rows": "raw_amount",
    "int_customer_days": "units",
    "int_customer_category_days": "category",
    "segment_model_versions": "history_days",
    "segment_training_rows": "sample_rank",
    "segment_scales": "known_share",
    "segment_training_matrix": "sample_rank",
    "segment_count_metrics": "davies_bouldin",
    "segment_training_assignments": "fitted_with",
    "segment_centroids": "training_customers",
    "segment_training_scores": "second_distance",
    "segment_training_distances": "median_distance",
    "segment_training_bins": "upper_edge",
    "segment_rule_clauses": "training_customers",
    "segment_map_axes": "vertical_variance_share",
    "segment_backtest_rows": "has_bought_later",
    "segment_name_choices": "telling_share",
    "segment_names": "rule_segment_name",
    "int_customer_sums": "units",
    "segment_placements": "days_hash",
    "segment_evaluation": "davies_bouldin",
    "unpublished_runs": "model_version",
    "segment_drift": "hint",
}
VERSIONS = [(1, "no model yet"), (2, "modelling vars changed")]


def read_old(name: str, columns: str = "*") -> list[tuple]:
    return duckdb.execute(
        f"select {columns} from read_parquet(?) order by all",
        [str(RELEASE / f"{name}.parquet")],
    ).fetchall()


def list_columns(build: Build, name: str) -> list[str]:
    return [row[0] for row in build.query(f"select column_name from (describe {name})")]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory) -> Build:
    folder = tmp_path_factory.mktemp("upgrade")
    build = Build(
        folder,
        vars={
            "segmentation_transactions": f"read_parquet('{RELEASE}/transactions.parquet')",
            "segmentation_customers": None,
            "segmentation_demographics": {},
            "segmentation_model": {"k_bootstraps": 5},
            "segmentation_duplicates": "keep",
            "segmentation_as_of_date": "2026-01-01",
        },
    )
    with duckdb.connect(str(build.database)) as connection:
        connection.execute((RELEASE / "schema.txt").read_text())
        for path in RELEASE.glob("segment_*.parquet"):
            connection.execute(
                f"insert into {path.stem} by name select * from read_parquet('{path}')"
            )
    return build.build()


def test_the_new_k_rule_is_one_refit_that_keeps_the_segments_it_finds_again(upgraded):
    versions = "select model_version, refit_reason from segment_evaluation order by 1"
    assert upgraded.query(versions) == VERSIONS
    segments = "select customer_id, segment_id from customer_segments order by all"
    before = dict(read_old("customer_segments", "customer_id, segment_id"))
    after = dict(upgraded.query(segments))
    assert before.keys() == after.keys()
    stayed = [after[customer] == segment for customer, segment in before.items()]
    assert sum(stayed) / len(stayed) > 0.7


@pytest.mark.parametrize(
    "name",
    sorted(
        path.stem
        for path in RELEASE.glob("segment_*.parquet")
        if path.stem != "segment_customer_months"
    ),
)
def test_what_was_kept_is_kept(name, upgraded):
    old = duckdb.execute(f"describe from '{RELEASE}/{name}.parquet'").fetchall()
    columns = ", ".join(row[0] for row in old)
    rows = upgraded.query(
        f"select {columns} from {name} where model_version = 1 order by all"
    )
    assert rows
    assert rows == read_old(name, columns)


def test_a_version_takes_its_pace_over(upgraded):
    """It had a table of its own."""
    pace = "model_version, rows_per_day, median_day_revenue"
    rows = upgraded.query(
        f"select {pace} from segment_model_versions where model_version = 1"
    )
    assert (
        rows
        == duckdb.execute(
            f"select {pace} from '{RELEASE}/segment_training_pace.parquet'"
        ).fetchall()
    )


def test_months_show_the_model_in_use_and_the_table_they_were_in_is_gone(upgraded):
    months = "select as_of_date, customer_id from {} order by all"
    assert upgraded.query(months.format("customer_segments_monthly")) == read_old(
        "segment_customer_months", "as_of_date, customer_id"
    )
    tables = "select table_name from information_schema.tables"
    assert ("segment_customer_months",) not in upgraded.query(tables)


def test_the_new_version_has_todays_vars(upgraded):
    settings = json.loads(
        upgraded.query(
            "select settings from segment_model_versions where model_version = 2"
        )[0][0]
    )
    assert "segmentation_transactions" not in settings
    assert settings["segmentation_duplicates"] == "keep"


def test_a_later_release_may_add_and_drop_a_column_of_every_kept_table(upgraded):
    nodes = json.loads((upgraded.target / "manifest.json").read_text())["nodes"]
    kept = {
        node["name"]
        for node in nodes.values()
        if node["config"].get("materialized") == "incremental"
    }
    assert kept == set(ADDED)
    with duckdb.connect(str(upgraded.database)) as connection:
        for name, column in ADDED.items():
            connection.execute(f"alter table {name} drop column {column}")
            connection.execute(f"alter table {name} add column of_old integer")
        # Rows of a date carry a fingerprint of the code that made them.
        connection.execute("update int_customer_sums set rules_fingerprint = 'old'")
        connection.execute(
            "update segment_placements set placement_fingerprint = 'old'"
        )
        connection.execute("update stg_transaction_rows set row_hash = 0")
        for name in ("int_customer_days", "int_customer_category_days"):
            connection.execute(f"update {name} set batch_fingerprint = 0")
    done = upgraded.dbt("run", "--select", "config.materialized:incremental")
    assert done.returncode == 0, done.stdout[-3000:]
    for name, column in ADDED.items():
        assert {column, "of_old"} <= set(list_columns(upgraded, name)), name
    counts = upgraded.query(
        "select count(*), count(monetary) from customer_segments_monthly"
    )[0]
    assert counts == (len(read_old("segment_customer_months")),) * 2
    versions = (
        "select model_version, refit_reason from segment_model_versions order by 1"
    )
    assert upgraded.query(versions) == VERSIONS
