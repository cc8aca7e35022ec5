"""Print what a build made: the segments with their sizes, and where to find things.

Usage: python scripts/print_summary.py [TARGET]
"""

import os
import sys
from pathlib import Path

import duckdb

TRUTH = Path(__file__).parents[1] / "tests" / "data" / "demo_truth.csv"


def query(sql: str, *paths: Path) -> list[tuple]:
    """Read rows from files."""
    with duckdb.connect() as connection:
        return connection.execute(sql, [str(path) for path in paths]).fetchall()


def measure_agreement(segments: Path, truth: Path) -> float | None:
    """Compare clustered customers with the behaviours planted in the demo shop.

    Returns the adjusted Rand index, from about 0 (no more than chance) to 1 (the same
    groups); None when these are not the demo shop's customers.
    """
    rows = query(
        """
        select segments.segment_kind, truth.planted_segment, segments.segment_id
        from read_csv(?, all_varchar = true) as truth
        left join read_parquet(?) as segments using (customer_id)
        order by truth.customer_id
        """,
        truth,
        segments,
    )
    clustered = [pair for kind, *pair in rows if kind == "cluster"]
    if not clustered or any(kind is None for kind, *_ in rows):
        return None
    # Only the demo needs it, and it takes longer to load than the rest to run.
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(*zip(*clustered, strict=True))


def name_database(target: str) -> str:
    """Say where dbt's target keeps its tables."""
    if target == "duckdb":
        return os.environ.get("SEGMENTATION_DB", "segmentation.duckdb")
    schema = os.environ.get("SEGMENTATION_SPARK_SCHEMA", "segmentation")
    return f"{target}, schema {schema}"


def summarise(folder: Path, target: str = "duckdb") -> str:
    """Lay out the published segments as text."""
    # All of one version, whatever is published meanwhile.
    current = folder / "current"
    tables = current.resolve() if current.is_dir() else folder
    segments = query(
        """
        select segment_name, customers, customer_share, revenue_share
        from read_parquet(?)
        order by segment_kind, abs(segment_id)
        """,
        tables / "segment_profiles.parquet",
    )
    customer_segments = tables / "customer_segments.parquet"
    [(as_of_date, customers)] = query(
        "select min(as_of_date), count(*) from read_parquet(?)", customer_segments
    )
    width = max([len("segment"), *(len(row[0]) for row in segments)])
    lines = [
        f"{customers:,} customers as of {as_of_date}",
        "",
        f"{'segment':<{width}}  customers   share  of revenue",
    ]
    for name, count, share, revenue in segments:
        # Adding 0 turns a -0.0 % into 0.0 %.
        money = "-" if revenue is None else f"{round(revenue, 3) + 0:.1%}"
        lines.append(f"{name:<{width}}  {count:>9,}  {share:>6.1%}  {money:>10}")
    agreement = measure_agreement(customer_segments, TRUTH)
    if agreement is not None:
        lines += [
            "",
            "Demo data: agreement with the seven planted behaviours"
            f" (adjusted Rand index) {agreement:.2f}",
        ]
    lines += [
        "",
        f"database  {name_database(target)}",
        f"tables    {folder}/*.parquet, {folder}/segments.duckdb",
        f"report    {folder}/report.html",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    published = Path(os.environ.get("SEGMENTATION_PUBLISH_DIR", "published"))
    if not (published / "segment_profiles.parquet").is_file():
        sys.exit(f"{published}/segment_profiles.parquet is not there; run make build.")
    print(summarise(published, *sys.argv[1:2]))
