"""The supermarket Ta-Feng: our tables against pandas reading the file by itself."""

import html
import re

import pandas as pd
import pytest
from conftest import PROJECT, fetch_example

FILE = PROJECT / "examples" / "data" / "ta_feng" / "ta_feng_all_months_merged.csv"
AGE_GROUPS = [
    *("<25", "25-29", "30-34", "35-39", "40-44"),
    *("45-49", "50-54", "55-59", "60-64", ">65"),
]


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    fetch_example("ta_feng")
    table = pd.read_csv(FILE, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    table["day"] = pd.to_datetime(table["TRANSACTION_DT"], format="%m/%d/%Y")
    table["money"] = table["SALES_PRICE"].astype("int64")
    table["units"] = table["AMOUNT"].astype("int64")
    return table


@pytest.fixture(scope="module")
def customers(ta_feng_build) -> pd.DataFrame:
    return ta_feng_build.table("select * from customer_segments").set_index(
        "customer_id"
    )


def test_every_line_and_all_money_is_accepted(ta_feng_build, lines):
    assert (len(lines), lines["money"].sum()) == (817741, 107840076)
    assert ta_feng_build.query(
        "select reason, row_count, customer_count, amount::bigint,"
        " first_order_date::varchar, last_order_date::varchar"
        " from transaction_quality where row_count > 0"
    ) == [("accepted", 817741, 32266, 107840076, "2000-11-01", "2001-02-28")]


def test_features_of_every_customer_equal_an_own_calculation(customers, lines):
    assert (lines["money"] > 0).all()
    expected = lines.groupby("CUSTOMER_ID").agg(
        first=("day", "min"),
        last=("day", "max"),
        frequency=("day", "nunique"),
        money=("money", "sum"),
        units=("units", "sum"),
        categories=("PRODUCT_SUBCLASS", "nunique"),
    )
    assert len(customers) == len(expected) == 32266
    ours = customers.reindex(expected.index)
    end = pd.Timestamp("2001-02-28")
    assert (ours["recency_days"] == (end - expected["last"]).dt.days).all()
    assert (ours["tenure_days"] == (end - expected["first"]).dt.days).all()
    assert (ours["frequency"] == expected["frequency"]).all()
    assert (ours["order_count"] == expected["frequency"]).all()
    assert (ours["monetary"].astype("int64") == expected["money"]).all()
    # Their AMOUNT is our quantity, not our amount.
    assert (ours["units"] == expected["units"]).all()
    assert (ours["category_count"] == expected["categories"]).all()


def test_ids_keep_their_zeros(customers, lines):
    assert set(customers.index) == set(lines["CUSTOMER_ID"])
    assert set(customers.index.str.len()) == {8}
    assert customers.index.str.startswith("0").sum() > 32000


def test_age_and_area_are_those_of_the_file_and_its_unknowns_stay_unknown(
    customers, lines
):
    there = lines.drop_duplicates(["CUSTOMER_ID", "AGE_GROUP", "PIN_CODE"]).set_index(
        "CUSTOMER_ID"
    )
    assert len(there) == len(customers)
    there = there.reindex(customers.index)
    assert (customers["age_group"] == there["AGE_GROUP"].replace("", "unknown")).all()
    assert (customers["area"] == there["PIN_CODE"].replace("Unknown", "unknown")).all()
    assert (customers["age_group"] == "unknown").sum() == 626
    assert (customers["area"] == "unknown").sum() == 1453
    assert (customers["area"] == "Others").sum() == 3701


def test_age_groups_stand_in_their_order_in_every_segment(ta_feng_build):
    rows = ta_feng_build.query(
        "select segment_name, list(attribute_value order by value_order)"
        " from segment_demographics where attribute = 'age_group' group by all"
    )
    assert len(rows) >= 4
    assert all(values == AGE_GROUPS for _, values in rows)


def test_the_page_shows_the_age_groups_as_they_are(ta_feng_build):
    """The signs of <25 and >65 are text, not mark-up."""
    page = (ta_feng_build.published / "report.html").read_text(encoding="utf-8")
    rows = re.findall(r'<th scope="row" data-value="([^"]*)">', page)
    first = rows.index("&lt;25")
    assert rows[first : first + len(AGE_GROUPS)] == [
        html.escape(group) for group in AGE_GROUPS
    ]


def test_the_window_is_the_four_months_there_are(ta_feng_build):
    assert ta_feng_build.query(
        "select as_of_date::varchar, window_start_date::varchar from int_as_of_date"
    ) == [("2001-03-01", "2000-11-01")]
    assert ta_feng_build.query(
        "select distinct segment_kind from customer_segments"
    ) == [("cluster",)]


def test_the_structure_is_not_weak(ta_feng_build):
    assert ta_feng_build.query(
        "select model_status from segment_count_scores where is_chosen"
    ) == [("ok",)]
