"""Which number of segments the data bear: one row per model version and k.

Fits K-Means for every k of the range on the training sample and measures how well it
fits, how well it separates, and how well it comes back on bootstrap samples. The choice
between them is made in SQL, in segment_count_choice.
"""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from threadpoolctl import threadpool_limits

REFERENCE_STARTS = 10
BOOTSTRAP_STARTS = 2
# The silhouette compares every pair of rows; beyond this it is taken on a part of them.
SILHOUETTE_ROWS = 4_000
COLUMNS = {
    "model_version": "int32",
    "segment_count": "int32",
    "row_count": "int32",
    "inertia": "float64",
    "silhouette": "float64",
    "simplified_silhouette": "float64",
    "calinski_harabasz": "float64",
    "davies_bouldin": "float64",
    "stability": "float64",
    "worst_jaccard": "float64",
    "smallest_share": "float64",
    "later_spend_explained_share": "float64",
}


def fit_k_means(values: np.ndarray, k: int, starts: int, seed: int) -> KMeans:
    """Fit K-Means until no row changes its cluster.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        Scaled features, in a fixed row order.
    k : int
        Number of clusters, at most the number of different rows.
    starts : int
        Random starts (k-means++), of which the one with the lowest inertia is kept.
    seed : int
        Seed of the starts.

    Returns
    -------
    KMeans
        The fitted estimator; its centroids are the means of its members.
    """
    return KMeans(
        n_clusters=k, n_init=starts, random_state=seed, tol=0.0, max_iter=1000
    ).fit(values)


def compute_worst_jaccard(
    reference: np.ndarray, others: list[np.ndarray], k: int
) -> float:
    """Tell how well the least stable cluster comes back.

    Parameters
    ----------
    reference : ndarray of shape (n_rows,)
        Labels 0 .. k-1 of the fit on all rows.
    others : list of ndarray of shape (n_rows,)
        Labels of the same rows under each bootstrap fit.
    k : int
        Number of clusters.

    Returns
    -------
    float
        Per cluster, the Jaccard similarity to its best counterpart, averaged over the
        bootstraps; of these the lowest, from 0 to 1.

    References
    ----------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational
    Statistics & Data Analysis, 52(1), 258-271.
    """
    sums = np.zeros(k)
    for labels in others:
        overlap = np.zeros((k, k))
        np.add.at(overlap, (reference, labels), 1)
        sizes = overlap.sum(axis=1)[:, None] + overlap.sum(axis=0)[None, :]
        union = sizes - overlap
        jaccard = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
        sums += jaccard.max(axis=1)
    return float((sums / len(others)).min())


