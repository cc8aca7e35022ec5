"""A dbt plugin: Python models on Spark run in the process of dbt, in its Spark session.

dbt-spark submits Python models to Databricks only. With its method `session` (a session of
this process, or Spark Connect through SPARK_REMOTE) there is a session already, so the
compiled model is executed in it. A model on Databricks is submitted as ever.

dbt imports every top-level module whose name begins with `dbt_`; that is how this one is
found. Once dbt-spark has a submission method of its own for `session`, this folder can go.
"""

import importlib.util
import logging
import os
from pathlib import Path

# What says where Spark is, or how it is set up: then nothing is set here.
SET_UP_BY_USER = (
    "PYSPARK_SUBMIT_ARGS",
    "SPARK_CONF_DIR",
    "SPARK_CONNECT_MODE_ENABLED",
    "SPARK_HOME",
    "SPARK_REMOTE",
)
IS_THERE = all(
    importlib.util.find_spec(name) for name in ("pyspark", "dbt.adapters.spark")
)


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
    java = [f"-Dderby.system.home={folder / 'catalogue'}", "-XX:+UseParallelGC"]
    return {
        "spark.driver.extraJavaOptions": " ".join(java),
        "spark.log.level": "ERROR",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
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


def run_in_session(name: str, compiled_code: str, session) -> None:
    """Execute a compiled Python model, which writes its table itself.

    Parameters
    ----------
    name : str
        Name of the model, for tracebacks.
    compiled_code : str
        The model, with the code that dbt-spark adds to write what it returns.
    session : SparkSession
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
        session = SparkSession.builder.getOrCreate()
        run_in_session(parsed_model["name"], compiled_code, session)
        return self.generate_python_submission_response(None)

    SparkAdapter.submit_python_job = submit_python_job
    # It prints the stack of every refused statement, which dbt reports in a sentence.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


if IS_THERE:
    set_up_local_spark(os.environ)
    patch_adapter()
