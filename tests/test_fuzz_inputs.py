"""Strange tables end in a result that reconciles or in one clear sentence.

A sample of tests/fuzz_inputs.py runs here; the script itself runs all of them. The judge
is tested against planted faults, for a judge that excuses everything would pass, too.
"""

import collections
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from fuzz_inputs import CASES
from fuzz_judge import (
    ENGINE_ERROR,
    RECONCILES,
    SENTENCE,
    SUSPECT,
    WARNS,
    Facts,
    is_readable,
    judge,
)

SAMPLE = 36


def test_a_sample_of_strange_tables_reconciles_or_ends_in_one_sentence():
    script = Path(__file__).parent / "fuzz_inputs.py"
    done = subprocess.run(
        [sys.executable, str(script), "--sample", str(SAMPLE)],
        capture_output=True,
        text=True,
    )
    assert f"{SAMPLE} cases" in done.stdout, done.stdout + done.stderr
    bad = [
        line
        for line in done.stdout.splitlines()
        if f"| {ENGINE_ERROR} |" in line or f"| {SUSPECT} |" in line
    ]
    assert not bad and done.returncode == 0, "\n".join(bad) + done.stderr


def make_facts(orders: list[dict]) -> Facts:
    """What a faultless build would give."""
    readable = [row for row in orders if is_readable(row)]
    days: dict = collections.defaultdict(lambda: collections.defaultdict(Decimal))
    for row in readable:
        days[row["customer_id"]][row["ordered_at"].date()] += row["amount"]
    bought = [row for row in readable if row["amount"] > 0]
    return Facts(
        is_success=True,
        reasons={
            "accepted": (len(readable), sum(row["amount"] for row in readable)),
            "missing_customer": (0, Decimal(0)),
            "unreadable_amount": (0, Decimal(0)),
        },
        days=days,
        units=Decimal(sum(row["quantity"] for row in bought)),
        discount=Decimal(sum(row["discount_amount"] for row in bought)),
    )


def stop(*messages: str) -> Facts:
    return Facts(is_success=False, messages=list(messages))


def judge_comma(tmp_path: Path, plant=lambda facts: facts) -> tuple[str, str]:
    case = CASES["csv comma"]
    orders, customers = case.lay_out(tmp_path)
    return judge(case, case.vars, orders, customers, plant(make_facts(orders)))


def test_a_faultless_build_reconciles(tmp_path):
    assert judge_comma(tmp_path) == (RECONCILES, "120 rows accepted")


def lose_a_row(facts):
    count, amount = facts.reasons["accepted"]
    facts.reasons["accepted"] = (count - 1, amount)


def lose_money(facts):
    count, amount = facts.reasons["accepted"]
    facts.reasons["accepted"] = (count, amount - Decimal("0.01"))


def lose_the_ledger(facts):
    count, amount = facts.reasons["accepted"]
    facts.reasons["accepted"] = (count - 1, amount)
    facts.reasons["missing_customer"] = (1, Decimal(0))


def move_a_date(facts):
    days = facts.days["1001"]
    first = min(days)
    days[first.replace(year=2031)] = days.pop(first)


def split_a_customer(facts):
    days = facts.days["1001"]
    facts.days["1001\t"] = {max(days): days.pop(max(days))}


def lose_quantity(facts):
    facts.units = None


def fail_a_reconciliation(facts):
    facts.is_success = False
    facts.failures = ["assert_raw_rows_are_accepted_or_rejected"]


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (lose_a_row, "120 rows in the file, 119 accounted for."),
        (lose_money, "Amounts sum to"),
        (lose_the_ledger, "1 rows rejected, 0 in the ledger."),
        (move_a_date, "Dates or money of customers differ from the file."),
        (split_a_customer, "30 customers in the file, 31 found."),
        (lose_quantity, "of which None were read."),
        (fail_a_reconciliation, "A test of the project fails"),
    ],
)
def test_a_planted_fault_is_suspect(tmp_path, plant, sentence):
    outcome, said = judge_comma(tmp_path, lambda facts: plant(facts) or facts)
    assert outcome == SUSPECT
    assert sentence in said


def test_a_large_loss_is_suspect_unless_a_test_warns(tmp_path):
    def lose_a_fifth(facts, warnings=()):
        count, amount = facts.reasons["accepted"]
        facts.reasons["accepted"] = (count - 24, amount)
        facts.reasons["missing_customer"] = (24, Decimal(0))
        facts.ledger_rows = 24
        facts.warnings = list(warnings)
        return facts

    assert judge_comma(tmp_path, lose_a_fifth) == (
        SUSPECT,
        "24 of 120 rows rejected without a word, most of them missing_customer.",
    )
    assert judge_comma(
        tmp_path, lambda facts: lose_a_fifth(facts, ["assert_few_rows_are_rejected"])
    ) == (WARNS, "assert_few_rows_are_rejected")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (
            "Compilation Error in model stg_transactions (models/staging/x.sql)\n"
            "  segmentation_transactions is 'a.csv', but it must be UTF-8.\n"
            "  Invalid Input Error: CSV Error on Line: 2",
            SENTENCE,
        ),
        (
            "Runtime Error in model base_transactions (models/staging/x.sql)\n"
            "  Binder Error: No function matches segmentation_x",
            ENGINE_ERROR,
        ),
        ("'None' has no attribute 'rows'", ENGINE_ERROR),
        ("Compilation Error\n  Something is wrong.", ENGINE_ERROR),
    ],
)
def test_a_sentence_of_ours_names_an_input_and_comes_first(tmp_path, message, outcome):
    assert judge_comma(tmp_path, lambda facts: stop(message))[0] == outcome


def test_a_build_that_stops_is_suspect_where_the_vars_said_everything(tmp_path):
    case = CASES["csv no header told"]
    orders, customers = case.lay_out(tmp_path)
    facts = stop("Compilation Error\n  segmentation_transactions has no column x.")
    assert judge(case, case.vars, orders, customers, facts)[0] == SUSPECT
