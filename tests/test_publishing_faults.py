"""Whatever happens while a version is published, readers see one whole version."""

import csv
import errno
import hashlib
import importlib.util
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import PROJECT

spec = importlib.util.spec_from_file_location(
    "published_files", PROJECT / "models" / "publishing" / "published_files.py"
)
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)
# As in a large shop, where what does not change has a database of its own.
model.HISTORY = "seasons"
model.MAXIMUM_KEYED_ROWS = 1

# Children begin with nothing but imports, as a dbt process of somebody else would.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["duckdb", "numpy", "pandas", "pytest", "yaml"])
TABLES = {
    name: model.Table(("memory", "main", name), order, has_key)
    for name, order, has_key in (
        ("customers", "customer_id", True),
        ("segments", "segment_id", True),
        ("seasons", "season", False),
    )
}
# Where a killed run can have stopped: before each of these.
STEPS = {
    os: ("chmod", "link", "mkdir", "rename", "replace", "rmdir", "symlink", "unlink"),
    model: ("write_table", "hash_file"),
}


def make_shop(run: int) -> duckdb.DuckDBPyConnection:
    """Tables whose every row says which run wrote it; the seasons never change."""
    session = duckdb.connect()
    session.execute(
        f"""
        create table customers as
            select 'customer ' || number as customer_id, {run} as run
            from range({1000 + run}) as numbers (number);
        create table segments as
            select number as segment_id, {run} as run from range(5) as numbers (number);
        create table seasons as select unnest(['summer', 'winter']) as season;
        comment on table customers is 'One row per customer''s id.';
        comment on column customers.run is 'Run "of" the row.';
        """
    )
    return session


def publish(folder: Path, run: int, **settings) -> dict:
    with make_shop(run) as session:
        return model.publish(session, TABLES, folder, **settings)


def read_database(path: Path) -> set[int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            row[0]
            for row in connection.execute(
                "select distinct run from customers union all"
                " select distinct run from segments union all"
                " select count(*) - 1000 from customers"
            ).fetchall()
        }


def read_files(folder: Path) -> set[int]:
    """Join two Parquet files of a folder; a mixed or torn set has two runs or more."""
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{folder}'")
        return {
            row[0]
            for row in connection.execute(
                "select distinct run from 'customers.parquet' union all"
                " select distinct run from 'segments.parquet' union all"
                " select count(*) - 1000 from 'customers.parquet'"
            ).fetchall()
        }


def read_with_pandas(path: Path) -> set[int]:
    """Read a path that stays the same; pandas itself would open it more than once."""
    with path.open("rb") as file:
        rows = pd.read_parquet(file)
    return {*rows["run"], len(rows) - 1000}


def read_description(folder: Path) -> Path:
    """The folder of the version that current.json names, with all it says checked."""
    said = json.loads((folder / "current.json").read_text())
    version = folder / said["path"]
    for name, file in said["files"].items():
        path = version / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
    return version


WAYS = {
    "database": lambda folder: read_database(folder / "segments.duckdb"),
    "link": lambda folder: read_files((folder / "current").resolve()),
    "current.json": lambda folder: read_files(read_description(folder)),
    "path": lambda folder: read_with_pandas(folder / "customers.parquet"),
}


def see(folder: Path) -> int:
    """The run that is published, the same and whole whichever way one reads it."""
    seen = {name: way(folder) for name, way in WAYS.items()}
    described = seen.pop("current.json")
    runs = set().union(*seen.values())
    assert len(runs) == len(described) == 1, seen
    # A kill between the link and the file leaves the file at the version before.
    assert described <= {run - past for run in runs for past in (0, 1)}
    return runs.pop()


def list_leftovers(folder: Path) -> list[Path]:
    return [*folder.rglob(".publishing-*")] + [
        path for path in folder.rglob("*") if path.suffix == ".wal"
    ]


def list_versions(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in (folder / "versions").iterdir())


def publish_and_die(folder: Path, run: int, step: int) -> None:
    """Publish, but be killed before a step; exit with the number of steps otherwise."""
    taken = 0

    def wrap(function):
        def wrapped(*arguments, **named):
            nonlocal taken
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)
            taken += 1
            return function(*arguments, **named)

        return wrapped

    for module, names in STEPS.items():
        for name in names:
            setattr(module, name, wrap(getattr(module, name)))
    publish(folder, run)
    os._exit(taken)


