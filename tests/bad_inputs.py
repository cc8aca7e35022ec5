"""docs/bad-inputs.md, written from the cases that the tests run.

``python tests/bad_inputs.py`` writes it again; tests/test_docs.py compares.
"""

import json
from pathlib import Path

from test_config import BAD_VARS
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
DATA = """
## Data

| case | given | what happens |
|---|---|---|
"""


def write_row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def write_page() -> str:
    """Return the page: one row per case of a bad var and of strange data."""
    text = HEAD
    for name, (given, sentence) in BAD_VARS.items():
        code = ", ".join(f"{var}: {json.dumps(value)}" for var, value in given.items())
        said = sentence if sentence.endswith(".") else f"{sentence} …"
        text += write_row(name.replace("_", " "), f"`{code}`", said)
    text += DATA
    for name, case in CASES.items():
        text += write_row(name, case.given, case.happens)
    return text


if __name__ == "__main__":
    PATH.write_text(write_page())
