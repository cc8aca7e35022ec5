"""Every kind of input gives the same segments; none of them needs a model edited.

One small shop is handed over as Parquet, CSV, a table, and in attached databases. SQLite
and PostgreSQL are read by DuckDB extensions that PyPI has for DuckDB 1.5.5 and not yet
for 2.0, so those builds run on 1.5.5; so does the demo shop.
"""

import csv
import datetime as dt
import functools
import os
import random
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import Build

OLDER_DUCKDB = "1.5.5"
EXTENSIONS = ("sqlite_scanner", "postgres_scanner")
EMOJI = "\N{SHOPPING TROLLEY}"
# Ids that something on the way could change: zeros, quotes, separators, other scripts.
SPECIAL_IDS = (
    "000007",
    "0000000000000000012",
    "1e5",
    "O'Neil",
    'Say "hi"; or not',
    "back\\slash, comma",
    "Jürgen Größe",
    f"basket {EMOJI} 1",
    "'; drop table orders; --",
    "<script>",
)
ORDERS = {
    "line_id": "text",
    "order_no": "text",
    "customer": "text",
    "placed_at": "timestamp",
    "total": "decimal(10, 2)",
    "discount": "decimal(10, 2)",
    "pieces": "integer",
    "category": "text",
}
CUSTOMERS = {
    "id": "text",
    "born": "date",
    "gender": "text",
    "income": "text",
    "household_size": "integer",
    "newsletter": "boolean",
}
# The shop's words, the same for every kind of input.
SHOP_VARS = {
    "segmentation_transaction_columns": {
        "transaction_id": "line_id",
        "order_id": "order_no",
        "customer_id": "customer",
        "ordered_at": "placed_at",
        "amount": "total",
        "discount_amount": "discount",
        "quantity": "pieces",
    },
    "segmentation_customer_columns": {"customer_id": "id", "birth_date": "born"},
    "segmentation_demographics": {
        "birth_date": {"kind": "date", "as": "age_years"},
        "gender": {"kind": "nominal"},
        "income": {"kind": "ordinal", "levels": ["niedrig", "mittel", "höher"]},
        "household_size": {"kind": "number"},
        "newsletter": {"kind": "boolean"},
    },
    "segmentation_duplicates": "by_transaction_id",
    "segmentation_k": 4,
    "segmentation_model": {"k_range": [4, 4], "k_bootstraps": 2},
}


@dataclass(frozen=True)
class Shop:
    """Rows of the two tables, in the order of their columns."""

    orders: list[tuple]
    customers: list[tuple]

    def __iter__(self) -> Iterator[tuple[str, dict, list[tuple]]]:
        """Name, columns and rows of each table."""
        yield "orders", ORDERS, self.orders
        yield "customers", CUSTOMERS, self.customers