def run_until(folder: Path, run: int, step: int) -> int:
    process = PROCESSES.Process(target=publish_and_die, args=(folder, run, step))
    process.start()
    process.join()
    return process.exitcode


def test_who_is_killed_leaves_a_whole_version_and_nothing_for_the_next(tmp_path):
    base = tmp_path / "base"
    publish(base, 1)
    shutil.copytree(base, tmp_path / "counted", symlinks=True)
    count = run_until(tmp_path / "counted", 2, -1)
    assert count > 15
    seen = set()
    # Somewhere while files are written, and at each step of the switch.
    switch = count - 8
    for step in [*random.Random(1).sample(range(switch), 3), *range(switch, count)]:
        folder = tmp_path / f"step {step}"
        shutil.copytree(base, folder, symlinks=True)
        assert run_until(folder, 2, step) == -signal.SIGKILL
        run = see(folder)
        publish(folder, 3)
        assert see(folder) == 3
        assert list_leftovers(folder) == []
        # What was never current is gone.
        assert len(list_versions(folder)) == run + 1
        seen.add(run)
    assert seen == {1, 2}


def read_until(folder: Path, way: str, last: int) -> tuple[int, set]:
    """Read until the last run is there: how often, and what was wrong."""
    reads, wrong, run = 0, set(), 0
    while run < last:
        reads += 1
        try:
            runs = WAYS[way](folder)
        except (OSError, duckdb.Error) as error:
            wrong.add(str(error))
            continue
        if len(runs) != 1 or min(runs) < run:
            wrong.add(f"{way}: {sorted(runs)} after {run}")
        run = max(runs)
    return reads, wrong


def read_while_publishing(folder: Path, publications: int, readers: int) -> list[tuple]:
    """Publish changing data while others read in turn in each of the ways."""
    publish(folder, 1)
    with ProcessPoolExecutor(readers, PROCESSES) as pool:
        ways = [list(WAYS)[number % len(WAYS)] for number in range(readers)]
        reading = [pool.submit(read_until, folder, way, publications) for way in ways]
        for run in range(2, publications + 1):
            publish(folder, run)
        return [(way, *one.result()) for way, one in zip(ways, reading, strict=True)]


def test_readers_see_one_whole_version_while_others_come(tmp_path):
    for way, reads, wrong in read_while_publishing(tmp_path / "published", 20, 4):
        assert wrong == set()
        assert reads > 1, way


def publish_often(folder: Path) -> list[int]:
    return [publish(folder, run, keep=100)["version"] for run in range(8)]


def test_who_publishes_at_the_same_time_waits(tmp_path):
    with ProcessPoolExecutor(2, PROCESSES) as pool:
        folders = [tmp_path / "published"] * 2
        numbers = sum(pool.map(publish_often, folders), [])
    assert sorted(numbers) == list_versions(tmp_path / "published") == [*range(1, 17)]
    assert list_leftovers(tmp_path) == []


def fail(folder: Path, limit: int | None, user: int | None) -> str:
    """The sentence of a publication with little space, or as another user."""
    os.chdir(folder.parent)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if user is not None:
        os.setuid(user)
    try:
        publish(Path(folder.name), 2)
    except OSError as error:
        return str(error)
    return "published"


@pytest.mark.parametrize(
    ("limit", "mode", "reason"),
    [(300_000, 0o700, "File too large"), (None, 0o555, "Permission denied")],
    ids=["full disk", "read-only folder"],
)
def test_who_cannot_write_says_so_and_leaves_all_as_it_was(
    tmp_path, limit, mode, reason
):
    folder = tmp_path / "published"
    publish(folder, 1)
    for path in (folder, folder / "versions"):
        path.chmod(mode)
    # Root may write everywhere.
    user = 65534 if limit is None and os.getuid() == 0 else None
    with ProcessPoolExecutor(1, PROCESSES) as pool:
        said = pool.submit(fail, folder, limit, user).result()
    assert said.startswith("Nothing new was published in published: ")
    assert reason in said
    assert said.endswith(". What was published before is whole and still there.")
    for path in (folder, folder / "versions"):
        path.chmod(0o700)
    assert see(folder) == 1
    assert list_leftovers(folder) == []
    publish(folder, 2)
    assert see(folder) == 2


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 4 MB, which three publications fill."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_what_was_published_stays(small_disk):
    folder = small_disk / "published"
    publish(folder, 1)
    free = shutil.disk_usage(small_disk).free
    filler = small_disk / "filler"
    # Room for a part of the next version, more of it each time.
    for left in (20_000, 200_000, 500_000):
        filler.write_bytes(bytes(free - left))
        with pytest.raises(OSError, match="No space left on device.*still there"):
            publish(folder, 2)
        filler.unlink()
        assert see(folder) == 1
        assert list_leftovers(folder) == []
    publish(folder, 2)
    assert see(folder) == 2


