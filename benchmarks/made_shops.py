"""Shops made by `scripts/make_demo_data.py`, and dbt on them. Needs the extra `test`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]


def make_shop(folder: Path, customers: int, *options: str) -> None:
    """Write the tables of a shop into ``folder / "shop"``."""
    script = PROJECT / "scripts" / "make_demo_data.py"
    subprocess.run(
        [sys.executable, script, "--parquet", folder / "shop"]
        + ["--customers", str(customers), *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def start_build(folder: Path, *options: str, **settings) -> subprocess.Popen:
    """Start ``dbt build`` on the shop of a folder, with all its outputs there."""
    demo = yaml.safe_load((PROJECT / "examples" / "demo.yml").read_text())
    settings = {
        **demo,
        **settings,
        "segmentation_transactions": f"read_parquet('{folder}/shop/transactions/*')",
        "segmentation_customers": f"read_parquet('{folder}/shop/customers/*')",
    }
    return subprocess.Popen(
        [Path(sys.executable).parent / "dbt", "--quiet", "build", *options]
        + ["--vars", json.dumps(settings)]
        + ["--target-path", folder / "target", "--log-path", folder / "logs"],
        cwd=PROJECT,
        env=os.environ
        | {
            "SEGMENTATION_DB": str(folder / "segmentation.duckdb"),
            "SEGMENTATION_PUBLISH_DIR": str(folder / "published"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
    )
