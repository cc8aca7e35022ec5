"""What BI tools read: complete, described, and untouched by a failure."""

import hashlib
import json
import re
import runpy
import shutil
import stat
import subprocess
import sys

import duckdb
from conftest import PROJECT, Build
from shops import Shop, make_buyers

PUBLISHING = ("publish_folder", "publish_tables", "published_files")


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
    assert {path.name for path in demo_build.published.iterdir()} == {
        *(f"{mart}.parquet" for mart in marts),
        *("segments.duckdb", "current", "current.json", "versions"),
    }


def test_every_description_is_a_comment_and_every_key_is_declared(demo_build):
    described = """
        select table_name, column_name, comment from duckdb_columns()
        where schema_name = 'main' and table_name in (select table_name from tables)
        union all
        select table_name, '', comment from duckdb_tables()
        where table_name in (from tables)
        union all
        select view_name, '', comment from duckdb_views()
        where view_name in (from tables)
        order by all
    """
    ours = demo_build.query(
        f"with tables as (select table_name from publish_tables) {described}"
    )
    path = demo_build.published / "segments.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        published = connection.execute(
            "with tables as (select table_name from duckdb_tables() where not internal)"
            + described
        ).fetchall()
        keys = connection.execute(
            "select table_name, constraint_column_names from duckdb_constraints()"
            " where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    assert published == ours
    # Attributes and extra columns are the user's own words.
    assert {row[1] for row in published if row[2] is None} <= {
        *("age_years", "gender", "income_band", "household_size", "region")
    }
    assert {name: ", ".join(columns) for name, columns in keys} == dict(
        demo_build.query(
            "select table_name, sort_columns from publish_tables where has_key"
        )
    )
    assert demo_build.query(
        "select table_name from publish_tables where not has_key"
    ) == [("segment_moves",), ("rejected_transactions",)]
    # A key that can be null would fail the publication; the view has tests instead.
    assert demo_build.query(
        "select distinct table_name from (select table_name,"
        " unnest(string_split(sort_columns, ', ')) from publish_tables where has_key"
        " except select table_name, unnest(constraint_column_names)"
        " from duckdb_constraints() where constraint_type = 'NOT NULL')"
    ) == [("customer_segments_monthly",)]


def test_the_published_database_is_read_by_every_duckdb_since_1_0(demo_build):
    path = demo_build.published / "segments.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as published (read_only)")
        assert connection.execute(
            "select tags['storage_version'] from duckdb_databases()"
            " where database_name = 'published'"
        ).fetchall() == [("v1.0.0+",)]


def test_current_json_says_what_is_published(demo_build):
    said = json.loads((demo_build.published / "current.json").read_text())
    files = said.pop("files")
    assert said == {
        "version": 1,
        "path": "versions/1",
        "as_of_date": "2026-01-01",
        "model_version": 1,
    }
    counted = demo_build.query("select file_name, row_count from published_files")
    total = sum(rows for _, rows in counted)
    assert {name: file["rows"] for name, file in files.items()} == dict(
        counted, **{"segments.duckdb": total}
    )
    for name, file in files.items():
        content = (demo_build.published / said["path"] / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert (demo_build.published / name).read_bytes() == content


def test_a_failing_test_leaves_the_published_files_alone(demo_build, tmp_path):
    build = Build(tmp_path)
    shutil.copy(demo_build.database, build.database)
    shutil.copytree(demo_build.published, build.published, symlinks=True)

    def read_times():
        return {p: p.lstat().st_mtime_ns for p in build.published.rglob("*")}

    before = read_times()
    done = build.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        segmentation_tests={"smallest_segment": {"minimum_share": 0.4}},
    )

    assert done.returncode != 0
    assert build.failures() == {"assert_smallest_segment_is_above_the_floor"}
    assert read_times() == before
    assert len(build.query("from unpublished_runs")) == 1


