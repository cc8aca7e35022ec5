"""Whatever the tables hold, nothing is lost and the numbers are right.

dbt compiles the project once per set of vars. The compiled SQL, the very text that a build
runs, is then run on hundreds of made-up dirty tables in memory, and compared with plain
Python (tests/expected_tables.py).
"""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from conftest import Build
from expected_tables import AMOUNTS, DATES, NUMBERS, expect
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from in_memory import InMemoryProject
from policies import DEMOGRAPHICS
from shops import AS_OF, COLUMNS

EXAMPLES = 80
CUSTOMER_COLUMNS = ("customer_id", "birth_date", "gender", "region")
# Whole policies, so that each choice meets each kind of dirt.
POLICIES = {
    "by id": {"segmentation_duplicates": "by_transaction_id"},
    "strict": {
        "segmentation_returns": "ignore",
        "segmentation_duplicates": "drop_exact",
        "segmentation_lookback_days": None,
        "segmentation_as_of_date": None,
        "segmentation_time_zone": "America/New_York",
        "segmentation_customers_without_purchases": "leave_out",
        "segmentation_minimum_order_amount": 10,
        "segmentation_earliest_date": "2025-01-01",
    },
    "loose": {
        "segmentation_duplicates": "keep",
        "segmentation_lookback_days": 100,
        "segmentation_transaction_filter": "category is distinct from 'gift'",
        "segmentation_publish_demographics": False,
    },
}
MODELS = (
    "base_transactions",
    "base_customers",
    "stg_transaction_rows",
    "stg_repeated_rows",
    "stg_transactions",
    "int_transaction_batches",
    "stg_customer_records",
    "stg_customers",
    "int_as_of_date",
    "int_customer_days",
    "int_customers",
    "int_customer_demographics",
    "int_customer_category_days",
    "int_as_of_dates",
    "int_customer_sums",
    "int_trend_constants",
    "int_customer_features",
    "int_customer_model_inputs",
    "int_rfm_score_bounds",
    "int_customer_rfm_scores",
    "customer_segments",
    "segment_profiles",
    "transaction_quality",
    "rejected_transactions",
    "int_column_quality",
    "column_quality",
    "customer_quality",
)
CLAIMS = (
    "assert_days_hold_every_accepted_row",
    "assert_every_customer_is_in_one_segment",
    "assert_money_reconciles_from_raw_to_segment",
    "assert_raw_rows_are_accepted_or_rejected",
    "assert_scores_point_the_right_way",
    "assert_window_and_features_agree",
)

IDS = [
    "a",
    " a ",
    "b",
    "c",
    "007",
    "7",
    "O'Brien",
    "'); drop table x; --",
    "😀",
    "x" * 500,
]
NO_ID = ["", "   ", None]
GENDERS = ["female", " FEMALE ", "male", "robot", "unknown", "", None]
REGIONS = ["north", "North", " north", "<25", "n/a", None]
BIRTH_DATES = ["1990-06-15", "1843-05-17", "2031-01-01", "not a date", None]


class Policy:
    """The project compiled for a policy and built on a shop of one customer.

    A model is not fitted on one: nobody is scored, and the grid stands in.
    """

    def __init__(self, folder, overrides: dict):
        self.vars = {
            "segmentation_transactions": "shop_transactions",
            "segmentation_customers": "shop_customers",
            "segmentation_demographics": DEMOGRAPHICS,
            "segmentation_as_of_date": AS_OF.isoformat(),
        } | overrides
        one = {"customer_id": "a", "ordered_at": "2025-12-31", "amount": "20"}
        tables = {
            "shop_transactions": make_table(
                COLUMNS, [tuple(one.get(column) for column in COLUMNS)]
            ),
            "shop_customers": make_table(CUSTOMER_COLUMNS, []),
        }
        self.project = InMemoryProject(
            Build(folder, vars=self.vars), "segment_profiles", *MODELS, **tables
        )
        self.shop = self.project.run(**tables)
        self.claims = [
            node["compiled_code"]
            for node in self.project.nodes.values()
            if node["name"] in CLAIMS
        ]

    def run(self, transactions: list[tuple], customers: list[tuple]) -> None:
        """Fill the tables and build every model, in order."""
        self.shop.fill("shop_transactions", make_table(COLUMNS, transactions))
        self.shop.fill("shop_customers", make_table(CUSTOMER_COLUMNS, customers))
        for name in MODELS:
            self.project.build_node(self.shop, self.project.find(name)["unique_id"])

    def read(self) -> dict[str, list[tuple]]:
        """Every table, its rows in one order."""
        return {
            name: self.shop.query(f"select * from {name} order by all")
            for name in MODELS
        }


