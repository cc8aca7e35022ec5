"""What becomes of a case of tests/fuzz_inputs.py: five outcomes, two of them faults."""

import collections
import re
from dataclasses import dataclass, field
from decimal import Decimal

from fuzz_shop import Case
from run_dbt import explain

RECONCILES, WARNS, SENTENCE = "reconciles", "warns", "one clear sentence"
ENGINE_ERROR, SUSPECT = "ENGINE ERROR", "SUSPECT"
OUTCOMES = (RECONCILES, WARNS, SENTENCE, ENGINE_ERROR, SUSPECT)
# A larger part of the rows, values or matches may only be lost with a word about it.
LOST_SHARE = 0.1
# These fail when the project itself has lost something.
RECONCILING_TESTS = (
    "assert_raw_rows_are_accepted_or_rejected",
    "assert_money_reconciles_from_raw_to_segment",
)
ENGINE_WORDS = re.compile(
    r"^(\w+ )?(\w+ )?(Error|Exception|Traceback)\b|^\w+Error\b|is not JSON serializable"
    r"|^'.*' (has no attribute|is undefined)|^INTERNAL"
)


@dataclass
class Facts:
    """What a build gave: its words when it stopped, its tables when it did not.

    `messages` are the errors, `failures` and `warnings` the names of tests; `reasons` maps
    a reason to rows and money; `days` maps a customer to its dates with their money.
    """

    is_success: bool
    messages: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    reasons: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    ledger_rows: int = 0
    days: dict[str, dict] = field(default_factory=dict)
    units: Decimal | None = None
    discount: Decimal | None = None
    records: int = 0
    unmatched_buyers: int = 0
    customers: dict[str, dict] = field(default_factory=dict)


def find_sentence(message: str) -> str:
    """Return the first line of an error that is not dbt's heading."""
    for line in message.splitlines():
        line = line.strip()
        if line and not re.match(
            r"Encountered an error|(Compilation|Runtime|Database|Parsing) Error"
            r"( in .*)?$",
            line,
        ):
            return line
    return message.strip()


def names_an_input(sentence: str, given: dict) -> bool:
    """Whether a sentence says which var or which file is meant."""
    relations = (given["segmentation_transactions"], given["segmentation_customers"])
    return "segmentation_" in sentence or any(
        relation and relation in sentence for relation in relations
    )


def judge(
    case: Case, given: dict, orders: list, customers: list | None, facts: Facts
) -> tuple[str, str]:
    """Return the outcome of a case and its first sentence."""
    if facts.messages:
        # What no macro can catch is explained by the script that `make build` runs.
        explained = [explain(message) for message in facts.messages]
        if any(explained):
            return SENTENCE, next(sentence for sentence in explained if sentence)
        sentences = [find_sentence(message) for message in facts.messages]
        for sentence in sentences:
            if ENGINE_WORDS.search(sentence) or not names_an_input(sentence, given):
                return ENGINE_ERROR, sentence
        if case.must_work:
            return SUSPECT, f"Stops though all was said: {sentences[0]}"
        return SENTENCE, sentences[0]
    lost = set(facts.failures) & set(RECONCILING_TESTS)
    if lost or any(not name.startswith("assert_") for name in facts.failures):
        return SUSPECT, f"A test of the project fails: {', '.join(facts.failures)}"
    if facts.failures:
        if case.must_work:
            return SUSPECT, f"Stops though all was said: {facts.failures[0]}"
        return SENTENCE, f"A test fails that names the claim: {facts.failures[0]}"
    if not facts.is_success:
        return ENGINE_ERROR, "The build fails without a message."
    faults = find_faults(case, orders, customers, facts)
    losses = find_losses(case, orders, customers, facts)
    if faults:
        return SUSPECT, faults[0]
    if facts.warnings:
        return WARNS, ", ".join(facts.warnings)
    if losses:
        return SUSPECT, losses[0]
    return RECONCILES, describe(facts)


def find_faults(case: Case, orders: list, customers: list | None, facts: Facts) -> list:
    """Return where the tables contradict the file; no warning excuses that."""
    faults = []
    rows = case.rows_in_file if case.rows_in_file and not case.is_customers else None
    rows = rows or len(orders)
    found_rows = sum(count for count, _ in facts.reasons.values())
    if found_rows != rows:
        faults.append(f"{rows} rows in the file, {found_rows} accounted for.")
    accepted = facts.reasons["accepted"][0]
    rejected = sum(count for count, _ in facts.reasons.values()) - accepted
    if rejected != facts.ledger_rows:
        faults.append(f"{rejected} rows rejected, {facts.ledger_rows} in the ledger.")
    unreadable = facts.reasons["unreadable_amount"][0]
    money = sum(row["amount"] for row in orders if row["amount"] is not None)
    found = sum(amount for _, amount in facts.reasons.values())
    if unreadable == 0 and round(Decimal(money), 4) != found:
        faults.append(f"Amounts sum to {money} in the file, to {found} accounted for.")
    readable = [row for row in orders if is_readable(row)]
    if accepted > len(readable):
        faults.append(f"{accepted} rows accepted, {len(readable)} can be read.")
    if accepted == len(readable):
        faults += compare_days(readable, facts)
    else:
        dates = {row["ordered_at"].date() for row in readable}
        strange = {date for days in facts.days.values() for date in days} - dates
        if strange:
            faults.append(f"Dates that are not in the file, such as {min(strange)}.")
    return faults + compare_customers(case, customers, facts)


