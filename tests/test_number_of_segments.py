"""The rule that chooses the number of segments, on data whose answer is known.

The Python model measures made-up data, and the SQL as dbt compiled it judges.
"""

import duckdb
import numpy as np
import pytest
from conftest import Build
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
