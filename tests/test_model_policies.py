"""Every var of the model, the marts and the tests changes the result as it promises."""

import re
from decimal import Decimal

import pytest
import test_input_policies
import test_number_of_segments
from conftest import PROJECT
from policies import (
    DEFAULTS,
    DEMOGRAPHICS,
    SHOP,
    TESTED,
    VARS,
    changes,
    compile_shop,
    list_varied,
    run_shop,
)
from read_vars import merge_vars

OWN_FEATURE = {
    "active_days": {
        "role": "secondary",
        "transform": "none",
        "expression": "tenure_days - recency_days",
    }
}
TINY = {
    "segmentation_k": 8,
    "segmentation_model": {
        "k_range": [2, 5],
        "training_rows": 130,
        "k_sample_rows": 100,
        "k_bootstraps": 2,
        "n_init": 1,
        "random_seed": 7,
        "secondary_share": 0.5,
        "clip": 1.5,
    },
    "segmentation_features": DEFAULTS["segmentation_features"] | OWN_FEATURE,
}
MORE_STARTS = merge_vars(
    TINY, {"segmentation_model": {"n_init": 20, "k_bootstraps": 8}}
)
OTHER_SEED = merge_vars(TINY, {"segmentation_model": {"random_seed": 8}})
WEIGHED = {
    "segmentation_demographics_weight": 0.2,
    "segmentation_demographics": {
        name: DEMOGRAPHICS[name] for name in ("birth_date", "gender")
    },
}
# What judges, shows and watches, as strict as it goes.
STRICT = {
    "segmentation_publish_demographics": False,
    "segmentation_extra_columns": {"loyalty_tier": "string"},
    "segmentation_history_months": 0,
    "segmentation_model": {"k_minimum_stability": 1, "confidence_bands": [0.6, 0.8]},
    "segmentation_tests": {
        "smallest_segment": {"minimum_share": 0.5},
        "rejected_rows": {"from_share": 0},
        "largest_segment": {"maximum_share": 0.01},
        "stability": {"severity": "error"},
        "clustered_customers": {"minimum_share": 1},
        "borderline_customers": {"maximum_share": 0},
    },
    "segmentation_drift": {
        "feature_psi": [0.0001, 0.0002],
        "segment_psi": [0.0001, 0.0002],
        "share_change": [0.0001, 0.0002],
        "distance_ratio": [1.0001, 1.0002],
        "last_date_lag_days": 1,
        "rows_per_day_ratio": 1.01,
        "day_revenue_ratio": 1.01,
    },
}
RUNS = (TINY, MORE_STARTS, OTHER_SEED, WEIGHED, STRICT)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return run_shop(tmp_path_factory)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return run_shop(tmp_path_factory, **TINY)


@pytest.fixture(scope="module")
def more_starts(tmp_path_factory):
    return run_shop(tmp_path_factory, "segment_evaluation", **MORE_STARTS)


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    project = compile_shop(tmp_path_factory, **STRICT)
    shop = project.run(**SHOP.tables())
    # The shop's four kinds of buyers come back on every sample.
    shop.connection.execute("update segment_evaluation set stability = 0.99")
    shop.failures = project.find_failures(shop)
    return shop


@changes("segmentation_publish_demographics")
def test_no_attribute_is_published(base, strict):
    private = {"age_years", "birth_date", "gender", "region", "loyalty_tier"}
    marts = [path.stem for path in (PROJECT / "models" / "marts").glob("*.sql")]
    for shop, expected in ((base, {"age_years", "gender", "region"}), (strict, set())):
        columns = {
            column for mart in marts for column in shop.table(f"from {mart}").columns
        }
        assert columns & private == expected
    assert base.query("select count(*) from segment_demographics")[0][0] > 0
    values = {
        value
        for mart in marts
        for row in strict.query(f"from {mart}")
        for value in row
        if isinstance(value, str)
    }
    assert not {"gender", "region", "north", "gold"} & values


@changes("segmentation_model.confidence_bands")
def test_confidence_bands_lie_where_they_are_put(base, strict):
    bands = "select confidence, confidence_band from customer_segments"
    bands += " where confidence is not null"
    for shop, low, high in ((base, 0.1, 0.3), (strict, 0.6, 0.8)):
        for confidence, band in shop.query(bands):
            expected = "medium" if confidence < high else "clear"
            assert band == ("borderline" if confidence < low else expected)
    found = {band for _, band in strict.query(bands)}
    assert found == {"borderline", "medium", "clear"}


