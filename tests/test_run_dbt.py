"""Errors that no macro can catch are explained before the engine's words."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Build

SCRIPT = PROJECT / "scripts" / "run_dbt.py"


def load_script():
    spec = importlib.util.spec_from_file_location("run_dbt", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


run_dbt = load_script()


def read_error(sql: str, database: str = ":memory:") -> str:
    """Make the engine fail in a process of its own and return its words."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; duckdb.connect(sys.argv[1]).sql(sys.argv[2]).fetchall()",
            database,
            sql,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    return done.stderr


def write_late(path: Path, line: bytes, encoding: str | None = None) -> str:
    """Write a CSV file that is right for longer than the engine looks ahead."""
    path.write_bytes(b"amount,category\n" + b"5,food\n" * 60000 + line)
    return f"select count(columns(*)) from read_csv('{path}')"


def test_a_locked_database_is_told(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)):
        error = read_error("select 1", str(path))
    assert run_dbt.explain(error).startswith(
        f"The database {path} is in use by another process. Close that one"
    )


def test_a_damaged_database_is_told(tmp_path):
    text = tmp_path / "text.duckdb"
    text.write_text("not a database" * 1000)
    cut = tmp_path / "cut.duckdb"
    with duckdb.connect(str(cut)) as connection:
        connection.execute("create table orders as select * from range(100000)")
    cut.write_bytes(cut.read_bytes()[:5000])
    for path in (text, cut):
        assert run_dbt.explain(read_error("select 1", str(path))).startswith(
            f"The database {path} is damaged or no DuckDB database. Restore it"
        )


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    path = tmp_path / "nowhere" / "shop.duckdb"
    assert run_dbt.explain(read_error("select 1", str(path))).startswith(
        f"{path} cannot be opened. Does its folder exist"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_told():
    error = read_error("copy (select * from range(100000)) to '/dev/full'")
    assert run_dbt.explain(error).startswith("The disk is full. Free some space")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "5,caf\u00e9\n".encode("latin-1"),
            "is not UTF-8: its line 60002 cannot be read.",
        ),
        (
            b"x,food\n",
            "has in line 60002 a value of another type in column amount. Read ever",
        ),
        (b"1,2,3,4\n", "cannot be read from line 60002 on. Correct that line"),
    ],
)
def test_a_fault_deep_in_a_file_is_told_with_its_line(tmp_path, line, says):
    path = tmp_path / "orders.csv"
    assert run_dbt.explain(read_error(write_late(path, line))).startswith(
        f"{path} {says}"
    )


def test_a_damaged_parquet_file_is_told(tmp_path):
    path = tmp_path / "orders.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select md5(range::varchar) as id from range(50000)) "
            f"to '{path}' (row_group_size 5000)"
        )
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 900] = b"\xab" * 900
    path.write_bytes(whole)
    error = read_error(f"select sum(length(id)) from '{path}'")
    assert run_dbt.explain(error) == f"{path} is damaged. Fetch it again."


def test_other_errors_are_left_alone():
    assert run_dbt.explain("Runtime Error: Referenced column x not found") is None


def test_lines_pass_at_once_and_an_error_is_explained_before_it():
    engine = '  IO Error: Could not set lock on file "shop.duckdb": Conflicting lock\n'
    lines = [
        "10:00:00  Running\n",
        "10:00:01  Runtime Error\n",
        engine,
        "10:00:02  Done\n",
    ]
    passed = run_dbt.relay(iter(lines))
    assert next(passed) == lines[0]
    told = list(passed)
    assert told[0].startswith("The database shop.duckdb is in use by another process.")
    assert told[1:] == lines[1:]


def test_a_build_on_a_damaged_database_ends_with_a_sentence_and_no_traceback(tmp_path):
    build = Build(tmp_path)
    build.database.write_text("not a database" * 1000)
    done = subprocess.run(
        [
            *(sys.executable, str(SCRIPT), "--no-use-colors", "run"),
            *("--target-path", str(build.target), "--log-path", str(tmp_path / "logs")),
        ],
        cwd=PROJECT,
        env=build.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    sentence = done.stdout.index(
        f"The database {build.database} is damaged or no DuckDB"
    )
    assert sentence < done.stdout.index("IO Error: The file")
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (
            "Invalid Input Error: Schema mismatch between globbed files.",
            "The files of one pattern have different columns.",
        ),
        (
            'Error while reading file "b.parquet": failed to cast column "amount" from',
            "b.parquet has another type in column amount than the files before it.",
        ),
        (
            "Invalid Input Error: No magic bytes found at end of file 'b.parquet'",
            "b.parquet is damaged. Fetch it again.",
        ),
    ],
)
def test_files_of_one_pattern_that_do_not_agree_are_explained(message, says):
    assert run_dbt.explain(message).startswith(says)
