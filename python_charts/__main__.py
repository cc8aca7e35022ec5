"""Draw report.html from the published tables."""

import argparse
import base64
import mimetypes
import os
import sys
from pathlib import Path

from babel import Locale, UnknownLocaleError
from plotly.io import write_images

from python_charts.parts import Report
from python_charts.report import build_figures, write_report
from python_charts.style import Numbers, make_template
from python_charts.tables import MissingTableError, load_tables

NO_EXPORT = (
    "Charts cannot be exported: install kaleido (pip install -e '.[export]') and a Chrome "
    "or Chromium; BROWSER_PATH names one that is not found."
)


def read_arguments() -> argparse.Namespace:
    """Read what the reader wants from the command line."""
    parser = argparse.ArgumentParser("python -m python_charts", description=__doc__)
    published = Path(os.environ.get("SEGMENTATION_PUBLISH_DIR") or "published")
    add = parser.add_argument
    add("--input", type=Path, default=published, help="folder of the published tables")
    add("--output", type=Path, help="the page (default: report.html in the input)")
    add("--title", default="Customer segments", help="heading of the page")
    add("--logo", type=Path, help="image to put beside the heading")
    add("--locale", default="en", help="how to write numbers and dates, such as de_DE")
    add("--currency", help="the shop's currency, such as EUR")
    add("--segments", nargs="+", default=(), help="names or ids of segments to show")
    add("--export", choices=["png", "svg"], help="also write every chart as a file")
    add("--customers", action="store_true", help="draw single customers, with ids")
    return parser.parse_args()


def export_figures(report: Report, folder: Path, form: str) -> None:
    """Write every figure as a picture, by kaleido and a browser."""
    template = make_template("light", report.numbers.separators)
    pictures = {}
    for name, figures in build_figures(report).items():
        for number, figure in enumerate(figures, 1):
            figure.update_layout(template=template, paper_bgcolor="white")
            pictures[folder / f"{name}-{number}.{form}"] = figure
    heights = [figure.layout.height + 80 for figure in pictures.values()]
    try:
        write_images([*pictures.values()], [*pictures], width=800, height=heights)
    except (ValueError, RuntimeError) as error:
        raise ValueError(NO_EXPORT) from error


def main() -> int:
    """Draw the page and print its path; 2 when a table or the folder is missing."""
    arguments = read_arguments()
    path = arguments.output or arguments.input / "report.html"
    try:
        Locale.parse(arguments.locale)
        report = Report(
            load_tables(arguments.input, arguments.customers),
            Numbers(arguments.locale, arguments.currency),
            arguments.title,
            read_logo(arguments.logo) if arguments.logo else "",
            tuple(arguments.segments),
        )
        write_report(report, path)
        if arguments.export:
            export_figures(report, path.parent, arguments.export)
    except (MissingTableError, UnknownLocaleError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyError as error:
        print(f"The tables have no {error}: run `make build` again.", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{path} cannot be written: {error}.", file=sys.stderr)
        return 2
    print(path)
    return 0


def read_logo(path: Path) -> str:
    """Return an image as part of the page, which loads nothing."""
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


if __name__ == "__main__":
    sys.exit(main())