@pytest.mark.parametrize(
    "name", ["customers.parquet", "segments.duckdb", "current.json", "current"]
)
def test_a_folder_in_the_place_of_a_file_is_told(tmp_path, name):
    folder = tmp_path / "published"
    publish(folder, 1)
    before = (folder / "versions" / "1").stat().st_mtime_ns
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(
        OSError, match=f"published/{name} is a folder where a file goes"
    ):
        publish(folder, 2)
    assert (folder / "versions" / "1").stat().st_mtime_ns == before
    (folder / name).rmdir()
    publish(folder, 2)
    assert see(folder) == 2


def test_what_did_not_change_is_shared(tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 1)
    publish(tmp_path, 2)

    def is_shared(name, one, other):
        paths = [tmp_path / "versions" / str(number) / name for number in (one, other)]
        return paths[0].samefile(paths[1])

    assert is_shared("segments.duckdb", 1, 2)
    assert is_shared("months.duckdb", 2, 3)
    assert is_shared("customers.parquet", 1, 2)
    assert not is_shared("segments.duckdb", 2, 3)
    assert not is_shared("customers.parquet", 2, 3)
    assert is_shared("seasons.parquet", 2, 3)


def test_a_history_that_did_not_change_is_not_written_again(tmp_path, monkeypatch):
    written = []

    def write(session, name, *rest):
        written.append(name)
        write_table(session, name, *rest)

    write_table = model.write_table
    monkeypatch.setattr(model, "write_table", write)
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    assert written == ["seasons", "customers", "segments", "customers", "segments"]
    # Whichever of its two files is damaged, both are whole in the next version.
    for name in ("seasons.parquet", "months.duckdb"):
        (tmp_path / "current" / name).write_text("damaged")
        publish(tmp_path, 2)
        for database in ("months.duckdb", "segments.duckdb"):
            path = str(tmp_path / "current" / database)
            with duckdb.connect(path, read_only=True) as connection:
                assert connection.execute("from seasons").fetchall() == [
                    ("summer",),
                    ("winter",),
                ]
        assert len(pd.read_parquet(tmp_path / "seasons.parquet")) == 2


def test_a_comment_that_changes_is_published(tmp_path):
    publish(tmp_path, 1)
    with make_shop(1) as session:
        session.execute("comment on column customers.run is 'Another.'")
        model.publish(session, TABLES, tmp_path)
    with duckdb.connect(
        str(tmp_path / "segments.duckdb"), read_only=True
    ) as connection:
        assert connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where table_name = 'customers'"
        ).fetchall() == [("customer_id", None), ("run", "Another.")]


def test_a_damaged_file_is_not_shared(tmp_path):
    publish(tmp_path, 1)
    (tmp_path / "versions" / "1" / "customers.parquet").write_text("damaged")
    publish(tmp_path, 1)
    assert see(tmp_path) == 1


def test_rows_are_in_order_whatever_order_they_came_in(tmp_path):
    with make_shop(1) as session:
        session.execute(
            "create or replace table customers as from customers order by hash(customer_id)"
        )
        model.publish(session, TABLES, tmp_path)
    ids = list(pd.read_parquet(tmp_path / "customers.parquet")["customer_id"])
    assert ids == sorted(ids)


