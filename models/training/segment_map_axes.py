"""Two axes to draw the training customers on: one row per model version and feature.

Principal components of the version's training matrix, kept with it. Only the loadings are
worked out here; the coordinates are SQL, in segment_map.
"""

import numpy as np
import pandas as pd

COLUMNS = {
    "model_version": "int32",
    "feature": "str",
    "horizontal_loading": "float64",
    "vertical_loading": "float64",
    "center": "float64",
    "horizontal_variance_share": "float64",
    "vertical_variance_share": "float64",
}


def compute_axes(wide: pd.DataFrame) -> pd.DataFrame:
    """Find the two directions in which customers differ most.

    Parameters
    ----------
    wide : DataFrame of shape (n_rows, n_features)
        Scaled features, one column each, in a fixed order. At least two rows.

    Returns
    -------
    DataFrame
        One row per feature with its loading on both axes, its mean, and the share of the
        total variance along each axis (the same in every row). The loading with the
        largest size is positive, so that a refit does not mirror the picture. With one
        feature the vertical axis is 0.

    References
    ----------
    Jolliffe, I. T. (2002). Principal Component Analysis. Springer.
    """
    values = wide.to_numpy(dtype="float64")
    center = values.mean(axis=0)
    # From the covariance, whose size does not grow with the customers.
    covariance = (values - center).T @ (values - center) / max(len(values) - 1, 1)
    variances, vectors = np.linalg.eigh(covariance)
    order = np.argsort(-variances, kind="stable")
    variances, vectors = variances[order], vectors[:, order]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), range(vectors.shape[1])])
    vectors = vectors * signs
    if vectors.shape[1] < 2:
        vectors = np.column_stack([vectors, np.zeros(len(vectors))])
        variances = np.append(variances, 0.0)
    shares = np.maximum(variances, 0) / max(variances.sum(), 1e-12)
    return pd.DataFrame(
        {
            "feature": wide.columns,
            "horizontal_loading": vectors[:, 0].round(9),
            "vertical_loading": vectors[:, 1].round(9),
            "center": center.round(9),
            "horizontal_variance_share": shares[0],
            "vertical_variance_share": shares[1],
        }
    )


def to_pandas(relation) -> pd.DataFrame:
    """Turn a dbt relation of any engine into a DataFrame."""
    return relation.toPandas() if hasattr(relation, "toPandas") else relation.df()


def model(dbt, session):
    """Work out the axes of the model in use, if that was not done before."""
    dbt.config(materialized="incremental", full_refresh=False)
    parameters = to_pandas(dbt.ref("segment_parameters"))
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
    rows = to_pandas(
        dbt.ref("segment_training_matrix").filter(f"model_version = {version}")
    )
    wide = (
        rows.pivot(index="customer_id", columns="feature", values="scaled_value")
        .sort_index()
        .sort_index(axis=1)
    )
    axes = compute_axes(wide).assign(model_version=version)
    return axes[list(COLUMNS)].astype(COLUMNS)
