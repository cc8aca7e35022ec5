"""The functions of the Python models, on data whose answer is known."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT


def load(name: str):
    path = PROJECT / "models" / "training" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


metrics = load("segment_count_metrics")
assignments = load("segment_training_assignments")
axes = load("segment_map_axes")


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Six groups of 100 rows, ten apart, in shuffled order."""
    generator = np.random.default_rng(1)
    centers = 10.0 * np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])
    labels = generator.permutation(np.repeat(np.arange(6), 100))
    return centers[labels] + generator.normal(size=(600, 2)), labels


def test_separated_groups_are_stable_and_more_of_them_are_not(blobs):
    values, _ = blobs
    measured = metrics.measure_segment_counts(values, [5, 6, 7], 5, 0).set_index(
        "segment_count"
    )
    assert measured.loc[6, "stability"] == 1
    assert measured.loc[6, "worst_jaccard"] == 1
    assert measured.loc[6, "smallest_share"] == pytest.approx(1 / 6)
    assert measured.loc[6, "silhouette"] > 0.75
    assert measured.loc[7, "worst_jaccard"] < 0.8
    assert measured["simplified_silhouette"].idxmax() == 6
    assert measured["inertia"].is_monotonic_decreasing


def test_measuring_twice_gives_the_same_numbers(blobs):
    values, _ = blobs
    once = metrics.measure_segment_counts(values, [4, 6], 3, 7)
    pd.testing.assert_frame_equal(
        once, metrics.measure_segment_counts(values, [4, 6], 3, 7), check_exact=True
    )


def test_more_segments_than_different_rows_are_left_out():
    values = np.repeat(np.eye(3), 20, axis=0)
    measured = metrics.measure_segment_counts(values, [2, 3, 4], 3, 0)
    assert list(measured["segment_count"]) == [2, 3]
    empty = metrics.measure_segment_counts(np.empty((0, 0)), [2], 3, 0)
    assert empty.empty


def test_worst_jaccard_is_the_least_stable_clusters():
    reference = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    same = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    torn = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    assert metrics.compute_worst_jaccard(reference, [same], 2) == 1
    # Cluster 0 keeps 3 of its 4 rows (3/4), cluster 1 gains one (4/5).
    assert metrics.compute_worst_jaccard(reference, [torn], 2) == 0.75
    assert metrics.compute_worst_jaccard(reference, [same, torn], 2) == 0.875


def test_simplified_silhouette_is_high_near_the_centre_and_zero_between():
    centroids = np.array([[0.0], [10.0]])
    at_centre = metrics.compute_simplified_silhouette(np.array([[0.0]]), centroids)
    between = metrics.compute_simplified_silhouette(np.array([[5.0]]), centroids)
    nearer = metrics.compute_simplified_silhouette(np.array([[2.0]]), centroids)
    assert (at_centre, between, nearer) == (1.0, 0.0, 0.75)


def test_own_number_of_segments_is_tried_too():
    assert metrics.list_segment_counts([4, 6], None) == [4, 5, 6]
    assert metrics.list_segment_counts([4, 6], 9) == [4, 5, 6, 9]


def test_fit_finds_the_groups_and_every_row_is_with_its_nearest_mean(blobs):
    values, truth = blobs
    labels = assignments.fit_segments(values, 6, 20, 0)
    assert len(set(zip(labels, truth, strict=True))) == 6
    means = np.array([values[labels == label].mean(axis=0) for label in range(6)])
    nearest = ((values[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels).all()


def test_a_good_old_solution_is_kept_and_a_bad_one_is_not(blobs):
    values, truth = blobs
    good = np.array([values[truth == group].mean(axis=0) for group in range(6)])
    assert (assignments.fit_segments(values, 6, 1, 0, good) == truth).all()
    bad = np.array([[0.0, 0.0], [0.1, 0], [0.2, 0], [0.3, 0], [0.4, 0], [20, 10]])
    labels = assignments.fit_segments(values, 6, 20, 0, bad)
    assert len(set(zip(labels, truth, strict=True))) == 6


def test_segment_one_has_the_highest_mean_revenue():
    labels = np.array([2, 2, 0, 0, 1])
    money = np.array([5.0, 7.0, 100.0, 0.0, 6.0])
    assert list(assignments.rank_by_value(labels, money)) == [2, 2, 1, 1, 3]


def test_segments_are_matched_by_place_not_by_number():
    old = np.array([[0.0, 0], [10, 0], [0, 10]])
    new = old[[2, 0, 1]] + 0.5
    assert assignments.match_segments(new, old) == {0: 2, 1: 0, 2: 1}


def test_a_segment_that_moved_too_far_is_a_new_one():
    old = np.array([[0.0, 0], [10, 0], [0, 10]])
    new = np.array([[0.0, 0], [10, 0], [0, 16]])
    assert assignments.match_segments(new, old) == {0: 0, 1: 1}
    more = np.array([[0.0, 0], [10, 0], [0, 10], [30, 30]])
    assert assignments.match_segments(more, old) == {0: 0, 1: 1, 2: 2}


def test_scaling_like_another_version_clips_and_is_neutral_about_unknowns():
    rows = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"],
            "feature": ["x", "y", "x", "y"],
            "transformed_value": [3.0, None, 100.0, 2.0],
        }
    )
    scales = pd.DataFrame(
        {
            "feature": ["x", "y"],
            "mean": [1.0, 1.0],
            "standard_deviation": [2.0, 1.0],
            "clip": [3.0, 3.0],
            "weight": [1.0, 0.5],
        }
    )
    scaled = assignments.scale_like(rows, scales)
    assert scaled.loc["a"].tolist() == [1.0, 0.0]
    assert scaled.loc["b"].tolist() == [3.0, 0.5]


def test_axes_follow_the_widest_spread_and_never_flip():
    generator = np.random.default_rng(3)
    wide = pd.DataFrame(
        {"long": generator.normal(size=500) * 5, "short": generator.normal(size=500)}
    )
    found = axes.compute_axes(wide).set_index("feature")
    assert found.loc["long", "horizontal_loading"] > 0.99
    assert found.loc["short", "vertical_loading"] > 0.99
    assert found["horizontal_variance_share"].iloc[0] > 0.9
    mirrored = axes.compute_axes(-wide).set_index("feature")
    assert mirrored.loc["long", "horizontal_loading"] > 0.99
    alone = axes.compute_axes(wide[["long"]])
    assert alone["vertical_loading"].tolist() == [0.0]
