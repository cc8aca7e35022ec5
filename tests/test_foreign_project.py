"""Installed as a package in another dbt project, as docs/your-tables.md says."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import PROJECT, Build, copy_project

PROFILE = """
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('SEGMENTATION_DB') }}"
      schema: analytics
      threads: 2
      settings: {TimeZone: UTC}
"""
# The shop's own names, on top of what the snippet of docs/your-tables.md sets.
VARS = {
    "segmentation_transaction_columns": {
        "customer_id": "buyer",
        "ordered_at": "placed_on",
        "amount": "total",
        "transaction_id": "order_number",
        "order_id": "order_number",
    },
    "segmentation_customer_columns": {"customer_id": "id", "loyalty_tier": "tier"},
    "segmentation_demographics": {
        "loyalty_tier": {"kind": "ordinal", "levels": ["bronze", "silver", "gold"]},
        "has_app": {"kind": "boolean"},
        "shoe_size": {"kind": "number"},
    },
    # No segment is large enough for the default of 30.
    "segmentation_minimum_cell_size": 3,
}
MODELS = {
    "stg_customers.sql": """
select
    printf('%05d', i) as id,
    case i % 4 when 0 then 'gold' when 1 then 'silver' else 'bronze' end as tier,
    i % 3 = 0 as has_app,
    36 + i % 10 as shoe_size
from range(1, 181) as numbers (i)
""",
    "dim_customers.sql": "select * from {{ ref('stg_customers') }}",
    # 170 of the 180 customers, and three that are in no customer table.
    "fct_orders.sql": """
select
    printf('%05d', case when c > 167 then c + 700 else c end) as buyer,
    printf('%05d-%02d', c, n) as order_number,
    date '2025-12-31' - cast((c % 4) * 40 + n * (3 + c % 7) as integer) as placed_on,
    10 + (c * 37 + n * 11) % 50 + case when c % 4 = 1 then 100 else 0 end as total
from range(1, 171) as customers (c)
cross join range(1, 12) as orders (n)
where n <= 1 + (c * 7) % 11
""",
}
SCHEMA = "analytics_segmentation"


def read_snippet() -> dict[str, dict]:
    """Read the snippet for other dbt projects: file name to its contents."""
    page = (PROJECT / "docs" / "your-tables.md").read_text()
    text = page.split("## In your own dbt project\n\n```yaml\n", 1)[1].split("```")[0]
    parts = re.split(r"^# (\w+\.yml)\n", text, flags=re.MULTILINE)[1:]
    return {
        name: yaml.safe_load(part)
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }


def write_project(folder: Path, models: dict[str, str], **more) -> Path:
    """Write a fresh dbt project with the snippet, beside a copy of ours."""
    package = copy_project(folder)
    project = folder / "shop"
    (project / "models").mkdir(parents=True)
    snippet = read_snippet()
    assert set(snippet) == {"packages.yml", "dbt_project.yml"}
    snippet["packages.yml"]["packages"][0]["local"] = str(package)
    snippet["dbt_project.yml"]["vars"] |= more
    snippet["dbt_project.yml"] |= {"name": "shop", "profile": "shop"}
    for name, content in snippet.items():
        (project / name).write_text(yaml.safe_dump(content))
    (project / "profiles.yml").write_text(PROFILE)
    for name, text in models.items():
        (project / "models" / name).write_text(text)
    return project


def install_package(build: Build) -> None:
    """Run dbt deps in the build's project."""
    subprocess.run(
        [
            Path(sys.executable).parent / "dbt",
            "deps",
            "--log-path",
            build.folder / "logs",
        ],
        cwd=build.project,
        env=build.environment,
        check=True,
    )


def digest_files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """The shop's own project with ours installed, beside a copy of ours."""
    folder = tmp_path_factory.mktemp("foreign")
    project = write_project(folder, MODELS, **VARS)
    sources = [
        {"name": "raw", "tables": [{"name": "orders"}, {"name": "lost"}]},
        {
            "name": "drop",
            "config": {"meta": {"external_location": f"{folder}/{{name}}.parquet"}},
            "tables": [{"name": "orders"}, {"name": "lost"}],
        },
    ]
    (project / "models" / "sources.yml").write_text(
        yaml.safe_dump({"sources": sources})
    )
    return project


@pytest.fixture(scope="module")
def build(shop, tmp_path_factory) -> Build:
    package = shop.parent / "project"
    before = digest_files(package)
    build = Build(tmp_path_factory.mktemp("foreign_out"), project=shop, vars={})
    install_package(build)
    done = build.dbt("build")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "depends on the root project node" not in done.stdout
    assert digest_files(package) == before
    return build


def test_the_snippet_is_all_that_a_fresh_project_needs(tmp_path):
    """Pasted as it is, over models with our column names; no demo and no unit test."""
    models = {
        name: text.replace(" as id,", " as customer_id,")
        .replace(" as buyer,", " as customer_id,")
        .replace(" as placed_on,", " as ordered_at,")
        .replace(" as total\n", " as amount\n")
        for name, text in MODELS.items()
    }
    build = Build(tmp_path / "out", write_project(tmp_path, models), vars={})
    build.folder.mkdir()
    install_package(build)
    done = build.dbt("build")
    assert done.returncode == 0, done.stdout[-4000:]
    assert build.query(f"select count(*) from {SCHEMA}.customer_segments") == [(183,)]
    results = json.loads((build.target / "run_results.json").read_text())["results"]
    ran = {result["unique_id"].split(".", 1)[0] for result in results}
    assert ran == {"model", "seed", "test", "operation", "exposure"}
    seeds = {r["unique_id"] for r in results if r["unique_id"].startswith("seed.")}
    assert not [seed for seed in seeds if "demo" in seed]


