"""The real grocer: our tables against calculations of their own from the raw files."""

import duckdb
import pandas as pd
import pytest
from conftest import PROJECT, Build, fetch_example, read_example

SOURCE = PROJECT / "examples" / "data" / "complete_journey" / "transactions.parquet"


@pytest.fixture(scope="module", autouse=True)
def data():
    fetch_example("complete_journey")


@pytest.fixture(scope="module")
def october_build(tmp_path_factory) -> Build:
    """Seen as of 1 October: the last quarter is the future."""
    return Build(
        tmp_path_factory.mktemp("october"),
        vars=read_example("complete_journey")
        | {"segmentation_as_of_date": "2017-10-01"},
    ).build()


def test_features_of_every_household_equal_an_own_calculation(complete_journey_build):
    with duckdb.connect() as connection:
        baskets = connection.execute(
            f"""
            select
                household_id::varchar as customer_id,
                basket_id,
                timezone('America/New_York', timezone('UTC', transaction_timestamp))::date
                    as day,
                sum(round(sales_value * 100)::bigint) as cents
            from '{SOURCE}'
            group by all
            """
        ).df()
    baskets["day"] = baskets["day"].astype("datetime64[s]")
    bought = baskets[baskets["cents"] > 0]
    expected = (
        bought.groupby("customer_id")
        .agg(last=("day", "max"), frequency=("day", "nunique"), orders=("day", "size"))
        .assign(cents=baskets.groupby("customer_id")["cents"].sum())
    )
    expected["recency"] = (pd.Timestamp("2017-12-31") - expected["last"]).dt.days
    ours = complete_journey_build.table(
        "select customer_id, recency_days, frequency, order_count,"
        " (monetary * 100)::bigint as cents from customer_segments"
    ).set_index("customer_id")

    assert len(ours) == len(expected) == 2469
    ours = ours.reindex(expected.index)
    assert (ours["recency_days"] == expected["recency"]).all()
    assert (ours["frequency"] == expected["frequency"]).all()
    assert (ours["order_count"] == expected["orders"]).all()
    assert (ours["cents"] == expected["cents"]).all()


def test_every_line_is_accepted_and_the_last_evening_is_in_the_shops_year(
    complete_journey_build,
):
    rows = complete_journey_build.query(
        "select row_count, amount, last_order_date::varchar from transaction_quality"
        " where reason = 'accepted'"
    )
    assert [(count, float(money), last) for count, money, last in rows] == [
        (1469307, 4596039.58, "2017-12-31")
    ]


def test_the_rule_chooses_five_segments(complete_journey_build):
    assert complete_journey_build.query(
        "select segment_count, model_status from segment_count_scores where is_chosen"
    ) == [(5, "ok")]


def test_only_declared_attributes_are_known_for_a_third(complete_journey_build):
    known = complete_journey_build.query(
        "select count(*) from customer_segments where age <> 'unknown'"
    )
    assert known == [(801,)]


def test_names_tell_the_future_quarter_apart(october_build):
    """Who was called loyal spends most in the quarter after, rare buyers least."""
    with duckdb.connect(str(october_build.database), read_only=True) as connection:
        rows = connection.execute(
            f"""
            with future as (
                select
                    household_id::varchar as customer_id,
                    sum(sales_value) as spend
                from '{SOURCE}'
                where timezone('America/New_York', timezone('UTC', transaction_timestamp))
                    >= '2017-10-01'
                group by all
            )
            select
                segment_name,
                count(*) as customers,
                avg(coalesce(spend, 0)) as spend,
                avg((coalesce(spend, 0) > 0)::int) as bought
            from customer_segments
            left join future using (customer_id)
            group by all
            """
        ).fetchall()
    spend = {name: money for name, _, money, _ in rows}
    bought = {name: share for name, _, _, share in rows}
    assert set(spend) == {
        "Loyal high spenders",
        "Regular customers",
        "At risk",
        "Low spenders",
        "Rare low spenders",
    }
    assert spend["Loyal high spenders"] > 2 * spend["Regular customers"]
    assert spend["Regular customers"] > 1.5 * spend["At risk"]
    assert spend["Low spenders"] > 1.5 * spend["Rare low spenders"]
    assert bought["Rare low spenders"] < 0.7
