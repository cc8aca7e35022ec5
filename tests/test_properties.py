"""Whatever the tables hold, nothing is lost and the numbers are right.

dbt compiles the project once per set of vars. The compiled SQL, the very text that a build
runs, is then run on hundreds of made-up dirty tables in a database in memory, and compared
with plain Python.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from conftest import Build
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shops import AS_OF, COLUMNS, run_all

EXAMPLES = 110
CUSTOMER_COLUMNS = ("customer_id", "birth_date", "gender", "region")
DEMOGRAPHICS = {
    "birth_date": {"kind": "date", "as": "age_years"},
    "gender": {"kind": "nominal", "levels": ["female", "male"]},
    "region": {"kind": "nominal"},
}
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
    "stg_transactions",
    "stg_customer_records",
    "stg_customers",
    "int_as_of_date",
    "int_customer_days",
    "int_customers",
    "int_customer_demographics",
    "int_customer_category_days",
    "int_as_of_dates",
    "int_customer_features",
    "int_customer_model_inputs",
    "int_customer_rfm_scores",
    "customer_segments",
    "segment_profiles",
    "transaction_quality",
    "rejected_transactions",
    "int_column_quality",
    "column_quality",
    "customer_quality",
)
# What a model that was not fitted leaves: nobody is scored, there is no history, the grid
# stands in.
UNFITTED = (
    "segment_placements",
    "segment_directory",
    "segment_name_checks",
    "segment_reasons",
    "customer_segments_monthly",
)
CLAIMS = (
    "assert_every_customer_is_in_one_segment",
    "assert_money_reconciles_from_raw_to_segment",
    "assert_raw_rows_are_accepted_or_rejected",
    "assert_scores_point_the_right_way",
    "assert_window_and_features_agree",
)

# What a person reads in a text; None is: cannot be read.
DATES = {
    "2025-12-31": datetime(2025, 12, 31),
    "2025-12-31 23:59:59": datetime(2025, 12, 31, 23, 59, 59),
    "2025-12-30 03:00:00": datetime(2025, 12, 30, 3),
    "2025-6-9": datetime(2025, 6, 9),
    "2025/03/01": datetime(2025, 3, 1),
    "2025-01-01": datetime(2025, 1, 1),
    "2024-12-31": datetime(2024, 12, 31),
    "2024-02-29 12:00:00.5": datetime(2024, 2, 29, 12, 0, 0, 500000),
    "1970-01-01": datetime(1970, 1, 1),
    "1843-05-17": datetime(1843, 5, 17),
    "2026-01-01": datetime(2026, 1, 1),
    "2262-04-12": datetime(2262, 4, 12),
    "2025-02-30": None,
    "31/12/2025": None,
    "20251231": None,
    "yesterday": None,
    "infinity": None,
    "-infinity": None,
    "": None,
    None: None,
}
AMOUNTS = {
    "10": Decimal(10),
    " 9.99 ": Decimal("9.99"),
    "0.00005": Decimal("0.0001"),
    "1e3": Decimal(1000),
    "+5": Decimal(5),
    "-3.50": Decimal("-3.5"),
    "-1000000000000": Decimal(-(10**12)),
    "1000000000000.25": Decimal("1000000000000.25"),
    "0": Decimal(0),
    "-0.0": Decimal(0),
    "12,50": None,
    "12.5O": None,
    "$7": None,
    "n/a": None,
    "NaN": None,
    "inf": None,
    "1e15": None,
    "": None,
    None: None,
}
NUMBERS = {"1": Decimal(1), "2.5": Decimal("2.5"), "x": None, None: None}
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


@dataclass
class Compiled:
    """The SQL of the models and of the claims, and the empty tables of the fit."""

    database: Path
    vars: dict
    models: dict[str, str]
    claims: dict[str, str]

    def set_up(self) -> duckdb.DuckDBPyConnection:
        """Open a database in memory that has the name of the one compiled for."""
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{self.database}' as built (read_only)")
        connection.execute("attach ':memory:' as segmentation")
        connection.execute("use segmentation")
        connection.execute("create schema raw")
        for name in UNFITTED:
            connection.execute(f"create table {name} as from built.main.{name}")
        connection.execute("detach built")
        for name, columns in (
            ("transactions", COLUMNS),
            ("customers", CUSTOMER_COLUMNS),
        ):
            typed = ", ".join(f"{column} varchar" for column in columns)
            connection.execute(f"create table raw.{name} ({typed})")
        return connection

    def run(self, connection, transactions: list[tuple], customers: list[tuple]):
        """Fill the raw tables and run every model, in order."""
        for name, rows in (("transactions", transactions), ("customers", customers)):
            connection.execute(f"delete from raw.{name}")
            if rows:
                one = f"({', '.join('?' * len(rows[0]))})"
                connection.execute(
                    f"insert into raw.{name} values {', '.join([one] * len(rows))}",
                    [value for row in rows for value in row],
                )
        for name, sql in self.models.items():
            kind = "view" if name.startswith("base_") else "table"
            connection.execute(f"create or replace {kind} {name} as {sql}")

    def read(self, connection) -> dict[str, list[tuple]]:
        """Every table, its rows in one order."""
        return {
            name: connection.execute(f"select * from {name} order by all").fetchall()
            for name in self.models
        }


def compile_project(folder: Path, overrides: dict) -> Compiled:
    """Build once on a shop of one customer, and take the SQL that dbt ran."""
    database = folder / "segmentation.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema raw")
        for name, columns in (
            ("transactions", COLUMNS),
            ("customers", CUSTOMER_COLUMNS),
        ):
            typed = ", ".join(f"{column} varchar" for column in columns)
            connection.execute(f"create table raw.{name} ({typed})")
        connection.execute(
            "insert into raw.transactions by name select 'a' as customer_id,"
            " '2025-12-31' as ordered_at, '20' as amount"
        )
    given_vars = {
        "segmentation_transactions": "raw.transactions",
        "segmentation_customers": "raw.customers",
        "segmentation_demographics": DEMOGRAPHICS,
        "segmentation_as_of_date": AS_OF.isoformat(),
    } | overrides
    build = Build(folder, vars=given_vars)
    build.build(
        "--select", "+segment_profiles", *MODELS, *CLAIMS, "--resource-type", "model",
        "--resource-type", "seed",
    )  # fmt: skip
    done = build.dbt("compile", "--full-refresh", "--select", *MODELS, *CLAIMS)
    assert done.returncode == 0, done.stdout[-3000:]
    manifest = json.loads((build.target / "manifest.json").read_text())
    code = {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["name"] in MODELS + CLAIMS
    }
    return Compiled(
        database,
        given_vars,
        {name: code[name] for name in MODELS},
        {name: code[name] for name in CLAIMS},
    )


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> dict[str, Compiled]:
    folders = {name: tmp_path_factory.mktemp("compiled") for name in POLICIES}
    return run_all(
        {
            name: lambda name=name: compile_project(folders[name], POLICIES[name])
            for name in POLICIES
        }
    )


def clean_id(text: str | None) -> str | None:
    return (text or "").strip(" ") or None


@dataclass
class Expected:
    """What plain Python makes of the tables."""

    reasons: Counter
    money: dict[str, Decimal]
    buyers: dict[str, dict]
    records: set[str]
    as_of: date


def judge_rows(transactions: list[tuple], policy: dict) -> list[tuple[dict, str]]:
    """Read every row and give it its first reason, or accepted."""
    earliest = date.fromisoformat(
        policy.get("segmentation_earliest_date", "1970-01-01")
    )
    zone = policy.get("segmentation_time_zone")
    fixed = policy["segmentation_as_of_date"]
    judged = []
    for raw in transactions:
        row = dict(zip(COLUMNS, raw, strict=True)) | {"raw": raw}
        for column in ("transaction_id", "order_id", "customer_id", "category"):
            row[column] = clean_id(row[column])
        row["amount"] = read_amount(row["amount"])
        for column in ("quantity", "discount_amount"):
            row[column] = NUMBERS[row[column]]
        stamp = read_stamp(row["ordered_at"])
        if stamp and zone:
            there = stamp.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
            stamp = there.replace(tzinfo=None)
        row["ordered_at"] = stamp
        reason = "accepted"
        if "segmentation_transaction_filter" in policy and raw[4] == "gift":
            reason = "filtered"
        elif row["customer_id"] is None:
            reason = "missing_customer"
        elif stamp is None:
            reason = "unreadable_timestamp"
        elif row["amount"] is None:
            reason = "unreadable_amount"
        elif stamp.date() < earliest:
            reason = "before_earliest_date"
        elif fixed and stamp.date() >= date.fromisoformat(fixed):
            reason = "after_as_of_date"
        elif policy.get("segmentation_returns") == "ignore" and row["amount"] < 0:
            reason = "ignored_return"
        judged.append((row, reason))
    return judged


def read_stamp(text: str | None) -> datetime | None:
    return DATES[text] if text in DATES else datetime.strptime(text, "%Y-%m-%d")


def read_amount(text: str | None) -> Decimal | None:
    return AMOUNTS[text] if text in AMOUNTS else Decimal(text)


def read_sale(row: dict) -> tuple:
    """Who bought, when and for how much: what a copy has in common with its original."""
    return row["customer_id"], row["ordered_at"].date(), row["amount"]


def mark_duplicates(judged: list[tuple[dict, str]], policy: dict) -> list[tuple]:
    """Give the rows that are there more than once their reason."""
    how = policy["segmentation_duplicates"]
    if how == "keep":
        return judged

    def rank(place: int) -> tuple:
        row = judged[place][0]
        texts = [row[name] for name in ("customer_id", "order_id", "category")]
        numbers = [row[name] for name in ("quantity", "discount_amount")]
        return (
            -(row["ordered_at"] - datetime(1, 1, 1)).total_seconds(),
            -row["amount"],
            # Unknown goes last.
            *((text is None, (text or "").encode()) for text in texts),
            *((number is None, number or 0) for number in numbers),
        )

    seen = defaultdict(list)
    for place, (row, reason) in enumerate(judged):
        if reason != "accepted":
            continue
        if how == "drop_exact":
            seen[row["raw"]].append(place)
        elif row["transaction_id"] is not None:
            seen[row["transaction_id"]].append(place)
    for places in seen.values():
        first, *others = sorted(places, key=rank)
        for place in others:
            is_copy = read_sale(judged[place][0]) == read_sale(judged[first][0])
            reason = "duplicate" if is_copy else "conflicting_transaction_id"
            judged[place] = (judged[place][0], reason)
    return judged


def expect(transactions: list[tuple], customers: list[tuple], policy: dict) -> Expected:
    judged = mark_duplicates(judge_rows(transactions, policy), policy)
    accepted = [row for row, reason in judged if reason == "accepted"]
    money = defaultdict(Decimal)
    for row, reason in judged:
        money[reason] += row["amount"] or 0
    dates = [row["ordered_at"].date() for row in accepted]
    if policy["segmentation_as_of_date"]:
        as_of = date.fromisoformat(policy["segmentation_as_of_date"])
    else:
        earliest = policy.get("segmentation_earliest_date", "1970-01-01")
        last = max(dates, default=date.fromisoformat(earliest))
        as_of = last + timedelta(days=1)
    lookback = policy.get("segmentation_lookback_days", 365)
    start = as_of - timedelta(days=lookback) if lookback else date.min
    least = policy.get("segmentation_minimum_order_amount", 0)
    orders = defaultdict(Decimal)
    buyers = defaultdict(
        lambda: (
            {"lifetime": Decimal(0), "monetary": Decimal(0), "orders": 0}
            | {"days": set(), "all_days": set(), "returned": False}
        )
    )
    for row in accepted:
        buyer, day = buyers[row["customer_id"]], row["ordered_at"].date()
        buyer["lifetime"] += row["amount"]
        buyer["returned"] |= row["amount"] < 0
        buyer["monetary"] += row["amount"] if day >= start else 0
        orders[row["customer_id"], day, row["order_id"]] += max(row["amount"], 0)
    for (customer, day, _), gross in orders.items():
        if gross > 0 and gross >= least:
            buyers[customer]["all_days"].add(day)
            if day >= start:
                buyers[customer]["days"].add(day)
                buyers[customer]["orders"] += 1
    records = {clean_id(row[0]) for row in customers} - {None}
    reasons = Counter(reason for _, reason in judged)
    return Expected(reasons, money, dict(buyers), records, as_of)


def check(compiled: Compiled, connection, transactions, customers) -> None:
    """Compare the tables with plain Python and with the project's own claims."""
    expected = expect(transactions, customers, compiled.vars)

    # Every row and every cent is accepted or in the ledger.
    quality = connection.execute(
        "select reason, row_count, amount from transaction_quality"
    ).fetchall()
    assert {name: rows for name, rows, _ in quality if rows} == dict(expected.reasons)
    assert sum(rows for _, rows, _ in quality) == len(transactions)
    for name, _, amount in quality:
        assert amount == expected.money.get(name, 0), name
    ledger = connection.execute(
        "select rejection_reason, count(*) from rejected_transactions group by all"
    ).fetchall()
    del expected.reasons["accepted"]
    assert dict(ledger) == dict(expected.reasons)

    # Every customer of either table exactly once.
    found = connection.execute(
        """select customer_id, recency_days, frequency, order_count, monetary,
            lifetime_net_revenue, tenure_days, segment_name, recency_score,
            frequency_score, monetary_score, as_of_date
        from customer_segments"""
    ).fetchall()
    wanted = set(expected.buyers)
    if compiled.vars.get("segmentation_customers_without_purchases") != "leave_out":
        wanted |= expected.records
    assert Counter(row[0] for row in found) == Counter(wanted)
    assert sum(row[5] for row in found) == expected.money.get("accepted", 0)

    # Recency, frequency and monetary as a person would count them.
    eve = expected.as_of - timedelta(days=1)
    for (
        customer,
        recency,
        frequency,
        orders,
        monetary,
        lifetime,
        tenure,
        *rest,
    ) in found:
        segment, *scores, as_of = rest
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

    # A more recent, frequent or higher spending customer never has the lower score.
    scored = [row for row in found if row[8] is not None]
    for value, score, sign in ((1, 8, -1), (2, 9, 1), (4, 10, 1)):
        ordered = sorted(scored, key=lambda row: sign * row[value])
        for lower, higher in zip(ordered, ordered[1:], strict=False):
            if lower[value] == higher[value]:
                assert lower[score] == higher[score]
            else:
                assert lower[score] <= higher[score]

    for name, sql in compiled.claims.items():
        assert connection.execute(sql).fetchall() == [], name


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


