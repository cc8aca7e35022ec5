"""Each segment as a short rule: one row per clause of a rule and feature it bounds.

A shallow decision tree is fitted on the training customers of a model version, in raw
units, and kept with it. Its leaves are the clauses: a customer meets exactly one of them.
Numbers are made readable before anything is measured; the text and the measures are SQL,
in segment_rules.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

# Questions in a row, beyond the fewest that can tell k segments apart; bounds of the same
# feature become one, so that a clause is shorter than its branch.
SPARE_DEPTH = 2
LEAVES_PER_SEGMENT = 2
# A leaf holds this part of the training customers, and five at least.
LEAF_SHARE = 0.005
MINIMUM_LEAF_ROWS = 5
# Figures of a border that is not a whole number.
SIGNIFICANT_DIGITS = 3
# Ties between equally good questions are broken by this, so that builds agree.
SEED = 0
COLUMNS = {
    "model_version": "int32",
    "segment_id": "int32",
    "clause_number": "int32",
    "feature": "str",
    "above": "float64",
    "up_to": "float64",
    "training_customers": "int32",
}


class Clause(NamedTuple):
    """Customers whose every bounded feature is above the first, up to the second."""

    segment_id: int
    bounds: dict[str, tuple[float, float]]
    rows: int


def round_border(border: float, is_whole: bool) -> float:
    """Make a border between two values readable.

    Parameters
    ----------
    border : float
        Values up to it lie on one side.
    is_whole : bool
        Whether the feature has whole numbers only; rounding down splits them alike.

    Returns
    -------
    float
        The whole number below, or the number of three significant digits next to it.
    """
    if is_whole:
        return float(math.floor(border))
    return float(f"{border:.{SIGNIFICANT_DIGITS}g}")


def fit_tree(values: np.ndarray, ids: np.ndarray) -> DecisionTreeClassifier:
    """Fit a shallow tree that tells the segments apart.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        Features in raw units, in a fixed order of rows and columns, all known.
    ids : ndarray of shape (n_rows,)
        Segment of each row.

    Returns
    -------
    DecisionTreeClassifier
        At most two leaves a segment.

    References
    ----------
    Breiman, L., Friedman, J., Olshen, R. and Stone, C. (1984). Classification and
    Regression Trees. Wadsworth.
    """
    k = len(np.unique(ids))
    return DecisionTreeClassifier(
        max_depth=math.ceil(math.log2(k)) + SPARE_DEPTH,
        max_leaf_nodes=LEAVES_PER_SEGMENT * k,
        min_samples_leaf=max(MINIMUM_LEAF_ROWS, math.ceil(LEAF_SHARE * len(ids))),
        random_state=SEED,
    ).fit(values, ids)


def list_leaves(
    tree: DecisionTreeClassifier, wide: pd.DataFrame, ids: np.ndarray
) -> list[Clause]:
    """Walk down the tree with rounded borders and let every leaf vote anew.

    Parameters
    ----------
    tree : DecisionTreeClassifier
        Fitted on the columns of `wide`.
    wide : DataFrame of shape (n_rows, n_features)
        The training rows.
    ids : ndarray of shape (n_rows,)
        Segment of each row.

    Returns
    -------
    list of Clause
        The leaves, each with the segment of most of its rows (the lowest id on a tie).
        Together they hold every possible customer once: a question that rounding left
        without a row on one side is not asked.
    """
    nodes = tree.tree_
    values = wide.to_numpy(dtype="float64")
    is_whole = (values == np.floor(values)).all(axis=0)

    def walk(node: int, rows: np.ndarray, bounds: dict) -> list[Clause]:
        left, right = nodes.children_left[node], nodes.children_right[node]
        if left < 0:
            found, counts = np.unique(ids[rows], return_counts=True)
            return [Clause(int(found[counts.argmax()]), bounds, len(rows))]
        place = nodes.feature[node]
        name = wide.columns[place]
        border = round_border(float(nodes.threshold[node]), bool(is_whole[place]))
        is_below = values[rows, place] <= border
        if is_below.all():
            return walk(left, rows, bounds)
        if not is_below.any():
            return walk(right, rows, bounds)
        above, up_to = bounds.get(name, (-math.inf, math.inf))
        return walk(left, rows[is_below], bounds | {name: (above, border)}) + walk(
            right, rows[~is_below], bounds | {name: (border, up_to)}
        )

    return walk(0, np.arange(len(ids)), {})


def merge_pair(one: Clause, other: Clause) -> Clause | None:
    """Put two clauses into one, if that holds the same customers.

    Parameters
    ----------
    one, other : Clause
        Clauses that no customer meets both of.

    Returns
    -------
    Clause or None
        Their union, when they are of one segment, bound the same features, and differ in
        one of them, where one ends at the other's start.
    """
    if one.segment_id != other.segment_id or set(one.bounds) != set(other.bounds):
        return None
    different = [name for name in one.bounds if one.bounds[name] != other.bounds[name]]
    if len(different) != 1:
        return None
    name = different[0]
    low, high = sorted([one.bounds[name], other.bounds[name]])
    if low[1] != high[0]:
        return None
    bounds = one.bounds | {name: (low[0], high[1])}
    if bounds[name] == (-math.inf, math.inf):
        del bounds[name]
    return Clause(one.segment_id, bounds, one.rows + other.rows)


def merge_clauses(clauses: list[Clause]) -> list[Clause]:
    """Merge pairs of clauses until no two can be merged.

    Parameters
    ----------
    clauses : list of Clause
        Clauses that no customer meets two of.

    Returns
    -------
    list of Clause
        At most as many, for the same customers.
    """
    merged = list(clauses)
    at = 0
    while at < len(merged):
        for place in range(at + 1, len(merged)):
            union = merge_pair(merged[at], merged[place])
            if union is not None:
                merged = [
                    clause for i, clause in enumerate(merged) if i not in (at, place)
                ] + [union]
                at = -1
                break
        at += 1
    return merged


def find_clauses(wide: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """State each segment as a few clauses over raw features.

    Parameters
    ----------
    wide : DataFrame of shape (n_rows, n_features)
        One row per training customer and one column per feature, both sorted, all known.
    ids : Series of shape (n_rows,)
        Segment of each customer, by the same index.

    Returns
    -------
    DataFrame
        segment_id, clause_number (from 1, the clause with the most rows first), feature,
        above (null: no lower bound), up_to (null: no upper bound), training_customers of
        the clause. A segment that has most rows in no leaf is not in it; nobody is when
        no question helps.
    """
    rows = []
    if wide.shape[1]:
        labels = ids.reindex(wide.index).to_numpy()
        tree = fit_tree(wide.to_numpy(dtype="float64"), labels)
        clauses = merge_clauses(list_leaves(tree, wide, labels))
        clauses.sort(
            key=lambda clause: (
                clause.segment_id,
                -clause.rows,
                sorted(clause.bounds.items()),
            )
        )
        numbers: dict[int, int] = {}
        for clause in clauses:
            numbers[clause.segment_id] = numbers.get(clause.segment_id, 0) + 1
            for feature, (above, up_to) in sorted(clause.bounds.items()):
                rows.append(
                    {
                        "segment_id": clause.segment_id,
                        "clause_number": numbers[clause.segment_id],
                        "feature": feature,
                        "above": above if math.isfinite(above) else None,
                        "up_to": up_to if math.isfinite(up_to) else None,
                        "training_customers": clause.rows,
                    }
                )
    return pd.DataFrame(
        rows, columns=[name for name in COLUMNS if name != "model_version"]
    )


def restore_values(rows: pd.DataFrame, scales: pd.DataFrame) -> pd.DataFrame:
    """Put training rows into one column per feature, in raw units.

    Parameters
    ----------
    rows : DataFrame
        customer_id, feature, feature_value, transformed_value.
    scales : DataFrame
        feature, transform, transform_scale of the features that rules may use.

    Returns
    -------
    DataFrame
        One row per customer and one column per feature, both sorted. The raw value is
        worked back from the transformed one where it was not kept; a feature that is
        unknown for somebody is left out, since a bound says nothing about the unknown.
    """
    joined = rows.merge(scales, on="feature")
    is_log = joined["transform"] == "log1p"
    restored = joined["transformed_value"].astype("float64")
    restored = (np.expm1(restored.where(is_log)) * joined["transform_scale"]).where(
        is_log, restored
    )
    # Transformed values have six decimals: what may be a whole number is one.
    accuracy = 1e-6 * (joined["transform_scale"] + restored.abs())
    is_whole = (restored - restored.round()).abs() <= accuracy
    restored = restored.round().where(is_whole, restored)
    joined["value"] = joined["feature_value"].astype("float64").fillna(restored)
    wide = joined.pivot(index="customer_id", columns="feature", values="value")
    return wide.sort_index().sort_index(axis=1).dropna(axis=1)


def to_pandas(relation) -> pd.DataFrame:
    """Turn a dbt relation of any engine into a DataFrame."""
    return relation.toPandas() if hasattr(relation, "toPandas") else relation.df()


def model(dbt, session):
    """State the segments of the model in use as clauses, if that was not done before."""
    dbt.config(materialized="incremental", full_refresh=False)
    parameters = to_pandas(dbt.ref("segment_parameters"))
    rows = dbt.ref("segment_training_rows")
    assignments = dbt.ref("segment_training_assignments")
    scales = to_pandas(dbt.ref("segment_scales"))
    # A feature with an expression of its own is no column that a rule could name.
    columns = dbt.ref("int_customer_features").columns
    empty = pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
    )
    if parameters.empty:
        return empty
    version = int(parameters["model_version"].iloc[0])
    if dbt.is_incremental:
        done = to_pandas(session.sql(f"select model_version from {dbt.this}"))
        if version in set(done.iloc[:, 0]):
            return empty
    scales = scales[
        (scales["model_version"] == version)
        & scales["is_used"]
        & (scales["feature_role"] != "demographic")
        & scales["feature"].isin(columns)
    ]
    wide = restore_values(
        to_pandas(rows.filter(f"model_version = {version}")),
        scales[["feature", "transform", "transform_scale"]],
    )
    assigned = to_pandas(assignments.filter(f"model_version = {version}"))
    assigned = assigned.dropna(subset="customer_id").set_index("customer_id")
    clauses = find_clauses(wide, assigned["segment_id"])
    clauses = clauses.assign(model_version=version)
    return clauses[list(COLUMNS)].astype(COLUMNS)
