"""Every var of the input and the features changes the result as it promises."""

from datetime import date

import pytest
from conftest import Build
from policies import SHOP, changes, run_shop
from shops import STAGING, Shop, make_line

CHANGED = {
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
}
ALL_HISTORY = {
    "segmentation_customers": None,
    "segmentation_demographics": {},
    "segmentation_duplicates": "keep",
    "segmentation_lookback_days": None,
    "segmentation_as_of_date": None,
}
DAY_FIRST = {"segmentation_timestamp_format": "%d/%m/%Y"}
MONTH_FIRST = {"segmentation_timestamp_format": "%m/%d/%Y"}
FORGIVING = MONTH_FIRST | {
    "segmentation_tests": {
        "unreadable_column": {"maximum_share": 0.3},
        "isolated_last_date": {"maximum_gap_days": 1000},
    },
    "segmentation_as_of_date": "2025-05-05",
}
RUNS = (CHANGED, ALL_HISTORY, DAY_FIRST, FORGIVING)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return run_shop(tmp_path_factory)


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    return run_shop(tmp_path_factory, **CHANGED)


@pytest.fixture(scope="module")
def all_history(tmp_path_factory):
    return run_shop(
        tmp_path_factory, "customer_segments", "transaction_quality", **ALL_HISTORY
    )


def read_feature(shop, customer: str, column: str):
    """One value of today's int_customer_features."""
    return shop.query(
        f"select {column} from int_customer_features where customer_id = '{customer}'"
        " and as_of_date = (select as_of_date from int_as_of_date)"
    )[0][0]


