"""Build the project on Spark several times in one process: later builds find Spark warm.

Usage: python spark_builds.py FOLDER BUILDS, run by the python of Spark's venv; BUILDS is
JSON, name to vars. What a build publishes goes into FOLDER/name.
"""

import json
import os
import sys

from dbt.cli.main import dbtRunner

folder, builds = sys.argv[1:]
for name, variables in json.loads(builds).items():
    os.environ["SEGMENTATION_PUBLISH_DIR"] = os.path.join(folder, name)
    done = dbtRunner().invoke(
        [
            *("build", "--target", "spark", "--vars", json.dumps(variables)),
            *("--exclude-resource-type", "test"),
            *("--exclude-resource-type", "unit_test"),
        ]
    )
    if not done.success:
        sys.exit(f"The build {name} failed.")
