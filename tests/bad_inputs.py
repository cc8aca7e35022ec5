"""docs/bad-inputs.md, written from the cases that the tests run.

``python tests/bad_inputs.py`` writes it again; tests/test_docs.py compares.
"""

import json
from pathlib import Path

from test_config import (
    BAD_FEATURES,
    BAD_FILES,
    BAD_FILTERS,
    BAD_MAPPINGS,
    BAD_NAMES,
    BAD_VARS,
)
from test_degenerate import CASES

PATH = Path(__file__).parents[1] / "docs" / "bad-inputs.md"
HEAD = """\
# What happens with bad input

Written by `tests/bad_inputs.py` from the cases that `tests/test_config.py` and
`tests/test_degenerate.py` run; every row is a test. Where a build stops, what was published
before is still there.

## Vars

Every problem is told at once, before anything is built. The sentences are cut short here.

| case | given | what is said |
|---|---|---|
"""
INPUTS = """
## Files, mappings and expressions

DuckDB is asked, without reading the data, whether it can read the relation and what is
mapped over it: anything it takes is allowed. A fault in the middle of a file is met when
staging reads it. `make build` then says what to do before the engine's words, as it does
for a locked or damaged database and a full disk; plain `dbt build` has only the engine's
words. The mappings are over a table `orders` with the text columns `Customer ID`,
`Quantity` and `Price`.

| case | given | what is said |
|---|---|---|
"""
DATA = """
## Data

| case | given | what happens |
|---|---|---|
"""


def write_row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def write_case(name: str, given: dict, sentence: str) -> str:
    """Write a case with its vars as YAML has them."""
    code = ", ".join(
        f"{var}: {json.dumps(value, default='<{}>'.format, ensure_ascii=False)}"
        for var, value in given.items()
    )
    code = code.replace("Infinity", ".inf").replace("NaN", ".nan")
    code = code.replace('"<', "").replace('>"', "")
    said = sentence if sentence.endswith((".", "?")) else f"{sentence} …"
    return write_row(name.replace("_", " "), f"`{code}`", said)


def write_page() -> str:
    """Return the page: one row per case of a bad var and of strange data."""
    text = HEAD
    for name, (given, sentence) in BAD_VARS.items():
        text += write_case(name, given, sentence)
    for name, (command_line, project, sentence) in BAD_NAMES.items():
        text += write_case(name, command_line or {"vars": project["vars"]}, sentence)
    text += INPUTS
    for name, (relation, sentence) in BAD_FILES.items():
        text += write_case(name, {"segmentation_transactions": relation}, sentence)
    for name, (given, sentence) in BAD_MAPPINGS.items():
        columns = {column: text for column, text in given.items() if text is not None}
        text += write_case(
            name, {"segmentation_transaction_columns": columns}, sentence
        )
    for name, (predicate, sentence) in BAD_FILTERS.items():
        text += write_case(
            name, {"segmentation_transaction_filter": predicate}, sentence
        )
    for name, (expression, sentence) in BAD_FEATURES.items():
        text += write_case(
            name, {"segmentation_features.own.expression": expression}, sentence
        )
    text += DATA
    for name, case in CASES.items():
        text += write_row(name, case.given, case.happens)
    return text


if __name__ == "__main__":
    PATH.write_text(write_page())
