"""A dbt plugin: Python models on Spark run in the process of dbt, in its Spark session.

dbt-spark submits Python models to Databricks only. With its method `session` (a session of
this process, or Spark Connect through SPARK_REMOTE) there is a session already, so the
compiled model is executed in it. A model on Databricks is submitted as ever.

dbt imports every top-level module whose name begins with `dbt_`; that is how this one is
found. Once dbt-spark has a submission method of its own for `session`, this folder can go.
"""

import contextlib
import importlib.util
import logging
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pandas as pd
import pyarrow as pa

# Any of these says where Spark is or how it is set up: then nothing is set here.
SET_UP_BY_USER = (
    "PYSPARK_SUBMIT_ARGS",
    "SPARK_CONF_DIR",
    "SPARK_HOME",
    "SPARK_REMOTE",
)
# The mart that describes the columns of the others: table_name, column_name, description.
DICTIONARY = "data_dictionary"


def list_local_settings(folder: Path, cores: int) -> dict[str, str]:
    """List the settings of a Spark that runs on this machine alone.

    Parameters
    ----------
    folder : Path
        Where the tables and the catalogue of tables are kept from run to run.
    cores : int
        Cores of this machine.

    Returns
    -------
    dict of str to str
        Setting to value.
    """
    return {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder / 'catalogue'}",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def set_up_local_spark(environment: dict[str, str]) -> None:
    """Set Spark up on this machine, unless the environment says where it is."""
    if any(name in environment for name in SET_UP_BY_USER):
        return
    folder = Path(environment.get("SEGMENTATION_SPARK_DIR") or "segmentation_spark")
    settings = list_local_settings(folder.absolute(), os.cpu_count() or 1)
    parts = [f'--conf "{name}={value}"' for name, value in settings.items()]
    environment["PYSPARK_SUBMIT_ARGS"] = " ".join([*parts, "pyspark-shell"])


class TypedSession:
    """A Spark session that makes a table of a DataFrame without rows, too.

    A model returns one when it has nothing to add. Spark infers types from rows; Arrow has
    them from the columns. Spark Connect wants a row all the same; it is taken away again.
    """

    def __init__(self, spark) -> None:
        self.spark = spark

    def __getattr__(self, name: str):
        """Answer as the session does."""
        return getattr(self.spark, name)

    def createDataFrame(self, rows):  # noqa: N802
        """Make a table of Spark; dbt's code writes what a model returns with this."""
        if isinstance(rows, pd.DataFrame) and rows.empty:
            schema = pa.Schema.from_pandas(rows, preserve_index=False)
            nulls = [pa.nulls(1, field.type) for field in schema]
            one = pa.Table.from_arrays(nulls, schema=schema)
            return self.spark.createDataFrame(one).limit(0)
        return self.spark.createDataFrame(rows)


