"""Builds of the project in folders of their own, shared by the tests."""

import fcntl
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
from dbt_server import run_dbt
from read_vars import merge_vars

PROJECT = Path(__file__).parents[1]
# They begin first, so that no worker is left with one of them while the others are done.
LONGEST = (
    "test_drift.py",
    "test_history.py",
    "test_planted_truth.py",
    "test_properties.py",
    "test_refits.py",
    "test_segment_claims.py",
    "test_spark.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


def read_example(name: str) -> dict:
    return yaml.safe_load((PROJECT / "examples" / f"{name}.yml").read_text())


@dataclass
class Build:
    """A copy of the project's outputs, or of the project itself, in a folder.

    Builds the demo shop, as `make build` does, unless vars are given.
    """

    folder: Path
    project: Path = PROJECT
    vars: dict = field(default_factory=lambda: read_example("demo"))
    is_forked: bool = True

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
        }

    def dbt(self, *arguments: str, **overrides) -> subprocess.CompletedProcess:
        """Run dbt in the project with this build's paths; overrides are vars.

        A test that needs a process of its own (another hash seed, nothing shared) sets
        `is_forked` to false.
        """
        command = [
            "--no-use-colors",
            *arguments,
            *("--vars", json.dumps(merge_vars(self.vars, overrides), default=str)),
            *("--target-path", str(self.target)),
            *("--log-path", str(self.folder / "logs")),
        ]
        if self.is_forked:
            return run_dbt(command, self.project, self.environment)
        return subprocess.run(
            [str(Path(sys.executable).parent / "dbt"), *command],
            cwd=self.project,
            env=self.environment | {"PYTHONHASHSEED": "random"},
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

    def run(self, *arguments: str, **overrides) -> "Build":
        """Build seeds and models without the data tests, which are half of a build."""
        kinds = ("--resource-type", "seed", "--resource-type", "model")
        return self.build(*kinds, *arguments, **overrides)

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


def measure(command: list[str]) -> dict:
    """Run a command in the project and return its cost, as bench.run_process does.

    From a small process: until a child starts its program, the kernel counts the memory of
    its parent.
    """
    script = (
        "import json, sys; from bench import run_process;"
        " print(json.dumps(run_process(sys.argv[1:])))"
    )
    printed = subprocess.check_output(
        [sys.executable, "-c", script, *command],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "benchmarks")},
        text=True,
    )
    return json.loads(printed.splitlines()[-1])


def fetch_example(name: str) -> None:
    """Bring an example's data into the project, as `make build EXAMPLE=name` does."""
    subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "fetch_example.py"), name],
        check=True,
    )


@dataclass
class Clone:
    """A fresh copy of the project where only make runs: nothing of this venv is used."""

    folder: Path

    @property
    def project(self) -> Path:
        return self.folder / "customer_segmentation"

    @property
    def python(self) -> Path:
        return self.project / ".venv" / "bin" / "python"

    def copy(self) -> None:
        """Copy what git knows of the project or would add to it."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in listed.rstrip("\0").split("\0"):
            if (PROJECT / name).is_file():
                (self.project / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, self.project / name)
        (self.folder / "home").mkdir()

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess:
        """Run a command there, as somebody who has an empty home and no venv."""
        of_this_run = (
            "MAKE",
            "PYTHON",
            "PYTEST",
            "VIRTUAL_ENV",
            "SEGMENTATION_",
            "DBT_",
        )
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(of_this_run)
            and name not in ("EXAMPLE", "VARS", "MFLAGS")
        }
        python = Path(os.path.realpath(sys.executable))
        path = f"{python.parent}{os.pathsep}{os.defpath}"
        return subprocess.run(
            command,
            cwd=self.project,
            env=environment
            | {"HOME": str(self.folder / "home"), "PATH": path, "PYTHON": str(python)}
            | variables,
            capture_output=True,
            text=True,
        )

    def build(self, example: str | None) -> tuple[Build, str]:
        """Run make build once per example; the build, and what make printed.

        Tests run in several processes: the first one that asks builds, the others wait.
        """
        build = Build(
            self.folder / (example or "default"),
            project=self.project,
            vars=read_example(example or "demo"),
        )
        log = build.folder / "make.log"
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.project.exists():
                self.copy()
            if not log.exists():
                build.folder.mkdir()
                done = self.run(
                    *("make", "build", *([f"EXAMPLE={example}"] if example else [])),
                    SEGMENTATION_DB=str(build.database),
                    SEGMENTATION_PUBLISH_DIR=str(build.published),
                    DBT_TARGET_PATH=str(build.target),
                    DBT_LOG_PATH=str(build.folder / "logs"),
                )
                printed = done.stdout + done.stderr
                assert done.returncode == 0, printed[-4000:]
                log.write_text(printed)
        return build, log.read_text()


@pytest.fixture(scope="session")
def clone(tmp_path_factory) -> Clone:
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "clone"
    folder.mkdir(exist_ok=True)
    return Clone(folder)


@pytest.fixture(scope="session")
def demo_build(tmp_path_factory) -> Build:
    """Take the build that scripts/check.sh has made of the demo, or make one."""
    build = Build(tmp_path_factory.mktemp("demo"))
    if "SEGMENTATION_DEMO_BUILD" not in os.environ:
        return build.build()
    made = os.environ["SEGMENTATION_DEMO_BUILD"]
    shutil.copytree(made, build.folder, symlinks=True, dirs_exist_ok=True)
    return build


@pytest.fixture(scope="session")
def complete_journey_build(clone) -> Build:
    return clone.build("complete_journey")[0]


@pytest.fixture(scope="session")
def cdnow_build(clone) -> Build:
    return clone.build("cdnow")[0]


@pytest.fixture(scope="session")
def ta_feng_build(clone) -> Build:
    return clone.build("ta_feng")[0]
