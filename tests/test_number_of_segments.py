"""The rule that chooses the number of segments, on data whose answer is known.

The Python model measures made-up data, and the SQL as dbt compiled it judges. Then each
part of the rule, on measures of which each fails one.
"""

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build
from policies import changes, compile_shop, run_shop
from test_segment_models import metrics
from threadpoolctl import threadpool_limits

COUNTS = [3, 4, 5, 6, 7, 8]
BOOTSTRAPS = 20
ROWS = 1000


@pytest.fixture(scope="module")
def rule(tmp_path_factory) -> str:
    """The SQL of segment_count_choice with the default vars."""
    build = Build(tmp_path_factory.mktemp("rule"))
    done = build.dbt("compile", "--select", "segment_count_choice")
    assert done.returncode == 0, done.stdout[-4000:]
    compiled = (
        build.target / "compiled" / "customer_segmentation" / "models" / "training"
    )
    return (compiled / "segment_count_choice.sql").read_text()


@pytest.fixture(scope="module")
def choose(rule):
    """Tell the chosen number and the status for values scaled already."""

    def run(values: np.ndarray, seed: int) -> tuple[int, str]:
        with threadpool_limits(1):
            measured = metrics.measure_segment_counts(values, COUNTS, BOOTSTRAPS, seed)
        measured["model_version"] = 1
        measured["later_spend_explained_share"] = None
        with duckdb.connect() as connection:
            connection.execute("attach ':memory:' as segmentation")
            connection.execute(
                "create table segmentation.main.segment_count_metrics as"
                " select * from measured"
            )
            connection.execute(
                "create table segmentation.main.segment_backtest_grids"
                " (model_version int, grid varchar, explained_share double)"
            )
            chosen = connection.execute(
                f"select segment_count, model_status from ({rule}) where is_chosen"
            ).fetchall()
        assert len(chosen) == 1
        return chosen[0]

    return run


@pytest.mark.parametrize("width", [3, 9])
@pytest.mark.parametrize("seed", [1, 2])
def test_noise_has_weak_structure(choose, width, seed):
    noise = np.random.default_rng(seed).standard_normal((ROWS, width))
    assert choose(noise, seed)[1] == "weak_structure"


@pytest.mark.parametrize("width", [3, 9])
@pytest.mark.parametrize("seed", [1, 2])
def test_six_separated_groups_are_six_segments(choose, width, seed):
    generator = np.random.default_rng(seed)
    corners = np.zeros((6, width))
    corners[:, :3] = [
        *([10, 0, 0], [-10, 0, 0], [0, 10, 0]),
        *([0, -10, 0], [0, 0, 10], [0, 0, -10]),
    ]
    groups = generator.integers(0, 6, ROWS)
    values = corners[groups] + generator.standard_normal((ROWS, width))
    assert choose(values, seed) == (6, "ok")


K_RULES = {
    "default": {},
    "forgiving": {
        "segmentation_model": {
            "k_minimum_share": 0,
            "k_minimum_jaccard": 0.3,
            "k_minimum_stability": 0.7,
        }
    },
    "demanding": {"segmentation_model": {"k_minimum_stability": 0.95}},
}
RUNS = tuple(K_RULES.values())
# One k fails each part of the rule: k, share, Jaccard, stability, silhouette.
METRICS = [
    (4, 0.20, 0.9, 0.90, 0.50),
    (5, 0.20, 0.9, 0.90, 0.30),
    (6, 0.20, 0.9, 0.75, 0.50),
    (7, 0.20, 0.5, 0.90, 0.50),
    (8, 0.02, 0.9, 0.90, 0.50),
]


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> dict[str, list[tuple]]:
    """What each k rule says of the five cases."""
    measured = pd.DataFrame(
        METRICS,
        columns=[
            *("segment_count", "smallest_share", "worst_jaccard", "stability"),
            "silhouette",
        ],
    )
    base = run_shop(tmp_path_factory, "segment_count_scores")
    whole = base.table("from segment_count_metrics limit 1").drop(columns=measured)
    metrics = whole.assign(row_count=10000).merge(measured, how="cross")
    found = {}
    for name, overrides in K_RULES.items():
        project = compile_shop(tmp_path_factory, "segment_count_scores", **overrides)
        base.fill("segment_count_metrics", metrics)
        project.run_from(base, "segment_count_choice")
        found[name] = base.query(
            "select segment_count, is_eligible, is_chosen, reason, model_status"
            " from segment_count_scores order by all"
        )
    return found


@changes(
    "segmentation_model.k_minimum_share",
    "segmentation_model.k_minimum_jaccard",
    "segmentation_model.k_minimum_stability",
)
def test_each_threshold_of_the_k_rule_holds_back_one_k(judged):
    eligible = {k: is_eligible for k, is_eligible, *_ in judged["default"]}
    assert eligible == {4: True, 5: False, 6: False, 7: False, 8: False}
    for (_, _, _, reason, _), word in zip(
        judged["default"][1:],
        ("Reproducible, but it", "Not reprod", "Not reprod", "Smallest segment"),
        strict=True,
    ):
        assert reason.startswith(word)
    eligible = {k: is_eligible for k, is_eligible, *_ in judged["forgiving"]}
    assert eligible == {4: True, 5: False, 6: True, 7: True, 8: True}


def test_the_largest_eligible_k_is_chosen_and_structure_may_be_weak(judged):
    chosen = {
        name: [(k, status) for k, _, is_chosen, _, status in rows if is_chosen]
        for name, rows in judged.items()
    }
    assert chosen["default"] == [(4, "ok")]
    assert [k for k, _ in chosen["forgiving"]] == [8]
    assert chosen["demanding"] == [(4, "weak_structure")]
