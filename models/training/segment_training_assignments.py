"""The model: which segment K-Means gives each training customer.

One row per model version and training customer. Fits once; a later build adds rows only
for a new model version, whose segments are matched to those of the version before, so
that a segment keeps its id as long as it is the same group of customers.
"""

import platform

import numpy as np
import pandas as pd
import sklearn
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

# A cold start must beat the old centroids by this part of the inertia to replace them.
COLD_START_GAIN = 0.01
COLUMNS = {
    "model_version": "int32",
    "customer_id": "str",
    "segment_id": "int32",
    "previous_segment_id": "Int32",
    "fitted_with": "str",
}


def fit_segments(
    values: np.ndarray,
    k: int,
    starts: int,
    seed: int,
    old_centroids: np.ndarray | None = None,
) -> np.ndarray:
    """Fit K-Means from scratch and, if there are any, from the centroids before.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        Scaled features, in a fixed row order.
    k : int
        Number of segments.
    starts : int
        Random starts of the fit from scratch.
    seed : int
        Seed of the starts.
    old_centroids : ndarray of shape (k, n_features), optional
        Centroids to start from as well. The fit from scratch is taken only when its
        inertia is more than 1 % lower: a segment moves for a reason, not for a seed.

    Returns
    -------
    ndarray of shape (n_rows,)
        Labels 0 .. k-1, each row with its nearest centroid.
    """
    cold = KMeans(
        n_clusters=k, n_init=starts, random_state=seed, tol=0.0, max_iter=1000
    ).fit(values)
    if old_centroids is None:
        return cold.labels_
    warm = KMeans(
        n_clusters=k, init=old_centroids, n_init=1, tol=0.0, max_iter=1000
    ).fit(values)
    is_cold_better = cold.inertia_ < (1 - COLD_START_GAIN) * warm.inertia_
    return cold.labels_ if is_cold_better else warm.labels_


def rank_by_value(labels: np.ndarray, money: np.ndarray) -> np.ndarray:
    """Give segments ids from 1, the one with the highest mean revenue first.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Labels of the fit.
    money : ndarray of shape (n_rows,)
        Net revenue of the same rows.

    Returns
    -------
    ndarray of shape (n_rows,)
        Segment ids; equal means go by the order of their first row.
    """
    groups = pd.DataFrame({"label": labels, "money": money, "row": range(len(labels))})
    order = (
        groups.groupby("label")
        .agg(money=("money", "mean"), row=("row", "min"))
        .sort_values(["money", "row"], ascending=[False, True])
        .index
    )
    ids = {label: number for number, label in enumerate(order, start=1)}
    return np.array([ids[label] for label in labels])


