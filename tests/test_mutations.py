"""Breaking a rule on purpose makes the test fail that guards it."""

import pytest
from conftest import Build, copy_project

SCORES = "models/intermediate/int_customer_rfm_scores.sql"
SEGMENTS = "models/marts/customer_segments.sql"
# What is broken: file, text, text instead, and the test that must fail.
MUTATIONS = {
    "recency_score_points_the_other_way": (
        SCORES,
        "'recency_days', 'desc', 'as_of_date'",
        "'recency_days', 'asc', 'as_of_date'",
        "assert_scores_point_the_right_way",
    ),
    "monetary_score_points_the_other_way": (
        SCORES,
        "'monetary', 'asc', 'as_of_date'",
        "'monetary', 'desc', 'as_of_date'",
        "assert_scores_point_the_right_way",
    ),
    "ties_are_broken_at_random": (
        "macros/statistics.sql",
        "rank() over ({{ partition }}order by {{ column }} {{ direction }})",
        "row_number() over ({{ partition }}order by {{ column }} {{ direction }})",
        "assert_scores_point_the_right_way",
    ),
    "customers_without_purchase_are_dropped": (
        SEGMENTS,
        "left join features\n        on customers.customer_id",
        "inner join features\n        on customers.customer_id",
        "assert_every_customer_is_in_one_segment",
    ),
    "buyers_without_a_record_are_dropped": (
        "models/intermediate/int_customers.sql",
        "full outer join buyers",
        "left join buyers",
        "assert_every_customer_is_in_one_segment",
    ),
    "a_reason_is_missing_in_the_ledger": (
        "macros/list_rejection_reasons.sql",
        "'missing_customer', ",
        "",
        "assert_raw_rows_are_accepted_or_rejected",
    ),
    "rejected_rows_are_dropped_in_silence": (
        "models/staging/stg_transactions.sql",
        "from resolved\n",
        "from resolved\nwhere customer_id is not null\n",
        "assert_raw_rows_are_accepted_or_rejected",
    ),
    "returns_are_left_out_of_revenue": (
        "models/intermediate/int_customer_days.sql",
        "sum(amount) as net_revenue",
        "sum(case when amount > 0 then amount end) as net_revenue",
        "assert_money_reconciles_from_raw_to_segment",
    ),
    "newcomers_are_left_out_of_the_migrations": (
        "models/marts/segment_migrations.sql",
        "left join months as previous_months",
        "inner join months as previous_months",
        "assert_history_agrees_with_itself",
    ),
    "scoring_forgets_the_weights": (
        "models/scoring/segment_placements.sql",
        "'parameters.weight_of_' ~ name",
        "'1'",
        "assert_scoring_equals_k_means",
    ),
    "scoring_scales_otherwise_than_the_fit": (
        "models/scoring/segment_placements.sql",
        "'parameters.deviation_of_' ~ name",
        "'(1.5 * parameters.deviation_of_' ~ name ~ ')'",
        "assert_scoring_equals_k_means",
    ),
    "recency_counts_from_the_as_of_date_itself": (
        "models/intermediate/int_customer_features.sql",
        "'summed.last_purchase_in_window_date', 'summed.as_of_date', 'day'\n"
        "            ) }} - 1 as integer",
        "'summed.last_purchase_in_window_date', 'summed.as_of_date', 'day'\n"
        "            ) }} as integer",
        "assert_window_and_features_agree",
    ),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_broken_rule_is_noticed(mutation, tmp_path):
    name, before, after, guard = MUTATIONS[mutation]
    project = copy_project(tmp_path)
    path = project / name
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    build = Build(tmp_path / "out", project)

    done = build.dbt("build", "--exclude-resource-type", "unit_test")

    assert done.returncode != 0
    assert guard in build.failures()
    assert not (build.published / "customer_segments.parquet").exists()
