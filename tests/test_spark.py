"""Spark: builds of the demo and of Complete Journey are compared with DuckDB's by mart.

All tests of dbt can pass over a wrong mart, so the comparison is the proof. The venv is
made by make (SPARK_VENV, .venv/spark if not given).
"""

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, Build, fetch_example, read_example

VENV = PROJECT / (os.environ.get("SPARK_VENV") or ".venv/spark")
PLUGIN = PROJECT / "spark" / "dbt_spark_in_process.py"
# For data that fit on a page: less time to compile than to read rows one by one.
QUICK = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}
# Room for all code and classes, which the JVM would else throw out and make again.
QUICK_JAVA = (
    "-Dderby.system.durability=test -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    " -XX:ReservedCodeCacheSize=256m -XX:MetaspaceSize=384m -Xmn256m"
)


def load_plugin():
    spec = importlib.util.spec_from_file_location("plugin", PLUGIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plugin = load_plugin()


def make_environment(folder: Path, is_small: bool = True) -> dict[str, str]:
    """Name everything that a build on Spark writes, in a folder of its own.

    A large shop is built with the settings that users of one machine have.
    """
    settings = plugin.list_local_settings(folder / "store", os.cpu_count() or 1)
    if is_small:
        settings |= QUICK
        settings["spark.driver.extraJavaOptions"] += f" {QUICK_JAVA}"
    arguments = [f'--conf "{name}={value}"' for name, value in settings.items()]
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "MFLAGS"))}
    return kept | {
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(folder / "target"),
        "PYSPARK_SUBMIT_ARGS": " ".join([*arguments, "pyspark-shell"]),
        "SEGMENTATION_PUBLISH_DIR": str(folder / "published"),
        "SPARK_VENV": str(VENV),
    }


def run(folder: Path, *command: str, is_small: bool = True) -> str:
    """Run a command of a build on Spark; a failure fails the test with its words."""
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=make_environment(folder, is_small),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def find_differences(ours: Path, theirs: Path) -> list[str]:
    """Compare the published marts: doubles within 1e-9, all else exactly."""
    differences = []
    for file in sorted(theirs.glob("*.parquet")):
        with duckdb.connect() as connection:
            kinds = dict(
                connection.execute(
                    "select column_name, column_type"
                    " from (describe from read_parquet(?))",
                    [str(file)],
                ).fetchall()
            )
            exact = [name for name, kind in kinds.items() if kind != "DOUBLE"]
            columns = ", ".join(f'"{name}"' for name in kinds)
            order = ", ".join(f'"{name}"' for name in exact)
            one, other = (
                connection.execute(
                    f"select {columns} from read_parquet(?) order by {order}",
                    [str(folder / file.name)],
                ).df()
                for folder in (ours, theirs)
            )
        if len(one) != len(other):
            differences.append(f"{file.stem}: {len(one)} rows, not {len(other)}")
            continue
        for name, kind in kinds.items():
            if kind == "DOUBLE":
                same = np.isclose(
                    *(rows[name].to_numpy("float64") for rows in (one, other)),
                    rtol=1e-9, atol=1e-9, equal_nan=True,
                )  # fmt: skip
            else:
                same = (one[name] == other[name]) | (
                    one[name].isna() & other[name].isna()
                )
            if not same.all():
                differences.append(f"{file.stem}.{name}: {(~same).sum()} rows differ")
    return differences


# The shop is seen from an earlier date, so that days and dates go, the model is fitted
# again beside the kept one, and a format is translated.
LATER = read_example("demo") | {
    "segmentation_as_of_date": "2025-01-10",
    "segmentation_demographics": {
        **read_example("demo")["segmentation_demographics"],
        "birth_date": {"kind": "date", "as": "age_years", "format": "%Y-%m-%d"},
    },
    "segmentation_refit": True,
}
BUILDS = {"published": read_example("demo"), "later": LATER}
# 1.5 million lines, a time zone and no ids of lines. Twelve months would say no more.
GROCER = read_example("complete_journey") | {"segmentation_history_months": 2}
# Spark reads the same files in its own words.
FILES = PROJECT / "examples" / "data" / "complete_journey"
GROCER_ON_SPARK = GROCER | {
    "segmentation_transactions": f"parquet.`{FILES}/transactions.parquet`",
    "segmentation_customers": f"parquet.`{FILES}/demographics.parquet`",
}


def build_on_spark(
    folder: Path, builds: dict[str, dict], is_small: bool = True
) -> Path:
    """Build in one process and over the same tables; what is published is in the folder."""
    if not (VENV / "installed").exists():
        pytest.skip("Spark's environment is not there: make .venv/spark/installed")
    run(
        folder,
        *(str(VENV / "bin" / "python"), str(PROJECT / "tests" / "spark_builds.py")),
        *(str(folder), json.dumps(builds, default=str)),
        is_small=is_small,
    )
    return folder