def state_property(compiled: Compiled, phases: tuple[Phase, ...]) -> None:
    """Let hypothesis look for tables that break a claim; the search is always the same."""
    connection = compiled.set_up()

    @settings(
        max_examples=EXAMPLES,
        phases=phases,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(tables(), st.randoms(use_true_random=False))
    def holds(dirty, shuffler):
        rows, records = dirty
        compiled.run(connection, rows, records)
        check(compiled, connection, rows, records)
        first = compiled.read(connection)
        # Another run, and the rows in another order, give the same tables.
        shuffler.shuffle(rows)
        shuffler.shuffle(records)
        compiled.run(connection, rows, records)
        assert compiled.read(connection) == first

    try:
        holds()
    finally:
        connection.close()


@pytest.mark.parametrize("policy", POLICIES)
def test_dirty_tables_lose_nothing_and_count_right(policy, compiled):
    state_property(compiled[policy], (Phase.generate, Phase.shrink))


# What is broken: the model, its SQL, and the SQL instead.
BREAKS = {
    "a_guest_is_dropped": (
        "stg_transactions",
        "from resolved",
        "from resolved where customer_id is not null",
    ),
    "recency_score_points_the_other_way": (
        "int_customer_rfm_scores",
        "order by recency_days desc",
        "order by recency_days asc",
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
        "stg_transactions",
        "ordered_at desc nulls last,",
        "ordered_at asc nulls last,",
    ),
    "the_first_of_two_equal_ids_is_kept_as_it_comes": (
        "stg_transactions",
        "amount desc nulls last,\n            customer_id asc nulls last,",
        "",
    ),
    "a_conflict_is_called_a_copy": (
        "stg_transactions",
        "and amount = standing_amount",
        "",
    ),
    "the_window_is_a_day_too_long": (
        "int_as_of_date",
        "cast(-365 as integer)",
        "cast(-366 as integer)",
    ),
}


@pytest.mark.parametrize("break_", BREAKS)
def test_a_broken_model_is_found(break_, compiled):
    name, before, after = BREAKS[break_]
    original = compiled["by id"]
    assert before in original.models[name]
    broken = Compiled(
        original.database,
        original.vars,
        original.models | {name: original.models[name].replace(before, after)},
        {},
    )
    with pytest.raises(AssertionError):
        # Any table will do here, not the smallest.
        state_property(broken, (Phase.generate,))
