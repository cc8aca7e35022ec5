"""Publishing into a real PostgreSQL, by an older DuckDB, whose extension PyPI has."""

import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PROJECT
from postgres import Server, run_server

READERS = PROJECT / ".venv" / "readers"
PACKAGES = next(READERS.glob("lib/python*/site-packages"), Path("missing"))
EXTENSIONS = PACKAGES / "duckdb_extension_postgres_scanner" / "extensions"
pytestmark = pytest.mark.skipif(
    not EXTENSIONS.is_dir(), reason="run: bash scripts/install_test_tools.sh"
)
SHOP = (
    "create or replace table customers as"
    " select number as customer_id, {run} as run from range(1000 + {run}) as n (number);"
    " create or replace table segments as"
    " select number as segment_id, {run} as run from range(5) as n (number);"
    " comment on table customers is 'Run {run}''s customers.';"
    " comment on column customers.run is 'Which run; \"of\" {run}.'"
)


@pytest.fixture(scope="module")
def server():
    with run_server() as running:
        yield running


@dataclass
class Publisher:
    """A process that publishes what a line of SQL makes of its tables."""

    process: subprocess.Popen

    def publish(self, sql: str) -> str:
        print(sql, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@pytest.fixture
def publisher(server):
    server.psql("--command", "drop schema if exists segments cascade")
    with subprocess.Popen(
        [
            *(READERS / "bin" / "python", PROJECT / "tests" / "publish_to_postgres.py"),
            server.connection,
            next(EXTENSIONS.glob("*/*.duckdb_extension")),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Publisher(process)
        process.stdin.close()


def test_comments_keys_grants_and_views_stay(server, publisher):
    assert publisher.publish(SHOP.format(run=1)) == "published"
    server.psql(
        given="""
        create role reader;
        grant usage on schema segments to reader;
        grant select on segments.customers to reader;
        create view public.big as select count(*) as customers from segments.customers;
        """
    )
    assert publisher.publish(SHOP.format(run=2)) == "published"
    # A release brings a column, another type, and a mart, and retires a mart.
    sql = (
        "alter table customers add column name varchar;"
        " alter table customers alter column run type bigint; drop table segments;"
        " create table seasons as select 'summer' as season"
    )
    server.psql("--command", "drop view public.big")
    assert publisher.publish(sql) == "published"
    assert server.ask(
        "select obj_description('segments.customers'::regclass),"
        " has_table_privilege('reader', 'segments.customers', 'select'),"
        " (select string_agg(column_name || ' ' || data_type, ', ' order by column_name)"
        "  from information_schema.columns where table_name = 'customers'),"
        " (select string_agg(tablename, ', ' order by tablename) from pg_tables"
        "  where schemaname = 'segments'),"
        " (select count(*) from pg_constraint where contype = 'p'"
        "  and conrelid = 'segments.customers'::regclass),"
        " (select sum(run) from segments.customers)"
    ) == [
        "Run 2's customers.|t|customer_id bigint, name character varying, run bigint"
        "|customers, published_tables, seasons|1|2004"
    ]


def test_a_mart_that_did_not_change_is_not_written_again(server, publisher):
    publisher.publish(SHOP.format(run=1))
    written = "select distinct xmin::text from segments.{}"
    before = server.ask(written.format("customers"))
    sql = "update segments set run = 2; comment on table customers is 'Another.'"
    assert publisher.publish(sql) == "published"
    assert server.ask(written.format("customers")) == before
    assert server.ask("select obj_description('segments.customers'::regclass)") == [
        "Another."
    ]
    assert server.ask("select distinct run from segments.segments") == ["2"]


def test_what_fails_leaves_all_as_it_was(server, publisher):
    publisher.publish(SHOP.format(run=1))
    server.psql(
        "--command",
        "create view public.runs as select run from segments.segments",
    )
    said = publisher.publish(SHOP.format(run=2) + "; drop table segments")
    assert said.startswith("Nothing new was published in bi.segments: ")
    assert "view runs depends on table segments" in said
    assert said.endswith("What was published there before is whole and still there.")
    assert server.ask(READ) == ["1", "1001"]
    server.psql("--command", "drop view public.runs")
    assert publisher.publish(SHOP.format(run=3)) == "published"
    assert server.ask(READ) == ["3", "1003"]


READ = (
    "select distinct run from (select run from segments.customers"
    " union all select run from segments.segments) as runs"
    " union all select count(*) from segments.customers"
)
# In one snapshot, two statements, as a tool with a transaction per page reads.
READ_TWICE = (
    "begin isolation level repeatable read; select distinct run from segments.customers;"
    " select distinct run from segments.segments;"
    " select count(*) from segments.customers; commit"
)


def read_until(server: Server, sql: str, last: int) -> tuple[int, list]:
    reads, wrong, run = 0, [], 0
    while run < last:
        try:
            rows = {int(row) for row in server.ask(sql)}
        except subprocess.CalledProcessError as error:
            wrong.append(str(error))
            break
        reads += 1
        if len(rows) != 2 or max(rows) - min(rows) != 1000 or min(rows) < run:
            wrong.append((run, rows))
            break
        run = min(rows)
    return reads, wrong


def test_readers_see_one_version_while_others_come(server, publisher):
    publisher.publish(SHOP.format(run=1))
    found = []
    readers = [
        threading.Thread(
            target=lambda sql=sql: found.append(read_until(server, sql, 10))
        )
        for sql in (READ, READ_TWICE)
    ]
    for reader in readers:
        reader.start()
    for run in range(2, 11):
        assert publisher.publish(SHOP.format(run=run)) == "published"
    for reader in readers:
        reader.join()
    assert [wrong for _, wrong in found] == [[], []]
    assert min(reads for reads, _ in found) > 2
