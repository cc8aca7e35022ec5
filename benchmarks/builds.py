"""dbt on a shop of make_shop.py, with everything that it writes in one folder."""

import json
import os
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]


def describe_build(shop: Path, folder: Path, *options: str, **settings) -> dict:
    """Return the arguments with which `subprocess` runs ``dbt build`` on a shop.

    Parameters
    ----------
    shop : Path
        Holds the tables of the shop.
    folder : Path
        Gets the database, dbt's target and logs, and what is published.
    *options : str
        Options of ``dbt build``.
    **settings
        Vars besides those of examples/demo.yml.

    Returns
    -------
    dict
        Command, working folder and environment; unit tests are left out.
    """
    demo = yaml.safe_load((PROJECT / "examples" / "demo.yml").read_text())
    tables = {
        "segmentation_transactions": f"read_parquet('{shop}/transactions/*')",
        "segmentation_customers": f"read_parquet('{shop}/customers/*')",
    }
    command = [
        *(Path(sys.executable).parent / "dbt", "--quiet", "build"),
        *("--exclude-resource-type", "unit_test", *options),
        *("--vars", json.dumps(demo | tables | settings, default=str)),
        *("--target-path", folder / "target", "--log-path", folder / "logs"),
    ]
    paths = {
        "SEGMENTATION_DB": str(folder / "segmentation.duckdb"),
        "SEGMENTATION_PUBLISH_DIR": str(folder / "published"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    return {"command": command, "cwd": PROJECT, "env": os.environ | paths}
