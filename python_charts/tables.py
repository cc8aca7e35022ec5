"""Reads the published marts that the page shows; the files are only ever read."""

import glob
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

Tables = Mapping[str, pd.DataFrame]

MARTS = [
    "cohort_retention", "column_quality", "feature_correlations", "feature_histograms",
    "recency_frequency_grid", "report_findings", "revenue_concentration", "sales_calendar",
    "segment_count_scores", "segment_demographics", "segment_drift", "segment_evaluation",
    "segment_feature_profiles", "segment_forward_value", "segment_map", "segment_months",
    "segment_moves", "segment_profiles", "segment_rules", "transaction_quality",
]  # fmt: skip
# Personal data and raw values, which the page does not even read.
LEFT_OUT = {"segment_map": "customer_id", "column_quality": "examples, mend"}


class MissingTableError(Exception):
    """A published table is not there, or is not what the page expects."""


def load_tables(
    folder: str | Path, with_customers: bool = False
) -> dict[str, pd.DataFrame]:
    """Read the published tables, without customers unless they are asked for.

    A table that is missing, unreadable or of another version is a sentence.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingTableError(
            f"The folder {folder} is missing: run `make build` to publish the tables."
        )
    if (folder / "current").is_dir():
        # All of one version, whatever is published meanwhile.
        folder = (folder / "current").resolve()
    tables = {}
    with duckdb.connect(":memory:") as connection:
        for mart in MARTS:
            path = folder / f"{mart}.parquet"
            if not path.is_file():
                raise MissingTableError(
                    f"{path} is missing: run `make build` to publish it."
                )
            is_all = mart not in LEFT_OUT or (with_customers and mart == "segment_map")
            columns = "*" if is_all else f"* exclude ({LEFT_OUT[mart]})"
            try:
                # A folder named like a pattern is still one folder.
                tables[mart] = connection.execute(
                    f"select {columns} from read_parquet(?)", [glob.escape(str(path))]
                ).df()
            except duckdb.Error as error:
                reason = str(error).splitlines()[0].rstrip(".")
                raise MissingTableError(
                    f"{path} cannot be read ({reason}): run `make build` to publish "
                    "it again."
                ) from None
    return tables