@functools.cache
def make_shop() -> Shop:
    """Draw 170 buyers of four habits; 3 without a record, and 5 records without orders."""
    draw = random.Random(155)
    ids = [*SPECIAL_IDS, *(f"{number:06d}" for number in range(1000, 1165))]
    last_day = dt.datetime(2025, 12, 31)
    # Orders, days between them, days since the last, money of a line.
    habits = [(14, 12, 8, 30), (3, 80, 40, 180), (6, 25, 200, 40), (2, 10, 15, 35)]
    orders = []
    for place, customer in enumerate(ids[:170]):
        count, gap, ago, price = habits[place % 4]
        day = last_day - dt.timedelta(days=draw.randrange(ago))
        for order in range(max(1, count + draw.randrange(-1, 3))):
            for line in range(draw.choice((1, 1, 2))):
                total = Decimal(draw.randrange(50 * price, 150 * price)) / 100
                orders.append(
                    (
                        f"{place:04d}-{order:02d}-{line}",
                        f"{place * 100 + order:08d}",
                        customer,
                        day + dt.timedelta(seconds=draw.randrange(86400)),
                        -total if draw.random() < 0.02 else total,
                        Decimal(draw.randrange(0, 300)) / 100,
                        draw.randrange(1, 5),
                        draw.choice(("Bücher", "Möbel; innen", 'Regal 60"', "Garten")),
                    )
                )
            day -= dt.timedelta(days=draw.randrange(gap // 2, gap * 2))
    customers = [
        (
            customer,
            dt.date(1940, 1, 1) + dt.timedelta(days=draw.randrange(24000)),
            draw.choice(("weiblich", "männlich", None)),
            draw.choice(("niedrig", "mittel", "höher")),
            draw.randrange(1, 6),
            draw.random() < 0.4,
        )
        for customer in [*ids[:90], *ids[93:]]
    ]
    # The last line came twice.
    return Shop([*orders, orders[-1]], customers)


@dataclass
class OlderBuild(Build):
    """A build on the DuckDB in a folder of packages that goes before the others."""

    packages: Path = field(default_factory=Path)
    more_environment: dict = field(default_factory=dict)

    @property
    def environment(self) -> dict:
        return (
            super().environment
            | {"PYTHONPATH": str(self.packages)}
            | self.more_environment
        )


def write_profile(folder: Path, attach: list[dict], **output) -> Path:
    """Write a user's own profile, with databases attached."""
    profile = {
        "customer_segmentation": {
            "target": "duckdb",
            "outputs": {
                "duckdb": {
                    "type": "duckdb",
                    "path": "{{ env_var('SEGMENTATION_DB') }}",
                    "threads": 2,
                    "settings": {"TimeZone": "UTC"},
                    "attach": attach,
                    **output,
                }
            },
        }
    }
    (folder / "profile").mkdir()
    path = folder / "profile" / "profiles.yml"
    path.write_text(yaml.safe_dump(profile))
    return path.parent


def create_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    connection.execute(f"create schema if not exists {schema}")
    for name, columns, rows in make_shop():
        words = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create table {schema}.{name} ({words})")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"insert into {schema}.{name} values ({marks})", rows)


def write_csv(path: Path, rows: list[tuple], header=None, **how) -> None:
    encoding = how.pop("encoding", "utf-8")
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **how)
        if header:
            writer.writerow(header)
        writer.writerows(rows)


def read_segments(build: Build) -> list[tuple]:
    return build.query("select * from customer_segments order by customer_id")


def read_quality(build: Build) -> list[tuple]:
    return build.query(
        "select status, reason, row_count, amount from transaction_quality"
    )


@pytest.fixture(scope="module")
def parquet_build(tmp_path_factory) -> Build:
    """The shop as Parquet: what every other kind is compared with."""
    folder = tmp_path_factory.mktemp("parquet")
    with duckdb.connect() as connection:
        create_tables(connection, "main")
        for name in ("orders", "customers"):
            connection.execute(f"copy {name} to '{folder}/{name}-1.parquet'")
    given = {
        "segmentation_transactions": f"read_parquet('{folder}/orders-*.parquet')",
        "segmentation_customers": f"read_parquet('{folder}/customers-*.parquet')",
    }
    return Build(folder / "out", vars=SHOP_VARS | given).build()


def check_equal(build: Build, parquet_build: Build) -> None:
    assert read_segments(build) == read_segments(parquet_build)
    assert read_quality(build) == read_quality(parquet_build)


def test_parquet_keeps_every_id_and_cent(parquet_build):
    shop = make_shop()
    segments = {row[0]: row for row in read_segments(parquet_build)}
    assert set(SPECIAL_IDS) < set(segments)
    assert set(segments) == {row[2] for row in shop.orders} | {
        row[0] for row in shop.customers
    }
    accepted = [row for row in read_quality(parquet_build) if row[0] == "accepted"]
    assert accepted == [
        (
            "accepted",
            accepted[0][1],
            len(shop.orders) - 1,
            sum(row[4] for row in shop.orders[:-1]),
        )
    ]
    assert len({row[1] for row in segments.values() if row[1] > 0}) == 4


def test_csv_with_semicolons_decimal_commas_latin_1_and_day_first_dates(
    parquet_build, tmp_path
):
    # Latin-1 has no emoji, so this shop has another sign in its place.
    shop = make_shop()
    orders = [
        (
            *row[:2],
            row[2].replace(EMOJI, "¤"),
            row[3].strftime("%d.%m.%Y %H:%M:%S"),
            str(row[4]).replace(".", ","),
            str(row[5]).replace(".", ","),
            *row[6:],
        )
        for row in shop.orders
    ]
    customers = [
        (
            row[0].replace(EMOJI, "¤"),
            row[1].strftime("%d.%m.%Y"),
            *row[2:5],
            "ja" if row[5] else "nein",
        )
        for row in shop.customers
    ]
    how = {"encoding": "latin-1", "delimiter": ";"}
    write_csv(tmp_path / "orders.csv", orders, ORDERS, **how)
    write_csv(tmp_path / "customers.csv", customers, CUSTOMERS, **how)
    read = "delim=';', encoding='latin-1', header=true, all_varchar=true"
    given = {
        "segmentation_transactions": f"read_csv('{tmp_path}/orders.csv', {read})",
        "segmentation_transaction_columns": {
            **SHOP_VARS["segmentation_transaction_columns"],
            "amount": "replace(total, ',', '.')",
            "discount_amount": "replace(discount, ',', '.')",
        },
        "segmentation_timestamp_format": "%d.%m.%Y %H:%M:%S",
        "segmentation_customers": f"read_csv('{tmp_path}/customers.csv', {read})",
        "segmentation_customer_columns": {
            "customer_id": "id",
            "birth_date": "try_strptime(born, '%d.%m.%Y')",
            "newsletter": "newsletter = 'ja'",
        },
    }
    build = Build(tmp_path / "out", vars=SHOP_VARS | given).build()

    assert read_segments(build) == [
        (row[0].replace(EMOJI, "¤"), *row[1:]) for row in read_segments(parquet_build)
    ]
    assert read_quality(build) == read_quality(parquet_build)


def test_csv_without_header_and_with_the_readers_own_decimal_comma(
    parquet_build, tmp_path
):
    shop = make_shop()
    orders = [
        (*row[:4], *(str(cell).replace(".", ",") for cell in row[4:6]), *row[6:])
        for row in shop.orders
    ]
    write_csv(tmp_path / "orders.csv", orders, delimiter="|")
    write_csv(tmp_path / "customers.csv", shop.customers)
    order_types = ", ".join(f"'{name}': '{kind}'" for name, kind in ORDERS.items())
    names = ", ".join(f"'{name}'" for name in CUSTOMERS)
    given = {
        "segmentation_transactions": f"read_csv('{tmp_path}/orders.csv', header=false,"
        f" delim='|', decimal_separator=',', columns={{{order_types}}})",
        "segmentation_customers": f"read_csv('{tmp_path}/customers.csv', header=false,"
        f" names=[{names}], all_varchar=true)",
    }
    check_equal(Build(tmp_path / "out", vars=SHOP_VARS | given).build(), parquet_build)


def test_tables_of_the_same_database(parquet_build, tmp_path):
    build = Build(tmp_path, vars=SHOP_VARS)
    with duckdb.connect(str(build.database)) as connection:
        create_tables(connection, "raw")
        connection.execute("create view shoppers as select * from raw.customers")
    build.vars = SHOP_VARS | {
        "segmentation_transactions": "raw.orders",
        "segmentation_customers": "shoppers",
    }
    check_equal(build.build(), parquet_build)


def test_an_attached_duckdb_database(parquet_build, tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        create_tables(connection, "sales")
        connection.execute("create view customers as select * from sales.customers")
    profile = write_profile(
        tmp_path,
        [
            {
                "path": str(tmp_path / "warehouse.duckdb"),
                "alias": "wh",
                "read_only": True,
            }
        ],
    )
    # A table of the database's own main schema needs no schema.
    given = {
        "segmentation_transactions": "wh.sales.orders",
        "segmentation_customers": "wh.customers",
    }
    build = Build(tmp_path, vars=SHOP_VARS | given)

    missing = build.dbt(
        "build",
        "--profiles-dir",
        str(profile),
        segmentation_transactions="wh.orders",
    )
    assert missing.returncode != 0
    assert "segmentation_transactions is wh.orders, but it must be" in missing.stdout
    assert "START" not in missing.stdout

    build.build("--profiles-dir", str(profile))
    check_equal(build, parquet_build)


@pytest.fixture(scope="session")
def older_packages(tmp_path_factory) -> Path:
    """An older DuckDB with its extensions, to be put before the installed packages."""
    folder = tmp_path_factory.mktemp("older_duckdb")
    packages = folder / "packages"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--target", str(packages)),
            f"duckdb=={OLDER_DUCKDB}",
            *(
                f"duckdb-extension-{name.replace('_', '-')}=={OLDER_DUCKDB}"
                for name in EXTENSIONS
            ),
        ],
        check=True,
    )
    # Installed from the wheels' files; DuckDB loads them when a database needs them.
    files = [
        next(packages.glob(f"duckdb_extension_{name}/**/{name}.duckdb_extension"))
        for name in EXTENSIONS
    ]
    install = (
        "import sys, duckdb\n"
        f"assert duckdb.__version__ == '{OLDER_DUCKDB}'\n"
        "with duckdb.connect(config={'extension_directory': sys.argv[1]}) as connection:\n"
        "    for file in sys.argv[2:]:\n"
        "        connection.install_extension(file)\n"
    )
    subprocess.run(
        [sys.executable, "-c", install, packages / "extensions", *files],
        env=os.environ | {"PYTHONPATH": str(packages)},
        check=True,
    )
    return packages


