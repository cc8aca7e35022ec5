"""Hysteresis: fewer customers go to and fro, none against the rule, and off means off."""

import shutil

import pytest
from conftest import Build, read_example

MONTHS = (
    "select as_of_date, customer_id, segment_id, confidence"
    " from customer_segments_monthly order by all"
)
MOVED = (
    "select sum(customers) filter (not is_stay) / sum(customers) from segment_migrations"
    " where from_segment_id > 0 and to_segment_id > 0"
)


@pytest.fixture(scope="module")
def held_build(demo_build, tmp_path_factory) -> Build:
    """The demo build gone on with hysteresis; the kept model stays."""
    folder = tmp_path_factory.mktemp("held")
    shutil.copy(demo_build.database, folder / "segmentation.duckdb")
    return Build(folder).build(segmentation_hysteresis=0.2)


def test_hysteresis_is_no_refit_and_fewer_move(held_build, demo_build):
    versions = "select model_version from segment_evaluation"
    assert held_build.query(versions) == [(1,)]
    assert held_build.query(MOVED)[0][0] < 0.8 * demo_build.query(MOVED)[0][0]


def test_who_is_kept_was_there_the_month_before_and_is_near_enough(held_build):
    kept = held_build.query(
        "select customer_id, segment_id, segment_name, nearest_segment_name,"
        " second_segment_name, confidence, confidence_band from customer_segments"
        " where segment_name <> nearest_segment_name order by all"
    )
    assert len(kept) > 20
    month_before = dict(
        held_build.query(
            "select customer_id, segment_id from customer_segments_monthly"
            " where as_of_date = date '2025-12-01'"
        )
    )
    distances = {
        customer: rest
        for customer, *rest in held_build.query(
            "select customer_id, distance, nearest_distance from segment_customer_scores"
        )
    }
    for customer, segment, _, nearest_name, second_name, confidence, band in kept:
        assert month_before[customer] == segment
        own, nearest = distances[customer]
        assert 0.8 * own <= nearest <= own
        assert second_name == nearest_name
        assert (confidence, band) == (0, "borderline")


def test_the_month_that_is_the_as_of_date_says_what_today_says(held_build):
    today = (
        "select customer_id, segment_id, confidence from customer_segments"
        " where segment_kind = 'cluster' order by all"
    )
    month = (
        "select customer_id, segment_id, confidence from customer_segments_monthly"
        " where as_of_date = date '2026-01-01' and segment_kind = 'cluster' order by all"
    )
    assert held_build.query(today) == held_build.query(month)


def test_month_by_month_is_the_same_as_all_at_once(held_build, tmp_path):
    shutil.copy(held_build.database, tmp_path / "segmentation.duckdb")
    build = Build(
        tmp_path, vars=read_example("demo") | {"segmentation_hysteresis": 0.2}
    )
    # Without the newest two months, then one more, then the last.
    for as_of_date, months in (("2025-11-15", 10), ("2025-12-01", 11)):
        build.build(
            segmentation_as_of_date=as_of_date, segmentation_history_months=months
        )
    assert build.build().query(MONTHS) == held_build.query(MONTHS)


def test_off_again_is_as_never_on(held_build, demo_build, tmp_path):
    shutil.copy(held_build.database, tmp_path / "segmentation.duckdb")
    build = Build(tmp_path).build()
    assert build.query(MONTHS) == demo_build.query(MONTHS)
    assert build.read_published().keys() == demo_build.read_published().keys()
    for name, rows in build.read_published().items():
        assert rows == demo_build.read_published()[name], name
