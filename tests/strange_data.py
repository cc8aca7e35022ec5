"""Strange data, what happens with them, and how that is seen.

tests/test_degenerate.py runs the cases; docs/bad-inputs.md lists them, and a test
compares.
"""

from dataclasses import dataclass, field

import pyarrow as pa
from shops import COLUMNS, Shop, make_buyers, make_line

ODD_IDS = [
    "x" * 500,
    "😀 smile",
    "O'Brien",
    'say "hi"',
    "<script>alert(1)</script>",
    "'); drop table customer_segments; --",
    "007",
    "1e5",
    "null",
]


@dataclass
class Case:
    """What is given, what happens, and how that is seen.

    `says` is in dbt's output of a build that stops. Otherwise the build succeeds, `query`
    gives `rows`, and `warns` is the test that warns.
    """

    given: str
    happens: str
    shop: Shop
    says: str | None = None
    query: str = ""
    rows: list = field(default_factory=list)
    warns: str | None = None


def make_equal(count: int, kinds: int = 1) -> list[dict]:
    """Customers of a few kinds, equal within a kind."""
    return [
        make_line(f"{number:04}", 10 * (1 + number % kinds), 20)
        for number in range(count)
    ]


def without(column: str) -> list[dict]:
    """The usual shop with one column empty."""
    return [line | {column: None} for line in make_buyers()]


def with_dates(texts: list[str]) -> list[dict]:
    return [
        make_line(f"{number}", number, 10, ordered_at=texts[number % len(texts)])
        for number in range(20)
    ]


