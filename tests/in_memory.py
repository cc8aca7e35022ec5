"""The project's models run in memory, without dbt between them: a shop in a second.

dbt compiles once; the SQL as compiled and the Python models as written are then run in the
order of the DAG on any number of made shops, as on an empty database. Contracts, hooks and
tests do not run.
"""

import importlib.util
import json
from types import SimpleNamespace

import duckdb
import pandas as pd
from conftest import PROJECT, Build

CATALOG = "segmentation"


class InMemoryProject:
    """The compiled models below some of them, for shops of the same vars.

    Parameters
    ----------
    build : Build
        Where dbt compiles; its vars name the tables `shop_transactions` and, if there is
        one, `shop_customers`.
    *selected : str
        Models to run, with all they need.
    """

    def __init__(self, build: Build, *selected: str):
        done = build.dbt("compile", "--select", *(f"+{name}" for name in selected))
        assert done.returncode == 0, done.stdout[-4000:]
        manifest = json.loads((build.target / "manifest.json").read_text())
        self.nodes = manifest["nodes"]
        wanted = [f"model.customer_segmentation.{name}" for name in selected]
        self.order: list[str] = []
        for name in wanted:
            self._add(name)

    def _add(self, node_id: str) -> None:
        if node_id in self.order or node_id not in self.nodes:
            return
        for parent in self.nodes[node_id]["depends_on"].get("nodes", []):
            self._add(parent)
        self.order.append(node_id)

    def run(self, **tables: pd.DataFrame) -> duckdb.DuckDBPyConnection:
        """Build all models on a shop; the tables are registered by their names."""
        connection = duckdb.connect()
        connection.execute("set threads = 1; set timezone = 'UTC'")
        connection.execute(f"attach ':memory:' as {CATALOG}; use {CATALOG}")
        for name, rows in tables.items():
            connection.register("rows", rows)
            connection.execute(f"create table {name} as select * from rows")
        for node_id in self.order:
            node = self.nodes[node_id]
            if node["resource_type"] == "seed":
                path = PROJECT / node["original_file_path"]
                types = {
                    name: "varchar" if kind == "string" else kind
                    for name, kind in node["config"]["column_types"].items()
                }
                connection.execute(
                    f"create table {node['name']} as select * from read_csv(?, types = ?)",
                    [str(path), types],
                )
            elif node["language"] == "python":
                connection.register("rows", self._run_python(node, connection))
                connection.execute(f"create table {node['name']} as select * from rows")
            else:
                connection.execute(
                    f"create table {node['name']} as {node['compiled_code']}"
                )
        return connection

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
