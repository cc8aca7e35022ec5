"""How much of the planted behaviours is found when customers differ three times as much.

The aim, an adjusted Rand index of 0.60 at the chosen number and a number within 1 of the
planted 7 on three of four seeds, is NOT met. Seeds 1 to 4 give about 0.40 at k = 4, 0.44
at 5, 0.47 at 6, 0.37 at 7; the rule took 7, 4, 4, 5 (0.37, 0.40, 0.40, 0.43). At 7
the lost, whose purchase rates have a log deviation of 0.55 x 3, are cut in two;
champions, frequent small and deal hunters share a segment. The planted means, each
customer with the nearest, come to 0.56 only (seed 1). At 1x see test_demo.py.
"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, Build
from sklearn.metrics import adjusted_rand_score

SEEDS = (1, 2, 3, 4)
# Below all that was seen; the aim is not met.
FLOOR = 0.35
AIM = 0.60


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> list[tuple[int, pd.DataFrame, pd.Series, pd.Series]]:
    """Per seed: the chosen k, scaled features, segments and planted behaviours."""
    script = PROJECT / "scripts" / "make_demo_data.py"
    found = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp(f"planted_{seed}")
        options = {"customers": 20000, "seed": seed, "heterogeneity": 3}
        subprocess.run(
            [sys.executable, str(script), "--parquet", str(folder / "data")]
            + [text for key in options for text in (f"--{key}", str(options[key]))],
            check=True,
            capture_output=True,
        )
        build = Build(
            folder,
            vars={
                "segmentation_transactions": f"read_parquet('{folder}/data/"
                "transactions/*.parquet')",
                "segmentation_customers": None,
                "segmentation_demographics": {},
                # Half the default, for time.
                "segmentation_k_bootstraps": 10,
            },
        )
        build.build(
            *("--select", "+segment_training_assignments"),
            *("--indirect-selection", "empty"),
        )
        ((k,),) = build.query(
            "select segment_count from segment_count_scores where is_chosen"
        )
        values = (
            build.table("select * from segment_training_matrix")
            .astype({"scaled_value": float})
            .pivot(index="customer_id", columns="feature", values="scaled_value")
        )
        segments = build.table("select * from segment_training_assignments")
        truth = pd.read_parquet(folder / "data" / "truth").set_index("customer_id")
        found.append(
            (
                k,
                values,
                segments.set_index("customer_id")["segment_id"].reindex(values.index),
                truth["planted_segment"].reindex(values.index),
            )
        )
    return found


def test_the_agreement_is_above_its_floor(shops):
    agreements = [adjusted_rand_score(truth, found) for _, _, found, truth in shops]
    assert min(agreements) >= FLOOR, agreements


def test_the_planted_means_do_not_reach_the_aim_either(shops):
    for _, values, _, truth in shops:
        means = values.groupby(truth).mean()
        squared = ((values.to_numpy()[:, None] - means.to_numpy()[None]) ** 2).sum(2)
        nearest = np.argmin(squared, axis=1)
        assert adjusted_rand_score(truth, nearest) < AIM
