"""No money is lost in silence: what is a copy, what is a conflict, when a build stops.

All cases of one policy share a build folder: only the rows of the table change, so dbt
parses the project once for each.
"""

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from conftest import Build
from shops import STAGING

LEDGER = [
    *STAGING,
    "transaction_quality",
    "rejected_transactions",
    "assert_raw_rows_are_accepted_or_rejected",
    "assert_few_rows_are_rejected",
    "assert_accepted_rows_have_their_own_transaction_id",
]
LINES = """create or replace table lines (
    transaction_id varchar, customer_id varchar, ordered_at varchar, category varchar,
    amount decimal(18, 2), product varchar, details struct(size varchar, tags varchar[])
)"""
ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata")


def make_lines(count: int, **columns) -> list[dict]:
    """Lines that differ in everything; columns are values, or functions of the number."""
    return [
        {
            "transaction_id": f"T{number:03}",
            "customer_id": f"C{number:03}",
            "ordered_at": str(date(2025, 1, 1) + timedelta(days=number)),
            "category": "books",
            "amount": 10 + number,
        }
        | {
            name: value(number) if callable(value) else value
            for name, value in columns.items()
        }
        for number in range(count)
    ]


class Shop(Build):
    """A build over the table `lines` of its own database."""

    def fill(self, lines: list[dict]) -> "Shop":
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(LINES)
            names = [row[0] for row in connection.execute("describe lines").fetchall()]
            for line in lines:
                connection.execute(
                    f"insert into lines values ({', '.join('?' * len(names))})",
                    [line.get(name) for name in names],
                )
        return self

    def start(self, command: str, selected: list[str]) -> str:
        done = self.dbt(
            *("--log-format", "text", command, "--select", *selected),
            *(["--indirect-selection", "cautious"] if command == "build" else []),
            *(["--exclude-resource-type", "unit_test"] if command == "build" else []),
        )
        self.returncode = done.returncode
        return done.stdout

    def count(self) -> dict[str, tuple[int, Decimal]]:
        """Rows and money of every reason that was met."""
        rows = self.query(
            "select reason, row_count, amount from transaction_quality"
            " where row_count > 0"
        )
        return {reason: (count, money) for reason, count, money in rows}


def open_shop(tmp_path_factory, policy: str) -> Shop:
    return Shop(
        tmp_path_factory.mktemp(policy),
        vars={
            "segmentation_transactions": "lines",
            "segmentation_customers": None,
            "segmentation_demographics": {},
            "segmentation_duplicates": policy,
        },
    )


@pytest.fixture(scope="module")
def by_id(tmp_path_factory) -> Shop:
    return open_shop(tmp_path_factory, "by_transaction_id")


@pytest.fixture(scope="module")
def exact(tmp_path_factory) -> Shop:
    return open_shop(tmp_path_factory, "drop_exact")


@pytest.fixture(scope="module")
def keep(tmp_path_factory) -> Shop:
    return open_shop(tmp_path_factory, "keep")


def test_equal_lines_with_another_product_are_no_copies(exact):
    """Two products of one invoice, an unmapped column and a nested one."""
    line = {"transaction_id": None, "ordered_at": "2025-03-01", "amount": 20}
    small = {"size": "S", "tags": ["a"]}
    pairs = [
        line | {"customer_id": "products", "product": product}
        for product in ("mug", "plate")
    ] + [
        line | {"customer_id": "nested", "details": details}
        for details in (small, small | {"tags": ["b"]})
    ]
    copies = [line | {"customer_id": "copied", "details": small}] * 3
    said = exact.fill([*make_lines(40), *pairs, *copies]).start("build", LEDGER)

    assert exact.returncode == 0, said[-3000:]
    assert exact.count() == {
        "accepted": (45, 40 * 10 + 780 + 100),
        "duplicate": (2, 40),
    }
    assert exact.query(
        "select distinct customer_id from stg_transactions"
        " where rejection_reason = 'duplicate'"
    ) == [("copied",)]