def test_a_run_that_was_not_published_leaves_no_drift(tmp_path):
    build = Shop(make_buyers()).build_in(tmp_path)
    dates = "select distinct as_of_date::varchar from segment_drift order by all"
    build.run()
    # Whatever stops a run before its publication.
    drift = ("--select", "+segment_drift")
    build.run(*drift, segmentation_as_of_date="2026-01-02")
    assert build.query(dates) == [("2026-01-01",), ("2026-01-02",)]
    build.run(*drift, *PUBLISHING, segmentation_as_of_date="2026-01-03")
    assert build.query(dates) == [("2026-01-01",), ("2026-01-03",)]
    assert build.query("from unpublished_runs") == []


def read_modes(folder) -> set[str]:
    return {
        f"{stat.S_IMODE(path.stat().st_mode):o}"
        for path in folder.rglob("*")
        if path.is_file()
    }


def read_folder_modes(folder) -> set[str]:
    folders = [folder, folder / "versions", folder / "versions" / "1"]
    return {f"{stat.S_IMODE(path.stat().st_mode):o}" for path in folders}


def test_published_files_are_their_owners_only(demo_build):
    assert read_modes(demo_build.published) == {"600"}
    assert read_folder_modes(demo_build.published) == {"700"}


def test_a_mode_lets_others_read_the_files_and_the_page(
    demo_build, tmp_path, monkeypatch
):
    monkeypatch.setenv("SEGMENTATION_PUBLISH_MODE", "640")
    build = Build(tmp_path)
    shutil.copy(demo_build.database, build.database)
    done = build.dbt("run", "--select", *PUBLISHING)
    assert done.returncode == 0, done.stdout
    drawn = subprocess.run(
        [sys.executable, "-m", "python_charts"],
        cwd=build.project,
        env=build.environment,
    )
    assert drawn.returncode == 0
    assert (build.published / "report.html").is_file()
    assert read_modes(build.published) == {"640"}
    assert read_folder_modes(build.published) == {"750"}


def test_there_is_a_list_per_segment_for_who_wants_them(demo_build, tmp_path):
    assert not (demo_build.published / "segment_lists").exists()
    build = Build(tmp_path)
    shutil.copy(demo_build.database, build.database)
    done = build.dbt("run", "--select", *PUBLISHING, segmentation_segment_lists=True)
    assert done.returncode == 0, done.stdout
    lists = sorted((build.published / "segment_lists").iterdir())
    listed = [
        duckdb.read_csv(str(path), all_varchar=True, header=True).fetchall()
        for path in lists
    ]
    assert sorted(row for rows in listed for row in rows) == build.query(
        "select customer_id, customers.segment_name, recommended_action"
        " from customer_segments as customers"
        " inner join segment_profiles using (segment_id) order by customer_id"
    )
    assert all(len({row[1] for row in rows}) == 1 for rows in listed)
    assert read_modes(build.published) == {"600"}


def test_what_is_in_the_way_fails_the_build_with_a_sentence(demo_build, tmp_path):
    build = Build(tmp_path)
    shutil.copy(demo_build.database, build.database)
    blocked = build.published / "segments.duckdb"
    blocked.mkdir(parents=True)
    done = build.dbt("run", "--select", *PUBLISHING)
    assert done.returncode != 0
    script = runpy.run_path(str(PROJECT / "scripts" / "run_dbt.py"))
    assert script["explain"](done.stdout) == (
        f"Nothing new was published in {build.published}: {blocked} is a folder where a"
        " file goes. What was published before is whole and still there. Put right what it"
        " names and run again."
    )


def test_the_recipes_run(demo_build, monkeypatch, capsys):
    monkeypatch.chdir(demo_build.folder)
    text = (PROJECT / "docs" / "reading.md").read_text().split("## Recipes")[0]
    recipes = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(recipes) == 3
    for recipe in recipes:
        exec(recipe, {})
    assert "recommended_action" in capsys.readouterr().out


def test_settings_that_are_none_are_one_sentence_each(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGMENTATION_PUBLISH_MODE", "rw")
    monkeypatch.setenv("SEGMENTATION_PUBLISH_KEEP", "0")
    done = Build(tmp_path).dbt("run", "--select", "published_files")
    assert done.returncode != 0
    for sentence in (
        "SEGMENTATION_PUBLISH_MODE is rw, but it must be one of 600, 640, 644,",
        "SEGMENTATION_PUBLISH_KEEP is 0, but it must be a whole number from 1 to 999",
    ):
        assert sentence in done.stdout
