"""Bad vars stop the run at the start, in one sentence that says what is allowed."""

import pytest
from conftest import Build

BAD_VARS = {
    "k_range_is_a_number": (
        {"segmentation_k_range": 1},
        "segmentation_k_range is 1, but it must be two whole numbers from 2 to 20",
    ),
    "k_range_is_upside_down": (
        {"segmentation_k_range": [8, 4]},
        "segmentation_k_range is [8, 4], but it must be two whole numbers",
    ),
    "k_is_one": (
        {"segmentation_k": 1},
        "segmentation_k is 1, but it must be null or a whole number from 2 to 20",
    ),
    "unknown_policy_word": (
        {"segmentation_returns": "subtract"},
        "segmentation_returns is subtract, but it must be one of: net, ignore.",
    ),
    "unknown_duplicates_word": (
        {"segmentation_duplicates": "drop"},
        "it must be one of: keep, drop_exact, by_transaction_id.",
    ),
    "rejected_share_above_one": (
        {"segmentation_maximum_rejected_shares": {"duplicate": 10}},
        'segmentation_maximum_rejected_shares is {"duplicate": 10}, but it must be a'
        " mapping to numbers from 0 to 1 from any of: all_reasons,",
    ),
    "no_such_file": (
        {"segmentation_transactions": "read_parquet('nowhere/*.parquet')"},
        "segmentation_transactions is read_parquet('nowhere/*.parquet'), but it must be",
    ),
    "no_such_file_within_a_query": (
        {"segmentation_customers": "(select * from read_csv('nowhere.csv'))"},
        "segmentation_customers is (select * from read_csv('nowhere.csv')), but it must",
    ),
    "no_such_table": (
        {"segmentation_transactions": "raw.orders"},
        "segmentation_transactions is raw.orders, but it must be",
    ),
    "no_transactions": (
        {"segmentation_transactions": None},
        "segmentation_transactions is null, but it must be",
    ),
    "day_that_is_none": (
        {"segmentation_as_of_date": "2025-02-30"},
        "segmentation_as_of_date is 2025-02-30, but it must be null or a date",
    ),
    "time_zone_that_is_none": (
        {"segmentation_time_zone": "New York"},
        "segmentation_time_zone is New York, but it must be null or an IANA time zone",
    ),
    "share_above_its_bound": (
        {"segmentation_demographics_weight": 0.5},
        "segmentation_demographics_weight is 0.5, but it must be a number from 0 to 0.2",
    ),
    "yes_for_true": (
        {"segmentation_refit": "yes"},
        "segmentation_refit is yes, but it must be one of: true, false.",
    ),
    "misspelt_var": (
        {"segmentation_retruns": "net"},
        "segmentation_retruns is not a var of this project; there are:",
    ),
    "column_of_ours_that_is_none": (
        {"segmentation_transaction_columns": {"price": "amount"}},
        "segmentation_transaction_columns maps price, which is not a column of ours",
    ),
    "feature_that_is_none": (
        {"segmentation_features": {"loyalty": {"role": "core", "transform": "none"}}},
        "segmentation_features.loyalty is not a column of int_customer_features",
    ),
    "feature_with_a_wrong_transform": (
        {"segmentation_features": {"monetary": {"role": "core", "transform": "sqrt"}}},
        "segmentation_features.monetary.transform is sqrt, but it must be one of: log1p",
    ),
    "kind_that_is_none": (
        {"segmentation_demographics": {"gender": {"kind": "text"}}},
        "its kind must be one of: ordinal, nominal, number, date, boolean.",
    ),
    "attribute_named_like_a_column_of_ours": (
        {"segmentation_demographics": {"monetary": {"kind": "number"}}},
        "segmentation_demographics.monetary would be a column named monetary",
    ),
    "confidence_bands_upside_down": (
        {"segmentation_confidence_bands": [0.3, 0.1]},
        "segmentation_confidence_bands is [0.3, 0.1], but it must be two rising numbers",
    ),
    "hysteresis_without_a_month_before": (
        {"segmentation_hysteresis": 0.2, "segmentation_history_months": 1},
        "segmentation_hysteresis is 0.2, but it must be 0 while segmentation_history",
    ),
    "hysteresis_above_its_bound": (
        {"segmentation_hysteresis": 20},
        "segmentation_hysteresis is 20, but it must be a number from 0 to 0.5",
    ),
    "drift_bounds_upside_down": (
        {"segmentation_drift_feature_psi": [0.25, 0.1]},
        "segmentation_drift_feature_psi is [0.25, 0.1], but it must be two numbers above 0",
    ),
    "drift_ratio_below_one": (
        {"segmentation_drift_distance_ratio": [0.9, 1.25]},
        "segmentation_drift_distance_ratio is [0.9, 1.25], but it must be two numbers",
    ),
    "drift_days_are_half": (
        {"segmentation_drift_last_date_lag_days": 1.5},
        "segmentation_drift_last_date_lag_days is 1.5, but it must be a whole number of",
    ),
}


@pytest.mark.parametrize("case", BAD_VARS)
def test_bad_vars_stop_the_run_at_the_start(case, tmp_path):
    given, sentence = BAD_VARS[case]
    done = Build(tmp_path).dbt("build", **given)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "START seed" not in done.stdout


def test_all_problems_are_told_at_once(tmp_path):
    done = Build(tmp_path).dbt(
        "build", segmentation_k=1, segmentation_returns="subtract"
    )
    assert "segmentation_k is 1" in done.stdout
    assert "segmentation_returns is subtract" in done.stdout


def test_a_wrong_mapping_names_the_column_and_those_that_exist(tmp_path, demo_build):
    source = f"read_parquet('{demo_build.published}/rejected_transactions.parquet')"
    done = Build(tmp_path).dbt(
        "build",
        segmentation_transactions=source,
        segmentation_transaction_columns={
            "ordered_at": "raw_ordered_at",
            "amount": "coalesce(paid, 0)",
        },
    )
    assert done.returncode != 0
    assert (
        "segmentation_transaction_columns.amount is coalesce(paid, 0), but"
        in done.stdout
    )
    assert "has no column paid. It has: transaction_id, order_id" in done.stdout
    assert "START seed" not in done.stdout


def test_a_wrong_mapping_over_a_ref_stops_before_any_table_is_built(tmp_path):
    done = Build(tmp_path).dbt(
        "build", segmentation_transaction_columns={"amount": "amount_eur"}
    )
    assert done.returncode != 0
    assert "segmentation_transaction_columns.amount is amount_eur, but" in done.stdout
    assert "has no column amount_eur. It has: transaction_id" in done.stdout
    assert "OK created sql table model main.stg_transactions" not in done.stdout
    assert "OK created sql table model main.customer_segments" not in done.stdout