def make_table(columns: tuple[str, ...], rows: list[tuple]) -> pa.Table:
    cells = zip(*rows, strict=True) if rows else [[]] * len(columns)
    return pa.table(
        {
            column: pa.array(values, pa.string())
            for column, values in zip(columns, cells, strict=True)
        }
    )


@pytest.fixture(scope="module")
def policies(tmp_path_factory) -> dict[str, Policy]:
    return {
        name: Policy(tmp_path_factory.mktemp("policy"), overrides)
        for name, overrides in POLICIES.items()
    }


def check(policy: Policy, transactions, customers) -> None:
    """Compare the tables with plain Python and with the project's own claims."""
    expected = expect(transactions, customers, policy.vars)

    # Every row and every cent is accepted or in the ledger.
    quality = policy.shop.query(
        "select reason, row_count, amount from transaction_quality"
    )
    assert {name: rows for name, rows, _ in quality if rows} == dict(expected.reasons)
    assert sum(rows for _, rows, _ in quality) == len(transactions)
    for name, _, amount in quality:
        assert amount == expected.money.get(name, 0), name
    ledger = policy.shop.query(
        "select rejection_reason, count(*) from rejected_transactions group by all"
    )
    del expected.reasons["accepted"]
    assert dict(ledger) == dict(expected.reasons)

    # Every customer of either table exactly once.
    found = policy.shop.query(
        "select customer_id, recency_days, frequency, order_count, monetary,"
        " lifetime_net_revenue, tenure_days, segment_name, recency_score,"
        " frequency_score, monetary_score, as_of_date from customer_segments"
    )
    wanted = set(expected.buyers)
    if policy.vars.get("segmentation_customers_without_purchases") != "leave_out":
        wanted |= expected.records
    assert Counter(row[0] for row in found) == Counter(wanted)
    assert sum(row[5] for row in found) == expected.money.get("accepted", 0)

    # Recency, frequency and monetary as a person would count them.
    eve = expected.as_of - timedelta(days=1)
    for customer, recency, frequency, orders, monetary, lifetime, *rest in found:
        tenure, segment, *scores, as_of = rest
        buyer = expected.buyers.get(customer)
        assert as_of == expected.as_of
        assert segment
        if buyer is None:
            assert (frequency, orders, monetary, lifetime) == (0, 0, 0, 0)
            assert segment == "No purchases yet"
            assert (recency, tenure, *scores) == (None,) * 5
            continue
        assert lifetime == buyer["lifetime"]
        assert monetary == buyer["monetary"]
        assert frequency == len(buyer["days"])
        assert orders == buyer["orders"]
        if buyer["all_days"]:
            assert tenure == (eve - min(buyer["all_days"])).days
        if buyer["days"]:
            assert recency == (eve - max(buyer["days"])).days
            assert all(1 <= score <= 5 for score in scores)
            assert segment.startswith("RFM: ")
        else:
            assert scores == [None] * 3
            if buyer["all_days"]:
                assert segment == "No purchase in the window"
            else:
                is_returner = buyer["returned"]
                assert segment == ("Returns only" if is_returner else "No paid order")

    # A score is the fifth that the middle of a value's ranks lies in.
    scored = [row for row in found if row[8] is not None]
    for value, score, sign in ((1, 8, -1), (2, 9, 1), (4, 10, 1)):
        values = [sign * row[value] for row in scored]
        for row, own in zip(scored, values, strict=True):
            doubled = 2 * sum(other < own for other in values) + values.count(own)
            assert row[score] == 1 + 5 * doubled // (2 * len(values))

    for sql in policy.claims:
        assert policy.shop.query(sql) == [], sql