def test_a_few_conflicts_are_rejected_with_their_money_and_told(by_id):
    lines = make_lines(100)
    corrected = [line | {"amount": line["amount"] - 1} for line in lines[:4]]
    said = by_id.fill([*lines, *corrected, *lines[10:13]]).start("build", LEDGER)

    assert by_id.returncode == 0, said[-3000:]
    assert by_id.count() == {
        "accepted": (100, 5950),
        "duplicate": (3, 20 + 21 + 22),
        "conflicting_transaction_id": (4, 9 + 10 + 11 + 12),
    }
    assert by_id.warnings() == {"assert_few_rows_are_rejected"}
    assert (
        "assert_few_rows_are_rejected: 7 rows (6.5 %) and 1.7 % of the money are rejected."
        " The largest reason is conflicting_transaction_id: 4 rows, money 42.00."
        in said
    )


def test_an_id_of_an_order_stops_the_build_and_looks_like_one(by_id):
    """Three lines per order: each differs in amount or in category."""
    lines = make_lines(60)
    more = [line | {"amount": line["amount"] + 2} for line in lines]
    other = [line | {"category": "toys"} for line in lines]
    said = by_id.fill([*lines, *more, *other]).start("run", STAGING)

    assert by_id.returncode != 0
    assert (
        "segmentation_transactions: conflicting_transaction_id rejects 120 of 180 rows"
        in said
        and "allowed is a share of 0.1"
        " (segmentation_tests.rejected_for.conflicting_transaction_id)"
        in said
        and '["T000: customer C000, 2025-01-01, 10.0000 against T000: customer C000,'
        " 2025-01-01, 12.0000"
        in said
        and "120 rows differ only in amount or category, so transaction_id looks like the"
        " id of an order: map it as order_id."
        in said
        and "Set segmentation_duplicates: keep" in said
    )


def test_a_basket_of_equal_prices_stops_the_build_as_well(by_id):
    """The money is equal, so these are duplicates; the category gives them away."""
    lines = make_lines(60)
    other = [line | {"category": "toys"} for line in lines]
    said = by_id.fill([*lines, *other]).start("run", STAGING)

    assert by_id.returncode != 0
    assert "segmentation_transactions: duplicate rejects 60 of 120 rows" in said
    assert "60 rows differ only in amount or category, so transaction_id looks" in said


def test_returns_under_the_id_of_their_sale_stop_the_build(by_id):
    lines = make_lines(100)
    returns = [
        line | {"amount": -line["amount"], "ordered_at": "2025-12-01"}
        for line in lines[:20]
    ]
    said = by_id.fill([*lines, *returns]).start("run", STAGING)

    assert by_id.returncode != 0
    assert "conflicting_transaction_id rejects 20 of 120 rows" in said
    assert "20 rows are returns under the id of their sale" in said


def test_few_rows_with_much_money_stop_the_build(by_id):
    """An order number that two customers share: 2 rows of 102, most of the money."""
    lines = make_lines(100)
    large = [
        line | {"customer_id": f"other {number}", "amount": 100000}
        for number, line in enumerate(lines[:2])
    ]
    # The later of the two stands, so the large ones are a day earlier.
    large = [line | {"ordered_at": "2024-12-01"} for line in large]
    said = by_id.fill([*lines, *large]).start("run", STAGING)

    assert by_id.returncode != 0
    assert (
        "conflicting_transaction_id rejects 2 of 102 rows and 200,000.00 of 205,950.00 in"
        " money" in said
    )
    assert "2 rows belong to another customer than the row that stands" in said


def test_lines_without_a_customer_stop_the_build_above_a_half(by_id):
    lines = make_lines(
        100, customer_id=lambda number: None if number else "C0", amount=5
    )
    said = by_id.fill(lines).start("run", STAGING)

    assert by_id.returncode != 0
    assert (
        "segmentation_transactions: missing_customer rejects 99 of 100 rows and 495.00"
        " of 500.00 in money" in said
    )
    assert "Map customer_id to the id of the customer" in said


