"""Builds of many malformed and unusual tables, each judged against what the table says.

``python tests/fuzz_inputs.py`` runs all of them (about seven minutes of one core) and
prints a table of outcomes; ``--only TEXT`` runs the cases whose name has it, ``--sample N``
that many, spread evenly. It ends with 1 where a case is an ENGINE ERROR or SUSPECT.

dbt parses the project once. Every case is then a fork of this process, which writes the
case's files, builds up to the quality tables in a database of its own, and judges them.
"""

import argparse
import collections
import json
import logging
import multiprocessing
import os
import re
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
from fuzz_cases import Case
from fuzz_values import CASES
from run_dbt import explain

PROJECT = Path(__file__).parents[1]
RECONCILES, WARNS, SENTENCE = "reconciles", "warns", "one clear sentence"
ENGINE_ERROR, SUSPECT = "ENGINE ERROR", "SUSPECT"
OUTCOMES = (RECONCILES, WARNS, SENTENCE, ENGINE_ERROR, SUSPECT)
SELECTION = ("+*_quality", "+int_customer_days", "+rejected_transactions")
SECONDS = 120
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


# ---- Judging ----------------------------------------------------------------------


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


# ---- Building ---------------------------------------------------------------------


def parse_project(folder: Path):
    """Parse the project once, as if the transactions were a file and nothing else set."""
    from dbt.cli.main import dbtRunner
    from dbt_common.clients.jinja import template_cache

    given = {
        "segmentation_transactions": "read_parquet('orders.parquet')",
        "segmentation_customers": None,
        "segmentation_demographics": {},
        "segmentation_as_of_date": None,
    }
    done = dbtRunner().invoke(
        ["parse", "--no-partial-parse", *list_options(folder, given)]
    )
    if not done.success:
        raise SystemExit(f"The project does not parse: {done.exception}")
    # Compiled here, the macros are there in every fork.
    for macro in done.result.macros.values():
        template_cache.get_node_template(macro)
    return done.result


def list_options(folder: Path, given: dict) -> list[str]:
    return [
        "--quiet",
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        *("--log-level-file", "none", "--vars", json.dumps(given)),
    ]


def build(manifest, folder: Path, given: dict) -> Facts:
    """Build up to the quality tables and read what the judge needs."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    done = dbtRunner(manifest=manifest).invoke(
        [
            "build",
            *("--select", *SELECTION, "--indirect-selection", "cautious"),
            *("--exclude-resource-type", "unit_test"),
            *("--threads", "1", "--no-write-json"),
            *list_options(folder, given),
        ]
    )
    facts = Facts(done.success)
    if done.exception:
        facts.messages.append(str(done.exception))
    for result in getattr(done.result, "results", None) or []:
        if result.status in ("error", "runtime error"):
            facts.messages.append(result.message or "")
        elif result.status == "fail":
            facts.failures.append(result.node.name)
        elif result.status == "warn":
            facts.warnings.append(result.node.name)
    if facts.is_success:
        DuckDBConnectionManager.close_all_connections()
        read_tables(facts, given)
    return facts


def read_tables(facts: Facts, given: dict) -> None:
    with duckdb.connect(os.environ["SEGMENTATION_DB"]) as connection:

        def query(sql: str) -> list[tuple]:
            return connection.execute(sql).fetchall()

        facts.reasons = {
            reason: (count, amount)
            for reason, count, amount in query(
                "select reason, row_count, amount from transaction_quality"
                " order by reason_order"
            )
        }
        facts.ledger_rows = query("select count(*) from rejected_transactions")[0][0]
        for customer_id, date, money in query(
            "select customer_id, order_date, net_revenue from int_customer_days"
        ):
            facts.days.setdefault(customer_id, {})[date] = money
        facts.units, facts.discount = query(
            "select sum(units), sum(discount_amount) from int_customer_days"
        )[0]
        counts = dict(
            query(
                "select fact, row_count from customer_quality where"
                " attribute = '' or attribute is null"
            )
        )
        facts.records = counts.get("records", 0)
        facts.unmatched_buyers = counts.get("buyer_without_record", 0)
        if given["segmentation_customers"]:
            attributes = given["segmentation_demographics"]
            result = connection.execute("select * from stg_customers")
            names = [column[0].lower() for column in result.description]
            for row in result.fetchall():
                values = dict(zip(names, row, strict=True))
                facts.customers[values["customer_id"]] = {
                    name.lower(): values.get(name.lower()) for name in attributes
                }


def run_case(manifest, folder: Path, case: Case, pipe) -> None:
    """Run one case in a fork and send its outcome."""
    try:
        folder.mkdir()
        os.environ["SEGMENTATION_DB"] = str(folder / "segmentation.duckdb")
        # DuckDB's complaints come through dbt; nothing else may write into the table.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        logging.disable()
        inputs = folder / "in"
        inputs.mkdir()
        orders, customers = case.lay_out(inputs)
        given = json.loads(json.dumps(case.vars).replace("{folder}", str(inputs)))
        facts = build(manifest, folder, given)
        outcome, sentence = judge(case, given, orders, customers, facts)
        pipe.send((outcome, sentence.replace(str(inputs) + "/", "")))
    except BaseException:
        pipe.send(("HARNESS", traceback.format_exc()))


def run(manifest, folder: Path, case: Case) -> tuple[str, str]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=run_case, args=(manifest, folder, case, sender))
    process.start()
    sender.close()
    try:
        if receiver.poll(SECONDS):
            outcome = receiver.recv()
        else:
            process.kill()
            outcome = ENGINE_ERROR, f"No end after {SECONDS} seconds."
    except EOFError:
        outcome = ENGINE_ERROR, "The process dies without a word."
    process.join()
    if outcome[0] == "HARNESS":
        raise SystemExit(outcome[1])
    return outcome


def choose(only: str | None, sample: int | None) -> dict[str, Case]:
    chosen = {name: case for name, case in CASES.items() if not only or only in name}
    if sample and sample < len(chosen):
        # At even distances, for cases of a kind stand together.
        names = list(chosen)
        places = [place * len(names) // sample for place in range(sample)]
        chosen = {names[place]: chosen[names[place]] for place in places}
    return chosen


def write_row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="cases whose name has this text")
    parser.add_argument("--sample", type=int, help="that many cases, spread evenly")
    arguments = parser.parse_args()
    counts: collections.Counter = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="segmentation-fuzz-") as name:
        folder = Path(name)
        os.environ["SEGMENTATION_DB"] = str(folder / "segmentation.duckdb")
        os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
        manifest = parse_project(folder)
        print(write_row("case", "given", "outcome", "first sentence"))
        print("|---|---|---|---|")
        for place, (title, case) in enumerate(
            choose(arguments.only, arguments.sample).items()
        ):
            outcome, sentence = run(manifest, folder / f"case_{place}", case)
            counts[outcome] += 1
            sentence = " ".join(sentence.split())
            sentence = "".join(
                sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}"
                for sign in sentence
            )
            if len(sentence) > 240:
                sentence = sentence[:240] + " …"
            print(write_row(title, case.given, outcome, sentence), flush=True)
    said = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    seconds = round(sum(os.times()[:4]))
    print(f"\n{counts.total()} cases in {seconds} s of CPU: {said}.")
    return int(counts[ENGINE_ERROR] + counts[SUSPECT] > 0)


if __name__ == "__main__":
    sys.exit(main())
