"""Marketing's own names, and what asking for new names does."""

import shutil

import pytest
from conftest import Build


@pytest.fixture
def kept_build(demo_build, tmp_path) -> Build:
    shutil.copy(demo_build.database, tmp_path / "segmentation.duckdb")
    return Build(tmp_path)


def write_overrides(build: Build, *lines: str) -> str:
    path = build.folder / "names.csv"
    path.write_text("\n".join(["segment_id,segment_name,recommended_action", *lines]))
    return f"read_csv('{path}', all_varchar=true)"


def test_marketings_own_names_win_everywhere(kept_build):
    overrides = write_overrides(
        kept_build, "1,Stammkunden,Danke sagen", "-1,Interessenten,"
    )
    kept_build.run(segmentation_name_overrides=overrides)
    names = dict(
        kept_build.query("select segment_id, segment_name from segment_profiles")
    )
    assert names[1] == "Stammkunden"
    assert names[-1] == "Interessenten"
    assert kept_build.query(
        "select distinct recommended_action from segment_profiles where segment_id = 1"
    ) == [("Danke sagen",)]
    for table in ("customer_segments", "segment_map", "customer_segments_monthly"):
        assert kept_build.query(
            f"select distinct segment_name from {table} where segment_id = 1"
        ) == [("Stammkunden",)]
    assert kept_build.query("select count(*) from segment_evaluation") == [(1,)]


def test_a_name_given_twice_fails_and_an_override_of_nothing_warns(kept_build):
    twice = write_overrides(kept_build, "1,Lost customers,")
    done = kept_build.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        segmentation_name_overrides=twice,
    )
    assert done.returncode != 0
    assert any(
        "segment_directory_segment_name" in name for name in kept_build.failures()
    )
    unmet = write_overrides(kept_build, "99,Nobody,")
    done = kept_build.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        segmentation_name_overrides=unmet,
    )
    assert done.returncode == 0
    assert "WARN 1 assert_name_overrides_are_met" in done.stdout


def test_overrides_without_their_columns_stop_the_run_at_the_start(kept_build):
    path = kept_build.folder / "names.csv"
    path.write_text("segment_id,label\n1,Stammkunden\n")
    done = kept_build.dbt("build", segmentation_name_overrides=f"read_csv('{path}')")
    assert done.returncode != 0
    assert "which has no column segment_name. It has: segment_id, label." in done.stdout


def test_known_segments_keep_their_name_unless_it_is_asked_for(kept_build, demo_build):
    """As of a year before, the same places fit other names by the rules."""
    given = dict(demo_build.query("select segment_id, segment_name from segment_names"))
    kept_build.run(segmentation_refit=True, segmentation_as_of_date="2025-06-01")
    rows = kept_build.query(
        "select segment_id, segment_name, rule_segment_name from segment_names"
        " where model_version = 2"
    )
    known = [row for row in rows if row[0] in given]
    assert known
    assert all(name == given[segment] for segment, name, _ in known)
    kept_build.run(
        segmentation_refit=True,
        segmentation_rename=True,
        segmentation_as_of_date="2025-06-01",
    )
    renamed = kept_build.query(
        "select segment_name, rule_segment_name from segment_names where model_version = 3"
    )
    assert all(name == rule for name, rule in renamed)


def test_severities_are_vars(kept_build):
    done = kept_build.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        segmentation_tests={"largest_segment": {"maximum_share": 0.1}},
    )
    assert done.returncode == 0
    assert "assert_largest_segment_is_below_the_ceiling" in done.stdout
    done = kept_build.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        segmentation_tests={
            "largest_segment": {"maximum_share": 0.1, "severity": "error"},
        },
    )
    assert done.returncode != 0
    assert kept_build.failures() == {"assert_largest_segment_is_below_the_ceiling"}
