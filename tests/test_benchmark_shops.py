"""The shops of benchmarks/shop.sql: what is planted, and what some days bring."""

from datetime import timedelta

import contenders
import duckdb
import make_shop
import pytest

CUSTOMERS = 10_000
DAY = make_shop.LAST_DAY - timedelta(days=14)


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """A connection with the tables of one shop, two weeks apart, as today_* and next_*."""
    database = duckdb.connect()
    for name, as_of in {"today": DAY, "next": make_shop.LAST_DAY}.items():
        folder = tmp_path_factory.mktemp(name)
        make_shop.make_shop(folder, CUSTOMERS, as_of)
        for table in make_shop.TABLES:
            database.execute(
                f"create table {name}_{table} as from read_parquet('{folder}/{table}/*')"
            )
    return database


def ask(database, sql: str) -> tuple:
    return database.execute(sql).fetchone()


def test_a_shop_has_the_lines_and_the_dirt_it_should(shops):
    lines, guests, repeated, misdated, unpriced, future, zero, returns = ask(
        shops,
        f"""
        select
            count(*),
            count(*) filter (customer_id is null),
            count(*) - count(distinct transaction_id),
            count(*) filter (try_cast(ordered_at as timestamp) is null),
            count(*) filter (try_cast(amount as double) is null),
            count(*) filter (try_cast(ordered_at as timestamp) >= '{DAY}'),
            count(*) filter (try_cast(amount as double) = 0),
            count(*) filter (try_cast(amount as double) < 0)
        from today_transactions
        """,
    )
    assert lines == pytest.approx(CUSTOMERS * make_shop.LINES_PER_CUSTOMER, rel=0.08)
    shares = {
        "guests": (guests, 0.0037),
        "repeated": (repeated, 0.0025),
        "misdated": (misdated, 0.0015),
        "unpriced": (unpriced, 0.0011),
        "future": (future, 0.0004),
        "zero": (zero, 0.0009),
        "returns": (returns, 0.040),
    }
    for name, (count, share) in shares.items():
        assert 0.5 * share < count / lines < 1.5 * share, name


def test_customers_are_missing_spoiled_and_repeated(shops):
    entries, repeated, unlisted, never_bought, missing = ask(
        shops,
        """
        select
            count(*),
            count(*) - count(distinct customer_id),
            (select count(*) from today_truth anti join today_customers
                using (customer_id)),
            (select count(*) from next_customers anti join next_transactions
                using (customer_id)),
            count(*) filter (gender is null and region is null and birth_date is null)
        from today_customers
        """,
    )
    assert 0 < repeated < 0.004 * entries
    assert unlisted == pytest.approx(0.047 * CUSTOMERS, rel=0.25)
    assert never_bought == pytest.approx(0.06 * CUSTOMERS, rel=0.25)
    assert missing == pytest.approx(0.1 * entries, rel=0.25)


def test_days_bring_their_lines_late_lines_corrections_and_erasures(shops):
    lines, new, late, corrected, moved = ask(
        shops,
        f"""
        select
            (select count(*) from today_transactions),
            count(*) filter (today.transaction_id is null),
            count(*) filter (
                today.transaction_id is null
                and try_cast(following.ordered_at as date) < '{DAY}'
            ),
            count(*) filter (today.amount != following.amount),
            count(*) filter (
                today.transaction_id is not null
                and today.ordered_at is distinct from following.ordered_at
            )
        from next_transactions as following
        left join (select distinct * from today_transactions) as today
            using (transaction_id)
        """,
    )
    assert 0.01 < new / lines < 0.03
    assert 0.01 < late / new < 0.1
    assert 0 < corrected < 0.1 * new
    assert moved == 0
    # Who is gone is gone from every table.
    gone = "from today_truth anti join next_truth using (customer_id)"
    assert ask(shops, f"select count(*) between 1 and 10 {gone}") == (True,)
    assert ask(
        shops,
        "select count(*) from next_transactions"
        f" where customer_id in (select customer_id {gone})",
    ) == (0,)


def test_customers_do_not_depend_on_the_part_they_are_made_in(
    shops, tmp_path, monkeypatch
):
    monkeypatch.setattr(make_shop, "CHUNK", 4_000)
    make_shop.make_shop(tmp_path, CUSTOMERS, DAY)
    for table in make_shop.TABLES:
        parts = f"read_parquet('{tmp_path}/{table}/*')"
        assert len(list((tmp_path / table).iterdir())) == 3
        for one, other in ((parts, f"today_{table}"), (f"today_{table}", parts)):
            left = f"(from {one} except all from {other})"
            assert ask(shops, f"select count(*) from {left}") == (0,), table


def test_bare_sql_and_notebook_come_to_the_same_features(tmp_path):
    make_shop.make_shop(tmp_path / "shop", 1_000, DAY)
    for contender in (contenders.bare_sql, contenders.pandas_notebook):
        output = tmp_path / f"{contender.__name__}.parquet"
        contender(tmp_path / "shop", output, DAY)
    # Read to the end: until then a result holds the connection that the module has.
    [(customers, differing)] = duckdb.execute(
        f"""
        select
            count(*),
            count(*) filter (
                one.recency_days != other.recency_days
                or one.frequency != other.frequency
                or abs(one.monetary - other.monetary) > 0.001
                or abs(coalesce(one.latest_revenue, 0) - other.latest_revenue) > 0.001
                or abs(coalesce(one.previous_revenue, 0) - other.previous_revenue) > 0.001
            )
        from '{tmp_path}/bare_sql.parquet' as one
        inner join '{tmp_path}/pandas_notebook.parquet' as other using (customer_id)
        """
    ).fetchall()
    assert customers > 800
    assert differing == 0
