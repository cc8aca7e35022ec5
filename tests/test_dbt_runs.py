"""What dbt itself offers: --empty, --sample, other targets, comments in the database."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from conftest import PROJECT, Build
from jinja2 import Template
from shops import STAGING

# Tables that a build adds to and never makes anew: the model and its history.
KEPT = sorted(
    path.stem
    for pattern in ("*/*.sql", "*/*.py")
    for path in (PROJECT / "models").glob(pattern)
    if "incremental" in path.read_text().split("with\n")[0]
)
SAMPLE = {"start": "2025-07-01", "end": "2025-10-01"}


def read_kept(build: Build) -> dict[str, list[tuple]]:
    return {name: build.query(f"select * from {name} order by all") for name in KEPT}


def list_files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.fixture(scope="module")
def empty_build(tmp_path_factory) -> Build:
    """A build without rows in a database that was not there."""
    build = Build(tmp_path_factory.mktemp("empty")).build("--empty")
    assert build.query("select count(*) from customer_segments") == [(0,)]
    assert not build.published.exists()
    return build


@pytest.fixture(scope="module")
def sample_build(empty_build) -> Build:
    """A sample in the database that the empty build has left."""
    return empty_build.build(
        *("--sample", json.dumps(SAMPLE)),
        segmentation_extra_columns={"home_region": "string"},
        segmentation_customer_columns={"home_region": "region"},
    )


def test_an_empty_run_keeps_the_model_the_history_and_what_was_published(
    demo_build, tmp_path
):
    assert {"segment_model_versions", "segment_placements"} <= set(KEPT)
    shutil.copytree(demo_build.folder, tmp_path, dirs_exist_ok=True)
    build = Build(tmp_path)
    before, files = read_kept(build), list_files(build.published)
    assert {name for name in KEPT if not before[name]} == {"unpublished_runs"}

    build.build("--empty")

    assert build.query("select count(*) from customer_segments") == [(0,)]
    after = read_kept(build)
    assert {name for name in KEPT if after[name] != before[name]} == set()
    assert list_files(build.published) == files
    assert build.query("select count(*) from published_files") == [(0,)]


def test_a_sample_holds_the_rows_of_its_time_and_all_of_them(sample_build):
    inside = sample_build.query(
        "select count(*) from demo_transactions where try_cast(ordered_at as timestamp)"
        f" >= '{SAMPLE['start']}' and try_cast(ordered_at as timestamp) <"
        f" '{SAMPLE['end']}'"
    )
    rows = sample_build.query("select count(*) from demo_transactions")
    assert (0,) < inside[0] < rows[0]
    assert sample_build.query("select count(*) from stg_transactions") == inside
    assert (
        sample_build.query("select sum(row_count) from transaction_quality") == inside
    )
    assert sample_build.query("select count(*) > 0 from segment_centroids") == [(True,)]
    assert not sample_build.published.exists()


def test_a_sample_without_rows_stops_the_build_with_its_time(sample_build):
    done = sample_build.dbt(
        *("run", "--select", *STAGING),
        *("--sample", '{"start": "2030-01-01", "end": "2030-01-04"}'),
    )
    assert done.returncode != 0
    assert (
        "segmentation_transactions has no row that can be used from 2030-01-01 00:00:00"
        " until 2030-01-04 00:00:00 (UTC, by --sample): there is none." in done.stdout
    )


@pytest.mark.parametrize("fixture", ["demo_build", "sample_build"])
def test_every_column_of_every_mart_has_its_description_in_the_database(
    fixture, request
):
    build = request.getfixturevalue(fixture)
    marts = {path.stem for path in (PROJECT / "models/marts").glob("*.sql")}
    comments = build.query(
        "select table_name, column_name, comment from duckdb_columns()"
        " where not internal order by all"
    )
    assert marts <= {table for table, _, _ in comments}
    assert [row for row in comments if row[0] in marts and not row[2]] == []
    tables = build.query(
        "select table_name, comment from duckdb_tables() union all"
        " select view_name, comment from duckdb_views() where not internal"
    )
    assert {name for name, comment in tables if comment} == marts
    ours = {row[1]: row[2] for row in comments if row[0] == "customer_segments"}
    assert ours["age_years"].startswith("Age in completed years on the as-of date")
    assert ours["income_band"].startswith("Attribute of kind ordinal")
    if fixture == "sample_build":
        assert ours["home_region"].startswith("Further column of your customer table")


@pytest.mark.parametrize(
    ("target", "named", "left_out", "folder"),
    [
        ("duckdb", "", {}, "'published'"),
        ("ci", "", {}, "'published/ci'"),
        ("ci", "somewhere", {}, "'somewhere'"),
        ("duckdb", "", {"empty": True}, "cast(null as string)"),
        ("duckdb", "somewhere", {"sample": SAMPLE}, "cast(null as string)"),
    ],
)
def test_every_other_target_has_a_folder_of_its_own(target, named, left_out, folder):
    text = (PROJECT / "models/publishing/publish_folder.sql").read_text()
    rendered = Template(text).render(
        target=SimpleNamespace(name=target),
        env_var=lambda name, default: named,
        flags=SimpleNamespace(EMPTY=left_out.get("empty", False)),
        customer_segmentation=SimpleNamespace(
            read_sample=lambda: left_out.get("sample")
        ),
    )
    assert f"select {folder} as folder" in " ".join(rendered.split())


def test_dbt_knows_the_target_by_its_name(tmp_path):
    output = {"type": "duckdb", "path": str(tmp_path / "shop.duckdb")}
    (tmp_path / "profiles.yml").write_text(
        yaml.safe_dump(
            {"customer_segmentation": {"target": "ci", "outputs": {"ci": output}}}
        )
    )
    build = Build(tmp_path)
    subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "compile"),
            *("--select", "publish_folder", "--profiles-dir", str(tmp_path)),
            *("--target-path", str(build.target), "--log-path", str(tmp_path)),
        ],
        cwd=PROJECT,
        env=build.environment | {"SEGMENTATION_PUBLISH_DIR": ""},
        check=True,
        capture_output=True,
    )
    [compiled] = build.target.glob("compiled/**/publish_folder.sql")
    assert "'published/ci' as folder" in compiled.read_text()
