"""What make hands on: an example's vars, and marker files that only a success leaves."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import PROJECT, read_example

BAD_EXAMPLES = {
    "empty": (b"", " is empty, but it must be a YAML mapping of vars"),
    "comments only": (b"# todo\n", " is empty, but it must be a YAML mapping of vars"),
    "list": (b"- segmentation_k: 4\n", " is a list, but it must be a YAML mapping"),
    "text": (b"segmentation_k\n", " is a single value, but it must be a YAML mapping"),
    "indented": (
        b"segmentation_k: 4\n  segmentation_refit: 0\n",
        " is not valid YAML in line 2, column 21: mapping values are not allowed here.",
    ),
    "open quote": (b"segmentation_transactions: 'raw\n", " is not valid YAML in line "),
    "control character": (
        b"segmentation_k: \x01\n",
        " is not valid YAML: unacceptable",
    ),
    "Latin-1": (b"# \xe9\nsegmentation_k: 4\n", " must be saved as UTF-8: "),
}


def read_vars(folder, example: str, given: str = "") -> subprocess.CompletedProcess:
    """Run a copy of the script in a folder with examples of its own."""
    (folder / "scripts").mkdir(exist_ok=True)
    (folder / "examples").mkdir(exist_ok=True)
    script = shutil.copy(PROJECT / "scripts" / "read_vars.py", folder / "scripts")
    return subprocess.run(
        [sys.executable, script, example],
        env=os.environ | {"VARS": given},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("case", BAD_EXAMPLES)
def test_a_bad_example_is_named_in_one_sentence(case, tmp_path):
    content, sentence = BAD_EXAMPLES[case]
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "shop.yml").write_bytes(content)
    done = read_vars(tmp_path, "shop")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"examples/shop.yml{sentence}")
    assert done.stderr.endswith(".\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("segmentation_k: [4", " is not valid YAML in line 1, column 19: expected "),
        ("- segmentation_k", " is a list, but it must be a YAML mapping of vars"),
    ],
)
def test_bad_vars_are_named_in_one_sentence(given, sentence, tmp_path):
    done = read_vars(tmp_path, "", given)
    assert done.returncode == 1
    assert done.stderr.startswith(f"VARS ({given}){sentence}")
    assert done.stderr.count("\n") == 1


def test_given_vars_win_over_the_examples(tmp_path):
    # As an editor on Windows saves it, with a byte order mark.
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "shop.yml").write_bytes(
        b"\xef\xbb\xbfsegmentation_k: 4\nsegmentation_returns: net\n"
        b"segmentation_model: {clip: 3, n_init: 5}\n"
    )
    given = "{segmentation_k: 5, segmentation_model: {clip: 4}}"
    assert json.loads(read_vars(tmp_path, "shop", given).stdout) == {
        "segmentation_k": 5,
        "segmentation_returns": "net",
        "segmentation_model": {"clip": 4, "n_init": 5},
    }


def test_an_unknown_example_names_those_there_are(tmp_path):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "shop.yml").write_text("segmentation_k: 4\n")
    assert read_vars(tmp_path, "shopp").stderr == (
        "EXAMPLE is shopp, but it must be one of: shop.\n"
    )


@pytest.mark.parametrize("status", [0, 1], ids=["brings nothing", "fails"])
def test_an_install_that_does_not_work_leaves_no_marker(status, tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(PROJECT / name, tmp_path)
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    pip = binaries / "pip"
    pip.write_text(f"#!/bin/sh\nexit {status}\n")
    pip.chmod(0o755)
    for marker in ("installed", "installed-test"):
        # The venv is there; `true` stands for the Python that would make it.
        done = subprocess.run(
            ["make", f".venv/{marker}", "PYTHON=true"],
            cwd=tmp_path,
            env={n: v for n, v in os.environ.items() if not n.startswith("MAKE")},
            capture_output=True,
            text=True,
        )
        assert done.returncode != 0
        assert not (tmp_path / ".venv" / marker).exists()
        (tmp_path / ".venv" / "installed").touch()


def test_the_demos_vars_are_not_the_packages_defaults():
    defaults = {
        "segmentation_customers": None,
        "segmentation_demographics": {},
        "segmentation_as_of_date": None,
        "segmentation_duplicates": "keep",
    }
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    settings = project["vars"]["customer_segmentation"]
    assert {name: settings[name] for name in defaults} == defaults
    assert set(defaults) <= set(read_example("demo"))


def test_docs_are_made_although_a_folder_has_that_name():
    done = subprocess.run(
        ["make", "--dry-run", "--old-file=.venv/installed", "docs"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert "docs generate --static" in done.stdout
