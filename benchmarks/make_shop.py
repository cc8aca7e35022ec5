"""Make a shop of any size with shop.sql, as Parquet files.

Writes ``transactions``, ``customers`` and ``truth`` (the planted behaviour of each buyer)
below a folder, a part file for each 500,000 customers, so that memory does not grow::

    python benchmarks/make_shop.py FOLDER --lines 1000000

The same shop a day later has ``--as-of`` a day later.
"""

import argparse
from datetime import date
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[1]
# All that shop.sql makes is sold before this day.
LAST_DAY = date(2025, 12, 20)
LINES_PER_CUSTOMER = 10.8
CHUNK = 500_000
TABLES = ("transactions", "customers", "truth")


def make_shop(
    folder: Path,
    customers: int,
    as_of: date = LAST_DAY,
    seed: int = 1,
    heterogeneity: float = 1.0,
    is_clean: bool = False,
) -> None:
    """Write the tables of a shop as Parquet files.

    Parameters
    ----------
    folder : Path
        Where the three folders of part files go; they must not be there yet.
    customers : int
        Customers in the customer table or buying.
    as_of : date
        The day the shop is seen: what happened or arrived later is unknown.
    seed : int
        Another seed makes another shop of the same kind.
    heterogeneity : float
        Factor on the spread between customers of one behaviour.
    is_clean : bool
        Leave the dirt out.
    """
    for table in TABLES:
        (folder / table).mkdir(parents=True)
    settings = {
        "as_of": as_of,
        "last_day": LAST_DAY,
        "seed": seed,
        "heterogeneity": heterogeneity,
        "is_clean": is_clean,
        "behaviours": str(PROJECT / "scripts" / "demo_behaviours.csv"),
    }
    with duckdb.connect() as database:
        database.execute("set threads = 2")
        database.execute("set memory_limit = '6GB'")
        for name, value in settings.items():
            database.execute(f"set variable {name} = $value", {"value": value})
        database.execute((PROJECT / "benchmarks" / "shop.sql").read_text())
        for part, first in enumerate(range(1, customers + 1, CHUNK)):
            following = min(first + CHUNK, customers + 1)
            database.execute(f"set variable first_customer = {first}")
            database.execute(f"set variable next_customer = {following}")
            for table in TABLES:
                file = folder / table / f"part-{part:05}.parquet"
                database.execute(f"copy (from shop_{table}) to '{file}'")


def main() -> None:
    """Read the command line and make the shop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--as-of", type=date.fromisoformat, default=LAST_DAY)
    given = parser.parse_args()
    make_shop(given.folder, round(given.lines / LINES_PER_CUSTOMER), given.as_of)


if __name__ == "__main__":
    main()