class DuckDBSession:
    """A DuckDB connection in the place of the Spark session, over Spark's tables.

    For a model that writes files on this machine (meta `session: duckdb`). Rows of large
    tables do not pass through Python: DuckDB streams the files that the workers have
    written, which must be on a file system that this machine sees.
    """

    def __init__(self, spark) -> None:
        self.spark = spark
        self.connection = duckdb.connect()
        self.written: list[str] = []

    def __getattr__(self, name: str):
        """Answer as the connection does."""
        return getattr(self.connection, name)

    def createDataFrame(self, rows):  # noqa: N802
        """Make a table of Spark; dbt's code writes what a model returns with this."""
        return self.spark.createDataFrame(rows)

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """Read a small table, as dbt.ref does."""
        return self.connection.from_df(self.spark.table(name).toPandas())

    def fetch_tables(self, places: list[tuple[str, str, str]]) -> None:
        """Make views of tables, with their comments, under the names they have on Spark.

        Parameters
        ----------
        places : list of (str, str, str)
            Database (any word: Spark has none), schema and name of each.
        """
        descriptions = {}
        for _, schema, name in places:
            if name == DICTIONARY:
                rows = self.spark.table(f"{schema}.{name}").collect()
                for row in sorted(rows, key=lambda row: row["column_number"]):
                    described = descriptions.setdefault(row["table_name"], {})
                    described[row["column_name"]] = row["description"]
        for database, schema in sorted({place[:2] for place in places}):
            self.connection.execute(
                f"attach if not exists ':memory:' as \"{database}\""
            )
            self.connection.execute(
                f'create schema if not exists "{database}"."{schema}"'
            )
        for place in places:
            self._make_view(place, descriptions.get(place[2], {}))

    def close(self) -> None:
        """Drop what was written for the connection, and close it."""
        for name in self.written:
            self.spark.sql(f"drop table if exists {name}")
        self.connection.close()

    def _make_view(self, place: tuple[str, str, str], columns: dict[str, str]) -> None:
        view = ".".join(f'"{part}"' for part in place)
        source = ".".join(place[1:])
        about = self.spark.catalog.getTable(source)
        if about.tableType == "VIEW":
            # The workers write what it selects.
            rows, source = self.spark.table(source), f"{source}__published"
            self.written.append(source)
            rows.write.mode("overwrite").format("parquet").saveAsTable(source)
        rows = self.spark.table(source)
        # Spark puts the columns of partitions last; the dictionary has their order.
        order = [name for name in columns if name in rows.columns]
        order += [name for name in rows.columns if name not in columns]
        kinds = dict(rows.dtypes)
        files = sorted(find_file(url) for url in rows.inputFiles())
        value = '"{0}"' if files else "null"
        selected = ", ".join(
            f'cast({value.format(name)} as {kinds[name]}) as "{name}"' for name in order
        )
        read = f"from read_parquet({files}, hive_partitioning = true)"
        self.connection.execute(
            f"create view {view} as select {selected} {read if files else 'where false'}"
        )
        comments = {f"view {view}": about.description}
        comments |= {f'column {view}."{name}"': columns.get(name) for name in order}
        for target, comment in comments.items():
            if comment:
                text = comment.replace("'", "''")
                self.connection.execute(f"comment on {target} is '{text}'")


def find_file(url: str) -> str:
    """Return the path of a file of a table.

    Raises
    ------
    OSError
        When the file is not on a file system of this machine.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise OSError(
            f"Spark's tables are at {url}, where this machine cannot read files. Put"
            " spark.sql.warehouse.dir on a file system that it sees as well."
        )
    return unquote(parts.path)


def run_in_session(name: str, compiled_code: str, session) -> None:
    """Execute a compiled Python model, which writes its table itself.

    Parameters
    ----------
    name : str
        Name of the model, for tracebacks.
    compiled_code : str
        The model, with the code that dbt-spark adds to write what it returns.
    session : TypedSession or DuckDBSession
        Known to that code as `spark`.
    """
    exec(compile(compiled_code, f"<{name}>", "exec"), {"spark": session})


def patch_adapter() -> None:
    """Let dbt-spark run Python models in its session, where it has one."""
    from dbt.adapters.spark import SparkAdapter
    from pyspark.sql import SparkSession

    submit_elsewhere = SparkAdapter.submit_python_job

    def submit_python_job(self, parsed_model: dict, compiled_code: str):
        if self.config.credentials.method != "session":
            return submit_elsewhere(self, parsed_model, compiled_code)
        session = TypedSession(SparkSession.builder.getOrCreate())
        with contextlib.ExitStack() as stack:
            if parsed_model["config"].get("meta", {}).get("session") == "duckdb":
                session = stack.enter_context(
                    contextlib.closing(DuckDBSession(session))
                )
            run_in_session(parsed_model["name"], compiled_code, session)
        return self.generate_python_submission_response(None)

    SparkAdapter.submit_python_job = submit_python_job
    # It prints the stack of every refused statement, which dbt reports in a sentence.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


if all(importlib.util.find_spec(name) for name in ("pyspark", "dbt.adapters.spark")):
    set_up_local_spark(os.environ)
    patch_adapter()
