"""dbt on a shop of make_shop.py, with everything it writes in the shop's folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]


def start_build(folder: Path, *options: str, **settings) -> subprocess.Popen:
    """Start ``dbt build`` without unit tests.

    Parameters
    ----------
    folder : Path
        Holds the shop; gets the database, dbt's target and logs, and what is published.
    *options : str
        Options of ``dbt build``.
    **settings
        Vars besides those of examples/demo.yml.

    Returns
    -------
    subprocess.Popen
    """
    demo = yaml.safe_load((PROJECT / "examples" / "demo.yml").read_text())
    shop = {
        "segmentation_transactions": f"read_parquet('{folder}/transactions/*')",
        "segmentation_customers": f"read_parquet('{folder}/customers/*')",
    }
    return subprocess.Popen(
        [
            *(Path(sys.executable).parent / "dbt", "--quiet", "build"),
            *("--exclude-resource-type", "unit_test", *options),
            *("--vars", json.dumps(demo | shop | settings, default=str)),
            *("--target-path", folder / "target", "--log-path", folder / "logs"),
        ],
        cwd=PROJECT,
        env=os.environ
        | {
            "SEGMENTATION_DB": str(folder / "segmentation.duckdb"),
            "SEGMENTATION_PUBLISH_DIR": str(folder / "published"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
    )
