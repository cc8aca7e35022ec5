"""The project's models run in memory, without dbt between them: a shop in a second.

dbt compiles once; the SQL as compiled and the Python models as written are then run in the
order of the DAG on any number of made shops, as on an empty database. Contracts and hooks
do not run.
"""

import contextlib
import importlib.util
import json
from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import duckdb
import pandas as pd
from conftest import PROJECT, Build

CATALOG = "segmentation"


class InMemoryShop:
    """The tables of one run."""

    def __init__(self, **tables):
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1; set timezone = 'UTC'")
        self.connection.execute(f"attach ':memory:' as {CATALOG}; use {CATALOG}")
        for name, rows in tables.items():
            self.fill(name, rows)

    def __enter__(self) -> duckdb.DuckDBPyConnection:
        return self.connection

    def __exit__(self, *_) -> None:
        self.connection.close()

    @contextlib.contextmanager
    def undone(self) -> Iterator[None]:
        """Take back at the end whatever is done to the tables within."""
        self.connection.execute("begin")
        try:
            yield
        finally:
            self.connection.execute("rollback")

    def fill(self, name: str, rows) -> None:
        """Make a table of a data frame or an Arrow table."""
        self.connection.register("rows", rows)
        self.connection.execute(f"create or replace table {name} as select * from rows")

    def query(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def table(self, sql: str) -> pd.DataFrame:
        return self.connection.execute(sql).df()


class InMemoryProject:
    """The compiled models below some of them, for shops of the same vars.

    Parameters
    ----------
    build : Build
        Where dbt compiles; its vars name the tables.
    *selected : str
        Models to run, with all they need; all that the marts need when left out.
    **tables
        Tables that are there when dbt compiles, for vars that look at their columns.
    """

    def __init__(self, build: Build, *selected: str, **tables):
        if tables:
            with duckdb.connect(str(build.database)) as connection:
                for name, rows in tables.items():
                    connection.register("rows", rows)
                    connection.execute(f"create table {name} as from rows limit 0")
        select = [f"+{name}" for name in selected]
        done = build.dbt("compile", *(["--select", *select] if select else []))
        assert done.returncode == 0, done.stdout[-4000:]
        self.nodes = json.loads((build.target / "manifest.json").read_text())["nodes"]
        self.order: list[str] = []
        for node_id, node in self.nodes.items():
            if node["resource_type"] == "model" and (
                node["name"] in selected
                or (not selected and node["fqn"][1] not in ("publishing",))
            ):
                self._add(node_id)

    def _add(self, node_id: str) -> None:
        if node_id in self.order or node_id not in self.nodes:
            return
        for parent in self.list_parents(node_id):
            self._add(parent)
        self.order.append(node_id)

    @contextlib.contextmanager
    def broken(self, name: str, before: str, after: str) -> Iterator[None]:
        """Change a model's SQL for a while; the text must be there."""
        node = self.find(name)
        original = node["compiled_code"]
        assert before in original
        node["compiled_code"] = original.replace(before, after)
        try:
            yield
        finally:
            node["compiled_code"] = original

    def list_parents(self, node_id: str) -> list[str]:
        return self.nodes[node_id]["depends_on"].get("nodes", [])

    def find(self, name: str) -> dict:
        """Return the node of a model."""
        return self.nodes[f"model.customer_segmentation.{name}"]

    def run(self, **tables) -> InMemoryShop:
        """Build all models on a shop; the tables are made by their names."""
        shop = InMemoryShop(**tables)
        for node_id in self.order:
            self.build_node(shop, node_id)
        return shop

    def run_from(self, shop: InMemoryShop, *names: str) -> None:
        """Build some models of a shop again, and all that read them."""
        touched = {self.find(name)["unique_id"] for name in names}
        for node_id in self.order:
            if node_id in touched or touched & set(self.list_parents(node_id)):
                touched.add(node_id)
                self.build_node(shop, node_id)

    def build_node(self, shop: InMemoryShop, node_id: str) -> None:
        node = self.nodes[node_id]
        name = node["name"]
        if node["resource_type"] == "seed":
            types = {
                column: "varchar" if kind == "string" else kind
                for column, kind in node["config"]["column_types"].items()
            }
            shop.connection.execute(
                f"create or replace table {name} as from read_csv(?, types = ?)",
                [str(PROJECT / node["original_file_path"]), types],
            )
        elif node["language"] == "python":
            shop.fill(name, self._run_python(node, shop.connection))
        else:
            shop.connection.execute(
                f"create or replace table {name} as {node['compiled_code']}"
            )

    def find_failures(self, shop: InMemoryShop, only: Iterable = ()) -> dict[str, str]:
        """Data tests that find rows, with their severity; all tests of what was run."""
        return {
            node["name"]: node["config"]["severity"].lower()
            for node_id, node in self.nodes.items()
            if node["resource_type"] == "test"
            and (not only or node["name"] in only)
            and node.get("compiled_code")
            and set(self.list_parents(node_id)) <= set(self.order)
            and shop.query(f"select 1 from ({node['compiled_code']}) limit 1")
        }

    @staticmethod
    def _run_python(node: dict, connection) -> pd.DataFrame:
        path = PROJECT / node["original_file_path"]
        spec = importlib.util.spec_from_file_location(node["name"], path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)

        class Config:
            def __call__(self, **_):
                """Take the model's config as dbt does."""

            def meta_get(self, name):
                return node["config"]["meta"][name]

        dbt = SimpleNamespace(
            ref=connection.table, config=Config(), is_incremental=False, this=None
        )
        return module.model(dbt, connection)