def test_the_demo_shop_on_the_older_duckdb(demo_build, older_packages, tmp_path):
    older = OlderBuild(tmp_path, packages=older_packages)
    done = older.dbt("build")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "WARN=0 ERROR=0" in done.stdout
    published, expected = older.read_published(), demo_build.read_published()
    # Interpolated quantiles may differ in the last bit; nothing else does.
    found = [cell for row in published.pop("segment_feature_profiles") for cell in row]
    wanted = [cell for row in expected.pop("segment_feature_profiles") for cell in row]
    for cell, other in zip(found, wanted, strict=True):
        is_number = isinstance(other, float)
        assert cell == (pytest.approx(other, rel=1e-12) if is_number else other)
    assert published == expected


def test_an_attached_sqlite_database(parquet_build, older_packages, tmp_path):
    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        for name, columns, rows in make_shop():
            words = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table {name} ({words})")
            marks = ", ".join("?" for _ in columns)
            connection.executemany(
                f"insert into {name} values ({marks})",
                [
                    [
                        float(cell)
                        if isinstance(cell, Decimal)
                        else str(cell)
                        if isinstance(cell, dt.date)
                        else cell
                        for cell in row
                    ]
                    for row in rows
                ],
            )
    connection.close()
    profile = write_profile(
        tmp_path,
        [
            {
                "path": str(tmp_path / "shop.sqlite"),
                "type": "sqlite",
                "alias": "shop",
                "read_only": True,
            }
        ],
        config_options={"extension_directory": str(older_packages / "extensions")},
    )
    given = {
        "segmentation_transactions": "shop.orders",
        "segmentation_customers": "shop.customers",
    }
    build = OlderBuild(tmp_path, vars=SHOP_VARS | given, packages=older_packages)
    build.build("--profiles-dir", str(profile))
    check_equal(build, parquet_build)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of the tests' own."""

    port: int
    password: str
    programs: Path

    def psql(self, *arguments: str, given: str = "") -> None:
        subprocess.run(
            [
                *(str(self.programs / "psql"), "--no-psqlrc", "--quiet"),
                *("--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--username", "shop"),
                *("--dbname", "postgres", *arguments),
            ],
            env=os.environ | {"PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8"},
            input=given,
            encoding="utf-8",
            check=True,
        )