days = st.integers(0, 500).map(lambda ago: str(AS_OF - timedelta(days=ago + 1)))
cents = st.integers(-20_000, 100_000).map(lambda cents: str(Decimal(cents) / 100))
transactions = st.tuples(
    st.sampled_from(["t1", "t2", " t2", "t3", "", None]),
    st.sampled_from(["o1", "o2", "", None]),
    st.sampled_from(IDS * 4 + NO_ID),
    st.one_of(days, days, st.sampled_from(list(DATES))),
    st.sampled_from(["food", "gift", "", None]),
    st.sampled_from(list(NUMBERS)),
    st.one_of(cents, cents, st.sampled_from(list(AMOUNTS))),
    st.sampled_from(list(NUMBERS)),
)
customers = st.tuples(
    st.sampled_from(IDS + ["never bought"] + NO_ID),
    st.sampled_from(BIRTH_DATES),
    st.sampled_from(GENDERS),
    st.sampled_from(REGIONS),
)


@st.composite
def tables(draw) -> tuple[list[tuple], list[tuple]]:
    rows = draw(st.lists(transactions, max_size=40))
    # Some rows come twice, as they do; some of the copies differ in a column.
    copies = []
    if rows:
        twins = st.tuples(
            st.sampled_from(rows), st.integers(0, 2 * len(COLUMNS)), transactions
        )
        for row, place, other in draw(st.lists(twins, max_size=8)):
            copies.append(row[:place] + other[place : place + 1] + row[place + 1 :])
    return rows + copies, draw(st.lists(customers, max_size=12))


def state_property(policy: Policy, *, is_broken: bool = False) -> None:
    """Let hypothesis look for tables that break a claim; the search is always the same.

    Of a broken policy any such table will do, not the smallest, and rows come in one order.
    """

    @settings(
        # What breaks one claim only takes longer to find.
        max_examples=5 * EXAMPLES if is_broken else EXAMPLES,
        phases=(Phase.generate,) if is_broken else (Phase.generate, Phase.shrink),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(tables(), st.randoms(use_true_random=False))
    def holds(dirty, shuffler):
        rows, records = dirty
        policy.run(rows, records)
        check(policy, rows, records)
        if is_broken:
            return
        first = policy.read()
        # Another run, and the rows in another order, give the same tables.
        shuffler.shuffle(rows)
        shuffler.shuffle(records)
        policy.run(rows, records)
        assert policy.read() == first

    holds()


@pytest.mark.parametrize("name", POLICIES)
def test_dirty_tables_lose_nothing_and_count_right(name, policies):
    state_property(policies[name])


# What is broken: the model, its SQL, and the SQL instead.
BREAKS = {
    "a_guest_is_dropped": (
        "stg_transaction_rows",
        "from judged",
        "from judged where customer_id is not null",
    ),
    "recency_score_points_the_other_way": (
        "int_rfm_score_bounds",
        "order by measure_value asc",
        "order by measure_value desc",
    ),
    "returns_are_left_out_of_revenue": (
        "int_customer_days",
        "sum(amount) as net_revenue",
        "sum(case when amount > 0 then amount else 0 end) as net_revenue",
    ),
    "buyers_without_a_record_are_dropped": (
        "int_customers",
        "full outer join buyers",
        "left join buyers",
    ),
    "the_earlier_of_two_corrections_stands": (
        "stg_repeated_rows",
        "ordered_at desc nulls last,",
        "ordered_at asc nulls last,",
    ),
    "the_first_of_two_equal_ids_is_kept_as_it_comes": (
        "stg_repeated_rows",
        "amount desc nulls last,\n            customer_id asc nulls last,",
        "",
    ),
    "the_window_is_a_day_too_long": (
        "int_as_of_dates",
        "cast(-365 as integer)",
        "cast(-366 as integer)",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_model_is_found(name, policies):
    policy = policies["by id"]
    claims, policy.claims = policy.claims, []
    try:
        with policy.project.broken(*BREAKS[name]), pytest.raises(AssertionError):
            state_property(policy, is_broken=True)
    finally:
        policy.claims = claims
