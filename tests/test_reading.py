"""The clients of docs/reading.md, as the page says; each is the real one."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import PROJECT, Build
from postgres import run_server

READERS = PROJECT / ".venv" / "readers"
PACKAGES = next(READERS.glob("lib/python*/site-packages"), Path("missing"))
EXTENSIONS = PACKAGES / "duckdb_extension_postgres_scanner" / "extensions"
PAGE = (PROJECT / "docs" / "reading.md").read_text()
RECIPES = re.findall(
    r"```(python|js|sh)\n(.*?)```",
    PAGE.split("## Recipes")[1].split("\n## ")[0],
    flags=re.DOTALL,
)
# Python of the clients' own, node, and a shell that finds the command line of DuckDB.
RUNNERS = {
    "python": ([str(READERS / "bin" / "python")], "recipe.py"),
    "js": (["node"], "recipe.mjs"),
    "sh": (["bash", "-eu"], "recipe.sh"),
}
pytestmark = pytest.mark.skipif(
    not EXTENSIONS.is_dir(), reason="run: bash scripts/install_test_tools.sh"
)


@pytest.fixture(scope="module")
def server():
    with run_server() as running:
        yield running


def test_dbt_publishes_the_marts_into_postgres(
    server, demo_build, tmp_path, monkeypatch
):
    """With the profile of docs/reading.md; the demo's marts stand in for a build's."""
    server.psql("--command", "drop schema if exists segments cascade")
    build = Build(tmp_path, is_forked=False)
    older = tmp_path / "older"
    older.mkdir()
    for path in PACKAGES.glob("*duckdb*"):
        (older / path.name).symlink_to(path)
    copy = (
        f"import duckdb; session = duckdb.connect('{build.database}');"
        f" session.execute(\"attach '{demo_build.published}/segments.duckdb' as old\");"
        " session.execute('copy from database old to segmentation');"
        " print(session.execute('pragma platform').fetchall()[0][0])"
    )
    python = READERS / "bin" / "python"
    platform = subprocess.check_output([python, "-c", copy], text=True).strip()
    for path in EXTENSIONS.glob("*/*.duckdb_extension"):
        place = tmp_path / "extensions" / path.parent.name / platform
        place.mkdir(parents=True)
        (place / path.name).symlink_to(path)
    text = (PROJECT / "docs" / "reading.md").read_text()
    written = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    output = profile["customer_segmentation"]["outputs"]["duckdb"]
    output |= written
    output["attach"][0]["path"] = server.connection
    output["config_options"] = {"extension_directory": str(tmp_path / "extensions")}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profile))
    monkeypatch.setenv("PYTHONPATH", str(older))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    models = ("publish_folder", "publish_tables", "published_files")
    select = ("run", "--select", *models, "published_to_postgres")

    wrong = build.dbt(*select, segmentation_publish_to="elsewhere")
    assert wrong.returncode != 0
    assert (
        "The var segmentation_publish_to is elsewhere, but it must be the name that the"
        " profile attaches a PostgreSQL database as" in " ".join(wrong.stdout.split())
    )
    done = build.dbt(*select, segmentation_publish_to="postgres")
    assert done.returncode == 0, done.stdout
    tables = demo_build.query("select table_name, row_count from published_files")
    counts = " union all ".join(
        f"select '{name}', count(*) from segments.{name}" for name, _ in tables
    )
    assert sorted(server.ask(counts)) == sorted(f"{name}|{n}" for name, n in tables)
    assert server.ask("select sum(net_revenue) from segments.segment_profiles") == [
        str(demo_build.query("select sum(net_revenue) from segment_profiles")[0][0])
    ]
    assert server.ask(
        "select count(*) from pg_description where objsubid > 0"
        " and objoid = 'segments.segment_profiles'::regclass"
    ) == [
        str(
            len(demo_build.query("select 1 from pragma_table_info('segment_profiles')"))
        )
    ]


def test_there_is_a_recipe_per_client():
    assert [kind for kind, _ in RECIPES] == ["python"] * 4 + ["js"] * 2 + ["sh"] * 2


@pytest.mark.parametrize("number", range(8))
def test_a_recipe_reads_the_segments(server, demo_build, tmp_path, number):
    kind, recipe = RECIPES[number]
    command, file = RUNNERS[kind]
    (tmp_path / "published").symlink_to(demo_build.published)
    (tmp_path / "node_modules").symlink_to(READERS / "node_modules")
    (tmp_path / file).write_text(recipe)
    done = subprocess.run(
        [*command, file],
        cwd=tmp_path,
        env=os.environ
        | {
            "PATH": f"{READERS / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGUSER": "shop",
            "PGPASSWORD": server.password,
            "PGDATABASE": "postgres",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for (name,) in demo_build.query("select segment_name from segment_profiles"):
        assert name in done.stdout
