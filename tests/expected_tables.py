"""What plain Python makes of dirty tables, to compare tests/test_properties.py with."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from shops import COLUMNS

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