def test_shares_that_are_raised_let_the_build_go_on(by_id):
    """Each of the three reasons rejects 40 of 220 rows."""
    lines = make_lines(100)
    guests = [
        line
        | {"customer_id": None, "transaction_id": f"guest {number}", "amount": 9000}
        for number, line in enumerate(lines[:40])
    ]
    corrected = [line | {"amount": line["amount"] - 1} for line in lines[40:80]]
    by_id.fill([*lines, *guests, *lines[:40], *corrected])
    raised = {"missing_customer": 1, "duplicate": 1, "conflicting_transaction_id": 1}
    for reason in [*raised, None]:
        shares = {name: raised[name] for name in raised if name != reason}
        done = by_id.dbt(
            *("run", "--select", *STAGING),
            segmentation_tests={"rejected_for": shares},
        )
        assert (done.returncode == 0) == (reason is None)
        for name in raised:
            assert (f"{name} rejects 40 of 220 rows" in done.stdout) == (name == reason)


def test_rows_that_share_an_id_are_kept_and_told(keep):
    lines = make_lines(100)
    again = [line | {"category": "toys", "amount": 1} for line in lines[:30]]
    said = keep.fill([*lines, *again, lines[40]]).start("build", LEDGER)

    assert keep.returncode == 0, said[-3000:]
    assert keep.count() == {"accepted": (131, 5950 + 30 + 50)}
    assert keep.warnings() == {"assert_accepted_rows_have_their_own_transaction_id"}
    money = sum(10 + number for number in range(30)) + 30 + 2 * 50
    assert (
        "assert_accepted_rows_have_their_own_transaction_id: 62 accepted rows, money"
        f" {money}.00, share their transaction_id with another accepted row, for example"
        " T000, T001, T002. For 30 of 31 ids they differ in customer, day or amount"
        in said
    )
    assert "set segmentation_duplicates to by_transaction_id" in said


# The instant 2025-01-15 04:30 UTC, still the 14th in New York.
STAMPS = {
    "timestamptz": "timestamptz '2025-01-15 04:30:00+00'",
    "text with an offset": "'2025-01-15 06:30:00+02'",
    "text with a space and an offset": "'2025-01-14 20:30:00 -08:00'",
    "text with a T and a Z": "'2025-01-15T04:30:00Z'",
    "timestamp": "timestamp '2025-01-15 04:30:00'",
    "text": "'2025-01-15 04:30:00'",
}


@pytest.mark.parametrize(
    ("zone", "day"),
    [(None, date(2025, 1, 15)), ("America/New_York", date(2025, 1, 14))],
)
def test_a_stamp_with_a_zone_has_one_date_in_every_session(keep, zone, day):
    """What dbt compiled is run in sessions of several zones."""
    keep.fill([])
    done = keep.dbt(
        *("compile", "--full-refresh", "--select", *STAGING),
        segmentation_time_zone=zone,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    folder = keep.target / "compiled" / "customer_segmentation" / "models" / "staging"
    compiled = {name: (folder / f"{name}.sql").read_text() for name in STAGING}
    with duckdb.connect(str(keep.database)) as connection:
        for session in ZONES:
            connection.execute(f"set TimeZone = '{session}'")
            for name, stamp in STAMPS.items():
                connection.execute(
                    "create or replace table lines as select 'T1' as transaction_id,"
                    f" 'C1' as customer_id, {stamp} as ordered_at, 5 as amount,"
                    " 'books' as category, null as product, null as details"
                )
                connection.execute(
                    f"create or replace view base_transactions as {compiled[STAGING[0]]}"
                )
                found = connection.execute(compiled[STAGING[1]]).df().iloc[0]
                assert found["order_date"].date() == day, (session, name)
                if name == "timestamptz":
                    assert found["raw_ordered_at"] == "2025-01-15 04:30:00+00", session
