"""The hash of a customer at a month start changes with whatever it sees of the customer.

Customers whose hash is that of the last build are not placed again.
"""

import pytest
from conftest import Build
from in_memory import InMemoryProject, InMemoryShop
from shops import Shop
from test_history import VARS, make_lines

# Two customers of one day in November, who differ in money only.
TWO_CUSTOMERS = (
    "insert into shop_transactions by name select customer_id, customer_id as"
    " transaction_id, customer_id as order_id, '2025-11-20' as ordered_at, '/x' as"
    " category, '3' as quantity, money as amount from (values ('one', '5'), ('two', '6'))"
    " as lines (customer_id, money)",
    "insert into shop_customers values ('one', 'a')",
)
# A change of the tables that a month start sees, and the first month start that sees it.
CHANGES = {
    "a customer is renamed": (
        "update shop_transactions set customer_id = 'new' where customer_id = 'one'",
        "2025-12-01",
    ),
    "a customer is erased": (
        "delete from shop_transactions where customer_id = 'one'",
        "2025-12-01",
    ),
    "discounts are corrected": (
        "update shop_transactions set discount_amount = discount_amount::int + 1"
        " where ordered_at = '2025-09-15'",
        "2025-10-01",
    ),
    "days move inside a month": (
        "update shop_transactions set ordered_at = (ordered_at::date + 20)::varchar"
        " where ordered_at between '2025-10-01' and '2025-10-08'",
        "2025-11-01",
    ),
    "two customers change places": (
        "update shop_transactions set amount = 11 - amount::int"
        " where customer_id in ('one', 'two')",
        "2025-12-01",
    ),
    "units become a discount": (
        "update shop_transactions set discount_amount = 3, quantity = null"
        " where customer_id = 'one'",
        "2025-12-01",
    ),
    "a category changes": (
        "update shop_transactions set category = 'new' where ordered_at = '2025-08-20'",
        "2025-09-01",
    ),
    "separators move": (
        "update shop_transactions set customer_id = 'one/', category = 'x'"
        " where customer_id = 'one'",
        "2025-12-01",
    ),
    "a purchase before every window moves": (
        "update shop_transactions set ordered_at = (ordered_at::date - 1)::varchar where"
        " ordered_at = (select min(ordered_at) from shop_transactions)",
        "2025-02-01",
    ),
}


def open_feed(folder) -> tuple[InMemoryProject, InMemoryShop]:
    """Compile and run the models up to the sums of customers."""
    shop = Shop(
        make_lines(), [{"customer_id": "buyer 000", "region": "a"}],
        VARS | {"segmentation_as_of_date": "2025-12-10"},
    )  # fmt: skip
    project = InMemoryProject(
        Build(folder, vars=shop.make_vars()), "int_customer_sums", **shop.tables()
    )
    return project, project.run(**shop.tables())


def read_hashes(feed, *changes: str) -> tuple[dict[tuple[str, str], int], set[tuple]]:
    """Change the tables for a while; return hashes by month and customer, and lines."""
    project, shop = feed
    with shop.undone():
        for change in (*TWO_CUSTOMERS, *changes):
            shop.connection.execute(change)
        project.run_from(shop, "base_transactions", "base_customers")
        hashes = shop.query(
            "select as_of_date::varchar, customer_id, days_hash from int_customer_sums"
            " where day(as_of_date) = 1"
        )
        return {row[:2]: row[2] for row in hashes}, set(
            shop.query("select customer_id, one::varchar from shop_transactions as one")
        )


def check_hashes(feed, *names: str) -> None:
    """Assert that a change is seen by the months after it, for its customers only."""
    before, lines_before = read_hashes(feed)
    months = {month for month, _ in before}
    assert len(months) == 11
    for name in names or CHANGES:
        change, first_month = CHANGES[name]
        after, lines_after = read_hashes(feed, change)
        changed = {
            one
            for one in before.keys() | after.keys()
            if before.get(one) != after.get(one)
        }
        assert {month for month, _ in changed} == {
            month for month in months if month >= first_month
        }, name
        assert {customer for _, customer in changed} == {
            customer for customer, _ in lines_before ^ lines_after
        }, name


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    return open_feed(tmp_path_factory.mktemp("fingerprints"))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_in_the_hash_of_its_customers_at_every_later_month(name, feed):
    check_hashes(feed, name)


def test_the_order_of_the_rows_is_in_no_hash(feed):
    shuffled = (
        "create or replace table shop_transactions as"
        " from shop_transactions order by hash(customer_id, ordered_at)"
    )
    assert read_hashes(feed) == read_hashes(feed, shuffled)
