"""Tests of the generator of the synthetic demo shop."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "make_demo_data.py"
AS_OF = datetime(2026, 1, 1)
SHARES = {
    "champions": 0.08,
    "frequent_small": 0.17,
    "big_occasional": 0.15,
    "new": 0.12,
    "at_risk": 0.13,
    "lost": 0.25,
    "deal_hunters": 0.10,
}
BAD_DATES = {"31/02/2025", "yesterday", ""}
BAD_AMOUNTS = {"n/a", "12,5O", ""}
TEXTS = {
    "gender": {"female", "male", "diverse"},
    "income_band": {"under 20k", "20k-40k", "40k-60k", "60k-80k", "80k and over"},
    "region": {"north", "south", "east", "west", "centre"},
}

Row = dict[str, str]


def load_script() -> ModuleType:
    """Import the generator by its path."""
    spec = importlib.util.spec_from_file_location("make_demo_data", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


demo = load_script()


def read_csv(name: str) -> list[Row]:
    """Read one of the committed files, every cell as text."""
    with (ROOT / demo.CSV_PATHS[name]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lines() -> list[Row]:
    """Return the committed transactions."""
    return read_csv("transactions")


@pytest.fixture(scope="module")
def customers() -> list[Row]:
    """Return the committed customer table."""
    return read_csv("customers")


@pytest.fixture(scope="module")
def truth() -> dict[str, str]:
    """Return the planted behaviour per buyer."""
    rows = read_csv("truth")
    result = {row["customer_id"]: row["planted_segment"] for row in rows}
    assert len(result) == len(rows)
    return result


def good(lines: list[Row]) -> list[Row]:
    """Return the lines without the planted dirt."""
    seen: set[str] = set()
    result = []
    for row in lines:
        if (
            row["transaction_id"] not in seen
            and row["customer_id"]
            and row["ordered_at"] not in BAD_DATES
            and row["ordered_at"] < "2026"
            and row["amount"] not in BAD_AMOUNTS | {"0.00"}
        ):
            result.append(row)
        seen.add(row["transaction_id"])
    return result


def last_purchases(lines: list[Row]) -> dict[str, datetime]:
    """Return the last purchase of each customer in the good lines."""
    last: dict[str, datetime] = {}
    for row in good(lines):
        if float(row["amount"]) > 0:
            at = datetime.fromisoformat(row["ordered_at"])
            last[row["customer_id"]] = max(last.get(row["customer_id"], at), at)
    return last


def files(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def table(folder: Path, name: str) -> dict[str, list]:
    """Return one parquet table of the shop as columns."""
    return pq.read_table(folder / name).to_pydict()


# ---------------------------------------------------------------- same bytes


def test_the_committed_files_are_what_the_script_writes(tmp_path: Path) -> None:
    assert demo.main(["--root", str(tmp_path)]) == 0
    for relative in demo.CSV_PATHS.values():
        assert (tmp_path / relative).read_bytes() == (ROOT / relative).read_bytes()


def test_the_transactions_stay_below_the_size_of_a_seed() -> None:
    size = (ROOT / demo.CSV_PATHS["transactions"]).stat().st_size
    assert size < 1_000 * 1024


def test_same_seed_same_parquet_other_seed_other_parquet(tmp_path: Path) -> None:
    def make(name: str, seed: int) -> dict[str, bytes]:
        folder = tmp_path / name
        args = ["--parquet", str(folder), "--customers", "600", "--seed", str(seed)]
        assert demo.main(args) == 0
        return files(folder)

    first, again, other = make("a", 7), make("b", 7), make("c", 8)
    assert sorted(first) == [
        "customers/part-00000.parquet",
        "transactions/part-00000.parquet",
        "truth/part-00000.parquet",
    ]
    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_parquet_and_csv_hold_the_same_default_shop(
    tmp_path: Path, lines: list[Row], customers: list[Row]
) -> None:
    demo.main(["--parquet", str(tmp_path)])
    for name, rows in (("transactions", lines), ("customers", customers)):
        columns = table(tmp_path, name)
        for column, values in columns.items():
            style = "{:.2f}" if column == "discount_amount" else "{}"
            texts = ["" if v is None else style.format(v) for v in values]
            assert texts == [row[column] for row in rows], column


# ------------------------------------------------------------ shape and shares


def test_the_columns_and_their_order(lines: list[Row], customers: list[Row]) -> None:
    assert list(lines[0]) == [
        "transaction_id",
        "order_id",
        "customer_id",
        "ordered_at",
        "category",
        "quantity",
        "amount",
        "discount_amount",
    ]
    assert list(customers[0]) == [
        "customer_id",
        "birth_date",
        "gender",
        "income_band",
        "household_size",
        "region",
    ]


def test_the_planted_shares(truth: dict[str, str]) -> None:
    counts = Counter(truth.values())
    assert len(truth) == 1_500 - 90 - 6
    assert set(counts) == set(SHARES)
    for name, share in SHARES.items():
        assert abs(counts[name] - share * len(truth)) <= 1, name


def test_the_good_lines_are_sound(lines: list[Row]) -> None:
    for row in good(lines):
        at = datetime.fromisoformat(row["ordered_at"])
        assert len(row["ordered_at"]) == 19
        assert datetime(2024, 1, 1) <= at < AS_OF
        assert len(row["customer_id"]) == 6
        amount, quantity = float(row["amount"]), int(row["quantity"])
        assert (amount > 0) == (quantity > 0)
        assert (amount < 0) == (quantity < 0)
        assert float(row["discount_amount"]) >= 0
        assert row["amount"][-3] == "."


def test_every_buyer_is_in_the_truth_and_bought(
    lines: list[Row], truth: dict[str, str]
) -> None:
    assert set(last_purchases(lines)) == set(truth)


def test_the_behaviours_show_in_the_data(
    lines: list[Row], truth: dict[str, str]
) -> None:
    days: dict[str, set[str]] = {}
    spend: Counter[str] = Counter()
    off: Counter[str] = Counter()
    for row in good(lines):
        if float(row["amount"]) > 0 and row["ordered_at"] >= "2025":
            days.setdefault(row["customer_id"], set()).add(row["ordered_at"][:10])
            spend[row["customer_id"]] += float(row["amount"])
            off[row["customer_id"]] += float(row["discount_amount"])

    def median(values: list[float]) -> float:
        return sorted(values)[len(values) // 2]

    def of(name: str) -> list[str]:
        return [c for c in days if truth[c] == name]

    n_days = {s: median([len(days[c]) for c in of(s)]) for s in SHARES}
    money = {s: median([spend[c] for c in of(s)]) for s in SHARES}
    share = {s: median([off[c] / (off[c] + spend[c]) for c in of(s)]) for s in SHARES}
    last = last_purchases(lines)
    silent = {s: median([(AS_OF - last[c]).days for c in of(s)]) for s in SHARES}
    assert max(n_days, key=n_days.__getitem__) == "champions"
    assert max(money, key=money.__getitem__) == "champions"
    assert n_days["frequent_small"] > 2 * n_days["big_occasional"]
    assert money["frequent_small"] < money["big_occasional"]
    assert share["deal_hunters"] > 3 * max(
        share[s] for s in SHARES if s != "deal_hunters"
    )
    assert 80 <= silent["at_risk"] <= 155
    assert 183 <= silent["lost"] <= 365
    assert max(silent[s] for s in SHARES if s not in ("at_risk", "lost")) < 60


# ---------------------------------------------------------------- planted facts


def test_returns(lines: list[Row]) -> None:
    rows = good(lines)
    bought = {}
    for row in rows:
        if float(row["amount"]) > 0:
            bought.setdefault(row["order_id"], row)
    back = [row for row in rows if float(row["amount"]) < 0]
    assert 0.035 < len(back) / len(rows) < 0.045
    alone = [row for row in back if row["order_id"] not in bought]
    assert len(alone) == 6
    for row in back:
        if row["order_id"] in bought:
            first = bought[row["order_id"]]
            assert row["customer_id"] == first["customer_id"]
            later = datetime.fromisoformat(row["ordered_at"])
            later -= datetime.fromisoformat(first["ordered_at"])
            assert timedelta(days=1) < later < timedelta(days=31)


def test_customers_without_purchases_and_buyers_without_entry(
    lines: list[Row], customers: list[Row], truth: dict[str, str]
) -> None:
    listed = {row["customer_id"] for row in customers}
    seen = {row["customer_id"] for row in lines} - {""}
    assert len(listed - seen) == 90
    assert len(seen - listed) == 70
    assert seen - listed <= set(truth)
    assert len((listed & seen) - set(truth)) == 6  # a return and no purchase


def test_last_purchases_over_365_days_ago(
    lines: list[Row], truth: dict[str, str]
) -> None:
    last = last_purchases(lines)
    gone = [c for c, at in last.items() if at < AS_OF - timedelta(days=365)]
    assert len(gone) == 15
    assert {truth[c] for c in gone} == {"lost"}


def test_dirty_lines(lines: list[Row]) -> None:
    copies = Counter(row["transaction_id"] for row in lines)
    assert sorted(copies.values())[-41:] == [1] + [2] * 40
    whole = Counter(tuple(row.values()) for row in lines)
    assert sum(n > 1 for n in whole.values()) == 40
    assert sum(row["customer_id"] == "" for row in lines) == 60
    dates = Counter(row["ordered_at"] for row in lines)
    assert {d: dates[d] for d in BAD_DATES} == dict.fromkeys(BAD_DATES, 8)
    amounts = Counter(row["amount"] for row in lines)
    assert {a: amounts[a] for a in BAD_AMOUNTS} == dict.fromkeys(BAD_AMOUNTS, 6)
    assert amounts["0.00"] == 15
    dates = [row["ordered_at"][:10] for row in lines]
    late = [day for day in dates if day.startswith("2026")]
    assert late == [f"2026-01-{day:02}" for day in range(3, 9)]


def test_dirty_customers(customers: list[Row]) -> None:
    spelled: Counter[str] = Counter()
    styles: Counter[str] = Counter()
    for column, allowed in TEXTS.items():
        for text in (row[column] for row in customers):
            if text in {"N/A", "unknown", "   "}:
                spelled[text] += 1
            elif text and text not in allowed:
                assert text.strip().lower() in allowed
                if text == f" {text.strip().lower()} ":
                    styles["spaces"] += 1
                elif text == text.strip().upper():
                    styles["upper"] += 1
                elif text == f" {text.strip().title()}":
                    styles["capital"] += 1
    assert spelled == {"N/A": 12, "unknown": 12, "   ": 6}
    assert styles == {"spaces": 12, "upper": 10, "capital": 6}
    births = Counter(row["birth_date"] for row in customers)
    bad = ("1843-05-17", "2031-04-12", "not a date")
    assert [births[b] for b in bad] == [2, 2, 2]
    for text in set(births) - {"", *bad}:
        assert date(1930, 1, 1) < date.fromisoformat(text) < date(2009, 1, 1)
    sizes = {row["household_size"] for row in customers}
    assert sizes == {"", "1", "2", "3", "4", "5", "6"}


def test_missing_demographics(customers: list[Row]) -> None:
    def gaps(row: Row) -> int:
        cells = list(row.values())[1:]
        return sum(c.strip() in {"", "N/A", "unknown"} for c in cells)

    counts = Counter(gaps(row) for row in customers)
    assert 0.09 < counts[5] / len(customers) < 0.11
    assert 0.28 < 1 - counts[0] / len(customers) < 0.32


def test_repeated_customer_ids(customers: list[Row]) -> None:
    by_id: dict[str, list[Row]] = {}
    for row in customers:
        by_id.setdefault(row["customer_id"], []).append(row)
    repeated = [rows for rows in by_id.values() if len(rows) > 1]
    assert [len(rows) for rows in repeated] == [2, 2]
    assert sorted(rows[0] == rows[1] for rows in repeated) == [False, True]


# -------------------------------------------------------------- size and chunks


def test_clean_is_the_same_shop_without_the_dirt(
    tmp_path: Path, lines: list[Row]
) -> None:
    demo.main(["--parquet", str(tmp_path), "--clean"])
    clean = table(tmp_path, "transactions")
    expected = [row["transaction_id"] for row in good(lines)]
    assert clean["transaction_id"] == expected
    assert clean["amount"] == [row["amount"] for row in good(lines)]
    people = table(tmp_path, "customers")
    assert len(set(people["customer_id"])) == len(people["customer_id"]) == 1_430
    for column, allowed in TEXTS.items():
        assert set(people[column]) == allowed | {None}
    for text in set(people["birth_date"]) - {None}:
        assert date(1930, 1, 1) < date.fromisoformat(text) < date(2009, 1, 1)


def test_chunks_give_the_same_kind_of_shop(tmp_path: Path) -> None:
    rows = {}
    for chunk in (250, 3_000):
        folder = tmp_path / str(chunk)
        settings = demo.Settings(customers=3_000, chunk=chunk)
        rows[chunk] = demo.write_parquet(folder, settings)
        parts = list((folder / "transactions").glob("part-*.parquet"))
        assert len(parts) == 3_000 // chunk
        truth = table(folder, "truth")
        assert len(truth["customer_id"]) == len(set(truth["customer_id"])) == 2_808
        counts = Counter(truth["planted_segment"])
        for name, share in SHARES.items():
            assert abs(counts[name] - share * 2_808) <= 1, name
        bought = table(folder, "transactions")
        copies = Counter(bought["transaction_id"])
        assert sum(n == 2 for n in copies.values()) == 80
        assert max(copies.values()) == 2
        owner: dict[str, str | None] = {}
        for order, customer in zip(
            bought["order_id"], bought["customer_id"], strict=True
        ):
            assert owner.setdefault(order, customer) == customer
        assert bought["customer_id"].count(None) == 120
        assert sum(a in BAD_AMOUNTS or a is None for a in bought["amount"]) == 36
        people = set(table(folder, "customers")["customer_id"])
        assert len(people) == 3_000 - 140
        assert len(people - set(bought["customer_id"])) == 180
    assert rows[250]["customers"] == rows[3_000]["customers"]
    ratio = rows[250]["transactions"] / rows[3_000]["transactions"]
    assert 0.93 < ratio < 1.07


@pytest.mark.parametrize(("customers", "chunk"), [(100, 100), (1_001, 100), (777, 333)])
def test_odd_sizes_add_up(customers: int, chunk: int) -> None:
    shops = list(demo.make_shop(demo.Settings(customers=customers, chunk=chunk)))
    ids = {c for shop in shops for c in shop.truth["customer_id"].to_pylist()}
    ids |= {c for shop in shops for c in shop.customers["customer_id"].to_pylist()}
    assert ids == {f"{i:06d}" for i in range(1, customers + 1)}


def test_heterogeneity_spreads_the_customers(tmp_path: Path) -> None:
    def spread(value: str) -> int:
        folder = tmp_path / value
        args = ["--heterogeneity", value, "--clean", "--customers", "1000"]
        demo.main(["--parquet", str(folder), *args])
        counts = Counter(table(folder, "transactions")["customer_id"])
        return max(counts.values())

    assert spread("0") < spread("1") < spread("3")


# ---------------------------------------------------------------- bad arguments


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--parquet", "out", "--customers", "99"], "between 100 and"),
        (["--parquet", "out", "--customers", "many"], "invalid int value"),
        (["--parquet", "out", "--seed", "-1"], "seed must be 0 or"),
        (["--parquet", "out", "--heterogeneity", "-0.5"], "between 0 and 10"),
        (["--parquet", "out", "--heterogeneity", "nan"], "between 0 and 10"),
        (["--customers", "200"], "--customers needs --parquet"),
        (["--clean"], "--clean needs --parquet"),
        (["--parquet", "out", "--root", "out"], "cannot go with --parquet"),
        (["--size", "3"], "Unrecognized arguments"),
    ],
)
def test_bad_arguments_fail_with_a_sentence(
    args: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        demo.main(args)
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert words in message
    assert message.endswith(".\n")
    assert message.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_or_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["--customers", "100", "--parquet"]
    assert demo.main([*args, str(tmp_path / "shop")]) == 0
    before = files(tmp_path)
    for target in ("shop", "shop/truth/part-00000.parquet"):
        with pytest.raises(SystemExit) as stop:
            demo.main([*args, str(tmp_path / target)])
        assert stop.value.code == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "already holds part files" in first
    assert first.endswith(".")
    assert second.startswith("Cannot write to")
    assert files(tmp_path) == before
