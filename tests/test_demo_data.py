"""The committed demo shop: what is planted in it, counted in the files themselves."""

from collections import Counter

import pandas as pd
import pytest
from conftest import PROJECT
from make_demo_data import write_demo

FILES = {
    "transactions": "seeds/demo_transactions.csv",
    "customers": "seeds/demo_customers.csv",
    "truth": "tests/data/demo_truth.csv",
}
AS_OF = pd.Timestamp("2026-01-01")
SHARES = {
    "champions": 0.08,
    "frequent_small": 0.17,
    "big_occasional": 0.15,
    "new": 0.12,
    "at_risk": 0.13,
    "lost": 0.25,
    "deal_hunters": 0.10,
}
BAD_DATES = ["31/02/2025", "yesterday", ""]
BAD_AMOUNTS = ["n/a", "12,5O", ""]
BAD_BIRTHS = ["1843-05-17", "2031-04-12", "not a date"]
MISSING = ["", "N/A", "unknown"]
TEXTS = {
    "gender": {"female", "male", "diverse"},
    "income_band": {"under 20k", "20k-40k", "40k-60k", "60k-80k", "80k and over"},
    "region": {"north", "south", "east", "west", "centre"},
}


def read_table(name: str) -> pd.DataFrame:
    """Read a committed file, every cell as text."""
    return pd.read_csv(PROJECT / FILES[name], dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return read_table("transactions")


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return read_table("customers")


@pytest.fixture(scope="module")
def truth() -> pd.Series:
    """The planted behaviour of each buyer."""
    return read_table("truth").set_index("customer_id")["planted_segment"]


@pytest.fixture(scope="module")
def good(lines) -> pd.DataFrame:
    """The lines without the planted dirt, with types."""
    is_dirty = (
        lines["transaction_id"].duplicated()
        | (lines["customer_id"] == "")
        | lines["ordered_at"].isin(BAD_DATES)
        | (lines["ordered_at"] >= "2026")
        | lines["amount"].isin([*BAD_AMOUNTS, "0.00"])
    )
    numbers = {"quantity": int, "amount": float, "discount_amount": float}
    return lines[~is_dirty].astype(numbers | {"ordered_at": "datetime64[s]"})


@pytest.fixture(scope="module")
def last(good) -> pd.Series:
    """The last purchase of each buyer."""
    return good[good["amount"] > 0].groupby("customer_id")["ordered_at"].max()


def test_the_committed_files_are_what_the_script_writes(tmp_path):
    write_demo(tmp_path)
    for name in FILES.values():
        assert (tmp_path / name).read_bytes() == (PROJECT / name).read_bytes()
    # dbt wants seeds below 1 MB.
    assert (PROJECT / FILES["transactions"]).stat().st_size < 1_000 * 1024


def test_the_planted_shares(truth):
    counts = truth.value_counts()
    assert truth.index.is_unique
    assert len(truth) == 1_500 - 90 - 6
    assert set(counts.index) == set(SHARES)
    for name, share in SHARES.items():
        assert abs(counts[name] - share * len(truth)) <= 1, name


def test_lines_without_dirt_are_sound(lines, good):
    text = lines.loc[good.index]
    assert text["ordered_at"].str.fullmatch(r"202[45]-\d\d-\d\d \d\d:\d\d:\d\d").all()
    assert text["amount"].str.fullmatch(r"-?\d+\.\d\d").all()
    assert text["customer_id"].str.fullmatch(r"\d{6}").all()
    assert ((good["amount"] > 0) == (good["quantity"] > 0)).all()
    assert ((good["amount"] < 0) == (good["quantity"] < 0)).all()
    assert (good["discount_amount"] >= 0).all()


def test_every_buyer_is_in_the_truth_and_bought(last, truth):
    assert set(last.index) == set(truth.index)


def test_the_behaviours_show_in_the_data(good, last, truth):
    year = good[(good["amount"] > 0) & (good["ordered_at"] >= "2025")]
    buyers = year.assign(day=year["ordered_at"].dt.date).groupby("customer_id")
    spend, off = buyers["amount"].sum(), buyers["discount_amount"].sum()
    features = pd.DataFrame(
        {
            "days": buyers["day"].nunique(),
            "spend": spend,
            "off": off / (off + spend),
            "silent": (AS_OF - last).dt.days,
        }
    )
    medians = features.groupby(truth).median()
    assert medians["days"].idxmax() == medians["spend"].idxmax() == "champions"
    days, spend, silent = medians["days"], medians["spend"], medians["silent"]
    assert days["frequent_small"] > 2 * days["big_occasional"]
    assert spend["frequent_small"] < spend["big_occasional"]
    off = medians["off"]
    assert off["deal_hunters"] > 3 * off.drop("deal_hunters").max()
    assert 80 <= silent["at_risk"] <= 155
    assert 183 <= silent["lost"] <= 365
    assert silent.drop(["at_risk", "lost"]).max() < 60


def test_returns(good):
    bought = good[good["amount"] > 0].drop_duplicates("order_id")
    back = good[good["amount"] < 0]
    assert 0.035 < len(back) / len(good) < 0.045
    pairs = back.merge(bought, on="order_id", suffixes=("", "_first"))
    assert len(back) - len(pairs) == 6
    assert (pairs["customer_id"] == pairs["customer_id_first"]).all()
    delay = pairs["ordered_at"] - pairs["ordered_at_first"]
    assert delay.between(pd.Timedelta(days=1), pd.Timedelta(days=31)).all()


def test_customers_without_purchases_and_buyers_without_entry(lines, customers, truth):
    listed = set(customers["customer_id"])
    seen = set(lines["customer_id"]) - {""}
    assert len(listed - seen) == 90
    assert len(seen - listed) == 70
    assert seen - listed <= set(truth.index)
    assert len((listed & seen) - set(truth.index)) == 6  # a return and no purchase


def test_last_purchases_over_365_days_ago(last, truth):
    gone = last.index[last < AS_OF - pd.Timedelta(days=365)]
    assert len(gone) == 15
    assert set(truth[gone]) == {"lost"}


def test_dirty_lines(lines):
    copies = lines["transaction_id"].value_counts()
    assert (copies == 2).sum() == lines.duplicated().sum() == 40
    assert copies.max() == 2
    assert (lines["customer_id"] == "").sum() == 60
    assert [(lines["ordered_at"] == text).sum() for text in BAD_DATES] == [8, 8, 8]
    assert [(lines["amount"] == text).sum() for text in BAD_AMOUNTS] == [6, 6, 6]
    assert (lines["amount"] == "0.00").sum() == 15
    late = lines["ordered_at"][lines["ordered_at"].str.startswith("2026")].str[:10]
    assert list(late) == [f"2026-01-{day:02}" for day in range(3, 9)]


def test_dirty_customers(customers):
    found = Counter()
    for column, allowed in TEXTS.items():
        for text in customers[column]:
            word = text.strip().lower()
            styles = {"spaces": f" {word} ", "upper": word.upper()}
            styles["capital"] = f" {word.title()}"
            if text in ("N/A", "unknown", "   "):
                found[text] += 1
            elif text and text not in allowed:
                assert word in allowed
                found.update(style for style in styles if styles[style] == text)
    assert found == {
        **{"N/A": 12, "unknown": 12, "   ": 6},
        **{"spaces": 12, "upper": 10, "capital": 6},
    }
    births = customers["birth_date"]
    assert [(births == text).sum() for text in BAD_BIRTHS] == [2, 2, 2]
    assert (
        births[~births.isin(["", *BAD_BIRTHS])]
        .between("1930-01-02", "2008-12-31")
        .all()
    )
    assert set(customers["household_size"]) == {"", "1", "2", "3", "4", "5", "6"}


def test_missing_demographics(customers):
    values = customers.drop(columns="customer_id").map(str.strip)
    gaps = values.isin(MISSING).sum(axis=1)
    assert 0.09 < (gaps == 5).mean() < 0.11
    assert 0.28 < (gaps > 0).mean() < 0.32


def test_repeated_customer_ids(customers):
    repeated = customers[customers["customer_id"].duplicated(keep=False)]
    assert len(repeated) == 4
    assert repeated["customer_id"].nunique() == 2
    assert customers.duplicated().sum() == 1
