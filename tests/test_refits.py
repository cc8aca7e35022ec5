"""Segments keep their meaning over months, with the kept model and through refits.

The real grocer, seen as of each month start from October 2017 to January 2018 with a window
that rolls along (180 days), in one database.
"""

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build, fetch_example, read_example
from sklearn.cluster import KMeans

MONTHS = ["2017-10-01", "2017-11-01", "2017-12-01", "2018-01-01"]
SEGMENTS = """
    select customer_id, segment_id, segment_name from customer_segments
    where segment_kind = 'cluster' order by customer_id
"""


def build_months(folder, dates, **overrides) -> tuple[Build, list[pd.DataFrame]]:
    fetch_example("complete_journey")
    build = Build(
        folder,
        vars=read_example("complete_journey")
        | {"segmentation_lookback_days": 180, "segmentation_history_months": 2}
        | {"segmentation_model": {"k_bootstraps": 5}}
        | overrides,
    )
    months = []
    for month in dates:
        build.run(segmentation_as_of_date=month)
        months.append(build.table(SEGMENTS))
    return build, months


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    # The months between would be scored by the same model.
    return build_months(tmp_path_factory.mktemp("kept"), [MONTHS[0], *MONTHS[-2:]])


@pytest.fixture(scope="module")
def refitted(tmp_path_factory):
    # Five segments each month, so that only the fit can move a customer.
    return build_months(
        tmp_path_factory.mktemp("refitted"),
        MONTHS,
        segmentation_refit=True,
        segmentation_k=5,
        segmentation_model={"k_range": [5, 5], "k_bootstraps": 5},
    )


def test_with_the_kept_model_no_change_is_the_models(kept):
    build, months = kept
    assert build.query(
        "select model_version, refit_reason from segment_evaluation"
    ) == [(1, "no model yet")]
    names = {tuple(row) for month in months for row in month.iloc[:, 1:].to_numpy()}
    assert len(names) == len({segment for segment, _ in names})
    assert len(months[0]) > 2300


def test_a_refit_every_month_moves_few_customers(refitted):
    build, _ = refitted
    rows = build.query(
        "select refit_reason, changed_customer_share, changed_revenue_share,"
        " is_breaking_change from segment_evaluation order by model_version"
    )
    assert [reason for reason, *_ in rows] == ["no model yet"] + ["asked for"] * 3
    shares = [share for _, share, _, _ in rows[1:]]
    assert rows[0][1] is None
    assert np.mean(shares) <= 0.06
    assert all(0 <= money <= 1 for _, _, money, _ in rows[1:])
    assert all(breaking == (share > 0.15) for _, share, _, breaking in rows[1:])


def test_names_follow_their_segments_and_no_id_is_used_for_another(refitted):
    build, _ = refitted
    names = build.query("select distinct segment_id, segment_name from segment_names")
    assert len(names) == len({segment for segment, _ in names})
    # An id comes and goes, but a gap in its versions is the end of it.
    versions = build.query(
        "select segment_id, list(distinct model_version order by model_version)"
        " from segment_training_assignments group by all"
    )
    for segment, used in versions:
        assert used == list(range(used[0], used[-1] + 1)), segment


def test_without_matching_most_customers_would_change(refitted):
    """Raw cluster numbers mean nothing: the same customers, old fit against new fit."""
    build, _ = refitted
    with duckdb.connect(str(build.database), read_only=True) as connection:
        long = connection.execute(
            "select model_version, customer_id, feature, scaled_value::double as value"
            " from segment_training_matrix"
        ).df()
    changed = []
    labels = {}
    for version, rows in long.groupby("model_version"):
        wide = rows.pivot(index="customer_id", columns="feature", values="value")
        fit = KMeans(5, n_init=10, random_state=int(version)).fit(wide.to_numpy())
        labels[version] = pd.Series(fit.labels_, index=wide.index)
        if version - 1 in labels:
            both = pd.concat([labels[version - 1], labels[version]], axis=1).dropna()
            changed.append((both.iloc[:, 0] != both.iloc[:, 1]).mean())
    assert len(changed) == 3
    assert np.mean(changed) > 0.5


def test_a_new_month_adds_one_month_to_the_history(kept):
    build, _ = kept
    shown = build.query(
        "select distinct as_of_date::varchar from customer_segments_monthly order by 1"
    )
    assert shown == [("2017-12-01",), ("2018-01-01",)]


def test_previous_segments_are_those_of_the_month_before(kept):
    build, months = kept
    before, now = (
        month.set_index("customer_id")["segment_name"] for month in months[-2:]
    )
    told = build.table(
        "select customer_id, previous_segment_name, segment_changed_on::varchar as day"
        " from customer_segments where segment_kind = 'cluster'"
    ).set_index("customer_id")
    both = before.index.intersection(now.index)
    moved = both[before[both] != now[both]]
    assert 0.1 < len(moved) / len(both) < 0.4
    assert (told.loc[moved, "previous_segment_name"] == before[moved]).all()
    # The month in which they moved, not the day on which it was seen.
    assert set(told.loc[moved, "day"]) == {"2017-12-01"}


def test_migrations_count_the_moves_between_the_months(kept):
    build, months = kept
    before, now = (
        month.set_index("customer_id")["segment_id"] for month in months[-2:]
    )
    both = pd.concat([before, now], axis=1, join="inner")
    both.columns = ["before", "now"]
    expected = both.groupby(["before", "now"]).size().to_dict()
    told = {
        (old, new): customers
        for old, new, customers in build.query(
            "select from_segment_id, to_segment_id, customers from segment_migrations"
            " where from_segment_id > 0 and to_segment_id > 0"
        )
    }
    assert told == expected


@pytest.mark.parametrize("months", ["kept", "refitted"])
def test_no_build_leaves_a_table_of_a_python_model_behind(months, request):
    build, _ = request.getfixturevalue(months)
    assert not build.query(
        "select table_name from information_schema.tables"
        " where contains(table_name, '__dbt_tmp')"
    )