def count_rows(shop, reason: str) -> int:
    """Rows in the ledger for a reason."""
    return shop.query(
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
def test_customers_are_read_as_mapped_or_not_at_all(base, changed, all_history):
    regions = "select distinct region from stg_customers where region <> 'tbd'"
    assert set(base.query(regions)) == {("north",), ("south",)}
    assert set(changed.query(regions)) == {("NORTH",), ("SOUTH",)}
    records = "select count(*) from stg_customers"
    assert base.query(records) == [(len(SHOP.customers),)]
    assert all_history.query(records) == [(0,)]


@changes("segmentation_demographics")
def test_attributes_are_columns(base, all_history):
    attributes = {"age_years", "gender", "region"}
    assert attributes <= set(base.table("from customer_segments").columns)
    assert not attributes & set(all_history.table("from customer_segments").columns)


@changes("segmentation_returns")
def test_returns_reduce_revenue_or_go_to_the_ledger(base, changed):
    assert read_feature(base, "returns", "monetary") == 70
    assert read_feature(changed, "returns", "monetary") == 100
    assert count_rows(base, "ignored_return") == 0
    assert count_rows(changed, "ignored_return") == 1


@changes("segmentation_duplicates")
def test_duplicates_are_kept_dropped_or_corrected(base, changed, all_history):
    reasons = ("duplicate", "conflicting_transaction_id")
    for shop, money, rejected in (
        (base, 10 + 25, [1, 1]),
        (changed, 10 + 20 + 25, [1, 0]),
        (all_history, 10 + 10 + 20 + 25, [0, 0]),
    ):
        assert read_feature(shop, "doubles", "monetary") == money
        assert [count_rows(shop, reason) for reason in reasons] == rejected


@changes("segmentation_transaction_filter")
def test_filtered_rows_go_to_the_ledger(base, changed):
    assert read_feature(base, "gifts", "monetary") == 100
    assert read_feature(changed, "gifts", "monetary") == 60
    assert (count_rows(base, "filtered"), count_rows(changed, "filtered")) == (0, 1)


@changes("segmentation_minimum_order_amount")
def test_a_small_order_is_money_but_no_purchase(base, changed):
    assert read_feature(base, "small orders", "frequency") == 2
    assert read_feature(changed, "small orders", "frequency") == 1
    for shop in (base, changed):
        assert read_feature(shop, "small orders", "monetary") == 55


@changes("segmentation_lookback_days")
def test_the_window_is_as_long_as_asked(base, changed, all_history):
    outside = "outside the window"
    statuses = [
        read_feature(shop, "half a year ago", "purchase_status")
        for shop in (changed, base, all_history)
    ]
    assert statuses == [outside, "purchases", "purchases"]
    assert read_feature(base, "long ago", "purchase_status") == outside
    assert read_feature(all_history, "long ago", "purchase_status") == "purchases"


@changes("segmentation_as_of_date")
def test_the_as_of_date_is_given_or_the_day_after_the_last_row(
    base, all_history, staging
):
    as_of = "select as_of_date from int_as_of_date"
    last = "select max(order_date) from stg_transactions where rejection_reason is null"
    assert base.query(as_of) == [(date(2026, 1, 1),)]
    found = all_history.query(as_of)[0][0]
    assert (found - all_history.query(last)[0][0]).days == 1
    # What happened on the date itself is not seen.
    forgiving, _ = staging(FORGIVING)
    assert forgiving.query(
        "select raw_ordered_at from stg_transactions"
        " where rejection_reason = 'after_as_of_date'"
    ) == [("05/05/2025",)]


@changes("segmentation_time_zone")
def test_a_night_in_utc_is_the_evening_before_in_new_york(base, changed):
    assert read_feature(base, "night", "last_purchase_date") == date(2025, 12, 20)
    assert read_feature(changed, "night", "last_purchase_date") == date(2025, 12, 19)


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
    facts = (
        "select fact, row_count from customer_quality"
        " where attribute = 'gender' order by fact"
    )
    assert base.query(facts) == [("unknown_value", 0), ("unreadable_value", 1)]
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
    assert "assert_there_is_a_model" not in base.failures
    assert changed.failures["assert_there_is_a_model"] == "warn"


# ---- Dates, read by dbt, for the checks after staging are hooks ------------------------

DATES = Shop(
    [
        make_line(f"{number}", number, 10, ordered_at=text)
        for number, text in enumerate(
            ["03/02/2025", "03/02/2025", "04/05/2025", "05/05/2025", "25/12/2025"]
        )
    ]
)


@pytest.fixture(scope="module")
def staging(tmp_path_factory):
    """Build staging with some vars, once; the build and what dbt said."""
    seen = {}

    def build_staging(overrides: dict) -> tuple[Build, str]:
        key = str(overrides)
        if key not in seen:
            build = DATES.build_in(tmp_path_factory.mktemp("dates"))
            tests = ["assert_last_date_is_not_isolated"]
            done = build.dbt(
                *("build", "--select", *STAGING, *tests),
                *("--exclude-resource-type", "unit_test"),
                *("--indirect-selection", "empty"),
                **overrides,
            )
            seen[key] = build, done.stdout
        return seen[key]

    return build_staging


@changes("segmentation_timestamp_format")
def test_the_format_decides_between_day_and_month(staging):
    dates = (
        "select distinct order_date from stg_transactions"
        " where raw_ordered_at = '03/02/2025'"
    )
    assert staging(DAY_FIRST)[0].query(dates) == [(date(2025, 2, 3),)]
    assert staging(FORGIVING)[0].query(dates) == [(date(2025, 3, 2),)]


@changes("segmentation_tests.unreadable_column.maximum_share")
def test_too_many_unreadable_rows_stop_the_build(staging):
    _, said = staging(MONTH_FIRST)
    assert (
        'ordered_at cannot be read in 1 of 5 rows (20.0 %), for example "25/12/2025"; '
        "allowed is a share of 0.1" in said
    )
    assert staging(FORGIVING)[0].query(
        "select count(*) from stg_transactions"
        " where rejection_reason = 'unreadable_timestamp'"
    ) == [(1,)]


@changes("segmentation_tests.isolated_last_date.maximum_gap_days")
def test_a_lonely_last_day_fails_the_build(staging):
    assert staging(DAY_FIRST)[0].failures() == {"assert_last_date_is_not_isolated"}
    assert staging(FORGIVING)[0].failures() == set()