def test_a_file_system_without_links_has_copies(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(os, "link", refuse)
    for run in (1, 2):
        publish(tmp_path, run)
        assert read_files(read_description(tmp_path)) == {run}
        assert read_files(tmp_path) == {run}
        assert read_database(tmp_path / "segments.duckdb") == {run}
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def test_files_of_an_earlier_release_become_a_version(tmp_path):
    publish(tmp_path / "old", 1)
    folder = tmp_path / "published"
    folder.mkdir()
    for path in (tmp_path / "old" / "versions" / "1").iterdir():
        if path.name != "version.json":
            shutil.copy(path, folder)
    (folder / "report.html").write_text("a page")
    (folder / ".publishing-dead").mkdir()
    publish(folder, 2)
    assert see(folder) == 2
    assert read_files(folder / "versions" / "1") == {1}
    assert (folder / "report.html").read_text() == "a page"
    assert list_leftovers(folder) == []


@pytest.mark.parametrize(
    ("keep", "hours", "kept"),
    [
        (3, 1, [4, 5, 6]),
        (3, 0, [1, 2, 3, 4, 5, 6]),
        (1, 0, [6]),
        (5, 1, [2, 3, 4, 5, 6]),
    ],
)
def test_the_last_versions_stay_and_those_just_read(tmp_path, keep, hours, kept):
    for run in range(1, 6):
        publish(tmp_path, run, keep=9)
    for number in range(1, 6):
        stamp = 1_700_000_000 + number
        if not hours:
            stamp = (tmp_path / "versions" / "5").stat().st_mtime
        os.utime(tmp_path / "versions" / str(number), (stamp, stamp))
    publish(tmp_path, 6, keep=keep)
    assert list_versions(tmp_path) == kept


def test_an_older_version_is_in_the_way_only_if_it_names_who_was_erased(tmp_path):
    folder = tmp_path / "O'Neil"
    version = folder / "versions" / "1"
    version.mkdir(parents=True)
    file = version / "customer_segments.parquet"
    with make_shop(1) as session:
        session.execute(f"copy customers to {model.quote(file)}")
        assert not model.names_the_erased(session, folder, "customers")
        session.execute("delete from customers where customer_id = 'customer 7'")
        assert model.names_the_erased(session, folder, "customers")
        file.write_text("damaged")
        assert model.names_the_erased(session, folder, "customers")


def test_a_reader_with_an_old_version_open_keeps_it(tmp_path):
    publish(tmp_path, 1)
    path = str(tmp_path / "segments.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        publish(tmp_path, 2, keep=1)
        assert list_versions(tmp_path) == [2]
        runs = connection.execute("select distinct run from customers").fetchall()
    assert runs == [(1,)]


def test_the_link_can_lead_back_to_an_older_version(tmp_path):
    """As docs/reading.md says; the run after it does not mind."""
    for run in (1, 2, 3):
        publish(tmp_path, run)
    version = tmp_path / "versions" / "2"
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("versions/2")
    shutil.copy(version / "version.json", tmp_path / "current.json")
    assert see(tmp_path) == 2
    assert publish(tmp_path, 4)["version"] == 4
    assert see(tmp_path) == 4


def test_a_retired_table_has_no_path_left(tmp_path):
    publish(tmp_path, 1)
    with make_shop(2) as session:
        del (fewer := dict(TABLES))["seasons"]
        model.publish(session, fewer, tmp_path)
    assert not os.path.lexists(tmp_path / "seasons.parquet")
    assert (tmp_path / "versions" / "1" / "seasons.parquet").is_file()


def test_lists_run_nothing_in_a_spreadsheet(tmp_path):
    evil = [
        "=1+1",
        "+1",
        "-1",
        "@sum(a1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "plain",
        'a "b", c=1',
    ]
    rows = [(2, value, "=At risk!", None) for value in evil] + [(3, "a", "東京", "-")]
    with make_shop(1) as session:
        session.execute(
            "create table lists (segment_id int, customer_id text, segment_name text,"
            " recommended_action text)"
        )
        session.executemany("insert into lists values (?, ?, ?, ?)", rows)
        said = model.publish(session, TABLES, tmp_path, customers="from lists")
        lists = tmp_path / "segment_lists"
        assert {path.name for path in lists.iterdir()} == {"2_at_risk.csv", "3.csv"}
        assert said["files"]["segment_lists/3.csv"]["rows"] == 1
        with (lists / "2_at_risk.csv").open(newline="") as file:
            found = list(csv.reader(file))
        model.publish(session, TABLES, tmp_path)
    assert found[0] == ["customer_id", "segment_name", "recommended_action"]
    told = {row[0] for row in found[1:]}
    assert told == {f"'{value}" for value in evil[:7]} | set(evil[7:])
    assert {tuple(row[1:]) for row in found[1:]} == {("'=At risk!", "")}
    # Who wants no lists any more has none.
    assert not os.path.lexists(lists)