@changes(
    "segmentation_tests.smallest_segment.minimum_share",
    "segmentation_tests.largest_segment.maximum_share",
    "segmentation_tests.clustered_customers.minimum_share",
    "segmentation_tests.borderline_customers.maximum_share",
    "segmentation_tests.rejected_rows.from_share",
)
def test_judges_are_as_strict_as_asked(base, strict):
    judges = {
        "assert_largest_segment_is_below_the_ceiling": "warn",
        "assert_most_customers_are_clustered": "warn",
        "assert_few_customers_are_borderline": "warn",
        "assert_few_rows_are_rejected": "warn",
        "assert_segments_are_stable": "error",
        "assert_smallest_segment_is_above_the_floor": "error",
    }
    assert not set(judges) & set(base.failures)
    assert judges.items() <= strict.failures.items()
    assert "error" not in base.failures.values()


@changes("segmentation_history_months")
def test_the_history_is_as_long_as_asked(base, strict):
    months = "select count(distinct as_of_date) from customer_segments_monthly"
    moved = "select count(previous_segment_name) > 0 from customer_segments"
    assert (base.query(months), strict.query(months)) == ([(12,)], [(0,)])
    assert (base.query(moved), strict.query(moved)) == ([(True,)], [(False,)])
    assert strict.query("select count(*) from segment_migrations") == [(0,)]


@changes(*(f"segmentation_drift.{name}" for name in STRICT["segmentation_drift"]))
def test_drift_is_watched_from_where_it_is_asked(base, strict):
    bounds = (
        "select metric, min(watch_from) from segment_drift where watch_from is not null"
        " group by metric"
    )
    before, after = dict(base.query(bounds)), dict(strict.query(bounds))
    assert len(before) == 7
    assert all(after[metric] < before[metric] for metric in before)
    watched = "select count(*) from segment_drift where status <> 'ok'"
    assert strict.query(watched) > base.query(watched)


@changes("segmentation_model.secondary_share")
def test_secondary_features_get_their_share_of_the_variance(base, tiny):
    for shop, share in ((base, 0.2), (tiny, 0.5)):
        weights = dict(
            shop.query(
                "select feature_role, sum(weight * weight) from segment_scales"
                " where is_used group by feature_role"
            )
        )
        assert weights["secondary"] / sum(weights.values()) == pytest.approx(share)


@changes("segmentation_model.clip")
def test_outliers_are_cut(base, tiny):
    largest = (
        "select max(abs(cast(scaled_value as double) / weight))"
        " from segment_training_matrix join segment_scales using (feature)"
    )
    assert 1.5 < base.query(largest)[0][0] <= 3 + 1e-6
    assert tiny.query(largest)[0][0] == pytest.approx(1.5, abs=1e-6)


@changes("segmentation_features")
def test_an_own_feature_is_in_the_model_and_in_the_profiles(base, tiny):
    features = "select feature from segment_scales where is_used order by all"
    own = [("active_days",)]
    assert own[0] not in base.query(features)
    assert sorted(base.query(features) + own) == tiny.query(features)
    difference = tiny.query(
        "select max(abs(profiles.mean - seen.mean)) from ("
        " select segment_id, mean from segment_feature_profiles"
        " where feature = 'active_days') as profiles join ("
        " select segment_id, avg(tenure_days - recency_days) as mean"
        " from customer_segments group by segment_id) as seen using (segment_id)"
    )
    assert difference[0][0] == pytest.approx(0, abs=1e-6)


@changes("segmentation_k", "segmentation_model.k_range")
def test_a_chosen_k_is_recorded_as_chosen_and_the_range_is_tried(base, tiny):
    chosen = "select segment_count, reason from segment_count_scores where is_chosen"
    assert "segmentation_k" not in base.query(chosen)[0][1]
    count, reason = tiny.query(chosen)[0]
    assert count == 8
    assert re.fullmatch(
        r"Chosen by segmentation_k; the rule would have taken [2-5]\.", reason
    )
    assert tiny.query(
        "select count(distinct segment_id) from segment_training_assignments"
    ) == [(8,)]
    tried = "select segment_count from segment_count_scores order by all"
    assert base.query(tried) == [(k,) for k in range(3, 9)]
    assert tiny.query(tried) == [(k,) for k in (2, 3, 4, 5, 8)]


@changes("segmentation_model.training_rows", "segmentation_model.k_sample_rows")
def test_the_model_sees_so_many_customers_and_scores_everybody(base, tiny):
    scored = "select count(*) from segment_reasons"
    trained = "select count(distinct customer_id) from segment_training_rows"
    measured = "select distinct row_count from segment_count_metrics"
    assert base.query(trained) == base.query(measured) == base.query(scored)
    assert (tiny.query(trained), tiny.query(measured)) == ([(130,)], [(100,)])
    assert tiny.query(scored) == base.query(scored)


