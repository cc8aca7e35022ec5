"""Every var changes the result, in the direction it promises."""

import random
import re
import shutil
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from conftest import PROJECT, Build
from read_vars import SETTINGS, merge_vars
from shops import Shop, make_buyers, make_line, run_all
from write_vars import list_vars, read_defaults

DEMOGRAPHICS = {
    "birth_date": {"kind": "date", "as": "age_years"},
    "gender": {"kind": "nominal", "levels": ["female", "male"]},
    "region": {"kind": "nominal"},
}
OWN_FEATURE = {
    "active_days": {
        "role": "secondary",
        "transform": "none",
        "expression": "tenure_days - recency_days",
    }
}
DEFAULTS = read_defaults()
VARS = list_vars()
# Only what is named is run, and a test only when all that it reads is there.
EVERYTHING_SELECTED = [
    *("--exclude-resource-type", "unit_test"),
    *("--indirect-selection", "cautious"),
]
OVERRIDES = ["segment_name_overrides"]
TABLES = (
    "stg_transactions",
    "stg_customers",
    "int_customer_features",
    "int_customer_demographics",
    "transaction_quality",
)

# Lines that one var each is there for; the customer says which.
PROBES = [
    make_line("returns", 20, 100),
    make_line("returns", 10, -30),
    make_line("small orders", 20, 5),
    make_line("small orders", 10, 50),
    make_line("gifts", 20, 40, category="gift"),
    make_line("gifts", 10, 60, category="food"),
    make_line("early", 350, 30),
    make_line("early", 10, 70),
    make_line("night", 0, 40, ordered_at="2025-12-20 03:00:00"),
    make_line("half a year ago", 180, 40),
    make_line("long ago", 500, 40),
    make_line("doubles", 20, 10, transaction_id="twice"),
    make_line("doubles", 20, 10, transaction_id="twice"),
    make_line("doubles", 15, 20, transaction_id="corrected"),
    make_line("doubles", 12, 25, transaction_id="corrected"),
]


def make_customers() -> list[dict]:
    generator = random.Random(2)
    customers = [
        {
            "customer_id": f"buyer {number:03}",
            "birth_date": f"{generator.randint(1940, 2005)}-06-15",
            "gender": generator.choice(["female", "male"]),
            "region": generator.choice(["north", "south"]),
            "loyalty_tier": generator.choice(["gold", "silver"]),
        }
        for number in range(0, 140)
        if number % 5
    ]
    tbd = {"gender": "tbd", "region": "tbd", "birth_date": None, "loyalty_tier": "gold"}
    return [*customers, {"customer_id": "never bought"} | tbd]


