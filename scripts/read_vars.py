"""Print the dbt vars of an example, with those of the environment's VARS on top.

Usage: python scripts/read_vars.py [EXAMPLE]
"""

import json
import os
import sys
from pathlib import Path

import yaml

EXAMPLES = Path(__file__).parents[1] / "examples"


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
        merged.update(yaml.safe_load(path.read_text(encoding="utf-8")))
    if overrides.strip():
        try:
            given = yaml.safe_load(overrides)
        except yaml.YAMLError as error:
            raise ValueError(
                f"VARS is {overrides}, but it must be a YAML mapping of vars."
            ) from error
        if not isinstance(given, dict):
            raise ValueError(
                f"VARS is {overrides}, but it must be a YAML mapping of vars."
            )
        merged.update(given)
    return merged


if __name__ == "__main__":
    try:
        found = read_vars(
            sys.argv[1] if len(sys.argv) > 1 else "", os.environ.get("VARS", "")
        )
    except ValueError as error:
        sys.exit(str(error))
    print(json.dumps(found, default=str))