def test_every_customer_of_the_shop_is_in_one_segment(build):
    placed = build.query(f"select customer_id from {SCHEMA}.customer_segments")
    expected = build.query(
        "select id from analytics.dim_customers"
        " union select buyer from analytics.fct_orders"
    )
    assert len(expected) == 183
    assert sorted(placed) == sorted(expected)
    segments = build.query(
        "select segment_kind, count(distinct segment_id), count(*)"
        f" from {SCHEMA}.customer_segments group by 1 order by 1"
    )
    assert [row[0] for row in segments] == ["cluster", "rule"]
    assert segments[0][1] >= 4
    assert segments[0][2] == 170


def test_the_shops_attributes_are_in_the_contract(build):
    columns = dict(
        build.query(
            "select column_name, data_type from information_schema.columns"
            f" where table_schema = '{SCHEMA}' and table_name = 'customer_segments'"
        )
    )
    assert columns["loyalty_tier"] == columns["has_app"] == "VARCHAR"
    assert columns["shoe_size"] == "DOUBLE"
    assert not {"gender", "age_years", "income_band"} & set(columns)
    ran = build.target / "run" / "customer_segmentation" / "models" / "marts"
    created = (ran / "customer_segments.sql").read_text()
    declared = created[created.index("create") : created.index("insert into")]
    for column in ("loyalty_tier", "has_app", "shoe_size", "customer_id"):
        assert f"{column} " in declared
    levels = build.query(
        "select distinct attribute_value, value_order"
        f" from {SCHEMA}.segment_demographics where attribute = 'loyalty_tier'"
        " and attribute_value <> 'unknown' order by value_order"
    )
    assert [row[0] for row in levels] == ["bronze", "silver", "gold"]


def test_models_of_the_same_name_stay_apart(build):
    theirs = build.table("select * from analytics.stg_customers")
    ours = build.table(f"select * from {SCHEMA}.stg_customers")
    assert "shoe_size" in theirs and "record_count" not in theirs
    assert "record_count" in ours
    assert len(theirs) == len(ours) == 180
    tables = build.query(
        "select table_name from information_schema.tables"
        " where table_schema = 'analytics' order by 1"
    )
    assert tables == [("dim_customers",), ("fct_orders",), ("stg_customers",)]


def test_files_are_published_where_the_shop_wants_them(build, shop):
    assert {path.name for path in build.published.iterdir()} >= {
        "customer_segments.parquet",
        "transaction_quality.parquet",
        "segments.duckdb",
    }
    assert not (shop / "published").exists()
    with duckdb.connect(
        str(build.published / "segments.duckdb"), read_only=True
    ) as connection:
        count = connection.execute("select count(*) from customer_segments").fetchall()
    assert count == [(183,)]


def test_a_source_table_and_a_source_file_give_the_same(build, shop, tmp_path):
    table = Build(tmp_path / "table", project=shop, vars={})
    file = Build(tmp_path / "file", project=shop, vars={})
    table.folder.mkdir()
    file.folder.mkdir()
    with duckdb.connect(str(table.database)) as connection:
        connection.execute(f"attach '{build.database}' as built (read_only)")
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.orders as select * from built.analytics.fct_orders"
        )
        connection.execute(f"copy raw.orders to '{shop.parent}/orders.parquet'")
    expected = build.query(f"select * from {SCHEMA}.customer_segments order by 1")
    for other, source in ((table, "raw"), (file, "drop")):
        for name in ("lost", "orders"):
            relation = f"{{{{ source('{source}', '{name}') }}}}"
            done = other.dbt(
                "build",
                segmentation_transactions=relation,
            )
            if name == "lost":
                assert done.returncode != 0
                assert "segmentation_transactions is " in done.stdout
                assert "nothing was found there" in done.stdout
                assert "START" not in done.stdout
            else:
                assert done.returncode == 0, done.stdout[-4000:]
                found = other.query(
                    f"select * from {SCHEMA}.customer_segments order by 1"
                )
                assert found == expected


def test_a_bad_var_stops_the_shops_run_at_the_start(build, shop, tmp_path):
    done = Build(tmp_path, project=shop, vars={}).dbt("build", segmentation_k=1)
    assert done.returncode != 0
    assert "segmentation_k is 1, but it must be null or a whole number" in done.stdout
    assert "START" not in done.stdout


@pytest.mark.parametrize(
    ("table", "is_allowed"), [("customer_segments", True), ("int_customers", False)]
)
def test_the_shop_refers_to_marts_and_not_to_working_tables(
    build, shop, tmp_path, table, is_allowed
):
    model = shop / "models" / "fct_segments.sql"
    model.write_text(f"select * from {{{{ ref('customer_segmentation', '{table}') }}}}")
    try:
        done = Build(tmp_path, project=shop, vars={}).dbt("parse")
    finally:
        model.unlink()
    assert (done.returncode == 0) == is_allowed, done.stdout
    assert ("the referenced node is protected" in done.stdout) != is_allowed