SHOP = Shop(
    make_buyers() + PROBES,
    make_customers(),
    # In segments of 35 to 41 customers the default of 30 would leave nothing to show.
    {
        "segmentation_demographics": DEMOGRAPHICS,
        "segmentation_duplicates": "by_transaction_id",
        "segmentation_minimum_cell_size": 5,
    },
)
DAY_FIRST = Shop(
    [
        make_line(f"{number}", number, 10, ordered_at=text)
        for number, text in enumerate(
            ["03/02/2025", "03/02/2025", "04/05/2025", "05/05/2025", "25/12/2025"]
        )
    ]
)
TINY_MODEL = {
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
# A shop, what is run on it, and the vars that differ. The runs of a chain follow each
# other in one database.
RUNS = {
    "as it comes": (SHOP, "build", [], {}),
    "changed": (
        SHOP,
        "build",
        [],
        {
            "segmentation_transaction_columns": {"category": "upper(category)"},
            "segmentation_customer_columns": {"region": "upper(region)"},
            "segmentation_returns": "ignore",
            "segmentation_duplicates": "drop_exact",
            "segmentation_transaction_filter": "category is distinct from 'gift'",
            "segmentation_minimum_order_amount": 20,
            "segmentation_earliest_date": "2025-03-01",
            "segmentation_time_zone": "America/New_York",
            "segmentation_lookback_days": 100,
            "segmentation_customers_without_purchases": "leave_out",
            "segmentation_unknown_values": ["tbd"],
            "segmentation_extra_columns": {"loyalty_tier": "string"},
            "segmentation_minimum_cell_size": 1,
            "segmentation_model": {"minimum_customers": 1000},
        },
    ),
    "all history": (
        SHOP,
        "run",
        [f"+{table}" for table in TABLES],
        {
            "segmentation_customers": None,
            "segmentation_demographics": {},
            "segmentation_duplicates": "keep",
            "segmentation_lookback_days": None,
            "segmentation_as_of_date": None,
        },
    ),
    "day first": (
        DAY_FIRST,
        "build",
        ["stg_transactions", "base_transactions", "assert_last_date_is_not_isolated"],
        {"segmentation_timestamp_format": "%d/%m/%Y"},
    ),
    "month first": (
        DAY_FIRST,
        "build",
        ["stg_transactions", "base_transactions"],
        {"segmentation_timestamp_format": "%m/%d/%Y"},
    ),
    "month first, forgiving": (
        DAY_FIRST,
        "build",
        ["stg_transactions", "base_transactions", "assert_last_date_is_not_isolated"],
        {
            "segmentation_timestamp_format": "%m/%d/%Y",
            "segmentation_tests": {
                "unreadable_column": {"maximum_share": 0.3},
                "isolated_last_date": {"maximum_gap_days": 1000},
            },
            "segmentation_as_of_date": "2025-05-05",
        },
    ),
    "tiny model": (SHOP, "run", [], TINY_MODEL),
    "tiny model, more starts": (
        SHOP,
        "run",
        ["+segment_evaluation"],
        merge_vars(
            TINY_MODEL, {"segmentation_model": {"n_init": 20, "k_bootstraps": 8}}
        ),
    ),
    "tiny model, other seed": (
        SHOP,
        "run",
        ["+segment_training_rows"],
        merge_vars(TINY_MODEL, {"segmentation_model": {"random_seed": 8}}),
    ),
    "weighed": (
        SHOP,
        "build",
        [],
        {
            "segmentation_demographics_weight": 0.2,
            "segmentation_demographics": {
                name: DEMOGRAPHICS[name] for name in ("birth_date", "gender")
            },
        },
    ),
}
# These go on where "as it comes" ended.
FOLLOWING = {
    "private": (
        "run",
        [],
        {
            "segmentation_publish_demographics": False,
            "segmentation_extra_columns": {"loyalty_tier": "string"},
            "segmentation_model": {"confidence_bands": [0.6, 0.8]},
        },
    ),
    "high floor": (
        "test",
        ["assert_smallest_segment_is_above_the_floor"],
        {"segmentation_tests": {"smallest_segment": {"minimum_share": 0.5}}},
    ),
    "harsh judges": (
        "build",
        [
            "customer_segments",
            "assert_largest_segment_is_below_the_ceiling",
            "assert_segments_are_stable",
            "assert_most_customers_are_clustered",
            "assert_few_customers_are_borderline",
            "assert_few_rows_are_rejected",
        ],
        {
            "segmentation_model": {
                "k_minimum_stability": 1,
                "confidence_bands": [0.6, 0.8],
            },
            "segmentation_tests": {
                "rejected_rows": {"from_share": 0},
                "largest_segment": {"maximum_share": 0.01},
                "stability": {"severity": "error"},
                "clustered_customers": {"minimum_share": 1},
                "borderline_customers": {"maximum_share": 0},
            },
        },
    ),
    "no history": (
        "run",
        ["int_as_of_dates+"],
        {"segmentation_history_months": 0},
    ),
    "touchy drift": (
        "run",
        ["segment_drift"],
        {
            "segmentation_drift": {
                "feature_psi": [0.0001, 0.0002],
                "segment_psi": [0.0001, 0.0002],
                "share_change": [0.0001, 0.0002],
                "distance_ratio": [1.0001, 1.0002],
                "last_date_lag_days": 1,
                "rows_per_day_ratio": 1.01,
                "day_revenue_ratio": 1.01,
            },
        },
    ),
    "asked for": ("run", ["segment_model_versions"], {"segmentation_refit": True}),
    "k rule": ("run", ["segment_count_choice", "segment_count_scores"], {}),
    "k rule, forgiving": (
        "run",
        ["segment_count_choice", "segment_count_scores"],
        {
            "segmentation_model": {
                "k_minimum_share": 0,
                "k_minimum_jaccard": 0.3,
                "k_minimum_stability": 0.7,
            },
        },
    ),
    "k rule, demanding": (
        "run",
        ["segment_count_choice", "segment_count_scores"],
        {"segmentation_model": {"k_minimum_stability": 0.95}},
    ),
}
# One k fails each part of the rule: k, share, Jaccard, stability, silhouette.
METRICS = [
    (4, 0.20, 0.9, 0.90, 0.50),
    (5, 0.20, 0.9, 0.90, 0.30),
    (6, 0.20, 0.9, 0.75, 0.50),
    (7, 0.20, 0.5, 0.90, 0.50),
    (8, 0.02, 0.9, 0.90, 0.50),
]
TESTED: dict[str, str] = {}


def changes(*names: str):
    """Note the vars whose effect a test checks."""

    def note(test):
        TESTED.update(dict.fromkeys(names, test.__name__))
        return test

    return note


class Run(Build):
    """A build that remembers what dbt said."""

    said: str = ""
    returncode: int = 0

    def start(self, command: str, selected: list[str]) -> "Run":
        done = self.dbt(
            command,
            *(["--select", *selected] if selected else []),
            *(EVERYTHING_SELECTED if command == "build" else []),
        )
        self.said, self.returncode = done.stdout, done.returncode
        return self


def write_metrics(build: Build) -> None:
    """Replace what was measured by the five cases of the k rule."""
    with duckdb.connect(str(build.database)) as connection:
        connection.execute("delete from segment_count_metrics")
        for k, share, jaccard, stability, silhouette in METRICS:
            connection.execute(
                """insert into segment_count_metrics by name
                select 1 as model_version, ? as segment_count, 10000 as row_count,
                1.0 as inertia, ? as silhouette, 0.3 as simplified_silhouette,
                1.0 as calinski_harabasz, 1.0 as davies_bouldin, ? as stability,
                ? as worst_jaccard, ? as smallest_share""",
                [k, silhouette, stability, jaccard, share],
            )


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("policies")
    seeds = folder / "seeds"
    seeds.mkdir()
    seeded = Run(seeds)
    seeded.start("seed", ["fixed_segments", *OVERRIDES])
    assert seeded.returncode == 0, seeded.said

    def start(name: str) -> Run:
        shop, command, selected, overrides = RUNS[name]
        own = folder / name
        own.mkdir()
        shutil.copy(seeded.database, own / "segmentation.duckdb")
        given = merge_vars(shop.write(own / "input"), overrides)
        return Run(own, vars=given).start(command, selected)

    built = run_all({name: lambda name=name: start(name) for name in RUNS})
    base = built["as it comes"]

    def follow(name: str) -> Run:
        command, selected, overrides = FOLLOWING[name]
        own = folder / name
        own.mkdir()
        shutil.copy(base.database, own / "segmentation.duckdb")
        build = Run(own, vars=merge_vars(base.vars, overrides))
        if name.startswith("k rule"):
            write_metrics(build)
        if name == "harsh judges":
            # The shop's four kinds of buyers come back on every sample.
            with duckdb.connect(str(build.database)) as connection:
                connection.execute("update segment_evaluation set stability = 0.99")
        return build.start(command, selected)

    built |= run_all({name: lambda name=name: follow(name) for name in FOLLOWING})
    stopping = {"day first", "month first", "high floor", "harsh judges"}
    for name, build in built.items():
        assert name in stopping or build.returncode == 0, build.said[-3000:]
    return built


@pytest.fixture(scope="module")
def base(runs) -> Run:
    return runs["as it comes"]


@pytest.fixture(scope="module")
def changed(runs) -> Run:
    return runs["changed"]


def read_feature(build: Build, customer: str, column: str):
    """One value of int_customer_features."""
    rows = build.query(
        f"select {column} from int_customer_features where customer_id = '{customer}'"
        f" and as_of_date = (select as_of_date from int_as_of_date)"
    )
    return rows[0][0]


def count_rows(build: Build, reason: str) -> int:
    """Rows in the ledger for a reason."""
    return build.query(
        f"select row_count from transaction_quality where reason = '{reason}'"
    )[0][0]


@changes("segmentation_transactions", "segmentation_transaction_columns")
def test_columns_are_read_as_mapped(base, changed):
    categories = "select distinct category from stg_transactions order by all"
    assert base.query(categories) == [("food",), ("gift",), (None,)]
    assert changed.query(categories) == [("FOOD",), ("GIFT",), (None,)]
    lines = base.query("select count(*) from stg_transactions")
    assert lines == [(len(SHOP.transactions),)]


@changes("segmentation_customers", "segmentation_customer_columns")
def test_customers_are_read_as_mapped_or_not_at_all(base, changed, runs):
    regions = "select distinct region from stg_customers where region <> 'tbd'"
    assert set(base.query(regions)) == {("north",), ("south",)}
    assert set(changed.query(regions)) == {("NORTH",), ("SOUTH",)}
    records = "select count(*) from stg_customers"
    assert base.query(records) == [(len(SHOP.customers),)]
    assert runs["all history"].query(records) == [(0,)]


@changes("segmentation_demographics")
def test_attributes_are_columns(base, runs):
    columns = "select column_name from (describe int_customer_demographics)"
    assert {("age_years",), ("gender",), ("region",)} <= set(base.query(columns))
    assert runs["all history"].query(columns) == [
        ("customer_id",),
        ("is_in_customer_table",),
        ("is_in_transactions",),
    ]


@changes("segmentation_returns")
def test_returns_reduce_revenue_or_go_to_the_ledger(base, changed):
    assert read_feature(base, "returns", "monetary") == 70
    assert read_feature(changed, "returns", "monetary") == 100
    assert count_rows(base, "ignored_return") == 0
    assert count_rows(changed, "ignored_return") == 1


@changes("segmentation_duplicates")
def test_duplicates_are_kept_dropped_or_corrected(base, changed, runs):
    assert read_feature(base, "doubles", "monetary") == 10 + 25
    assert read_feature(changed, "doubles", "monetary") == 10 + 20 + 25
    assert read_feature(runs["all history"], "doubles", "monetary") == 10 + 10 + 20 + 25
    assert [
        (
            count_rows(build, "duplicate"),
            count_rows(build, "conflicting_transaction_id"),
        )
        for build in (base, changed, runs["all history"])
    ] == [(1, 1), (1, 0), (0, 0)]


@changes("segmentation_transaction_filter")
def test_filtered_rows_go_to_the_ledger(base, changed):
    assert read_feature(base, "gifts", "monetary") == 100
    assert read_feature(changed, "gifts", "monetary") == 60
    assert (count_rows(base, "filtered"), count_rows(changed, "filtered")) == (0, 1)


@changes("segmentation_minimum_order_amount")
def test_a_small_order_is_money_but_no_purchase(base, changed):
    assert read_feature(base, "small orders", "frequency") == 2
    assert read_feature(changed, "small orders", "frequency") == 1
    for build in (base, changed):
        assert read_feature(build, "small orders", "monetary") == 55


@changes("segmentation_lookback_days")
def test_the_window_is_as_long_as_asked(base, changed, runs):
    def read_status(customer):
        return [
            read_feature(build, customer, "purchase_status")
            for build in (changed, base, runs["all history"])
        ]

    outside = "outside the window"
    assert read_status("half a year ago") == [outside, "purchases", "purchases"]
    assert read_feature(base, "long ago", "purchase_status") == outside
    assert read_feature(runs["all history"], "long ago", "purchase_status") == (
        "purchases"
    )


@changes("segmentation_as_of_date")
def test_the_as_of_date_is_given_or_the_day_after_the_last_row(base, runs):
    as_of = "select as_of_date from int_as_of_date"
    last = "select max(order_date) from stg_transactions where rejection_reason is null"
    assert base.query(as_of) == [(date(2026, 1, 1),)]
    found = runs["all history"].query(as_of)[0][0]
    assert (found - runs["all history"].query(last)[0][0]).days == 1
    # What happened on the date itself is not seen.
    assert runs["month first, forgiving"].query(
        "select raw_ordered_at from stg_transactions"
        " where rejection_reason = 'after_as_of_date'"
    ) == [("05/05/2025",)]


@changes("segmentation_time_zone")
def test_a_night_in_utc_is_the_evening_before_in_new_york(base, changed):
    assert read_feature(base, "night", "last_purchase_date") == date(2025, 12, 20)
    assert read_feature(changed, "night", "last_purchase_date") == date(2025, 12, 19)


@changes("segmentation_timestamp_format")
def test_the_format_decides_between_day_and_month(runs):
    dates = (
        "select distinct order_date from stg_transactions"
        " where raw_ordered_at = '03/02/2025'"
    )
    assert runs["day first"].query(dates) == [(date(2025, 2, 3),)]
    assert runs["month first, forgiving"].query(dates) == [(date(2025, 3, 2),)]


@changes("segmentation_tests.unreadable_column.maximum_share")
def test_too_many_unreadable_rows_stop_the_build(runs):
    stopped = runs["month first"]
    assert stopped.returncode != 0
    assert (
        'ordered_at cannot be read in 1 of 5 rows (20.0 %), for example "25/12/2025"; '
        "allowed is a share of 0.1" in stopped.said
    )
    assert runs["month first, forgiving"].query(
        "select count(*) from stg_transactions"
        " where rejection_reason = 'unreadable_timestamp'"
    ) == [(1,)]


@changes("segmentation_tests.isolated_last_date.maximum_gap_days")
def test_a_lonely_last_day_fails_the_build(runs):
    assert runs["day first"].failures() == {"assert_last_date_is_not_isolated"}
    assert runs["month first, forgiving"].failures() == set()


@changes("segmentation_earliest_date")
def test_rows_before_the_earliest_date_go_to_the_ledger(base, changed):
    assert read_feature(base, "early", "lifetime_net_revenue") == 100
    assert read_feature(changed, "early", "lifetime_net_revenue") == 70
    assert count_rows(base, "before_earliest_date") == 0
    assert count_rows(changed, "before_earliest_date") > 0


@changes("segmentation_customers_without_purchases")
def test_customers_without_purchases_are_there_or_left_out_but_counted(base, changed):
    found = (
        "select segment_name from customer_segments where customer_id = 'never bought'"
    )
    counted = (
        "select row_count from customer_quality where fact = 'record_without_purchase'"
    )
    assert base.query(found) == [("No purchases yet",)]
    assert changed.query(found) == []
    assert base.query(counted) == [(1,)]
    assert changed.query(counted)[0][0] >= 1


@changes("segmentation_unknown_values")
def test_unknown_words_become_unknown(base, changed):
    region = "select region from stg_customers where customer_id = 'never bought'"
    facts = (
        "select fact, row_count from customer_quality"
        " where attribute = 'gender' order by fact"
    )
    assert base.query(region) == [("tbd",)]
    assert base.query(facts) == [("unknown_value", 0), ("unreadable_value", 1)]
    assert changed.query(region) == [("tbd",)] or changed.query(region) == [(None,)]
    assert changed.query(facts) == [("unknown_value", 1), ("unreadable_value", 0)]


@changes("segmentation_extra_columns")
def test_extra_columns_are_carried_along(base, changed):
    tiers = {row["customer_id"]: row["loyalty_tier"] for row in SHOP.customers}
    found = changed.query(
        "select customer_id, loyalty_tier from customer_segments"
        " where is_in_customer_table"
    )
    assert found and dict(found) == {name: tiers[name] for name, _ in found}
    assert "loyalty_tier" not in base.table("from customer_segments").columns


@changes("segmentation_publish_demographics")
def test_no_attribute_leaves_the_house(base, runs):
    private = {"age_years", "birth_date", "gender", "region", "loyalty_tier"}
    for build, expected in (
        (base, {"age_years", "gender", "region"}),
        (runs["private"], set()),
    ):
        columns = set()
        for path in build.published.glob("*.parquet"):
            columns |= set(duckdb.read_parquet(str(path)).columns)
        assert columns & private == expected
    assert base.query("select count(*) from segment_demographics")[0][0] > 0
    for _, rows in runs["private"].read_published().items():
        assert not {"gender", "region", "north", "gold"} & {
            value for row in rows for value in row if isinstance(value, str)
        }


@changes("segmentation_model.confidence_bands")
def test_confidence_bands_lie_where_they_are_put(base, runs):
    bands = "select confidence, confidence_band from customer_segments"
    bands += " where confidence is not null"
    for build, low, high in ((base, 0.1, 0.3), (runs["private"], 0.6, 0.8)):
        for confidence, band in build.query(bands):
            expected = "medium" if confidence < high else "clear"
            assert band == ("borderline" if confidence < low else expected)
    assert {band for _, band in runs["private"].query(bands)} == {
        "borderline",
        "medium",
        "clear",
    }


@changes("segmentation_minimum_cell_size")
def test_small_cells_are_hidden(base, changed):
    hidden = (
        "select min(customers) filter (not is_suppressed),"
        " bool_or(is_suppressed) from segment_demographics"
    )
    smallest, some_hidden = base.query(hidden)[0]
    assert some_hidden and smallest >= 5
    assert changed.query(
        "select count(*) from segment_demographics where is_suppressed"
        " and customers > 0"
    ) == [(0,)]
    assert changed.query(hidden)[0][0] < 5


@changes("segmentation_model.minimum_customers")
def test_the_grid_stands_in_when_there_are_too_few_customers(base, changed):
    kinds = "select distinct segment_kind from customer_segments order by all"
    assert base.query(kinds) == [("cluster",), ("rule",)]
    assert changed.query(kinds) == [("rfm_grid",), ("rule",)]
    assert re.search(r"WARN \d+ assert_there_is_a_model", changed.said)
    assert "assert_there_is_a_model ..." in base.said
    assert not re.search(r"WARN \d+ assert_there_is_a_model", base.said)


@changes("segmentation_tests.smallest_segment.minimum_share")
def test_a_segment_below_the_floor_fails_the_build(base, runs):
    assert base.failures() == set()
    assert runs["high floor"].failures() == {
        "assert_smallest_segment_is_above_the_floor"
    }


def sum_variance(build: Build) -> dict[str, float]:
    """Variance of the matrix by role, secondary features and demographics apart."""
    return dict(
        build.query(
            "select feature_role, sum(variance) from ("
            "select feature, var_pop(cast(scaled_value as double)) as variance"
            " from segment_training_matrix group by feature)"
            " join segment_scales using (feature) group by feature_role"
        )
    )


@changes("segmentation_model.secondary_share")
def test_secondary_features_get_their_share_of_the_variance(base, runs):
    for build, share in ((base, 0.2), (runs["tiny model"], 0.5)):
        weights = dict(
            build.query(
                "select feature_role, sum(weight * weight) from segment_scales"
                " where is_used group by feature_role"
            )
        )
        assert weights["secondary"] / sum(weights.values()) == pytest.approx(share)


@changes("segmentation_model.clip")
def test_outliers_are_cut(base, runs):
    largest = (
        "select max(abs(cast(scaled_value as double) / weight))"
        " from segment_training_matrix join segment_scales using (feature)"
    )
    assert 1.5 < base.query(largest)[0][0] <= 3 + 1e-6
    assert runs["tiny model"].query(largest)[0][0] == pytest.approx(1.5, abs=1e-6)


@changes("segmentation_features")
def test_an_own_feature_is_in_the_model_and_in_the_profiles(base, runs):
    tiny = runs["tiny model"]
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


@changes("segmentation_k")
def test_a_chosen_k_is_recorded_as_chosen(base, runs):
    chosen = "select segment_count, reason from segment_count_scores where is_chosen"
    assert "segmentation_k" not in base.query(chosen)[0][1]
    count, reason = runs["tiny model"].query(chosen)[0]
    assert count == 8
    assert re.fullmatch(
        r"Chosen by segmentation_k; the rule would have taken [2-5]\.", reason
    )
    assert runs["tiny model"].query(
        "select count(distinct segment_id) from segment_training_assignments"
    ) == [(8,)]


@changes("segmentation_model.k_range")
def test_the_range_is_what_is_tried(base, runs):
    tried = "select segment_count from segment_count_scores order by all"
    assert base.query(tried) == [(k,) for k in range(3, 9)]
    assert runs["tiny model"].query(tried) == [(k,) for k in (2, 3, 4, 5, 8)]


@changes("segmentation_model.training_rows")
def test_the_model_is_fitted_on_so_many_and_scores_everybody(base, runs):
    trained = "select count(distinct customer_id) from segment_training_rows"
    scored = "select count(*) from segment_reasons"
    assert base.query(trained) == base.query(scored)
    assert runs["tiny model"].query(trained) == [(130,)]
    assert runs["tiny model"].query(scored) == base.query(scored)


@changes("segmentation_model.k_sample_rows")
def test_k_is_measured_on_so_many(base, runs):
    measured = "select distinct row_count from segment_count_metrics"
    assert base.query(measured) == base.query("select count(*) from segment_reasons")
    assert runs["tiny model"].query(measured) == [(100,)]


@changes("segmentation_model.random_seed")
def test_the_seed_draws_the_sample(runs):
    drawn = "select distinct customer_id from segment_training_rows"
    one = set(runs["tiny model"].query(drawn))
    assert one == set(runs["tiny model, more starts"].query(drawn))
    assert one != set(runs["tiny model, other seed"].query(drawn))


@changes("segmentation_model.k_bootstraps")
def test_more_bootstraps_change_the_stability_and_nothing_else(runs):
    few, many = (
        runs[name].table("from segment_count_metrics order by segment_count")
        for name in ("tiny model", "tiny model, more starts")
    )
    measured = ["stability", "worst_jaccard"]
    assert few.drop(columns=measured).equals(many.drop(columns=measured))
    assert (few["stability"] != many["stability"]).any()


@changes("segmentation_model.n_init")
def test_more_starts_find_a_fit_at_least_as_close(runs):
    inertia = "select inertia from segment_evaluation"
    one, twenty = (
        runs[name].query(inertia)[0][0]
        for name in ("tiny model", "tiny model, more starts")
    )
    assert twenty < one


@changes("segmentation_demographics_weight")
def test_weighed_demographics_count_and_unknown_ones_stay_neutral(base, runs):
    weighed = runs["weighed"]
    variance = sum_variance(weighed)
    assert "demographic" not in sum_variance(base)
    # Numbers and ranks of known customers make up the share; it is their variance.
    assert variance["demographic"] / sum(variance.values()) == pytest.approx(
        0.2, abs=0.02
    )
    # The four kinds of buyers lie too far apart to be mixed; their distances change.
    distances = "select customer_id, distance from customer_segments order by all"
    pairs = zip(base.query(distances), weighed.query(distances), strict=True)
    changed = [before != after for before, after in pairs]
    assert sum(changed) > 0.9 * len(changed)
    unknown = weighed.query(
        "select distinct scaled_value from segment_training_matrix"
        " join segment_scales using (feature)"
        " join int_customer_demographics using (customer_id)"
        " where feature_role = 'demographic' and not is_in_customer_table"
    )
    assert unknown == [(Decimal(0),)]
    warned = r"WARN \d+ (\w+)"
    assert set(re.findall(warned, weighed.said)) <= set(
        re.findall(warned, base.said)
    ) | {"assert_structure_is_not_weak"}


@changes("segmentation_refit")
def test_a_refit_is_a_new_version(base, runs):
    versions = (
        "select model_version, refit_reason from segment_model_versions order by all"
    )
    assert base.query(versions) == [(1, "no model yet")]
    assert runs["asked for"].query(versions) == [(1, "no model yet"), (2, "asked for")]


@changes(
    "segmentation_model.k_minimum_share",
    "segmentation_model.k_minimum_jaccard",
    "segmentation_model.k_minimum_stability",
)
def test_each_threshold_of_the_k_rule_holds_back_one_k(runs):
    judged = (
        "select segment_count, is_eligible, is_chosen, reason"
        " from segment_count_scores order by all"
    )
    strict = runs["k rule"].query(judged)
    assert [row[:3] for row in strict] == [
        (4, True, True),
        (5, False, False),
        (6, False, False),
        (7, False, False),
        (8, False, False),
    ]
    for (_, _, _, reason), word in zip(
        strict[1:],
        ("Reproducible, but it", "Not reprod", "Not reprod", "Smallest segment"),
        strict=True,
    ):
        assert reason.startswith(word)
    assert [row[:3] for row in runs["k rule, forgiving"].query(judged)] == [
        (4, True, False),
        (5, False, False),
        (6, True, False),
        (7, True, False),
        (8, True, True),
    ]


def test_below_the_wanted_stability_structure_is_weak(runs):
    status = (
        "select segment_count, model_status from segment_count_scores where is_chosen"
    )
    assert runs["k rule"].query(status) == [(4, "ok")]
    assert runs["k rule, demanding"].query(status) == [(4, "weak_structure")]


@changes(
    "segmentation_tests.largest_segment.maximum_share",
    "segmentation_model.k_minimum_stability",
    "segmentation_tests.clustered_customers.minimum_share",
    "segmentation_tests.borderline_customers.maximum_share",
    "segmentation_tests.rejected_rows.from_share",
)
def test_judges_are_as_strict_as_asked(base, runs):
    harsh = runs["harsh judges"]
    for judge in (
        "assert_largest_segment_is_below_the_ceiling",
        "assert_most_customers_are_clustered",
        "assert_few_customers_are_borderline",
        "assert_few_rows_are_rejected",
    ):
        assert re.search(rf"WARN \d+ {judge}", harsh.said)
        assert not re.search(rf"WARN \d+ {judge}", base.said)
    assert harsh.failures() == {"assert_segments_are_stable"}


@changes("segmentation_history_months")
def test_the_history_is_as_long_as_asked(base, runs):
    months = "select count(distinct as_of_date) from customer_segments_monthly"
    assert base.query(months) == [(12,)]
    assert runs["no history"].query(months) == [(0,)]
    assert runs["no history"].query("select count(*) from segment_migrations") == [(0,)]
    moved = "select count(previous_segment_name) from customer_segments"
    assert base.query(moved)[0][0] > 0
    assert runs["no history"].query(moved) == [(0,)]


@changes(
    "segmentation_drift.feature_psi",
    "segmentation_drift.segment_psi",
    "segmentation_drift.share_change",
    "segmentation_drift.distance_ratio",
    "segmentation_drift.last_date_lag_days",
    "segmentation_drift.rows_per_day_ratio",
    "segmentation_drift.day_revenue_ratio",
)
def test_drift_is_watched_from_where_it_is_asked(base, runs):
    bounds = (
        "select metric, min(watch_from) from segment_drift where watch_from is not null"
    )
    bounds += " group by metric"
    before, after = (
        dict(build.query(bounds)) for build in (base, runs["touchy drift"])
    )
    assert len(before) == 7
    assert all(after[metric] < before[metric] for metric in before)
    watched = "select count(*) from segment_drift where status <> 'ok'"
    assert runs["touchy drift"].query(watched) > base.query(watched)


# Tested where there are two builds of one database to compare, or in one dbt process.
ELSEWHERE = {
    "segmentation_rename": "tests/test_segment_names.py",
    "segmentation_name_overrides": "tests/test_segment_names.py",
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


def list_varied(name: str, value) -> set[str]:
    """A var, or the entries of a mapping of settings, that are not the default."""
    if name in SETTINGS or name.rpartition(".")[0] in SETTINGS:
        rule = VARS.get(name)
        if rule is None:
            return set().union(
                *(list_varied(f"{name}.{key}", entry) for key, entry in value.items())
            )
        return {name} if value != rule["default"] else set()
    rule = VARS[name]
    default = rule["default"] if "default" in rule else DEFAULTS[name]
    return {name} if value != default else set()


def test_every_var_is_known_and_its_effect_is_tested():
    # test_config.py sets the severity of every test.
    known = {name for name in VARS if not name.endswith(".severity")}
    assert {name.split(".")[0] for name in known} == set(DEFAULTS)
    for name, path in ELSEWHERE.items():
        text = (PROJECT / path).read_text()
        assert all(key in text for key in name.split(".")), name
    assert known == set(TESTED) | set(ELSEWHERE)
    assert not set(TESTED) & set(ELSEWHERE)
    given = [SHOP.vars]
    given += [overrides for *_, overrides in [*RUNS.values(), *FOLLOWING.values()]]
    varied = {
        varied
        for overrides in given
        for name, value in overrides.items()
        for varied in list_varied(name, value)
    }
    # The relations differ in every run: no shop is the demo.
    relations = {"segmentation_transactions", "segmentation_customers"}
    assert known - varied == relations | set(ELSEWHERE)
