"""Drift of the real grocer: a kept model, a month later, and what can be wrong with it.

The model is fitted as of 1 October with a rolling window of 180 days; each scenario scores
1 November from the same file with a fault put into it. tenure_days is left out, as the
method asks where the history has a beginning: everybody's tenure grows by the month.
"""

import json
import shutil

import duckdb
import pytest
import yaml
from conftest import PROJECT, Build, fetch_example, read_example

FITTED, SCORED = "2017-10-01", "2017-11-01"
EXAMPLE = read_example("complete_journey")
FEATURES = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"][
    "customer_segmentation"
]["segmentation_features"]
SHOP_DATE = "timezone('America/New_York', timezone('UTC', transaction_timestamp))::date"
MONEY = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")

# What is done to the file between the two builds: a query over `lines`.
FAULTS = {
    "none": "from lines",
    "prices +10 %": "select * replace (sales_value * 1.1 as sales_value) from lines",
    "amounts x 100": (
        "select * replace ("
        + ", ".join(f"{column} * 100 as {column}" for column in MONEY)
        + ") from lines"
    ),
    "feed 7 days late": (
        f"from lines where {SHOP_DATE} < date '{SCORED}' - 7"
        f" or {SHOP_DATE} >= '{SCORED}'"
    ),
    "order ids split": (
        "select * replace (basket_id * 2 + product_id % 2 as basket_id) from lines"
    ),
    # For every fifth customer one more, who bought one basket of October.
    "20 % new one-time buyers": f"""
        with baskets as (
            select basket_id from lines
            where {SHOP_DATE} >= '{FITTED}' and {SHOP_DATE} < '{SCORED}'
            group by basket_id
            order by md5(basket_id::varchar)
            limit (select count(distinct household_id) // 5 from lines)
        )
        from lines
        union all by name
        select * replace (1000000000000 + basket_id as household_id)
        from lines semi join baskets using (basket_id)
    """,
}
WITH_TENURE = "none, with tenure_days"


def write_lines(path, query: str) -> None:
    """Replace the file with the grocer's lines, changed by a query over them."""
    with duckdb.connect() as connection:
        connection.execute(
            f"create view lines as from {EXAMPLE['segmentation_transactions']}"
        )
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict:
    """Scenario to its rows of segment_drift as of SCORED: (metric, subject) to a row.

    Every row also says how many rows assert_no_drift warned of in that run.
    """
    fetch_example("complete_journey")
    found = {}
    for features in (
        FEATURES,
        {name: rest for name, rest in FEATURES.items() if name != "tenure_days"},
    ):
        folder = tmp_path_factory.mktemp("drift")
        lines = folder / "lines.parquet"
        build = Build(
            folder,
            vars=EXAMPLE
            | {
                "segmentation_transactions": f"read_parquet('{lines}')",
                "segmentation_features": features,
                "segmentation_lookback_days": 180,
                "segmentation_model": {"k_bootstraps": 5},
                "segmentation_history_months": 0,
            },
        )
        only = "--select +segment_drift assert_no_drift --indirect-selection empty"
        write_lines(lines, FAULTS["none"])
        build.build(*only.split(), segmentation_as_of_date=FITTED)
        fitted = folder / "fitted.duckdb"
        shutil.copy(build.database, fitted)
        for name in [WITH_TENURE] if features == FEATURES else FAULTS:
            if name != WITH_TENURE:
                shutil.copy(fitted, build.database)
                write_lines(lines, FAULTS[name])
            build.build(*only.split(), segmentation_as_of_date=SCORED)
            found[name] = read_run(build)
    return found


def read_run(build: Build) -> dict:
    """Read the run as of SCORED, which no fault may have made a refit of."""
    versions = "select distinct model_version, as_of_date::varchar from segment_drift"
    assert build.query(versions) == [(1, SCORED)]
    results = json.loads((build.target / "run_results.json").read_text())["results"]
    (warned,) = (
        result["failures"]
        for result in results
        if "assert_no_drift" in result["unique_id"]
    )
    rows = build.table(
        f"select *, {warned} as warned from segment_drift"
        f" where as_of_date = '{SCORED}' order by metric, subject"
    )
    return {(row["metric"], row["subject"]): row for row in rows.to_dict("records")}


