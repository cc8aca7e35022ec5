"""Builds of the project in folders of their own, shared by the tests."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

PROJECT = Path(__file__).parents[1]


@dataclass
class Build:
    """A copy of the project's outputs, or of the project itself, in a folder."""

    folder: Path
    project: Path = PROJECT
    vars: dict = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "segmentation.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "published"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    @property
    def environment(self) -> dict:
        return os.environ | {
            "SEGMENTATION_DB": str(self.database),
            "SEGMENTATION_PUBLISH_DIR": str(self.published),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "PYTHONHASHSEED": "random",
        }

    def dbt(self, *arguments: str, **overrides) -> subprocess.CompletedProcess:
        """Run dbt in the project with this build's paths; overrides are vars."""
        given = self.vars | overrides
        if "segmentation_transactions" not in given:
            given = read_example("demo") | given
        return subprocess.run(
            [
                str(Path(sys.executable).parent / "dbt"),
                "--no-use-colors",
                *arguments,
                "--vars",
                json.dumps(given, default=str),
                "--target-path",
                str(self.target),
                "--log-path",
                str(self.folder / "logs"),
            ],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def build(self, *arguments: str, **overrides) -> "Build":
        """Run dbt build; a failure fails the test with dbt's words.

        dbt's unit tests need no data and run once, in scripts/check.sh.
        """
        done = self.dbt(
            "build", "--exclude-resource-type", "unit_test", *arguments, **overrides
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return self

    def failures(self) -> set[str]:
        """Names of the nodes that failed in the last run."""
        return self._read_names("fail", "error")

    def warnings(self) -> set[str]:
        """Names of the tests that warned in the last run."""
        return self._read_names("warn")

    def _read_names(self, *statuses: str) -> set[str]:
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        return {
            result["unique_id"].split(".")[2]
            for result in results
            if result["status"] in statuses
        }

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def table(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).df()

    def read_published(self) -> dict[str, list[tuple]]:
        """Every published table, row by row in the order of the file."""
        with duckdb.connect() as connection:
            return {
                path.stem: connection.execute(
                    "select * from read_parquet(?)", [str(path)]
                ).fetchall()
                for path in sorted(self.published.glob("*.parquet"))
            }


def copy_project(folder: Path) -> Path:
    """Copy what dbt needs of the project, to change it."""
    project = folder / "project"
    project.mkdir(parents=True)
    for name in ("models", "macros", "seeds", "tests", "analyses"):
        shutil.copytree(
            PROJECT / name,
            project / name,
            ignore=shutil.ignore_patterns(
                "__pycache__", "*.py" if name == "tests" else ""
            ),
        )
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, project / name)
    return project


def read_example(name: str) -> dict:
    return yaml.safe_load((PROJECT / "examples" / f"{name}.yml").read_text())


@pytest.fixture(scope="session")
def demo_build(tmp_path_factory) -> Build:
    return Build(tmp_path_factory.mktemp("demo")).build()


@pytest.fixture(scope="session")
def complete_journey_build(tmp_path_factory) -> Build:
    return Build(
        tmp_path_factory.mktemp("complete_journey"),
        vars=read_example("complete_journey"),
    ).build()
