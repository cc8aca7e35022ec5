"""The model is fitted once and kept; it changes only for a reason, and says it."""

import json
import shutil

import pytest
from conftest import Build, copy_project

IDS = "select customer_id, segment_id, segment_name from customer_segments order by all"
VERSIONS = (
    "select model_version, refit_reason from segment_evaluation order by model_version"
)


@pytest.fixture
def kept_build(demo_build, tmp_path) -> Build:
    """A build that goes on where the demo build ended."""
    shutil.copy(demo_build.database, tmp_path / "segmentation.duckdb")
    return Build(tmp_path)


def test_a_second_build_only_scores(kept_build, demo_build):
    kept_build.build()
    assert kept_build.query(VERSIONS) == [(1, "no model yet")]
    assert kept_build.query(IDS) == demo_build.query(IDS)


def test_a_chart_or_test_var_changes_no_model(kept_build):
    kept_build.run(
        segmentation_minimum_cell_size=5,
        segmentation_model={"confidence_bands": [0.2, 0.4]},
    )
    assert kept_build.query(VERSIONS) == [(1, "no model yet")]


def test_a_refit_on_the_same_data_changes_nobody(kept_build, demo_build):
    kept_build.run(segmentation_refit=True)
    assert kept_build.query(VERSIONS) == [(1, "no model yet"), (2, "asked for")]
    assert kept_build.query(IDS) == demo_build.query(IDS)


def test_full_refresh_refits_but_forgets_nothing(kept_build, demo_build):
    kept_build.run("--full-refresh")
    assert kept_build.query(VERSIONS) == [(1, "no model yet"), (2, "asked for")]
    assert kept_build.query(IDS) == demo_build.query(IDS)


def test_a_modelling_var_refits_and_old_ids_keep_their_customers(
    kept_build, demo_build
):
    kept_build.run(segmentation_k=8)
    assert kept_build.query(VERSIONS) == [
        (1, "no model yet"),
        (2, "modelling vars changed"),
    ]
    before = {customer: segment for customer, segment, _ in demo_build.query(IDS)}
    after = {customer: segment for customer, segment, _ in kept_build.query(IDS)}
    old = {segment for segment in before.values() if segment > 0}
    new = {segment for segment in after.values() if segment > 0} - old
    # The eighth segment has an id that no group had before.
    assert new and min(new) > max(old)
    stayed = [
        after[customer] == segment
        for customer, segment in before.items()
        if segment > 0
    ]
    assert sum(stayed) / len(stayed) > 0.75


# Another value of every var that decides what a fit comes to.
MODELLING_VARS = {
    "segmentation_transaction_columns": {"amount": "amount / 2"},
    "segmentation_transaction_filter": "amount < 100",
    "segmentation_timestamp_format": "%Y-%m-%d %H:%M:%S",
    "segmentation_time_zone": "Asia/Tokyo",
    "segmentation_duplicates": "drop_exact",
    "segmentation_returns": "ignore",
    "segmentation_earliest_date": "2024-06-01",
    "segmentation_minimum_order_amount": 5,
    "segmentation_lookback_days": 180,
    "segmentation_features": {"monetary": {"role": "core", "transform": "log1p"}},
    "segmentation_model": {
        "secondary_share": 0.3,
        "clip": 4,
        "k_range": [4, 9],
        "training_rows": 1000,
        "random_seed": 1,
        "n_init": 5,
        "k_sample_rows": 500,
        "k_bootstraps": 5,
        "k_minimum_share": 0.05,
        "k_minimum_jaccard": 0.6,
        "k_minimum_stability": 0.7,
    },
    "segmentation_demographics_weight": 0.1,
    "segmentation_customer_columns": {"income_band": "upper(income_band)"},
    "segmentation_unknown_values": ["?"],
    "segmentation_k": 5,
}
# Where the rows come from does not matter: another shop is known by its customers. Nor does
# what is read of the customer table without demographics in the fit.
NO_MODELLING_VARS = {
    "segmentation_transactions": "{{ ref('demo_customers') }}",
    "segmentation_customers": None,
    "segmentation_unknown_values": ["?"],
    "segmentation_as_of_date": "2025-12-01",
    "segmentation_history_months": 3,
    "segmentation_rename": True,
    "segmentation_model": {"confidence_bands": [0.2, 0.4]},
    "segmentation_drift": {"feature_psi": [0.2, 0.3]},
    "segmentation_tests": {"largest_segment": {"maximum_share": 0.9}},
    "segmentation_minimum_cell_size": 5,
    "segmentation_publish_demographics": False,
    "segmentation_segment_lists": True,
    "segmentation_publish_to": "postgres",
    "segmentation_customers_without_purchases": "leave_out",
}


def read_settings(build: Build, **overrides) -> dict:
    done = build.dbt(
        *("--quiet", "compile", "--inline"),
        "{{ tojson(customer_segmentation.list_model_settings()) }}",
        **overrides,
    )
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout[done.stdout.index("{") :])


def test_what_decides_the_fit_decides_about_a_refit_and_nothing_else(tmp_path):
    build = Build(tmp_path)
    weighed = read_settings(build, segmentation_demographics_weight=0.05)
    changed = read_settings(build, **MODELLING_VARS)
    # Entries are kept under the names that they had when they were vars.
    expected = set(MODELLING_VARS) - {"segmentation_model"}
    expected |= {
        f"segmentation_{name}" for name in MODELLING_VARS["segmentation_model"]
    }
    assert set(weighed) == set(changed) == expected
    assert {name for name in weighed if weighed[name] == changed[name]} == set()
    assert read_settings(build) == read_settings(build, **NO_MODELLING_VARS)


def test_new_customers_are_scored_with_the_kept_model(kept_build, demo_build):
    """As of a year earlier most customers differ, and the model is the same."""
    kept_build.run(segmentation_as_of_date="2025-07-01")
    assert kept_build.query(VERSIONS) == [(1, "no model yet")]
    scales = "select * from segment_scales order by all"
    assert kept_build.query(scales) == demo_build.query(scales)
    names = "select distinct segment_name from customer_segments where segment_id > 0"
    assert set(kept_build.query(names)) <= set(demo_build.query(names))


def test_late_rows_and_deleted_customers_change_the_history(kept_build, demo_build):
    """The months that saw the data are scored again, the others are left alone."""
    project = copy_project(kept_build.folder)
    build = Build(kept_build.folder, project)
    seed = project / "seeds" / "demo_transactions.csv"
    lines = seed.read_text().splitlines()
    gone = "000872"
    kept = [line for line in lines if f",{gone}," not in line]
    assert len(kept) < len(lines)
    kept.append("T999999,O99999,000001,2025-12-30 10:00:00,food,1,77.00,0.00")
    seed.write_text("\n".join(kept) + "\n")
    customers = project / "seeds" / "demo_customers.csv"
    customers.write_text(
        "\n".join(
            line
            for line in customers.read_text().splitlines()
            if not line.startswith(gone)
        )
        + "\n"
    )
    build.run()
    told = "select monetary from customer_segments_monthly where customer_id = '{}'"
    told += " and as_of_date = '{}'"
    assert build.query(told.format(gone, "2026-01-01")) == []
    assert (
        build.query(f"select * from customer_segments where customer_id = '{gone}'")
        == []
    )
    for day, more in (("2026-01-01", 77), ("2025-12-01", 0)):
        before = demo_build.query(told.format("000001", day))[0][0]
        assert build.query(told.format("000001", day)) == [(before + more,)]
