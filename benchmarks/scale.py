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
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from made_shops import make_shop, start_build

COLUMNS = (
    "customers",
    "lines",
    "build",
    "seconds",
    "peak GB",
    "slowest steps (seconds)",
)


def count_lines(folder: Path) -> int:
    """Return the number of lines of the shop in a folder."""
    parts = (folder / "shop" / "transactions").glob("*.parquet")
    return sum(pq.read_metadata(part).num_rows for part in parts)


def build(folder: Path) -> tuple[float, float, list[tuple[str, float]]]:
    """Build in a folder; return seconds, peak GB of memory, and the slowest steps."""
    start = time.perf_counter()
    process = start_build(folder, "--exclude-resource-type=unit_test")
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
            make_shop(folder, customers)
            lines = count_lines(folder)
            for kind in ("first", "next"):
                seconds, gigabytes, steps = build(folder)
                cells = [f"{customers:,}", f"{lines:,}", kind, f"{seconds:.0f}"]
                cells.append(f"{gigabytes:.1f}")
                cells.append(", ".join(f"{step} {took:.0f}" for step, took in steps))
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
