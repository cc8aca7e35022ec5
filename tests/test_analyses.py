"""The analyses compile, run on a finished build, and mean what they say."""

import shutil
from dataclasses import dataclass

import duckdb
import pandas as pd
import pytest
from conftest import PROJECT
from sklearn.metrics import adjusted_rand_score

NAMES = sorted(path.stem for path in (PROJECT / "analyses").glob("*.sql"))
# What each is read for, among its columns.
COLUMNS = {
    "choosing_k": (
        "segment_count is_chosen inertia inertia_saved_share elbow_strength "
        "silhouette stability stability_gained worst_jaccard smallest_share "
        "reason"
    ),
    "comparing_two_runs": (
        "one_run other_run one_label other_label customers adjusted_rand_index"
    ),
    "correlations": "feature other_feature customers pearson spearman",
    "data_quality": (
        "rejection_reason order_month row_count amount example_transaction_id "
        "example_raw_ordered_at example_raw_amount"
    ),
    "demographics_coverage": (
        "attribute segment_name customers known_customers missing_share cramers_v "
        "reading"
    ),
    "feature_distributions": (
        "feature customers null_share zero_share median percentile_99 skewness "
        "skewness_after_log is_log1p_advisable"
    ),
    "segments_against_rfm_grid": (
        "segment_name rfm_segment customers share_of_segment share_of_rfm_segment lift"
    ),
}


@dataclass
class Analyses:
    """The compiled analyses of a build."""

    build: object

    def read_sql(self, name: str) -> str:
        return next(
            self.build.target.glob(f"compiled/*/analyses/{name}.sql")
        ).read_text()

    def run(self, name: str, database=None) -> pd.DataFrame:
        """Run an analysis on the build's database, or on a changed copy of it."""
        with duckdb.connect(
            str(database or self.build.database), read_only=True
        ) as connection:
            return connection.execute(self.read_sql(name)).df()

    def query(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.build.database), read_only=True) as connection:
            return connection.execute(sql).df()


@pytest.fixture(scope="module")
def analyses(demo_build) -> Analyses:
    done = demo_build.dbt("compile", "--select", "path:analyses")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return Analyses(demo_build)


def test_every_analysis_is_expected_here():
    assert set(NAMES) == set(COLUMNS)


@pytest.mark.parametrize("name", NAMES)
def test_analysis_begins_with_its_question(name):
    lines = (PROJECT / "analyses" / f"{name}.sql").read_text().splitlines()
    question = " ".join(line for line in lines[:2] if line.startswith("--"))
    assert "?" in question


@pytest.mark.parametrize("name", NAMES)
def test_analysis_has_rows_and_the_columns_of_its_purpose(analyses, name):
    table = analyses.run(name)
    assert len(table) > 0
    assert set(COLUMNS[name].split()) <= set(table.columns)


def test_data_quality_counts_what_transaction_quality_counts(analyses):
    found = analyses.run("data_quality").groupby("rejection_reason")[
        ["row_count", "amount"]
    ]
    expected = analyses.query(
        "select reason as rejection_reason, row_count, amount from transaction_quality"
        " where status = 'rejected' and row_count > 0"
    ).set_index("rejection_reason")
    found = found.sum()
    assert found["row_count"].to_dict() == expected["row_count"].to_dict()
    assert found["amount"].to_dict() == pytest.approx(expected["amount"].to_dict())


def test_data_quality_examples_are_rows_of_the_ledger(analyses):
    ledger = analyses.query(
        "select rejection_reason, transaction_id, raw_ordered_at, raw_amount"
        " from rejected_transactions"
    )
    rows = set(ledger.astype(str).itertuples(index=False, name=None))
    examples = analyses.run("data_quality")[
        [
            "rejection_reason",
            "example_transaction_id",
            "example_raw_ordered_at",
            "example_raw_amount",
        ]
    ]
    assert set(examples.astype(str).itertuples(index=False, name=None)) <= rows


def test_feature_distributions_agree_with_pandas(analyses):
    table = analyses.run("feature_distributions").set_index("feature")
    features = analyses.query(
        "select * from int_customer_features"
        " where as_of_date = (select as_of_date from int_as_of_date)"
        " and purchase_status = 'purchases'"
    )
    for name in ("recency_days", "monetary", "mean_gap_days", "discount_share"):
        values = features[name].astype(float)
        row = table.loc[name]
        known = values.dropna()
        moments = [((known - known.mean()) ** power).mean() for power in (2, 3)]
        assert row["customers"] == len(values)
        assert row["null_share"] == pytest.approx(values.isna().mean(), abs=1e-12)
        assert row["zero_share"] == pytest.approx((known == 0).mean())
        assert row["median"] == pytest.approx(known.median())
        assert row["percentile_99"] == pytest.approx(known.quantile(0.99))
        assert row["skewness"] == pytest.approx(moments[1] / moments[0] ** 1.5)
    assert table.loc["monetary", "is_log1p_advisable"]
    assert not table.loc["spend_trend", "is_log1p_advisable"]


