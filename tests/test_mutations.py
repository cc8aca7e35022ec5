"""Breaking a rule on purpose is noticed by the test that guards it.

Every mutant is one change of a model's compiled SQL. The model and all that read it are
built again in memory on the demo shop, and the change is taken back.
"""

import numpy as np
import pandas as pd
import pytest
from conftest import Build, read_example
from in_memory import InMemoryProject, InMemoryShop
from test_disclosure import check_hidden_cells
from test_fingerprints import check_hashes, open_feed
from test_number_of_segments import METRICS
from test_segment_rules import check_rules

MINIMUM_CELL = 30


def check_drift(project: InMemoryProject, shop: InMemoryShop) -> None:
    """Work drift out apart from the SQL, against a training that was otherwise."""
    shop.connection.execute(
        "update segment_training_distances set distance_sum = distance_sum / 2,"
        " training_customers = training_customers * if(segment_id >= 6, 7, 3)"
    )
    project.run_from(shop, "segment_drift_measures")
    training = shop.table("from segment_training_distances").set_index("segment_id")
    customers = shop.table("from customer_segments where segment_kind = 'cluster'")
    names = customers.groupby("segment_id")["segment_name"].first()
    share = customers["segment_id"].value_counts(normalize=True).sort_index()
    before = training["training_customers"].sort_index()
    before = before / before.sum()
    mean = training["distance_sum"].sum() / training["training_customers"].sum()
    expected = {
        ("share_change", names[segment]): share[segment] - before[segment]
        for segment in share.index
    } | {
        ("segment_psi", "all"): ((share - before) * np.log(share / before)).sum(),
        ("distance_ratio", "all"): customers["distance"].mean() / mean,
    }
    drift = shop.table("from segment_drift").set_index(["metric", "subject"])
    for key, value in expected.items():
        row = drift.loc[key]
        assert row["value"] == pytest.approx(value, rel=1e-4), key
        due = abs(value) >= row["refit_from"]
        expected_status = "watch" if abs(value) >= row["watch_from"] else "ok"
        assert row["status"] == ("refit due" if due else expected_status), key
    assert drift.loc[("overall", "all"), "status"] == "refit due"


def check_k_rule(project: InMemoryProject, shop: InMemoryShop) -> None:
    """Each number but the first fails one part of the rule."""
    columns = ("segment_count", "smallest_share", "worst_jaccard", "stability")
    measured = pd.DataFrame(METRICS, columns=[*columns, "silhouette"])
    whole = shop.table("from segment_count_metrics limit 1").drop(columns=measured)
    metrics = whole.assign(row_count=10000).merge(measured, how="cross")
    # A smaller number passes as well, so that the largest has to be taken.
    three = metrics.iloc[:1].assign(segment_count=3, silhouette=0.9)
    shop.fill("segment_count_metrics", pd.concat([three, metrics]))
    project.run_from(shop, "segment_count_choice")
    judged = shop.query(
        "select segment_count, is_eligible, is_chosen from segment_count_choice"
        " order by segment_count"
    )
    assert [k for k, is_eligible, _ in judged if is_eligible] == [3, 4]
    assert [k for k, _, is_chosen in judged if is_chosen] == [4]


def check_suppression(project: InMemoryProject, shop: InMemoryShop) -> None:
    published = shop.table("from segment_demographics")
    customers = shop.table("from customer_segments")
    shown = published[~published["is_suppressed"]]
    assert shown["customers"].min() >= MINIMUM_CELL
    hidden = [
        check_hidden_cells(attribute, customers, published, MINIMUM_CELL)
        for attribute in ("gender", "income_band", "region")
    ]
    assert sum(hidden) > 0


def check_rule_texts(project: InMemoryProject, shop: InMemoryShop) -> None:
    check_rules(shop)