def compute_simplified_silhouette(values: np.ndarray, centroids: np.ndarray) -> float:
    """Average 1 - d1 / d2 over rows, d1 and d2 the distances to the two nearest centroids.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
    centroids : ndarray of shape (k, n_features)
        At least two.

    Returns
    -------
    float
        From 0 (every row lies between two centroids) to 1 (every row is a centroid).

    References
    ----------
    Hruschka, E. R., de Castro, L. N., Campello, R. J. G. B. (2004). Evolutionary
    algorithms for clustering gene-expression data. ICDM'04, 403-406.
    """
    distances = np.sqrt(((values[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2))
    two = np.partition(distances, 1, axis=1)[:, :2]
    ratio = np.divide(two[:, 0], two[:, 1], out=np.ones(len(two)), where=two[:, 1] > 0)
    return float(np.mean(1 - ratio))


def measure_segment_counts(
    values: np.ndarray, counts: list[int], bootstraps: int, seed: int
) -> pd.DataFrame:
    """Measure every number of segments on the same rows and the same bootstrap samples.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        Scaled features in sample order.
    counts : list of int
        Numbers of segments; those above the number of different rows are left out.
    bootstraps : int
        Bootstrap samples, shared by all k.
    seed : int
        Seed of the samples and of every fit.

    Returns
    -------
    DataFrame
        One row per k, the columns of `COLUMNS` but model_version. `stability` is the
        mean adjusted Rand index between the fit on all rows and the bootstrap fits.
    """
    if not values.size:
        counts = []
    generator = np.random.default_rng(seed)
    samples = [
        generator.integers(0, max(len(values), 1), len(values))
        for _ in range(bootstraps)
    ]
    distinct = len(np.unique(values, axis=0)) if values.size else 0
    rows = []
    for k in counts:
        if k > distinct or k >= len(values):
            continue
        reference = fit_k_means(values, k, REFERENCE_STARTS, seed)
        labels = reference.labels_
        others = []
        for number, sample in enumerate(samples):
            drawn = values[sample]
            if len(np.unique(drawn, axis=0)) < k:
                continue
            fitted = fit_k_means(drawn, k, BOOTSTRAP_STARTS, seed + 1 + number)
            others.append(fitted.predict(values))
        rows.append(
            {
                "segment_count": k,
                "row_count": len(values),
                "inertia": reference.inertia_,
                "silhouette": silhouette_score(
                    values[:SILHOUETTE_ROWS], labels[:SILHOUETTE_ROWS]
                )
                if len(np.unique(labels[:SILHOUETTE_ROWS])) > 1
                else 0.0,
                "simplified_silhouette": compute_simplified_silhouette(
                    values, reference.cluster_centers_
                ),
                "calinski_harabasz": calinski_harabasz_score(values, labels),
                "davies_bouldin": davies_bouldin_score(values, labels),
                "stability": float(
                    np.mean([adjusted_rand_score(labels, other) for other in others])
                )
                if others
                else 0.0,
                "worst_jaccard": compute_worst_jaccard(labels, others, k)
                if others
                else 0.0,
                "smallest_share": np.bincount(labels, minlength=k).min() / len(labels),
            }
        )
    return pd.DataFrame(
        rows, columns=[name for name in COLUMNS if name != "model_version"]
    )


def explain_later_spend(
    values: np.ndarray, log_revenue: np.ndarray, k: int, seed: int
) -> float:
    """Fit customers as they were and tell what the segments say of their later spend.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        Scaled features as of three months before, in sample order.
    log_revenue : ndarray of shape (n_rows,)
        log(1 + net revenue) of the three months after.
    k : int
        Number of segments.
    seed : int
        Seed of the starts.

    Returns
    -------
    float
        Share of the variance of `log_revenue` between segments, 0 to 1; NaN when there
        are not more different rows than segments or everybody spent the same.
    """
    total = ((log_revenue - log_revenue.mean()) ** 2).sum() if len(values) else 0.0
    if total <= 0 or len(np.unique(values, axis=0)) <= k:
        return float("nan")
    labels = fit_k_means(values, k, REFERENCE_STARTS, seed).labels_
    sizes = np.bincount(labels, minlength=k)
    means = np.bincount(labels, weights=log_revenue, minlength=k) / sizes
    return float(1 - ((log_revenue - means[labels]) ** 2).sum() / total)


def list_segment_counts(k_range: list[int], k: int | None) -> list[int]:
    """List the numbers of segments of a range, the user's own choice included."""
    return sorted({*range(k_range[0], k_range[1] + 1), *([] if k is None else [k])})


def to_pandas(relation) -> pd.DataFrame:
    """Turn a dbt relation of any engine into a DataFrame."""
    return relation.toPandas() if hasattr(relation, "toPandas") else relation.df()


def widen(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn long rows into one row per customer and one column per feature, both sorted."""
    wide = rows.pivot(index="sample_rank", columns="feature", values="scaled_value")
    return wide.sort_index().sort_index(axis=1)


def model(dbt, session):
    """Measure the newest model version, if that was not done before."""
    dbt.config(materialized="incremental", full_refresh=False)
    matrix = dbt.ref("segment_training_matrix")
    versions = to_pandas(dbt.ref("segment_model_versions"))
    done = set()
    if dbt.is_incremental:
        done = set(
            to_pandas(session.sql(f"select model_version from {dbt.this}")).iloc[:, 0]
        )
    frames = []
    if len(versions) and versions["model_version"].max() not in done:
        version = int(versions["model_version"].max())
        newest = f"model_version = {version}"
        limit = f"sample_rank <= {dbt.config.meta_get('k_sample_rows')}"
        wide = widen(to_pandas(matrix.filter(f"{newest} and {limit}")))
        past = to_pandas(dbt.ref("segment_backtest_rows").filter(newest))
        later = past.groupby("sample_rank")["log_later_revenue"].first().sort_index()
        seed = dbt.config.meta_get("random_seed")
        with threadpool_limits(1):
            measured = measure_segment_counts(
                wide.to_numpy(dtype="float64"),
                list_segment_counts(
                    dbt.config.meta_get("k_range"), dbt.config.meta_get("k")
                ),
                dbt.config.meta_get("bootstraps"),
                seed,
            )
            measured["later_spend_explained_share"] = [
                explain_later_spend(
                    widen(past).to_numpy("float64"), later.to_numpy("float64"), k, seed
                )
                for k in measured["segment_count"]
            ]
        frames.append(measured.assign(model_version=version))
    empty = pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
    )
    return pd.concat([*frames, empty])[list(COLUMNS)].astype(COLUMNS)
