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
import sys
import tempfile
import traceback
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
import fuzz_csv
import fuzz_customers
import fuzz_files
import fuzz_types
import fuzz_values
from fuzz_judge import ENGINE_ERROR, OUTCOMES, SUSPECT, Facts, judge
from fuzz_shop import Case

CASES: dict[str, Case] = {
    name: case
    for module in (fuzz_csv, fuzz_files, fuzz_types, fuzz_values, fuzz_customers)
    for name, case in module.CASES.items()
}
PROJECT = Path(__file__).parents[1]
SELECTION = ("+*_quality", "+int_customer_days", "+rejected_transactions")
SECONDS = 120


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
        print(write_row("case", "outcome", "first sentence"))
        print("|---|---|---|")
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
            print(write_row(title, outcome, sentence), flush=True)
    said = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    seconds = round(sum(os.times()[:4]))
    print(f"\n{counts.total()} cases in {seconds} s of CPU: {said}.")
    return int(counts[ENGINE_ERROR] + counts[SUSPECT] > 0)


if __name__ == "__main__":
    sys.exit(main())