def read_statuses(run: dict) -> dict:
    """Everything that is not ok, by metric and subject."""
    return {key: row["status"] for key, row in run.items() if row["status"] != "ok"}


def find_largest(run: dict, metric: str) -> tuple[str, float]:
    return max(
        ((key[1], row["value"]) for key, row in run.items() if key[0] == metric),
        key=lambda pair: abs(pair[1]),
    )


def test_a_plain_month_is_ok(runs):
    assert read_statuses(runs["none"]) == {}
    assert runs["none"]["overall", "all"]["hint"] == "As in training."
    assert find_largest(runs["none"], "feature_psi")[0] == "recency_days"
    assert runs["none"]["segment_psi", "all"]["value"] < 0.01


def test_prices_up_by_a_tenth_pass(runs):
    assert read_statuses(runs["prices +10 %"]) == {}


def test_amounts_in_cents_make_a_refit_due_and_say_look_at_the_data(runs):
    run = runs["amounts x 100"]
    statuses = read_statuses(run)
    for key in (
        ("overall", "all"),
        ("segment_psi", "all"),
        ("distance_ratio", "all"),
        ("feature_psi", "monetary"),
        ("feature_psi", "average_order_value"),
    ):
        assert statuses[key] == "refit due", key
    assert statuses["day_revenue_ratio", "all"] == "watch"
    assert 90 < run["day_revenue_ratio", "all"]["value"] < 110
    assert run["overall", "all"]["hint"].startswith(
        "First rule out a data fault: the money per purchase day"
    )


def test_a_late_feed_asks_for_fresh_data_and_never_for_a_refit(runs):
    run = runs["feed 7 days late"]
    statuses = read_statuses(run)
    assert "refit due" not in statuses.values()
    assert run["feature_psi", "recency_days"]["value"] > 0.25
    assert run["feature_psi", "recency_days"]["status"] == "watch"
    assert run["feature_psi", "recency_days"]["hint"].startswith("Check freshness")
    assert run["last_date_lag_days", "all"]["value"] == 7
    assert run["last_date_lag_days", "all"]["status"] == "watch"
    assert run["rows_per_day_ratio", "all"]["value"] == 0
    hint = run["overall", "all"]["hint"]
    assert hint.startswith("First rule out a data fault: the newest data are missing; ")
    assert "Check freshness." in hint


def test_split_order_ids_change_nothing(runs):
    """Frequency counts purchase days, so the fault does not reach the model."""
    assert str(runs["order ids split"]) == str(runs["none"])


def test_many_new_one_time_buyers_make_a_refit_due(runs):
    run = runs["20 % new one-time buyers"]
    statuses = read_statuses(run)
    assert statuses["overall", "all"] == "refit due"
    assert find_largest(run, "share_change")[0] == "Low spenders"
    assert statuses["share_change", "Low spenders"] == "refit due"
    # Our features tell them apart less than those of the method: 0.10 against its 0.22.
    assert statuses["segment_psi", "all"] in ("watch", "refit due")
    assert "data fault" not in run["overall", "all"]["hint"]


def test_tenure_of_a_young_history_is_watched_and_no_more(runs):
    """Every household is a month older: the index jumps, and a refit heals nothing."""
    run = runs[WITH_TENURE]
    assert run["feature_psi", "tenure_days"]["value"] > 1
    assert read_statuses(run) == {
        ("feature_psi", "tenure_days"): "watch",
        ("overall", "all"): "watch",
    }


def test_dbt_warns_of_what_makes_a_refit_due_and_of_nothing_else(runs):
    for name, run in runs.items():
        due = [row["status"] == "refit due" for row in run.values()].count(True)
        assert run["overall", "all"]["warned"] == due, name
        assert (due > 0) == (name in ("amounts x 100", "20 % new one-time buyers"))


def test_a_run_of_the_same_date_replaces_its_rows(demo_build, tmp_path):
    shutil.copy(demo_build.database, tmp_path / "segmentation.duckdb")
    again = Build(tmp_path)
    rows = "from segment_drift order by metric, subject"
    again.build("--select", "segment_drift", "--indirect-selection", "empty")
    assert again.query(rows) == demo_build.query(rows)
