"""Bad vars stop the run at the start, in one sentence that says what is allowed.

The cases are the rows of docs/bad-inputs.md. One dbt process judges all of them; a few
whole runs show that the run stops.
"""

import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import PROJECT, Build, copy_project
from write_vars import list_vars, read_defaults


def read_page(section: str) -> dict[str, tuple[dict, str]]:
    """Case to the vars given and to what is said, of a table of docs/bad-inputs.md."""
    page = (PROJECT / "docs" / "bad-inputs.md").read_text()
    table = page.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    cases = {}
    for line in table.splitlines():
        if row := re.fullmatch(r"\| (.+?) \| `(.*)` \| (.+) \|", line):
            case, given, said = (cell.replace("\\|", "|") for cell in row.groups())
            cases[case] = yaml.safe_load(f"{{{given}}}"), said.removesuffix(" …")
    return cases


BAD_VARS = read_page("Vars")
BAD_INPUTS = read_page("Files, mappings and expressions")
GENDER = {"segmentation_demographics": {"gender": {"kind": "nominal"}}}
GOOD_VARS = {
    "defaults": {},
    "no attributes": {"segmentation_demographics": {}},
    "unquoted dates": {"segmentation_as_of_date": date(2024, 2, 29)},
    "good words": {
        "segmentation_demographics": {"user": {"kind": "nominal"}},
        "segmentation_extra_columns": {"place": "string", "value": "double"},
    },
    "settings": {
        "segmentation_model": {"clip": 4},
        "segmentation_drift": {"segment_psi": [0.1, 0.1]},
        "segmentation_tests": {"stability": {}},
    },
    "vars of others": {"segmentation_k": 5, "other": 1},
}
GOOD_PROJECTS = {
    "our own": yaml.safe_load((PROJECT / "dbt_project.yml").read_text()),
    "no vars": {"name": "shop", "vars": None},
    "no file": None,
    "named like a var": {
        "name": "segmentation_shop",
        "vars": {"segmentation_shop": {"colour": "red"}},
    },
}

# Columns of the table that the mappings below are over: what all_varchar=true makes of a
# public shop's file, and names that must be quoted.
ORDERS = (
    '"Customer ID" varchar, "Quantity" varchar, "Price" varchar, paid_at varchar, '
    'tags integer[], address struct(country varchar), "net ""price"" \\ €" double, '
    '"ORDER" varchar, "2025" double, is_paid boolean'
)
GOOD_COLUMNS = {"customer_id": '"Customer ID"', "ordered_at": "paid_at", "amount": "0"}
GOOD_MAPPINGS = [
    '"net ""price"" \\ €"',
    '"ORDER"',
    "orders.Quantity",
    "address.country",
    "list_sum(list_transform(tags, lambda tag: tag + 1))",
    "(select max(i) from range(3) as numbers (i))",
    "row_number() over (order by paid_at)",
    "try_cast(Quantity as decimal(18, 4)) * try_cast(Price as decimal(18, 4))",
    "case when paid_at like '%x''y%' then 1 else 0 end",
    "case\n  when true then 1 -- one\nend",
]
GOOD_FILTERS = [
    "address.country in (select 'DE' union all select 'FR')",
    "list_contains(list_transform(tags, lambda tag: tag * 2), 4)",
    "exists (select 1 from orders as others where others.paid_at > orders.paid_at)",
    'row_number() over (partition by "Customer ID" order by paid_at) > 1',
    "\"Customer ID\" is not null and Price similar to '[0-9]+'",
]

# Each file is written by write_files.
GOOD_FILES = ["read_csv('utf-16.csv', encoding='utf-16')", "'whole.parquet'"]
GOOD_FEATURES = [
    "monetary / nullif(frequency, 0)",
    "case when gender = 'female' then 1 else 0 end",
    "is_in_customer_table",
    "monetary / max(monetary) over (partition by features.as_of_date)",
]


# The other severity of every test.
FLIPPED = {
    name.split(".")[1]: "warn" if rule["default"] == "error" else "error"
    for name, rule in list_vars().items()
    if name.endswith(".severity")
}


def write_files(folder: Path) -> None:
    text = "customer_id,ordered_at,amount\n1,2025-01-31,é\n"
    for encoding in ("utf-8", "utf-16", "latin-1"):
        (folder / f"{encoding}.csv").write_bytes(text.encode(encoding))
    (folder / "cp1252.csv").write_bytes(text.replace("é", "“5€”").encode("cp1252"))
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from range(9000)) to '{folder}/whole.parquet'"
        )
    whole = (folder / "whole.parquet").read_bytes()
    (folder / "truncated.parquet").write_bytes(whole[:-500])


