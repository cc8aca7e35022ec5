"""Reads the published marts that the charts need."""

import glob
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

Tables = Mapping[str, pd.DataFrame]

# The columns each chart relies on: what the marts promise, and not one more.
COLUMNS = {
    "segment_profiles": (
        "segment_id segment_name segment_kind evidence name_claim recommended_action "
        "name_holds_share model_version customers customer_share net_revenue revenue_share "
        "borderline_share window_start_date as_of_date"
    ),
    "segment_feature_profiles": (
        "segment_id feature feature_role known_customers mean percentile_05 "
        "lower_quartile median upper_quartile percentile_95 index_to_all "
        "standardised_mean"
    ),
    "segment_map": (
        "segment_id recency_days frequency monetary confidence horizontal "
        "vertical horizontal_variance_share vertical_variance_share"
    ),
    "segment_count_scores": (
        "segment_count inertia silhouette simplified_silhouette stability "
        "worst_jaccard smallest_share later_spend_explained_share "
        "classic_grid_explained_share r_rfm_explained_share putler_explained_share "
        "is_chosen reason"
    ),
    "segment_evaluation": (
        "model_version model_status segment_count training_customers feature_count "
        "silhouette davies_bouldin calinski_harabasz stability "
        "later_spend_explained_share fitted_as_of_date"
    ),
    "segment_demographics": (
        "segment_id attribute attribute_value value_order customers share_of_known "
        "lift coverage is_suppressed minimum_cell_size"
    ),
    "segment_migrations": (
        "as_of_date from_segment_id from_segment_name to_segment_id to_segment_name "
        "is_stay customers net_revenue_before net_revenue_after"
    ),
    "segment_forward_value": (
        "as_of_date horizon_months segmentation group_name customers "
        "mean_future_net_revenue buyer_share group_count explained_share is_in_sample"
    ),
    "segment_rules": (
        "segment_id segment_name rule customers rule_customers coverage precision "
        "fidelity"
    ),
    "segment_drift": (
        "as_of_date model_version metric subject status hint training_value "
        "current_value value watch_from refit_from"
    ),
    "transaction_quality": "status reason reason_order row_count amount row_share",
}


class MissingTableError(Exception):
    """A published table is not there, or is not what the charts expect."""


def load_tables(
    folder: str | Path, with_customers: bool = False
) -> dict[str, pd.DataFrame]:
    """Read the published tables; the files are only ever opened for reading.

    Parameters
    ----------
    folder : str or Path
        Where the project publishes one Parquet file per mart.
    with_customers : bool
        Whether to read the ids of the customers of segment_map, to draw each of them.

    Returns
    -------
    dict of str to DataFrame
        Mart name to its rows.

    Raises
    ------
    MissingTableError
        In one sentence: which file is missing or unreadable, and what to run.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingTableError(
            f"The folder {folder} is missing: run `make build` to publish the tables."
        )
    tables = {}
    with duckdb.connect(":memory:") as connection:
        for mart, columns in COLUMNS.items():
            path = folder / f"{mart}.parquet"
            if not path.is_file():
                raise MissingTableError(
                    f"{path} is missing: run `make build` to publish it."
                )
            names = columns.split()
            if with_customers and mart == "segment_map":
                names.append("customer_id")
            names = ", ".join(names)
            query = f"select {names} from read_parquet(?)"
            try:
                # A folder named like a pattern is still one folder.
                relation = connection.execute(query, [glob.escape(str(path))])
                tables[mart] = relation.df()
            except duckdb.Error as error:
                reason = str(error).splitlines()[0].rstrip(".")
                raise MissingTableError(
                    f"{path} cannot be read ({reason}): run `make build` to publish "
                    "it again."
                ) from None
    return tables
