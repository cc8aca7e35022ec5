"""Strange data give a result or a sentence, never a trace, and nothing is lost."""

import pytest
from conftest import Build
from in_memory import InMemoryProject
from strange_customers import CUSTOMER_CASES
from strange_data import MAPPING_CASES, TRANSACTION_CASES

# The rows of docs/bad-inputs.md, which tests/test_docs.py compares.
CASES = TRANSACTION_CASES | CUSTOMER_CASES | MAPPING_CASES
STOPPING = [name for name, case in CASES.items() if case.says]
WORKING = [name for name, case in CASES.items() if not case.says]


@pytest.mark.parametrize("name", STOPPING)
def test_strange_data_stop_the_build_with_a_sentence(name, tmp_path):
    case = CASES[name]
    build = case.shop.build_in(tmp_path)
    build.published.mkdir()
    before = build.published / "customer_segments.parquet"
    before.write_text("what was published before")

    done = build.dbt("build", "--exclude-resource-type", "unit_test")

    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert case.says in done.stdout
    assert before.read_text() == "what was published before"


@pytest.fixture(scope="module")
def compile_for(tmp_path_factory):
    """Compile the project for a shop; shops of the same vars and columns share it."""
    compiled = {}

    def compile_shop(shop) -> InMemoryProject:
        tables = shop.tables()
        key = str((shop.make_vars(), [table.schema for table in tables.values()]))
        if key not in compiled:
            build = Build(tmp_path_factory.mktemp("strange"), vars=shop.make_vars())
            compiled[key] = InMemoryProject(build, **tables)
        return compiled[key]

    return compile_shop


@pytest.mark.parametrize("name", WORKING)
def test_strange_data_give_a_result(name, compile_for):
    case = CASES[name]
    project = compile_for(case.shop)
    shop = project.run(**case.shop.tables())
    failures = project.find_failures(shop)

    assert shop.query(case.query) == case.rows
    assert "error" not in failures.values()
    if case.warns:
        assert failures[case.warns] == "warn"
    # Counted here once more, apart from the project's own tests.
    customers = {
        line.get("customer_id", line.get("Client No"))
        for line in case.shop.transactions
    }
    found = [row[0] for row in shop.query("select customer_id from customer_segments")]
    assert len(found) == len(set(found))
    rejected = {
        row[0] for row in shop.query("select customer_id from rejected_transactions")
    }
    assert customers - rejected <= set(found)
