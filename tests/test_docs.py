"""What is written twice is the same."""

import re
import tomllib

import write_vars
import yaml
from conftest import PROJECT
from test_degenerate import CASES

README = (PROJECT / "README.md").read_text()


def read_tracked_texts(*patterns: str) -> dict:
    return {
        path: path.read_text(encoding="utf-8")
        for pattern in patterns
        for path in sorted(PROJECT.glob(pattern))
    }


def read_models(room: str = "*") -> list[dict]:
    """Read what the YAML of a room says of its models."""
    texts = read_tracked_texts(f"models/{room}/_*.yml").values()
    return [model for text in texts for model in yaml.safe_load(text).get("models", [])]


def list_rows(text: str, title: str) -> list[str]:
    """First cells, without backticks, of the table under a header row."""
    table = text.split(title, 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([a-z_0-9]+)` \|", table, flags=re.MULTILINE)


def test_the_page_of_vars_is_up_to_date():
    assert write_vars.PAGE.read_text() == write_vars.write_page()


def test_the_project_file_has_every_var_in_order_and_readme_some():
    rules = [name for topic in write_vars.read_rules().values() for name in topic]
    assert rules == list(write_vars.read_defaults())
    told = list_rows(README, "| var | what it decides |")
    assert told == [name for name in rules if name in told]
    assert 10 <= len(told) <= 15


def test_python_models_take_the_defaults_of_the_rules():
    text = (PROJECT / "models/training/_training__models.yml").read_text()
    found = re.findall(
        r"var\('segmentation_model'\)\.(\w+) \| default\((.*?)\) \|", text
    )
    assert len(found) == text.count("segmentation_model')") == 6
    for entry, default in found:
        rule = write_vars.list_vars()[f"segmentation_model.{entry}"]
        assert yaml.safe_load(default) == rule["default"], entry


def test_every_macro_that_is_called_from_outside_is_described():
    described = yaml.safe_load((PROJECT / "macros" / "_macros.yml").read_text())[
        "macros"
    ]
    names = [macro["name"] for macro in described if macro["description"]]
    defined = set()
    for text in read_tracked_texts("macros/**/*.sql", "tests/generic/*.sql").values():
        for kind, name in re.findall(r"{%-? (macro|test) (\w+)\(", text):
            defined.add(f"test_{name}" if kind == "test" else name)
    assert len(names) == len(set(names))
    assert set(names) == {
        name for name in defined if not re.match(r"_|default__|duckdb__|spark__", name)
    }


def test_readme_lists_every_mart():
    marts = {path.stem for path in (PROJECT / "models/marts").glob("*.sql")}
    assert set(list_rows(README, "| table | one row per | answers |")) == marts


PERSONAL = {"customer_id", "transaction_id", "order_id", "raw_ordered_at", "raw_amount",
            "example", "examples"}  # fmt: skip


def test_personal_columns_say_so():
    told = (
        (PROJECT / "docs/results.md")
        .read_text()
        .split("- Personal data:", 1)[1]
        .split("\n- ", 1)[0]
        .split("\n\n")[0]
    )
    for model in read_models("marts"):
        marked = {
            column["name"]
            for column in model["columns"]
            if column.get("config", {}).get("meta", {}).get("contains_pii")
        }
        assert marked == PERSONAL & {column["name"] for column in model["columns"]}
        assert model["config"].get("meta") == (
            {"contains_pii": True} if marked else None
        ), model["name"]
        assert (f"`{model['name']}`" in told) == bool(marked)


def test_columns_that_do_not_follow_the_window_say_so():
    """What they are is in the unit tests of int_customer_features."""
    told = {
        (model["name"], column["name"]): column["description"]
        for model in read_models("marts")
        for column in model["columns"]
    }
    for column, words in {
        "average_order_value": "per purchase day in the window",
        "tenure_days": "in all history",
        "spend_trend": "whatever the window",
        "lifetime_net_revenue": "before the as-of date, not only in the window",
    }.items():
        assert words in told["customer_segments", column], column
    assert "not only in the window" in told["segment_profiles", "lifetime_net_revenue"]


def test_the_page_of_bad_inputs_has_the_shops_that_the_tests_build():
    """test_config.py reads the rows of the other tables."""
    page = (PROJECT / "docs" / "bad-inputs.md").read_text()
    rows = page.split("| case | given | what happens |\n|---|---|---|\n", 1)[1]
    assert rows.splitlines() == [
        f"| {name} | {case.given} | {case.happens} |" for name, case in CASES.items()
    ]


def test_the_contract_is_what_the_table_has(demo_build):
    for model in read_models("marts"):
        columns = [row[0] for row in demo_build.query(f"describe {model['name']}")]
        declared = [column["name"] for column in model["columns"]]
        assert columns[: len(declared)] == declared
        extra = columns[len(declared) :]
        assert extra == (
            ["age_years", "gender", "income_band", "household_size", "region"]
            if model["name"] == "customer_segments"
            else []
        )


def test_there_is_one_version():
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["version"]
    package = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"][
        "version"
    ]
    changelog = re.search(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(), re.M)
    assert project == package == changelog[1]


def test_the_lock_file_pins_everything_and_names_no_host():
    lines = (PROJECT / "requirements.lock").read_text().split()
    assert len(lines) > 50
    assert all(
        re.fullmatch(r"[A-Za-z0-9_.\-]+==[0-9][A-Za-z0-9.]*", line) for line in lines
    )


def test_no_model_reads_the_clock():
    clock = re.compile(
        r"current_date|current_timestamp|\bnow\(\)|\btoday\(\)|getdate|sysdate"
        r"|datetime\.now|date\.today|\btime\.time|run_started_at",
        re.IGNORECASE,
    )
    texts = read_tracked_texts("models/**/*.sql", "models/**/*.py", "macros/**/*.sql",
                               "tests/*.sql", "analyses/*.sql")  # fmt: skip
    assert len(texts) > 50
    for path, text in texts.items():
        assert not clock.search(text), path