def build_on_duckdb(folder: Path, builds: dict[str, dict]) -> Path:
    """Build in one database; what is published is in the folder."""
    build = Build(folder / "build")
    build.folder.mkdir()
    for name, variables in builds.items():
        build.vars = variables
        build.run()
        shutil.copytree(build.published, folder / name)
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> Path:
    return build_on_spark(tmp_path_factory.mktemp("spark"), BUILDS)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> Path:
    return build_on_duckdb(tmp_path_factory.mktemp("duckdb"), BUILDS)


def test_a_build_on_spark_publishes_what_duckdb_publishes(ours, theirs):
    assert len(list((theirs / "published").glob("*.parquet"))) > 20
    assert find_differences(ours / "published", theirs / "published") == []


def test_make_draws_the_page_of_what_spark_published(ours):
    """Its dbt is only named: it is what the builds above have run."""
    printed = run(ours, "make", "build", "TARGET=spark", "DBT_PYTHON=echo")
    assert "scripts/run_dbt.py build" in printed
    assert "--target spark" in printed
    assert "spark, schema segmentation" in printed
    assert (ours / "published" / "report.html").is_file()


def test_the_published_database_is_the_same(ours, theirs):
    """Keys and the comments of columns; tables have theirs in one line on Spark."""
    said = []
    for folder in (ours, theirs):
        path = str(folder / "published" / "segments.duckdb")
        with duckdb.connect(path, read_only=True) as connection:
            said.append(
                connection.execute(
                    "select table_name, column_name, data_type,"
                    " regexp_replace(trim(comment), '\\s+', ' ', 'g')"
                    " from duckdb_columns() order by all"
                ).fetchall()
                + connection.execute(
                    "select table_name, constraint_column_names"
                    " from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
                    " order by all"
                ).fetchall()
            )
    assert said[0] == said[1]


def test_a_later_build_with_a_refit_is_the_same_as_well(ours, theirs):
    assert find_differences(ours / "later", theirs / "later") == []
    versions = pd.read_parquet(ours / "later" / "segment_evaluation.parquet")
    assert versions["model_version"].tolist() == [1, 2]


def test_a_real_shop_is_the_same_on_spark(tmp_path_factory):
    fetch_example("complete_journey")
    ours = build_on_spark(
        tmp_path_factory.mktemp("spark"), {"grocer": GROCER_ON_SPARK}, is_small=False
    )
    theirs = build_on_duckdb(tmp_path_factory.mktemp("duckdb"), {"grocer": GROCER})
    assert len(list((theirs / "grocer").glob("*.parquet"))) > 20
    assert find_differences(ours / "grocer", theirs / "grocer") == []


@pytest.mark.parametrize("name", plugin.SET_UP_BY_USER)
def test_a_spark_that_is_set_up_stays_as_it_is(name):
    environment = {name: "as the user has it"}
    plugin.set_up_local_spark(environment)
    assert environment == {name: "as the user has it"}


def test_a_spark_of_this_machine_keeps_all_in_one_folder(tmp_path):
    environment = {"SEGMENTATION_SPARK_DIR": str(tmp_path / "my store")}
    plugin.set_up_local_spark(environment)
    arguments = environment["PYSPARK_SUBMIT_ARGS"]
    assert f'"spark.sql.warehouse.dir={tmp_path}/my store/tables"' in arguments
    assert f"derby.system.home={tmp_path}/my store/catalogue" in arguments
    assert arguments.endswith(" pyspark-shell")


def test_files_of_tables_must_be_seen_by_this_machine():
    assert plugin.find_file("file:///a%20b/as_of_date=2025-01-01/c.parquet") == (
        "/a b/as_of_date=2025-01-01/c.parquet"
    )
    with pytest.raises(OSError, match="spark.sql.warehouse.dir"):
        plugin.find_file("s3a://bucket/c.parquet")


def test_a_model_is_run_with_the_session():
    written = []
    plugin.run_in_session("one", "spark.append(__name__ == 'one')", written)
    assert written == [False]


def test_a_dataframe_without_rows_keeps_its_types():
    def make(rows):
        return SimpleNamespace(rows=rows, limit=lambda count: rows.slice(0, count))

    session = plugin.TypedSession(SimpleNamespace(createDataFrame=make))
    empty = pd.DataFrame({"k": pd.Series(dtype="int32"), "t": pd.Series(dtype="str")})
    made = session.createDataFrame(empty)
    assert made.num_rows == 0
    assert [str(kind) for kind in made.schema.types] == ["int32", "large_string"]
    rows = pd.DataFrame({"k": [1]})
    assert session.createDataFrame(rows).rows is rows
