"""Time and peak memory of a whole build, tests included, by the number of customers.

Makes shops with `scripts/make_demo_data.py` and prints a line per shop and kind of build::

    python benchmarks/scale.py --customers 10000 100000 1000000

"first" fits the model and scores a year of history; "next" is a second build, which only
scores. Unit tests are left out, since they need no data.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

PROJECT = Path(__file__).parents[1]
COLUMNS = (
    "customers",
    "lines",
    "build",
    "seconds",
    "peak GB",
    "slowest steps (seconds)",
)


def make_shop(folder: Path, customers: int) -> int:
    """Write a shop of so many customers and return its number of lines."""
    subprocess.run(
        [
            *(sys.executable, PROJECT / "scripts" / "make_demo_data.py"),
            *("--parquet", folder, "--customers", str(customers)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    parts = (folder / "transactions").glob("*.parquet")
    return sum(pq.read_metadata(part).num_rows for part in parts)


def build(folder: Path) -> tuple[float, float, list[tuple[str, float]]]:
    """Build in a folder; return seconds, peak GB of memory, and the slowest steps."""
    settings = {
        "segmentation_transactions": f"read_parquet('{folder}/shop/transactions/*')",
        "segmentation_customers": f"read_parquet('{folder}/shop/customers/*')",
    }
    start = time.perf_counter()
    process = subprocess.Popen(
        [
            *(Path(sys.executable).parent / "dbt", "--quiet", "build"),
            *("--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps(settings)),
            *("--target-path", folder / "target", "--log-path", folder / "logs"),
        ],
        cwd=PROJECT,
        env=os.environ
        | {
            "SEGMENTATION_DB": str(folder / "segmentation.duckdb"),
            "SEGMENTATION_PUBLISH_DIR": str(folder / "published"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"The build in {folder} failed.")
    results = json.loads((folder / "target" / "run_results.json").read_text())[
        "results"
    ]
    steps = sorted(
        ((r["unique_id"].split(".")[2], r["execution_time"]) for r in results),
        key=lambda step: -step[1],
    )
    return seconds, to_gigabytes(usage), steps[:4]


def to_gigabytes(usage: resource.struct_rusage) -> float:
    """Return the largest resident size; the kernel counts in KiB, macOS in bytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def main() -> None:
    """Print a table with a row per shop and kind of build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000])
    given = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    for customers in given.customers:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            lines = make_shop(folder / "shop", customers)
            for kind in ("first", "next"):
                seconds, gigabytes, steps = build(folder)
                cells = [f"{customers:,}", f"{lines:,}", kind, f"{seconds:.0f}"]
                cells.append(f"{gigabytes:.1f}")
                cells.append(", ".join(f"{step} {took:.0f}" for step, took in steps))
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
