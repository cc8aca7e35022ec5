"""Write docs/vars.md from the table of rules in macros/vars.sql.

Usage: python scripts/write_vars.py
"""

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "vars.md"
HEAD = """\
# Vars

Written by `python scripts/write_vars.py` from the rules in `macros/vars.sql`, which the
check on run start reads as well. A change of a var marked with * fits a new model version
(with ** only while `segmentation_demographics_weight` is above 0); a change of another one
does not.
"""
TYPES = {
    "boolean": "true or false",
    "date": "a date, YYYY-MM-DD",
    "relation": "a relation",
}


def read_rules() -> dict[str, dict]:
    """Read the rules: topic, to var, to rule."""
    text = (PROJECT / "macros" / "vars.sql").read_text()
    rules = text.split("{%- set rules -%}", 1)[1].split("{%- endset -%}", 1)[0]
    return yaml.safe_load(rules)


def read_defaults() -> dict:
    """Read the defaults of the vars; mappings of settings are empty."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    return project["vars"]["customer_segmentation"]


def list_leaves(name: str, rule: dict) -> Iterator[tuple[str, dict]]:
    """Yield a var, or the entries of a mapping of settings, with its rule."""
    if rule["type"] != "settings":
        yield name, rule
        return
    for entry, field in rule["fields"].items():
        yield from list_leaves(f"{name}.{entry}", field)


def list_vars() -> dict[str, dict]:
    """List every var that is no mapping of settings, and every entry of those."""
    return {
        leaf: field
        for members in read_rules().values()
        for name, rule in members.items()
        for leaf, field in list_leaves(name, rule)
    }


def write_flow(value: object) -> str:
    """Write a value as YAML has it on one line."""
    if isinstance(value, dict):
        entries = ", ".join(f"{key}: {write_flow(value[key])}" for key in value)
        return f"{{{entries}}}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write_value(value: object) -> str:
    """Write a default or an example, where it is not too long for a table."""
    text = write_flow(value)
    return f"`{text}`" if len(text) <= 90 else "see dbt_project.yml"


def write_allowed(rule: dict) -> str:
    """Say what a rule allows."""
    if rule["type"] == "settings":
        words = "; ".join(
            f"`{entry}`: {write_allowed(field)}"
            for entry, field in rule["fields"].items()
        )
    elif "choices" in rule:
        words = ", ".join(f"`{choice}`" for choice in rule["choices"])
    elif rule["type"] in ("number", "share", "whole"):
        low = f"above {rule['above']}" if "above" in rule else rule.get("lowest", 0)
        words = f"{low} to {rule.get('highest', 1)}"
        words += ", whole" if rule["type"] == "whole" else ""
    else:
        words = rule.get("allowed") or TYPES[rule["type"]]
    if "example" in rule:
        words += f", such as {write_value(rule['example'])}"
    return words + (", or null" if rule.get("nullable") else "")


def write_row(*cells: str) -> str:
    """Write a row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def write_page() -> str:
    """Return the page: a table per topic, and one per mapping of settings."""
    defaults = read_defaults()
    text = HEAD
    for topic, members in read_rules().items():
        plain = {n: rule for n, rule in members.items() if rule["type"] != "settings"}
        if plain:
            text += f"\n## {topic}\n\n| var | what it decides | allowed | default |\n"
            text += "|---|---|---|---|\n"
        for name, rule in plain.items():
            text += write_leaf(name, rule, defaults[name])
        for name in [name for name in members if name not in plain]:
            rule = members[name]
            text += f"\n### {name}\n\n{rule['meaning']} Such as:\n\n```yaml\n{name}: "
            text += f"{write_flow(rule['example'])}\n```\n\n"
            text += (
                "| entry | what it decides | allowed | default |\n|---|---|---|---|\n"
            )
            for entry, field in rule["fields"].items():
                text += write_leaf(entry, field, field.get("default"))
    return text


def write_leaf(name: str, rule: dict, default: object) -> str:
    """Write the row of a var or of an entry."""
    if rule["type"] == "settings":
        default = {key: field["default"] for key, field in rule["fields"].items()}
    mark = {None: "", True: " *", "with demographics": " **"}[rule.get("decides_refit")]
    return write_row(
        f"`{name}`{mark}", rule["meaning"], write_allowed(rule), write_value(default)
    )


if __name__ == "__main__":
    PAGE.write_text(write_page())