KINDS = "select distinct segment_kind from customer_segments order by all"
REASONS = (
    "select reason, row_count from transaction_quality where status = 'rejected'"
    " and row_count > 0 order by reason_order"
)
GRID = "The classic grid stands in, and assert_there_is_a_model warns."
WORKS = "It works; the column plays no part."
TRANSACTION_CASES = {
    "empty transactions": Case(
        "A table of transactions without a row",
        "The build stops: the table has no row that can be used: it is empty.",
        Shop([]),
        says="has no row that can be used: it is empty.",
    ),
    "everything filtered": Case(
        "A filter that no row passes",
        'The build stops: no row can be used: {"filtered": ...}.',
        Shop(make_equal(5), vars={"segmentation_transaction_filter": "amount = 'x'"}),
        says='has no row that can be used: {"filtered": 5}.',
    ),
    "as-of date before all data": Case(
        "segmentation_as_of_date before the first transaction",
        'The build stops: no row can be used: {"after_as_of_date": ...}.',
        Shop(make_equal(5), vars={"segmentation_as_of_date": "2001-01-01"}),
        says='has no row that can be used: {"after_as_of_date": 5}.',
    ),
    "one customer": Case(
        "One customer with one purchase",
        GRID,
        Shop(make_equal(1)),
        query="select segment_name, recency_score from customer_segments",
        rows=[("RFM: Need attention", 3)],
        warns="assert_there_is_a_model",
    ),
    "two customers": Case(
        "Two customers, one better than the other",
        GRID,
        Shop([make_line("a", 1, 50), make_line("a", 9, 50), make_line("b", 90, 5)]),
        query="select customer_id, segment_name from customer_segments order by all",
        rows=[("a", "RFM: Loyal customers"), ("b", "RFM: Hibernating")],
        warns="assert_there_is_a_model",
    ),
    "all customers equal": Case(
        "120 customers with the same purchase",
        GRID,
        Shop(make_equal(120)),
        query="select segment_name, count(*) from customer_segments group by all",
        rows=[("RFM: Need attention", 120)],
        warns="assert_there_is_a_model",
    ),
    "fewer kinds than segments": Case(
        "150 customers of two kinds, three segments at least",
        GRID,
        Shop(make_equal(150, kinds=2)),
        query=KINDS,
        rows=[("rfm_grid",)],
        warns="assert_there_is_a_model",
    ),
    "one purchase each": Case(
        "Nobody bought twice, so frequency is the same for all",
        "frequency is left out of the model, and assert_no_feature_is_dropped says so.",
        Shop(
            [
                make_line(f"{number:03}", 1 + number * 2, 10 + number % 7 * 30)
                for number in range(150)
            ]
        ),
        query="select is_used from segment_scales where feature = 'frequency'",
        rows=[(False,)],
        warns="assert_no_feature_is_dropped",
    ),
    "no customer id": Case(
        "customer_id empty in every row",
        "The build stops and counts the rows by reason.",
        Shop(without("customer_id")),
        says='has no row that can be used: {"missing_customer":',
    ),
    "no date": Case(
        "ordered_at empty in every row",
        "The build stops: ordered_at cannot be read.",
        Shop(without("ordered_at")),
        says="ordered_at cannot be read in",
    ),
    "no amount": Case(
        "amount empty in every row",
        "The build stops: amount cannot be read.",
        Shop(without("amount")),
        says="amount cannot be read in",
    ),
    **{
        f"no {column}": Case(
            f"{column} empty in every row",
            WORKS,
            Shop(without(column)),
            query=KINDS,
            rows=[("cluster",)],
        )
        for column in COLUMNS
        if column not in ("customer_id", "ordered_at", "amount")
    },
    "day-first dates": Case(
        "Dates such as 31/12/2025 without a format",
        "The build stops with examples: set segmentation_timestamp_format.",
        Shop(with_dates(["31/12/2025", "30/11/2025"])),
        says='for example "30/11/2025", "31/12/2025"; allowed is a share of 0.1',
    ),
    "decimal commas": Case(
        "Amounts such as 12,50",
        "The build stops with examples: map amount to a number.",
        Shop([line | {"amount": "12,50"} for line in make_equal(20)]),
        says='amount cannot be read in 20 of 20 rows (100.0 %), for example "12,50"',
    ),
    "far dates": Case(
        "A few dates in 1843 and 2262",
        "They are rejected: before_earliest_date, after_as_of_date.",
        Shop(
            [
                *make_buyers(),
                make_line("old", 0, 5, ordered_at="1843-05-17"),
                make_line("new", 0, 5, ordered_at="2262-04-12"),
            ]
        ),
        query=REASONS,
        rows=[("before_earliest_date", 1), ("after_as_of_date", 1)],
    ),
    "a mistyped year": Case(
        "One date in 2062 and no as-of date",
        "assert_last_date_is_not_isolated fails; nothing is published.",
        Shop(
            [*make_buyers(), make_line("typo", 0, 5, ordered_at="2062-01-01")],
            vars={"segmentation_as_of_date": None},
        ),
        says="FAIL 1 assert_last_date_is_not_isolated",
    ),
    "NaN and infinity": Case(
        "Amounts NaN, infinity and minus infinity in a column of doubles",
        "They are rejected: unreadable_amount.",
        Shop(
            [line | {"amount": float(line["amount"])} for line in make_buyers()]
            + [
                make_line("odd", 1, value)
                | {"amount": value, "transaction_id": f"odd {value}"}
                for value in (float("nan"), float("inf"), float("-inf"))
            ],
            types={"amount": pa.float64()},
        ),
        query=REASONS,
        rows=[("unreadable_amount", 3)],
    ),
    "huge amounts": Case(
        "One customer who spends 10^12 at a time",
        "It works, to the cent; the customer is flagged as an outlier.",
        Shop(
            [
                *make_buyers(),
                make_line("rich", 3, "1000000000000.25"),
                make_line("rich", 33, "1000000000000.50"),
            ]
        ),
        query="select monetary::varchar, is_outlier from customer_segments"
        " where customer_id = 'rich'",
        rows=[("2000000000000.7500", True)],
    ),
    "more money than the tables hold": Case(
        "Amounts that add up to 10^14 or more",
        "The build stops: leave wrong amounts out, or map amount to a larger unit.",
        Shop(
            [
                *make_buyers(),
                make_line("rich", 3, "50000000000000"),
                make_line("rich", 33, "-50000000000000"),
            ]
        ),
        says="returns counted as positive; it must be less than 100,000,000,000,000.",
    ),
    "more returned than bought": Case(
        "A customer whose returns exceed the purchases",
        "Net revenue is negative; the model takes it as 0.",
        Shop(
            [
                *make_buyers(),
                make_line("returner", 20, 10),
                make_line("returner", 10, -500),
            ]
        ),
        query="select monetary::int, segment_kind from customer_segments"
        " where customer_id = 'returner'",
        rows=[(-490, "cluster")],
    ),
    "only returns": Case(
        "A customer with returns only",
        "Rule segment Returns only.",
        Shop([*make_buyers(), make_line("returner", 10, -5)]),
        query="select segment_name, segment_kind from customer_segments"
        " where customer_id = 'returner'",
        rows=[("Returns only", "rule")],
    ),
    "lines without a price": Case(
        "A customer whose lines cost nothing",
        "Rule segment No paid order.",
        Shop([*make_buyers(), make_line("given", 10, 0)]),
        query="select segment_name, segment_kind from customer_segments"
        " where customer_id = 'given'",
        rows=[("No paid order", "rule")],
    ),
    "odd ids": Case(
        "Ids of 500 characters, emoji, quotes, HTML, SQL, leading zeros, 1e5, null",
        "They are texts like any other and come out as they went in.",
        Shop([*make_buyers(), *(make_line(name, 5, 9) for name in ODD_IDS)]),
        query="select customer_id from customer_segments"
        " where customer_id not like 'buyer%' order by all",
        rows=[(name,) for name in sorted(ODD_IDS)],
    ),
}
MAPPING_CASES = {
    "odd column names": Case(
        'Columns named "Client No", ORDER and "Paid €"',
        "They are mapped in quotes.",
        Shop(
            [
                {
                    "Client No": line["customer_id"],
                    "ORDER": line["ordered_at"],
                    "Paid €": line["amount"],
                }
                for line in make_buyers()
            ],
            columns=("Client No", "ORDER", "Paid €"),
            vars={
                "segmentation_transaction_columns": {
                    "customer_id": '"Client No"',
                    "ordered_at": '"ORDER"',
                    "amount": '"Paid €"',
                },
            },
        ),
        query="select count(*) from customer_segments",
        rows=[(140,)],
    ),
    "an order id as line id": Case(
        "Several lines of an order under one transaction_id, and"
        " segmentation_duplicates: by_transaction_id",
        "The build stops with examples: the id looks like that of an order.",
        Shop(
            [
                line | {"transaction_id": line["order_id"]}
                for original in make_buyers()
                for line in (original, original | {"category": "toys", "amount": "1"})
            ],
            vars={"segmentation_duplicates": "by_transaction_id"},
        ),
        says="so transaction_id looks like the id of an order: map it as order_id",
    ),
    "guests nearly everywhere": Case(
        "No customer id in more than half of the rows",
        "The build stops with examples: map customer_id, or leave guests out.",
        Shop(
            make_buyers()
            + [line | {"customer_id": None} for line in 2 * make_buyers(seed=2)]
        ),
        says="(segmentation_tests.rejected_for.missing_customer)",
    ),
    "no line id": Case(
        "No transaction_id, and segmentation_duplicates: by_transaction_id",
        "The run stops at the start and says what to map or to set.",
        Shop(
            make_buyers(),
            columns=COLUMNS[1:],
            vars={"segmentation_duplicates": "by_transaction_id"},
        ),
        says="which has no column transaction_id (needed by segmentation_duplicates",
    ),
}