def find_postgres() -> Path:
    """Where initdb is: on PATH, or the newest of Debian's."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    assert found, "PostgreSQL is not installed; run: bash scripts/install_test_tools.sh"
    return found[-1].parent


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server on a free loopback port; root cannot run one, so it is postgres then."""
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="segmentation-postgres-"))
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*as_user, str(programs / program), *arguments],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    data, log = str(folder / "data"), str(folder / "log")
    password = secrets.token_hex(16)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if as_user:
        shutil.chown(secret, "postgres")
    try:
        run(
            "initdb",
            *("--pgdata", data, "--username", "shop", "--encoding", "UTF8"),
            *("--locale", "C", "--auth", "scram-sha-256", "--pwfile", str(secret)),
            "--no-sync",
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
        run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        yield Server(port, password, programs)
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def test_an_attached_postgresql_database(
    parquet_build, older_packages, server, tmp_path
):
    for name, columns, rows in make_shop():
        words = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        server.psql("--command", f"create table {name} ({words})")
        write_csv(tmp_path / f"{name}.csv", rows)
        server.psql(
            *("--command", f"copy {name} from stdin with (format csv)"),
            given=(tmp_path / f"{name}.csv").read_text(encoding="utf-8"),
        )
    words = (
        f"host=127.0.0.1 port={server.port} dbname=postgres user=shop "
        "password={{ env_var('DBT_ENV_SECRET_SHOP_PASSWORD') }}"
    )
    profile = write_profile(
        tmp_path,
        [{"path": words, "type": "postgres", "alias": "shop", "read_only": True}],
        config_options={"extension_directory": str(older_packages / "extensions")},
    )
    given = {
        "segmentation_transactions": "shop.public.orders",
        "segmentation_customers": "shop.public.customers",
    }
    build = OlderBuild(
        tmp_path,
        vars=SHOP_VARS | given,
        packages=older_packages,
        more_environment={"DBT_ENV_SECRET_SHOP_PASSWORD": server.password},
    )
    build.build("--profiles-dir", str(profile))
    check_equal(build, parquet_build)