def test_correlations_agree_with_pandas(analyses):
    table = analyses.run("correlations").set_index(["feature", "other_feature"])
    features = analyses.query(
        "select * from int_customer_features"
        " where as_of_date = (select as_of_date from int_as_of_date)"
        " and purchase_status = 'purchases'"
    )
    for pair in (
        ("frequency", "monetary"),
        ("mean_gap_days", "recency_days"),
        ("discount_share", "tenure_days"),
    ):
        known = features[list(pair)].astype(float).dropna()
        row = table.loc[pair]
        assert row["customers"] == len(known)
        assert row["pearson"] == pytest.approx(known.corr().iloc[0, 1])
        assert row["spearman"] == pytest.approx(known.rank().corr().iloc[0, 1])


def test_choosing_k_shows_every_number_and_one_choice(analyses):
    table = analyses.run("choosing_k")
    scores = analyses.query("select * from segment_count_scores order by segment_count")
    assert list(table["segment_count"]) == list(scores["segment_count"])
    assert table["is_chosen"].sum() == 1
    saved = -scores["inertia"].pct_change()
    assert list(table["inertia_saved_share"])[1:] == pytest.approx(list(saved)[1:])
    assert pd.isna(table["inertia_saved_share"][0])


def test_one_version_is_compared_with_the_rfm_grid(analyses):
    table = analyses.run("comparing_two_runs")
    customers = analyses.query(
        "select segment_id, rfm_segment from customer_segments"
        " where segment_kind = 'cluster'"
    )
    assert set(table["other_run"]) == {"RFM grid"}
    assert table["customers"].sum() == len(customers)
    assert table["adjusted_rand_index"][0] == pytest.approx(
        adjusted_rand_score(customers["segment_id"], customers["rfm_segment"])
    )


# What the second version does with the segments of the first, and the agreement with it.
SECOND_VERSIONS = {
    "the same segments": "segment_id",
    "the same segments by other ids": "100 - segment_id",
    "two segments joined": "case when segment_id = 2 then 1 else segment_id end",
    "one segment for all": "1",
    "drawn by the id": "cast(hash(customer_id) % 5 as integer)",
}


@pytest.mark.parametrize("change", SECOND_VERSIONS)
def test_two_versions_are_compared_on_their_training_customers(
    analyses, tmp_path, change
):
    """The same query, on a copy of the database with a second model version in it."""
    database = tmp_path / analyses.build.database.name
    shutil.copy(analyses.build.database, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "insert into segment_training_assignments by name"
            f" select * replace (2 as model_version, {SECOND_VERSIONS[change]}"
            " as segment_id) from segment_training_assignments"
        )
        connection.execute(
            "insert into segment_names by name select distinct model_version, segment_id,"
            " cast(segment_id as text) as segment_name from segment_training_assignments"
            " where model_version = 2"
        )
        labels = connection.execute(
            "select one.segment_id as one_id, other.segment_id as other_id"
            " from segment_training_assignments as one"
            " inner join segment_training_assignments as other"
            " on one.customer_id = other.customer_id"
            " where one.model_version = 1 and other.model_version = 2"
        ).df()
    table = analyses.run("comparing_two_runs", database)
    assert set(table["one_run"]) == {"model version 2"}
    assert set(table["other_run"]) == {"model version 1"}
    assert table["customers"].sum() == len(labels)
    agreement = table["adjusted_rand_index"][0]
    assert agreement == pytest.approx(
        adjusted_rand_score(labels["one_id"], labels["other_id"]), abs=1e-9
    )
    if change.startswith("the same segments"):
        assert agreement == pytest.approx(1)


def test_demographics_coverage_counts_every_customer_for_every_attribute(analyses):
    table = analyses.run("demographics_coverage")
    demographics = analyses.query(
        "select * from int_customers left join int_customer_demographics"
        " using (customer_id)"
    )
    for attribute, rows in table.groupby("attribute"):
        assert rows["customers"].sum() == len(demographics)
        assert rows["known_customers"].sum() == demographics[attribute].notna().sum()
        expected = demographics[attribute].isna().mean()
        assert rows["missing_share_of_all"].iloc[0] == pytest.approx(expected)
        assert rows["cramers_v"].between(0, 1).all()


def test_segments_against_rfm_grid_splits_each_segment_wholly(analyses):
    table = analyses.run("segments_against_rfm_grid")
    assert table.groupby("segment_id")["share_of_segment"].sum().to_list() == (
        pytest.approx([1] * table["segment_id"].nunique())
    )
    assert table.groupby("rfm_segment")["share_of_rfm_segment"].sum().to_list() == (
        pytest.approx([1] * table["rfm_segment"].nunique())
    )
    assert (table.groupby("segment_id")["is_main_rfm_segment"].sum() == 1).all()
    sizes = analyses.query(
        "select segment_id, count(*) as customers from customer_segments"
        " where segment_kind = 'cluster' group by segment_id"
    ).set_index("segment_id")["customers"]
    found = table.groupby("segment_id")["customers"].sum()
    assert found.to_dict() == sizes.to_dict()
