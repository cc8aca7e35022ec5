"""What BI tools read: complete, replaced as a whole file, and untouched by a failure."""

import shutil
import stat
import subprocess
import sys

import duckdb
from conftest import Build


def test_every_mart_is_published_as_parquet_and_in_one_database(demo_build):
    marts = {path.stem for path in (demo_build.project / "models/marts").glob("*.sql")}
    assert {path.stem for path in demo_build.published.glob("*.parquet")} == marts
    with duckdb.connect(
        str(demo_build.published / "segments.duckdb"), read_only=True
    ) as connection:
        for mart in marts:
            ours = demo_build.query(f"select * from {mart} order by all")
            published = connection.execute(
                f"select * from {mart} order by all"
            ).fetchall()
            assert published == ours, mart
    assert {path.suffix for path in demo_build.published.iterdir()} == {
        ".parquet",
        ".duckdb",
    }


def go_on(demo_build: Build, folder) -> Build:
    """Copy the demo's build, to go on where it ended."""
    shutil.copytree(demo_build.folder, folder, dirs_exist_ok=True)
    return Build(folder)


def test_a_failing_test_leaves_the_published_files_alone(demo_build, tmp_path):
    build = go_on(demo_build, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in build.published.iterdir()}

    done = build.dbt(
        *("build", "--exclude-resource-type", "unit_test"),
        segmentation_tests={"smallest_segment": {"minimum_share": 0.4}},
    )

    assert done.returncode != 0
    assert build.failures() == {"assert_smallest_segment_is_above_the_floor"}
    after = {path: path.stat().st_mtime_ns for path in build.published.iterdir()}
    assert after == before


def test_a_reader_with_the_old_file_open_keeps_it(demo_build, tmp_path):
    """Files are replaced, not overwritten: an open database goes on to be readable."""
    build = go_on(demo_build, tmp_path)
    database = build.published / "segments.duckdb"
    old = database.stat().st_ino
    with duckdb.connect(str(database), read_only=True) as connection:
        build.run()
        counted = connection.execute(
            "select count(*) from customer_segments"
        ).fetchall()
    assert database.stat().st_ino != old
    assert counted == build.query("select count(*) from customer_segments")


def read_modes(folder) -> set[str]:
    return {f"{stat.S_IMODE(path.stat().st_mode):o}" for path in folder.iterdir()}


def test_published_files_are_their_owners_only(demo_build):
    assert read_modes(demo_build.published) == {"600"}
    assert f"{stat.S_IMODE(demo_build.published.stat().st_mode):o}" == "700"


def test_a_mode_lets_others_read_the_files_and_the_page(
    demo_build, tmp_path, monkeypatch
):
    monkeypatch.setenv("SEGMENTATION_PUBLISH_MODE", "640")
    build = Build(tmp_path)
    shutil.copy(demo_build.database, build.database)
    done = build.dbt("run", "--select", "publish_folder", "published_files")
    assert done.returncode == 0, done.stdout
    drawn = subprocess.run(
        [sys.executable, "-m", "python_charts"],
        cwd=build.project,
        env=build.environment,
    )
    assert drawn.returncode == 0
    assert (build.published / "report.html").is_file()
    assert read_modes(build.published) == {"640"}
    assert f"{stat.S_IMODE(build.published.stat().st_mode):o}" == "750"


def test_a_mode_that_is_none_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGMENTATION_PUBLISH_MODE", "rw")
    done = Build(tmp_path).dbt("run", "--select", "published_files")
    assert done.returncode != 0
    assert (
        "SEGMENTATION_PUBLISH_MODE is rw, but it must be one of 600, 640, 644,"
        in done.stdout
    )
