"""Publish into PostgreSQL with a DuckDB that has the extension: a line of SQL at a time.

Usage: python publish_to_postgres.py CONNECTION EXTENSION

Each line of standard input is run, and then what is there is published into the PostgreSQL
of the connection string. The answer is "published" or the error.
"""

import importlib.util
import sys
from pathlib import Path

import duckdb
import pandas as pd

MODEL = Path(__file__).parents[1] / "models" / "publishing" / "published_to_postgres.py"
ORDERS = {"customers": "customer_id", "segments": "segment_id", "seasons": "season"}


def list_marts(session: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Describe the tables as published_files and publish_tables do."""
    rows = []
    for name in [row[0] for row in session.execute("show tables").fetchall()]:
        count, content = session.execute(
            f"select count(*), cast(sum(hash(one)) as varchar) from {name} as one"
        ).fetchall()[0]
        rows.append((name, count, content, "memory", "main", name, ORDERS[name], True))
    return pd.DataFrame(
        rows,
        columns=[
            *("table_name", "row_count", "content", "database_name", "schema_name"),
            *("identifier", "sort_columns", "has_key"),
        ],
    )


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("published_to_postgres", MODEL)
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    with duckdb.connect() as session:
        session.execute(f"load '{sys.argv[2]}'")
        session.execute(f"attach '{sys.argv[1]}' as bi (type postgres)")
        for line in sys.stdin:
            session.execute(line)
            try:
                model.publish(session, list_marts(session), "bi", "segments")
                print("published", flush=True)
            except OSError as error:
                print(error, flush=True)