def is_readable(row: dict) -> bool:
    return all(
        row[name] is not None and row[name] != ""
        for name in ("customer_id", "ordered_at", "amount")
    )


def compare_days(orders: list, facts: Facts) -> list:
    """Compare every customer's dates and money, however the id is spelt."""
    expected = collections.defaultdict(lambda: collections.defaultdict(Decimal))
    for row in orders:
        money = round(Decimal(row["amount"]), 4)
        expected[row["customer_id"]][row["ordered_at"].date()] += money
    if len(expected) != len(facts.days):
        return [f"{len(expected)} customers in the file, {len(facts.days)} found."]

    def as_set(days: dict) -> collections.Counter:
        return collections.Counter(
            tuple(sorted((date, float(money)) for date, money in of_one.items()))
            for of_one in days.values()
        )

    if as_set(expected) != as_set(facts.days):
        return ["Dates or money of customers differ from the file."]
    return []


def compare_customers(case: Case, customers: list | None, facts: Facts) -> list:
    """Compare the attributes that were read; lost ones are no contradiction."""
    if customers is None:
        return []
    faults = []
    records = case.rows_in_file or len(customers)
    if facts.records != records:
        faults.append(f"{records} records in the file, {facts.records} accounted for.")
    expected = merge_customers(customers)
    for customer_id, values in facts.customers.items():
        for name, value in values.items():
            wanted = expected.get(customer_id, {}).get(name)
            if None not in (value, wanted) and str(value) not in (
                str(wanted),
                f"{wanted}.0",
            ):
                faults.append(
                    f"{name} is {wanted} in the file and was read as {value}."
                )
                return faults
    return faults


def merge_customers(customers: list) -> dict[str, dict]:
    """One record per id, with whatever is known in any of its rows."""
    merged: dict[str, dict] = {}
    for row in customers:
        if row["customer_id"]:
            known = {name: value for name, value in row.items() if value is not None}
            merged[row["customer_id"]] = merged.get(row["customer_id"], {}) | known
    return merged


def find_losses(case: Case, orders: list, customers: list | None, facts: Facts) -> list:
    """Return what was lost in a build that did not say a word."""
    losses = []
    if case.must_tell:
        losses.append("Much of a column cannot be read, and nothing says so.")
    accepted = facts.reasons["accepted"][0]
    rows = sum(count for count, _ in facts.reasons.values())
    if rows and 1 - accepted / rows > case.may_lose:
        reason = max(
            (name for name in facts.reasons if name != "accepted"),
            key=lambda name: facts.reasons[name][0],
        )
        losses.append(
            f"{rows - accepted} of {rows} rows rejected without a word, "
            f"most of them {reason}."
        )
    readable = [row for row in orders if is_readable(row)]
    for name, found in (("quantity", facts.units), ("discount_amount", facts.discount)):
        expected = sum(
            Decimal(str(row[name]))
            for row in readable
            if row[name] is not None and row["amount"] > 0
        )
        if accepted == len(readable) and expected:
            share = 1 - (found or 0) / expected
            if abs(share) > LOST_SHARE:
                losses.append(f"{name} sums to {expected}, of which {found} were read.")
            elif round(expected, 4) != found and not any(
                row[name] is None for row in orders
            ):
                losses.append(f"{name} sums to {expected}, found {found}.")
    if customers is not None:
        losses += find_lost_attributes(orders, customers, facts)
    return losses


def find_lost_attributes(orders: list, customers: list, facts: Facts) -> list:
    losses = []
    expected = merge_customers(customers)
    names = {name for values in facts.customers.values() for name in values}
    for name in sorted(names - {"customer_id"}):
        known = sum(values.get(name) is not None for values in expected.values())
        found = sum(values.get(name) is not None for values in facts.customers.values())
        if known and 1 - found / known > LOST_SHARE:
            losses.append(f"{name} is known for {known} customers, read for {found}.")
    buyers = {row["customer_id"] for row in orders if row["customer_id"]}
    unmatched = len(buyers - set(expected))
    if facts.unmatched_buyers - unmatched > LOST_SHARE * len(buyers):
        losses.append(
            f"{facts.unmatched_buyers} of {len(buyers)} buyers meet no record, "
            f"{unmatched} have none."
        )
    return losses


def describe(facts: Facts) -> str:
    rejected = [
        f"{count} {reason}"
        for reason, (count, _) in facts.reasons.items()
        if count and reason != "accepted"
    ]
    return ", ".join([f"{facts.reasons['accepted'][0]} rows accepted", *rejected])
