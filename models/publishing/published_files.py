"""Publish the marts: one row per mart with the file BI tools read.

Runs after every mart and its tests. All files are written aside first and then moved into
place one by one, so a reader sees the last good file or the new one, never a half one.
"""

import os
import shutil
import tempfile
from pathlib import Path

import duckdb
import pandas as pd

DATABASE = "segments.duckdb"
# Drivers of BI tools lag behind: every DuckDB since 1.0 reads this.
STORAGE_VERSION = "v1.0.0"
COLUMNS = {"table_name": "str", "file_name": "str", "row_count": "int64"}


def write_files(tables: dict, folder: Path, mode: int) -> pd.DataFrame:
    """Write every table as Parquet, and all of them as one DuckDB database.

    Parameters
    ----------
    tables : dict of str to DuckDBPyRelation
        Name and rows of each table, in the order to write them.
    folder : Path
        Where the files go; made if it is not there, as open as the files.
    mode : int
        Permissions of the files, 0o600 for their owner only.

    Returns
    -------
    DataFrame
        One row per table: table_name, file_name, row_count.

    Raises
    ------
    OSError
        When the folder cannot be written. What was published before is untouched.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        # Who may read a file may enter its folder.
        folder.chmod(mode | (mode & 0o444) >> 2)
    aside = Path(tempfile.mkdtemp(prefix=".publishing-", dir=folder))
    try:
        rows = []
        with duckdb.connect() as database:
            target = str(aside / DATABASE).replace("'", "''")
            database.execute(
                f"attach '{target}' as published (storage_version '{STORAGE_VERSION}')"
            )
            database.execute("use published")
            for name, relation in tables.items():
                path = aside / f"{name}.parquet"
                relation.write_parquet(str(path))
                source = str(path).replace("'", "''")
                database.execute(
                    f"create table {name} as select * from read_parquet('{source}')"
                )
                counted = database.execute(f"select count(*) from {name}").fetchall()
                rows.append((name, path.name, counted[0][0]))
            database.execute("checkpoint")
        for path in sorted(aside.iterdir()):
            path.chmod(mode)
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def model(dbt, session):
    """Write the marts, each in the order of its key, unless rows were left out."""
    dbt.config(materialized="table")
    [(folder,)] = dbt.ref("publish_folder").fetchall()
    tables = {
        "customer_segments": dbt.ref("customer_segments").order("customer_id"),
        "segment_profiles": dbt.ref("segment_profiles").order("segment_id"),
        "segment_feature_profiles": dbt.ref("segment_feature_profiles").order(
            "segment_id, feature"
        ),
        "segment_rules": dbt.ref("segment_rules").order("segment_id"),
        "segment_demographics": dbt.ref("segment_demographics").order(
            "segment_id, attribute, value_order"
        ),
        "segment_count_scores": dbt.ref("segment_count_scores").order("segment_count"),
        "segment_evaluation": dbt.ref("segment_evaluation").order("model_version"),
        "customer_segments_monthly": dbt.ref("customer_segments_monthly").order(
            "as_of_date, customer_id"
        ),
        "segment_migrations": dbt.ref("segment_migrations").order(
            "as_of_date, from_segment_name, to_segment_id"
        ),
        "segment_forward_value": dbt.ref("segment_forward_value").order(
            "as_of_date, horizon_months, segmentation, group_name"
        ),
        "segment_drift": dbt.ref("segment_drift").order(
            "as_of_date, model_version, metric, subject"
        ),
        "segment_months": dbt.ref("segment_months").order("as_of_date, segment_id"),
        "segment_moves": dbt.ref("segment_moves").order(
            "from_date, to_date, from_segment_id, to_segment_id"
        ),
        "report_findings": dbt.ref("report_findings").order("finding_rank"),
        "recency_frequency_grid": dbt.ref("recency_frequency_grid").order(
            "recency_score, frequency_score"
        ),
        "revenue_concentration": dbt.ref("revenue_concentration").order("twentieth"),
        "cohort_retention": dbt.ref("cohort_retention").order(
            "cohort_month, months_since"
        ),
        "sales_calendar": dbt.ref("sales_calendar").order("order_month, weekday"),
        "feature_correlations": dbt.ref("feature_correlations").order(
            "feature, other_feature"
        ),
        "feature_histograms": dbt.ref("feature_histograms").order(
            "feature, scale, bin"
        ),
        "segment_map": dbt.ref("segment_map").order("customer_id"),
        "column_quality": dbt.ref("column_quality").order("table_name, column_name"),
        "customer_quality": dbt.ref("customer_quality").order("attribute, fact"),
        "transaction_quality": dbt.ref("transaction_quality").order("reason_order"),
        "data_dictionary": dbt.ref("data_dictionary").order(
            "table_name, column_number"
        ),
        "rejected_transactions": dbt.ref("rejected_transactions").order(
            "rejection_reason, customer_id, transaction_id, order_id, raw_ordered_at,"
            " raw_amount"
        ),
    }
    if folder is None:
        return pd.DataFrame(
            {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
        )
    mode = int(str(dbt.config.meta_get("mode")), 8)
    return write_files(tables, Path(folder), mode)