QUESTION = """
{%- if execute -%}
{%- set asked = fromyaml(env_var('SEGMENTATION_QUESTIONS')) -%}
{%- set defaults = customer_segmentation.read_var_values([]) -%}
{%- set answers = [] -%}
{%- for given, project in asked.cases -%}
    {%- set values = dict(defaults, **dict(asked.defaults, **given)) -%}
    {%- set problems = customer_segmentation.find_unknown_vars(given, project)
        + customer_segmentation.find_problems(values) -%}
    {#- As check_config: the engine is asked about values that are in order. -#}
    {%- if not problems -%}
        {%- do problems.extend(customer_segmentation.find_engine_problems(values)) -%}
        {%- do problems.extend(customer_segmentation.find_relation_problems(
            'segmentation_transactions', values.segmentation_transactions, values
        )) -%}
    {%- endif -%}
    {%- do answers.append(problems) -%}
{%- endfor -%}
{%- set severities = {} -%}
{%- for node in graph.nodes.values() if node.resource_type == 'test' -%}
    {%- do severities.update({node.name: node.config.severity | lower}) -%}
{%- endfor -%}
{{ tojson({
    'answers': answers,
    'severities': severities,
    'rules': customer_segmentation.list_rules() | list,
    'is_odd': customer_segmentation.find_reserved_words(['user', 'place', 'end']),
}) }}
{%- endif -%}
"""


