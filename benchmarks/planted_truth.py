"""How well the segments find planted behaviours, as the behaviours blur.

Makes shops with `make_shop.py`, builds each, and prints a line per shop::

    python benchmarks/planted_truth.py --heterogeneity 1 1.5 3 --seeds 1 2 3 4

Agreement is the adjusted Rand index with the seven planted behaviours: of the segments at
the chosen k, of K-Means with k = 7 on the same scaled features, and of the nearest planted
mean there, which is what centroids could reach if they knew the truth.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
from bench import run_process
from builds import describe_build
from make_shop import LAST_DAY, make_shop
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestCentroid

COLUMNS = ("heterogeneity", "seed", "k", "status", "at k", "at 7", "planted means")


def build_shop(folder: Path, customers: int, seed: int, heterogeneity: float) -> None:
    """Make a shop in a folder and build the segments of it there."""
    make_shop(folder, customers, LAST_DAY, seed, heterogeneity, is_clean=True)
    options = ("--select", "+customer_segments", "+segment_count_scores")
    options += ("--exclude-resource-type", "test")
    settings = {
        "segmentation_as_of_date": LAST_DAY,
        "segmentation_history_months": 0,
    }
    run_process(**describe_build(folder, folder, *options, **settings))


def measure(folder: Path) -> tuple:
    """Return k, status and the three agreements of the shop built in a folder."""
    with duckdb.connect(str(folder / "segmentation.duckdb"), read_only=True) as shop:
        k, status = shop.execute(
            "select segment_count, model_status from segment_count_scores"
            " where is_chosen"
        ).fetchone()
        truth = f"read_parquet('{folder}/truth/*')"
        planted, segments = zip(
            *shop.execute(
                f"select planted_segment, segment_id from {truth}"
                " inner join customer_segments using (customer_id)"
                " where segment_kind = 'cluster' order by customer_id"
            ).fetchall(),
            strict=True,
        )
        matrix = shop.execute(
            "pivot (select customer_id, feature, scaled_value from segment_training_matrix)"
            " on feature using first(scaled_value) order by customer_id"
        ).df()
        known = dict(
            shop.execute(f"select customer_id, planted_segment from {truth}").fetchall()
        )
    values = matrix.drop(columns="customer_id").to_numpy()
    names = [known[customer] for customer in matrix["customer_id"]]
    seven = KMeans(7, n_init=10, random_state=0).fit_predict(values)
    means = NearestCentroid().fit(values, names).predict(values)
    return (
        k,
        status,
        adjusted_rand_score(planted, segments),
        adjusted_rand_score(names, seven),
        adjusted_rand_score(names, means),
    )


def main() -> None:
    """Print a table with a row per shop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--heterogeneity", type=float, nargs="+", default=[1, 1.5, 3])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    given = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    for heterogeneity in given.heterogeneity:
        for seed in given.seeds:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                build_shop(folder, given.customers, seed, heterogeneity)
                k, status, *agreements = measure(folder)
            cells = [f"{heterogeneity:g}", str(seed), str(k), status]
            cells += [f"{agreement:.2f}" for agreement in agreements]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
