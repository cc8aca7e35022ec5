"""Every kind of input gives the same segments; none of them needs a model edited.

One small shop is handed over as Parquet, CSV, a table, and in attached databases. SQLite
and PostgreSQL are read by DuckDB extensions that PyPI has for DuckDB 1.5.5 and not yet
for 2.0, so those builds run on 1.5.5; so does the demo shop.
"""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import Build
from input_shop import (
    CUSTOMERS,
    EMOJI,
    ORDERS,
    SHOP_VARS,
    SPECIAL_IDS,
    create_tables,
    make_shop,
    write_csv,
    write_profile,
)
from postgres import Server, run_server

OLDER_DUCKDB = "1.5.5"
EXTENSIONS = ("sqlite_scanner", "postgres_scanner")


@dataclass
class OlderBuild(Build):
    """A build on the DuckDB in a folder of packages that goes before the others.

    It needs a process of its own: the server of dbt has its DuckDB already.
    """

    is_forked: bool = False
    packages: Path = field(default_factory=Path)
    more_environment: dict = field(default_factory=dict)

    @property
    def environment(self) -> dict:
        return (
            super().environment
            | {"PYTHONPATH": str(self.packages)}
            | self.more_environment
        )


def read_segments(build: Build) -> list[tuple]:
    return build.query("select * from customer_segments order by customer_id")


def read_quality(build: Build) -> list[tuple]:
    return build.query(
        "select status, reason, row_count, amount from transaction_quality"
        " order by reason_order"
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
    return Build(folder / "out", vars=SHOP_VARS | given).run()


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
    build = Build(tmp_path / "out", vars=SHOP_VARS | given).run()

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
    check_equal(Build(tmp_path / "out", vars=SHOP_VARS | given).run(), parquet_build)


def test_tables_of_the_same_database(parquet_build, tmp_path):
    build = Build(tmp_path, vars=SHOP_VARS)
    with duckdb.connect(str(build.database)) as connection:
        create_tables(connection, "raw")
        connection.execute("create view shoppers as select * from raw.customers")
    build.vars = SHOP_VARS | {
        "segmentation_transactions": "raw.orders",
        "segmentation_customers": "shoppers",
    }
    check_equal(build.run(), parquet_build)


def test_an_attached_duckdb_database(parquet_build, tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        create_tables(connection, "sales")
        connection.execute("create view customers as select * from sales.customers")
    profile = write_profile(
        tmp_path,
        [{"path": f"{tmp_path}/warehouse.duckdb", "alias": "wh", "read_only": True}],
    )
    # A table of the database's own main schema needs no schema.
    given = {
        "segmentation_transactions": "wh.sales.orders",
        "segmentation_customers": "wh.customers",
    }
    build = Build(tmp_path, vars=SHOP_VARS | given)

    missing = build.dbt(
        *("build", "--profiles-dir", str(profile)),
        segmentation_transactions="wh.orders",
    )
    assert missing.returncode != 0
    assert "segmentation_transactions is wh.orders, but it must be" in missing.stdout
    assert "START" not in missing.stdout

    build.run("--profiles-dir", str(profile))
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
    for name in ("segment_feature_profiles", "feature_histograms"):
        found = [cell for row in published.pop(name) for cell in row]
        wanted = [cell for row in expected.pop(name) for cell in row]
        for cell, other in zip(found, wanted, strict=True):
            is_number = isinstance(other, float)
            assert cell == (pytest.approx(other, rel=1e-12) if is_number else other)
    assert published == expected


def test_an_attached_sqlite_database(parquet_build, older_packages, tmp_path):
    def convert(cell: object) -> object:
        if isinstance(cell, dt.date):
            return str(cell)
        return float(cell) if isinstance(cell, Decimal) else cell

    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        for name, columns, rows in make_shop():
            words = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table {name} ({words})")
            marks = ", ".join("?" for _ in columns)
            connection.executemany(
                f"insert into {name} values ({marks})",
                [[convert(cell) for cell in row] for row in rows],
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
    build.run("--profiles-dir", str(profile))
    check_equal(build, parquet_build)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with run_server() as running:
        yield running


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
    build.run("--profiles-dir", str(profile))
    check_equal(build, parquet_build)