CHECKS = {
    check.__name__: check
    for check in (check_drift, check_k_rule, check_suppression, check_rule_texts)
}
BOUNDS, SCORES = "int_rfm_score_bounds", "int_customer_rfm_scores"
DAYS = "int_customer_days"
PLACEMENTS = "segment_placements"
REASONS, CELLS = "segment_reasons", "segment_demographics"
CHOICE, RULES = "segment_count_choice", "segment_rules"
MEASURES, DRIFT = "segment_drift_measures", "segment_drift"
# By the data test or the check that must notice: the model, its SQL, and the SQL instead.
MUTANTS = {
    "assert_scores_point_the_right_way": [
        (SCORES, "when -recency_days >=", "when recency_days >="),
        (BOUNDS, "order by measure_value asc", "order by measure_value desc"),
        (SCORES, "monetary >= bounds.monetary_5", "monetary <= bounds.monetary_5"),
    ],
    "assert_window_and_features_agree": [
        (
            "int_customer_features",
            "- 1 as integer)\n        end as recency_days",
            "as integer)\n        end as recency_days",
        ),
    ],
    "assert_every_customer_is_in_one_segment": [
        ("int_customers", "full outer join buyers", "left join buyers"),
        ("customer_segments", "left join features", "inner join features"),
    ],
    "assert_raw_rows_are_accepted_or_rejected": [
        ("transaction_quality", "'missing_customer' as reason", "'none' as reason"),
        (
            "stg_transactions",
            "union all",
            "union all select * exclude (row_bucket) from rows_alone union all",
        ),
    ],
    "assert_days_hold_every_accepted_row": [
        (DAYS, "where accepted.rej", "where accepted.amount > 0 and accepted.rej"),
        (DAYS, "from days\n", "from (from days union all from days) as days\n"),
    ],
    "assert_money_reconciles_from_raw_to_segment": [
        ("int_customer_days", "sum(amount) as", "sum(greatest(amount, 0)) as"),
    ],
    "assert_scoring_equals_k_means": [
        (PLACEMENTS, "parameters.weight_of_tenure_days *", "1 *"),
        (PLACEMENTS, "/ parameters.deviation_of_monetary", "/ 1.5"),
    ],
    "assert_reasons_speak_for_the_segment": [
        (REASONS, "- (monetary - own_centroid", "+ (monetary - own_centroid"),
        (REASONS, "when first_reason <> ", "when 'none' <> "),
    ],
    "assert_shares_sum_to_one": [
        ("segment_profiles", "/ totals.customers as", "/ (totals.customers + 1) as"),
    ],
    "assert_history_agrees_with_itself": [
        (
            "segment_moves",
            "earlier.month_number < later",
            "earlier.month_number > later",
        ),
    ],
    "assert_drift_counts_every_customer": [
        ("segment_feature_bins", "count(*)", "2 * count(*)"),
    ],
    "check_k_rule": [
        (CHOICE, "smallest_share >= share_floor\n        and", "true\n        and"),
        (CHOICE, "and stability >= 0.8", ""),
        (CHOICE, "and worst_jaccard >= 0.7", ""),
        (CHOICE, "silhouette >= 0.85 *", "silhouette >= 0.1 *"),
        (CHOICE, "max(case when is_eligible", "min(case when is_eligible"),
    ],
    "check_suppression": [
        (CELLS, "coalesce(value_counts.customers, 0) < 30", "false"),
        (CELLS, "small_cells = 1", "false"),
    ],
    "check_drift": [
        (MEASURES, "share - training_share as", "training_share - share as"),
        (DRIFT, "abs(value) >= refit_from", "value >= refit_from"),
        (DRIFT, "abs(value) >= watch_from", "value >= watch_from"),
        (DRIFT, "when due_list <> '' then 'refit due'", ""),
        (MEASURES, "/ sum(sizes.customers) over () as share", "/ 1000 as share"),
    ],
    "check_rule_texts": [
        (RULES, "as double) <= clauses.up_to", "as double) < clauses.up_to"),
        (RULES, "' and recency_days <= '", "' and recency_days < '"),
        (RULES, "segment_id = rule_segment_id", "segment_id <= rule_segment_id"),
    ],
}
HASHES = [
    ("base_transactions", "hash(seen_rows)", "hash(seen_rows.amount)"),
    ("int_customer_days", "sum(cast(row_hash as decimal(38, 0)))", "count(*)"),
    ("int_customer_sums", "sum(lines_hash)", "count(*)"),
    ("int_customer_sums", "customer_days.order_date < as_of_dates.as_of_date", "true"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[InMemoryProject, InMemoryShop]:
    given = read_example("demo") | {"segmentation_model": {"k_bootstraps": 2}}
    project = InMemoryProject(Build(tmp_path_factory.mktemp("demo"), vars=given))
    return project, project.run()


def is_noticed(project: InMemoryProject, shop: InMemoryShop, guard: str) -> bool:
    if guard not in CHECKS:
        return guard in project.find_failures(shop, only=[guard])
    try:
        CHECKS[guard](project, shop)
    except AssertionError:
        return True
    return False


def test_nothing_is_noticed_where_nothing_is_broken(demo):
    project, shop = demo
    for guard in MUTANTS:
        with shop.undone():
            assert not is_noticed(project, shop, guard), guard


@pytest.mark.parametrize(
    ("guard", "name", "before", "after"),
    [(guard, *mutant) for guard, mutants in MUTANTS.items() for mutant in mutants],
)
def test_a_broken_rule_is_noticed(guard, name, before, after, demo):
    project, shop = demo
    with project.broken(name, before, after), shop.undone():
        project.run_from(shop, name)
        assert is_noticed(project, shop, guard)


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    return open_feed(tmp_path_factory.mktemp("feed"))


@pytest.mark.parametrize(("name", "before", "after"), HASHES)
def test_a_hash_of_too_little_or_too_much_is_noticed(name, before, after, feed):
    project, _ = feed
    with (
        project.broken(name, before, after),
        pytest.raises(AssertionError),
    ):
        check_hashes(feed)