@changes("segmentation_model.random_seed")
def test_the_seed_draws_the_sample(tiny, more_starts, tmp_path_factory):
    other = run_shop(tmp_path_factory, "segment_training_rows", **OTHER_SEED)
    drawn = "select distinct customer_id from segment_training_rows"
    assert set(tiny.query(drawn)) == set(more_starts.query(drawn))
    assert set(tiny.query(drawn)) != set(other.query(drawn))


@changes("segmentation_model.k_bootstraps")
def test_more_bootstraps_change_the_stability_and_nothing_else(tiny, more_starts):
    few, many = (
        shop.table("from segment_count_metrics order by segment_count")
        for shop in (tiny, more_starts)
    )
    measured = ["stability", "worst_jaccard"]
    assert few.drop(columns=measured).equals(many.drop(columns=measured))
    assert (few["stability"] != many["stability"]).any()


@changes("segmentation_model.n_init")
def test_more_starts_find_a_fit_at_least_as_close(tiny, more_starts):
    inertia = "select inertia from segment_evaluation"
    assert more_starts.query(inertia) < tiny.query(inertia)


@changes("segmentation_demographics_weight")
def test_weighed_demographics_count_and_unknown_ones_stay_neutral(
    base, tmp_path_factory
):
    weighed = run_shop(tmp_path_factory, **WEIGHED)
    variances = (
        "select feature_role, sum(variance) from ("
        "select feature, var_pop(cast(scaled_value as double)) as variance"
        " from segment_training_matrix group by feature)"
        " join segment_scales using (feature) group by feature_role"
    )
    variance = dict(weighed.query(variances))
    assert "demographic" not in dict(base.query(variances))
    # Numbers and ranks of known customers make up the share; it is their variance.
    share = variance["demographic"] / sum(variance.values())
    assert share == pytest.approx(0.2, abs=0.02)
    # The four kinds of buyers lie too far apart to be mixed; their distances change.
    distances = "select customer_id, distance from customer_segments order by all"
    pairs = zip(base.query(distances), weighed.query(distances), strict=True)
    changed = [before != after for before, after in pairs]
    assert sum(changed) > 0.9 * len(changed)
    unknown = weighed.query(
        "select distinct scaled_value from segment_training_matrix"
        " join segment_scales using (feature)"
        " join int_customers using (customer_id)"
        " where feature_role = 'demographic' and not is_in_customer_table"
    )
    assert unknown == [(Decimal(0),)]
    assert set(weighed.failures) <= {*base.failures, "assert_structure_is_not_weak"}


# Tested where there are two builds of one database to compare, or in one dbt process.
ELSEWHERE = {
    "segmentation_refit": "tests/test_kept_model.py",
    "segmentation_rename": "tests/test_segment_names.py",
    "segmentation_name_overrides": "tests/test_segment_names.py",
    "segmentation_segment_lists": "tests/test_published_files.py",
    "segmentation_publish_to": "tests/test_reading.py",
    "segmentation_tests.unmatched_buyers.maximum_share": "tests/test_columns.py",
    "segmentation_tests.breaking_change.maximum_share": (
        "models/marts/_segment_evaluation.yml"
    ),
    "segmentation_tests.rejected_for.missing_customer": "tests/test_duplicates.py",
    "segmentation_tests.rejected_for.duplicate": "tests/test_duplicates.py",
    "segmentation_tests.rejected_for.conflicting_transaction_id": (
        "tests/test_duplicates.py"
    ),
}


def test_every_var_is_known_and_its_effect_is_tested():
    # test_config.py sets the severity of every test.
    known = {name for name in VARS if not name.endswith(".severity")}
    assert {name.split(".")[0] for name in known} == set(DEFAULTS)
    for name, path in ELSEWHERE.items():
        text = (PROJECT / path).read_text()
        assert all(key in text for key in name.split(".")), name
    assert known == set(TESTED) | set(ELSEWHERE)
    assert not set(TESTED) & set(ELSEWHERE)
    varied = {
        varied
        for overrides in (
            SHOP.vars,
            *RUNS,
            *test_input_policies.RUNS,
            *test_number_of_segments.RUNS,
        )
        for name, value in overrides.items()
        for varied in list_varied(name, value)
    }
    # The relations differ in every run: no shop is the demo.
    relations = {"segmentation_transactions", "segmentation_customers"}
    assert known - varied == relations | set(ELSEWHERE)
