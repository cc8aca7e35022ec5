"""Command line: ``python -m python_charts`` draws the page of charts."""

import argparse
import os
import sys
from pathlib import Path

from python_charts.report import write_report
from python_charts.tables import MissingTableError, load_tables


def main() -> int:
    """Draw ``report.html`` beside the published tables and print its path.

    Returns
    -------
    int
        0, or 2 when a table is missing or the page cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_charts",
        description="Draw report.html beside the published tables.",
    )
    parser.add_argument(
        "--customers",
        action="store_true",
        help="also draw single customers of a sample, with their ids (personal data)",
    )
    arguments = parser.parse_args()
    folder = Path(os.environ.get("SEGMENTATION_PUBLISH_DIR") or "published")
    try:
        path = write_report(load_tables(folder, arguments.customers), folder)
    except MissingTableError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{folder}/report.html cannot be written: {error}.", file=sys.stderr)
        return 2
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
