"""Print the dbt vars of an example, with those of the environment's VARS on top.

Without an example, only those of VARS: the rest is up to dbt_project.yml.

Usage: python scripts/read_vars.py [EXAMPLE]
"""

import json
import os
import sys
from pathlib import Path

import yaml

EXAMPLES = Path(__file__).parents[1] / "examples"
# Mappings of which a user gives only the entries that change.
SETTINGS = ("segmentation_model", "segmentation_drift", "segmentation_tests")


def parse_vars(text: str, source: str) -> dict:
    """Read a YAML or JSON mapping; a ValueError says what is wrong with its source."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ValueError(f"{source} is not valid YAML{place}: {problem}.") from error
    if not isinstance(found, dict):
        kind = {type(None): "empty", list: "a list"}.get(type(found), "a single value")
        raise ValueError(
            f"{source} is {kind}, but it must be a YAML mapping of vars, such as"
            " 'segmentation_transactions: raw.orders'."
        )
    return found


def merge_vars(given: dict, overrides: dict) -> dict:
    """Lay vars over others; of the mappings of settings, entry by entry.

    Parameters
    ----------
    given : dict
        Var to value.
    overrides : dict
        Vars, or entries, that win.

    Returns
    -------
    dict
        Var to value.
    """

    def merge(below: object, above: object) -> object:
        if not (isinstance(below, dict) and isinstance(above, dict)):
            return above
        return below | {key: merge(below.get(key), above[key]) for key in above}

    merged = given | overrides
    for name in SETTINGS:
        if name in given and name in overrides:
            merged[name] = merge(given[name], overrides[name])
    return merged


def read_vars(example: str, overrides: str, folder: Path = EXAMPLES) -> dict:
    """Merge an example's vars with overrides.

    Parameters
    ----------
    example : str
        Name of a YAML file in `folder`, without its ending; empty for none.
    overrides : str
        YAML or JSON mapping of vars that win over the example's; empty for none.
    folder : Path
        Where the examples are.

    Returns
    -------
    dict
        Var to value.

    Raises
    ------
    ValueError
        When there is no such example, or a text is not a mapping.
    """
    merged = {}
    if example:
        path = folder / f"{example}.yml"
        if not path.is_file():
            there = ", ".join(sorted(file.stem for file in folder.glob("*.yml")))
            raise ValueError(f"EXAMPLE is {example}, but it must be one of: {there}.")
        name = f"{folder.name}/{path.name}"
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"{name} must be saved as UTF-8: {error}.") from error
        merged |= parse_vars(text, name)
    if overrides.strip():
        merged = merge_vars(
            merged, parse_vars(overrides, f"VARS ({overrides.strip()})")
        )
    return merged


if __name__ == "__main__":
    try:
        found = read_vars("".join(sys.argv[1:2]), os.environ.get("VARS", ""))
    except ValueError as error:
        sys.exit(str(error))
    print(json.dumps(found, default=str))