def find_nearest(values: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Find the nearest centroid of every row, the first one on equal distances.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
    centroids : ndarray of shape (k, n_features)

    Returns
    -------
    ndarray of shape (n_rows,)
        Positions in `centroids`.
    """
    return (
        ((values[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    )


def match_segments(
    new_centroids: np.ndarray, old_centroids: np.ndarray
) -> dict[int, int]:
    """Pair new segments with old ones that lie in the same place.

    Parameters
    ----------
    new_centroids : ndarray of shape (k_new, n_features)
        Means of the new segments' rows in the OLD version's scaled space.
    old_centroids : ndarray of shape (k_old, n_features)
        Centroids of the old version in the same space.

    Returns
    -------
    dict
        New position to old position, for the pairs of the assignment with the least sum
        of squared distances that are closer than half the smallest distance between two
        old centroids. A new segment that is not in it is a new segment.

    References
    ----------
    Kuhn, H. W. (1955). The Hungarian method for the assignment problem. Naval Research
    Logistics Quarterly, 2(1-2), 83-97.
    """
    squared = ((new_centroids[:, None, :] - old_centroids[None, :, :]) ** 2).sum(axis=2)
    between = ((old_centroids[:, None, :] - old_centroids[None, :, :]) ** 2).sum(axis=2)
    apart = between[~np.eye(len(old_centroids), dtype=bool)].min()
    pairs = zip(*linear_sum_assignment(squared), strict=True)
    return {int(new): int(old) for new, old in pairs if squared[new, old] < apart / 4}


def to_pandas(relation) -> pd.DataFrame:
    """Turn a dbt relation of any engine into a DataFrame."""
    return relation.toPandas() if hasattr(relation, "toPandas") else relation.df()


def widen(rows: pd.DataFrame, values: str) -> pd.DataFrame:
    """Turn long rows into one row per customer and one column per feature, both sorted."""
    return (
        rows.pivot(index="customer_id", columns="feature", values=values)
        .astype("float64")
        .sort_index()
        .sort_index(axis=1)
    )


def scale_like(rows: pd.DataFrame, scales: pd.DataFrame) -> pd.DataFrame:
    """Scale training rows with another version's scales, one row per customer.

    Parameters
    ----------
    rows : DataFrame
        customer_id, feature, transformed_value.
    scales : DataFrame
        feature, mean, standard_deviation, clip, weight of the other version.

    Returns
    -------
    DataFrame
        The features of `scales`, which must all be in `rows`.
    """
    joined = rows.merge(scales, on="feature")
    standardised = (
        joined["transformed_value"].astype("float64") - joined["mean"]
    ) / joined["standard_deviation"]
    clipped = standardised.clip(-joined["clip"], joined["clip"])
    joined["scaled_value"] = clipped.fillna(0.0) * joined["weight"]
    return widen(joined, "scaled_value")


def average(wide: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Average the scaled features of each segment: one row per id, sorted."""
    return wide.groupby(ids.reindex(wide.index).to_numpy()).mean().sort_index()


def model(dbt, session):
    """Fit the newest model version, if that was not done before."""
    dbt.config(materialized="incremental", full_refresh=False)
    matrix = dbt.ref("segment_training_matrix")
    rows = dbt.ref("segment_training_rows")
    scales = to_pandas(dbt.ref("segment_scales"))
    counts = to_pandas(dbt.ref("segment_count_choice"))
    empty = pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
    )

    old = empty
    if dbt.is_incremental:
        old = to_pandas(session.sql(f"select * from {dbt.this}"))
    chosen = counts[counts["is_chosen"]]
    if chosen.empty or int(chosen["model_version"].iloc[0]) in set(
        old["model_version"]
    ):
        return empty
    version = int(chosen["model_version"].iloc[0])
    k = int(chosen["segment_count"].iloc[0])

    wide = widen(to_pandas(matrix.filter(f"model_version = {version}")), "scaled_value")
    new_rows = to_pandas(rows.filter(f"model_version = {version}"))
    money = (
        new_rows[new_rows["feature"] == "monetary"]
        .set_index("customer_id")["feature_value"]
        .reindex(wide.index)
    )

    # What the version before makes of the same customers, if its features are there still.
    there = old_centroids = warm = None
    previous_ids = pd.Series(pd.NA, index=wide.index, dtype="Int32")
    if len(old):
        before = int(old["model_version"].max())
        old_scales = scales[(scales["model_version"] == before) & scales["is_used"]]
        old_wide = widen(
            to_pandas(matrix.filter(f"model_version = {before}")), "scaled_value"
        )
        if len(old_wide) and set(old_scales["feature"]) <= set(
            new_rows.loc[new_rows["transformed_value"].notna(), "feature"]
        ):
            # Customers who were erased since then have no row and no id any more.
            old_ids = (
                old[old["model_version"] == before]
                .dropna(subset="customer_id")
                .set_index("customer_id")["segment_id"]
            )
            old_centroids = average(old_wide, old_ids)
            there = scale_like(new_rows, old_scales).reindex(wide.index)
            nearest = find_nearest(there.to_numpy(), old_centroids.to_numpy())
            previous_ids = pd.Series(
                old_centroids.index.to_numpy()[nearest], index=wide.index, dtype="Int32"
            )
            # The old segments as places in the new space: the customers they attract.
            if len(old_centroids) == k and len(np.unique(nearest)) == k:
                warm = wide.groupby(nearest).mean().sort_index().to_numpy()

    with threadpool_limits(1):
        labels = fit_segments(
            wide.to_numpy(dtype="float64"),
            k,
            dbt.config.meta_get("n_init"),
            dbt.config.meta_get("random_seed"),
            warm,
        )
    ids = pd.Series(rank_by_value(labels, money.to_numpy()), index=wide.index)
    if len(old):
        next_id = int(old["segment_id"].max()) + 1
        pairs = {}
        if old_centroids is not None:
            new_centroids = average(there, ids)
            matched = match_segments(new_centroids.to_numpy(), old_centroids.to_numpy())
            pairs = {
                new_centroids.index[new]: int(old_centroids.index[place])
                for new, place in matched.items()
            }
        for number in sorted(ids.unique()):
            if number not in pairs:
                pairs[number] = next_id
                next_id += 1
        ids = ids.map(pairs)
    fitted = pd.DataFrame(
        {
            "model_version": version,
            "customer_id": ids.index,
            "segment_id": ids.to_numpy(),
            "previous_segment_id": previous_ids.to_numpy(),
            "fitted_with": f"Python {platform.python_version()},"
            f" numpy {np.__version__}, scikit-learn {sklearn.__version__}",
        }
    )
    return fitted[list(COLUMNS)].astype(COLUMNS)
