"""Print what a build made: the segments with their sizes, and where to find things.

Usage: python scripts/print_summary.py
"""

import os
import sys
from pathlib import Path

import duckdb
from sklearn.metrics import adjusted_rand_score

TRUTH = Path(__file__).parents[1] / "tests" / "data" / "demo_truth.csv"


def measure_agreement(segments: str, truth: Path) -> float | None:
    """Compare clustered customers with the behaviours planted in the demo shop.

    Parameters
    ----------
    segments : str
        Path of customer_segments.parquet.
    truth : Path
        CSV file with customer_id and planted_segment.

    Returns
    -------
    float or None
        Adjusted Rand index from about 0 (no more than chance) to 1 (the same groups);
        None when these are not the demo shop's customers.
    """
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select truth.planted_segment, segments.segment_id, segments.segment_kind
            from read_csv(?, all_varchar = true) as truth
            left join read_parquet(?) as segments using (customer_id)
            order by truth.customer_id
            """,
            [str(truth), segments],
        ).fetchall()
    if any(segment is None for _, segment, _ in rows):
        return None
    clustered = [row for row in rows if row[2] == "cluster"]
    if not clustered:
        return None
    return adjusted_rand_score(
        [row[0] for row in clustered], [row[1] for row in clustered]
    )


def summarise(folder: Path) -> str:
    """Lay out the published segments as text."""
    with duckdb.connect() as connection:
        segments = connection.execute(
            """
            select segment_name, customers, customer_share, revenue_share
            from read_parquet(?)
            order by segment_kind, case when segment_id < 0 then -segment_id
                else segment_id end
            """,
            [str(folder / "segment_profiles.parquet")],
        ).fetchall()
        as_of_date, customers = connection.execute(
            "select min(as_of_date), count(*) from read_parquet(?)",
            [str(folder / "customer_segments.parquet")],
        ).fetchall()[0]
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
    agreement = measure_agreement(str(folder / "customer_segments.parquet"), TRUTH)
    if agreement is not None:
        lines += [
            "",
            "Demo data: agreement with the seven planted behaviours"
            f" (adjusted Rand index) {agreement:.2f}",
        ]
    lines += [
        "",
        f"database  {os.environ.get('SEGMENTATION_DB', 'segmentation.duckdb')}",
        f"tables    {folder}/*.parquet, {folder}/segments.duckdb",
        f"report    {folder}/report.html",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    published = Path(os.environ.get("SEGMENTATION_PUBLISH_DIR", "published"))
    if not (published / "segment_profiles.parquet").is_file():
        sys.exit(f"{published}/segment_profiles.parquet is not there; run make build.")
    print(summarise(published))
