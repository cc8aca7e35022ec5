"""Measure our builds against other ways to the same, on a shop of a given size.

Each contender is a process of its own; its cost is user + system seconds. Results are kept
per size in results.json, and RESULTS.md and cost.svg are written from all of them::

    python benchmarks/bench.py 1m
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from builds import PROJECT, describe_build
from make_shop import LAST_DAY, LINES_PER_CUSTOMER, make_shop
from report import write_report

FOLDER = PROJECT / "benchmarks"
SIZES = {"1m": 1_000_000, "10m": 10_000_000, "100m": 100_000_000}
# What DuckDB may hold in memory during our builds, unless the environment says otherwise.
MEMORY_LIMITS = {"1m": "2400MB", "10m": "2400MB", "100m": "8GB"}
# A Saturday in December brings about 0.25 % more lines, a tenth of them late.
TODAY = LAST_DAY - timedelta(days=14)
TOMORROW = TODAY + timedelta(days=1)
OWN_PYTHON = Path(sys.executable)
BENCH_PYTHON = OWN_PYTHON.parents[1] / "bench" / "bin" / "python"
# Contender to its interpreter, the package that it needs, and the largest size it is run
# at: what holds all lines in memory needs about 0.45 GB per million of them.
OTHERS = {
    "bare_sql": (OWN_PYTHON, "duckdb", "100m"),
    "pandas_notebook": (OWN_PYTHON, "pandas", "10m"),
    "polars_notebook": (BENCH_PYTHON, "polars", "10m"),
    "openretailscience_rfm": (BENCH_PYTHON, "openretailscience", "100m"),
    "pymc_marketing_rfm": (BENCH_PYTHON, "pymc_marketing", "10m"),
}


def run_process(command: list, **options) -> dict:
    """Run a command and return its cost.

    Parameters
    ----------
    command : list
        Program and arguments.
    **options
        Options of `subprocess.Popen`.

    Returns
    -------
    dict
        Seconds of CPU and of wall time, and the largest resident memory in GB, of the
        process and of those it has waited for.

    Raises
    ------
    RuntimeError
        When the process failed; it has said why.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}.")
    # The kernel counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "wall_seconds": round(time.perf_counter() - start, 1),
        "peak_gigabytes": round(usage.ru_maxrss * unit / 1e9, 2),
    }


def run_build(shop: Path, folder: Path, **settings) -> dict:
    """Build all models and data tests; return the cost and the slowest nodes."""
    folder.mkdir(exist_ok=True)
    cost = run_process(**describe_build(shop, folder, **settings))
    results = json.loads((folder / "target" / "run_results.json").read_text())[
        "results"
    ]
    nodes = {r["unique_id"].split(".")[2]: r["execution_time"] for r in results}
    slowest = sorted(nodes, key=nodes.get, reverse=True)[:8]
    return cost | {"nodes": {name: round(nodes[name], 1) for name in slowest}}


def is_installed(python: Path, package: str) -> bool:
    """Tell whether an interpreter is there and finds a package."""
    if not python.exists():
        return False
    search = f"import importlib.util as u; exit(u.find_spec('{package}') is None)"
    return subprocess.run([python, "-c", search]).returncode == 0


def run_other(name: str, size: str, shop: Path, folder: Path) -> dict:
    """Run a contender of contenders.py; return its cost, or why it was skipped."""
    python, package, largest = OTHERS[name]
    if SIZES[size] > SIZES[largest]:
        return {
            "skipped": f"It holds all lines in memory and is not run beyond {largest}."
        }
    if not is_installed(python, package):
        return {
            "skipped": f"{package} is not installed in {BENCH_PYTHON.parents[1].name}."
        }
    output = folder / f"{name}.parquet"
    return run_process(
        [python, FOLDER / "contenders.py", name, shop, output, TODAY.isoformat()]
    )


def describe_machine() -> dict[str, str]:
    """Describe the machine and the versions that matter."""
    packages = ("duckdb", "dbt-core", "dbt-duckdb", "scikit-learn", "pandas")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GB of memory, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in packages),
    }


def run_all(size: str, folder: Path) -> dict:
    """Measure every contender at a size; our build with history stays in the folder."""
    shop = folder / "shop"
    customers = round(SIZES[size] / LINES_PER_CUSTOMER)
    runs = {}

    def keep(name: str, cost: dict) -> None:
        runs[name] = cost
        print(name, cost, flush=True)

    make_shop(shop, customers, TODAY)
    today = {"segmentation_as_of_date": TODAY}
    keep("full_build", run_build(shop, folder / "ours", **today))
    no_history = today | {"segmentation_history_months": 0}
    keep("build_without_history", run_build(shop, folder / "no_history", **no_history))
    shutil.rmtree(folder / "no_history")
    for name in OTHERS:
        keep(name, run_other(name, size, shop, folder))
    shutil.rmtree(shop)
    make_shop(shop, customers, TOMORROW)
    tomorrow = {"segmentation_as_of_date": TOMORROW}
    keep("next_day_build", run_build(shop, folder / "ours", **tomorrow))
    return {"lines": SIZES[size], "customers": customers, "runs": runs}


def main() -> None:
    """Measure one size and write the report of all."""
    size = sys.argv[1] if len(sys.argv) > 1 else ""
    if size not in SIZES:
        sys.exit(
            f"SIZE is {size or 'empty'}, but it must be one of: {', '.join(SIZES)}."
        )
    os.environ.setdefault("SEGMENTATION_MEMORY_LIMIT", MEMORY_LIMITS[size])
    folder = PROJECT / "target" / "bench" / size
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = FOLDER / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results[size] = run_all(size, folder) | describe_machine()
    path.write_text(json.dumps(results, indent=1) + "\n")
    write_report(results, FOLDER)


if __name__ == "__main__":
    main()