def complete(given: dict) -> dict:
    """Lay what a row gives over what a run with it has as well."""
    given = dict(given)
    if feature := given.pop("segmentation_features.own.expression", None):
        own = {"role": "core", "transform": "none", "expression": feature}
        return GENDER | {"segmentation_features": {"own": own}}
    columns = given.get("segmentation_transaction_columns")
    if isinstance(columns, dict) and "ordered_at" not in columns:
        given["segmentation_transaction_columns"] = GOOD_COLUMNS | columns
    return given


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    """What one dbt process says to every case of this file."""
    build = Build(tmp_path_factory.mktemp("told"))
    files = build.folder / "files"
    files.mkdir()
    write_files(files)
    with duckdb.connect(str(build.database)) as connection:
        connection.execute(f"create table orders ({ORDERS})")

    def ask(given: dict) -> tuple[dict, dict | None]:
        project = {"name": "shop", "vars": given["vars"]} if "vars" in given else None
        given = complete({name: given[name] for name in given if name != "vars"})
        text = given.get("segmentation_transactions")
        if isinstance(text, str):
            given["segmentation_transactions"] = re.sub(
                r"'(?=[\w*/-]+\.(csv|parquet))", f"'{files}/", text
            )
        return given, project

    cases = {f"page: {name}": ask(given) for name, (given, _) in BAD_VARS.items()}
    cases |= {f"page: {name}": ask(given) for name, (given, _) in BAD_INPUTS.items()}
    cases |= {name: ask(given) for name, given in GOOD_VARS.items()}
    cases |= {name: ({}, project) for name, project in GOOD_PROJECTS.items()}
    for name, texts in {
        "segmentation_transaction_filter": GOOD_FILTERS,
        "segmentation_transactions": GOOD_FILES,
        "segmentation_features.own.expression": GOOD_FEATURES,
    }.items():
        cases |= {text: ask({name: text}) for text in texts}
    for text in GOOD_MAPPINGS:
        cases[text] = ask({"segmentation_transaction_columns": {"amount": text}})
    cases["bad format"] = {"segmentation_timestamp_format": "%Q"}, None

    # The var of the run itself is a bad one; all cases start from a good one.
    defaults = {
        "segmentation_timestamp_format": None,
        "segmentation_transactions": "orders",
        "segmentation_customers": None,
        "segmentation_name_overrides": "overrides",
        "segmentation_demographics": {},
        "segmentation_duplicates": "keep",
        "segmentation_transaction_columns": GOOD_COLUMNS,
    }
    questions = {"defaults": defaults, "cases": [list(case) for case in cases.values()]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGMENTATION_QUESTIONS", yaml.safe_dump(questions))
        done = build.dbt(
            *("--quiet", "compile", "--inline", QUESTION),
            segmentation_timestamp_format="%Q",
            segmentation_tests={
                test: {"severity": severity} for test, severity in FLIPPED.items()
            },
        )
    assert done.returncode == 0, done.stdout[-4000:]
    # The files are in a folder of their own; the cases do not say so.
    found = json.loads(
        done.stdout[done.stdout.index('{"answers') :].replace(f"{files}/", "")
    )
    return found | {"answers": dict(zip(cases, found["answers"], strict=True))}


@pytest.mark.parametrize("case", BAD_VARS | BAD_INPUTS)
def test_a_row_of_the_page_is_what_is_said_in_one_sentence(case, told):
    [problem] = told["answers"][f"page: {case}"]
    assert (BAD_VARS | BAD_INPUTS)[case][1] in problem
    assert "\n" not in problem


def test_the_page_has_every_case():
    assert len(BAD_VARS) >= 78
    assert len(BAD_INPUTS) >= 31


@pytest.mark.parametrize(
    "case",
    [*GOOD_VARS, *GOOD_PROJECTS, *GOOD_MAPPINGS, *GOOD_FILTERS, *GOOD_FEATURES],
)
def test_whatever_is_in_order_passes(case, told):
    assert told["answers"][case] == []


@pytest.mark.parametrize("text", GOOD_FILES)
def test_a_file_that_can_be_read_is_judged_by_its_columns(text, told):
    assert told["answers"][text]
    assert "cannot be read" not in " ".join(told["answers"][text])


def test_a_format_that_is_none_is_told(told):
    [problem] = told["answers"]["bad format"]
    assert problem.startswith(
        "segmentation_timestamp_format is %Q, but it must be a strptime format such as "
    )


def test_the_page_on_your_tables_maps_texts_in_a_way_that_works(told):
    [cast] = [text for text in GOOD_MAPPINGS if text.startswith("try_cast(Quantity")]
    page = (PROJECT / "docs" / "your-tables.md").read_text()
    assert f"  amount: {cast}\n" in page
    assert f"customer_id: '{GOOD_COLUMNS['customer_id']}'" in page


def test_the_rules_are_those_of_the_vars_and_have_bounds(told):
    assert told["rules"] == list(read_defaults())
    for name, rule in list_vars().items():
        if rule["type"] in ("number", "whole"):
            assert ("lowest" in rule) != ("above" in rule), name
            assert "highest" in rule, name
    assert told["is_odd"] == ["end"]


def test_every_test_is_as_severe_as_it_is_asked_to_be(told):
    severities = {}
    for path in PROJECT.glob("tests/assert_*.sql"):
        asked = re.search(r"setting\('tests\.(\w+)\.severity'\)", path.read_text())
        if asked:
            severities[asked[1]] = told["severities"][path.stem]
    assert severities == FLIPPED


def test_all_problems_are_told_at_once_before_anything_is_built(tmp_path):
    done = Build(tmp_path).dbt(
        "build",
        segmentation_k=1,
        segmentation_returns="subtract",
        segmentation_modle={},
    )
    assert done.returncode != 0
    assert "segmentation_k is 1, but it must be" in done.stdout
    assert "segmentation_returns is subtract, but it must be" in done.stdout
    assert "did you mean segmentation_model?" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "START seed" not in done.stdout


def test_a_wrong_mapping_over_a_ref_stops_before_any_table_is_built(tmp_path):
    done = Build(tmp_path).dbt(
        "build", segmentation_transaction_columns={"amount": "amount_eur"}
    )
    assert done.returncode != 0
    assert "segmentation_transaction_columns.amount is amount_eur, but" in done.stdout
    assert "has no column amount_eur. It has: transaction_id" in done.stdout
    assert (
        "OK created sql incremental model main.stg_transaction_rows" not in done.stdout
    )
    assert "OK created sql table model main.customer_segments" not in done.stdout


def test_a_misspelt_var_of_the_project_stops_the_run(tmp_path):
    project = copy_project(tmp_path)
    path = project / "dbt_project.yml"
    right = path.read_text()
    path.write_text(
        right.replace("    segmentation_returns:", "    segmentation_retruns: net\n"
                      "    segmentation_returns:")
    )  # fmt: skip
    build = Build(tmp_path, project=project)
    done = build.dbt("run")
    assert done.returncode != 0
    assert (
        "segmentation_retruns in dbt_project.yml is not a var of this project; did you "
        "mean segmentation_returns?" in done.stdout
    )
    assert "START sql" not in done.stdout

    # And odd column names are mapped over a ref.
    path.write_text(right)
    (project / "models" / "odd_orders.sql").write_text(
        'select 1 as "Client ""No"" \\ €", 2 as "select", date \'2025-01-31\' as day'
    )
    build.vars = {
        "segmentation_transactions": "{{ ref('odd_orders') }}",
        "segmentation_customers": None,
        "segmentation_demographics": {},
        "segmentation_duplicates": "keep",
        "segmentation_transaction_columns": {
            "customer_id": '"Client ""No"" \\ €"',
            "amount": '"select"',
            "ordered_at": "day",
        },
    }
    done = build.dbt("run", "--select", "odd_orders", "base_transactions")
    assert done.returncode == 0, done.stdout[-3000:]
    assert build.query("select customer_id, amount from base_transactions") == [(1, 2)]
