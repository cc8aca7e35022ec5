"""Fit the model as of an earlier date and tell how it explains the spend it had not seen.

Everything is built in a database of its own; nothing is published.

Usage: python scripts/backtest.py [EXAMPLE] [AS_OF]
"""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import duckdb
import yaml
from read_vars import read_vars

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "target" / "backtest"
# The longest horizon of segment_forward_value, so that each has a month start.
MONTHS = 3
GROUPINGS = {"segments": "segments", "rfm_grid": "classic grid"}


class Backtest(NamedTuple):
    """Dates of a backtest, and what each grouping explains of spend not seen before."""

    as_of_date: date
    known_until: date
    # horizon_months, as_of_date, segmentation, group_count, explained_share
    rows: list[tuple]


def build(folder: Path, model: str, settings: dict) -> None:
    """Build a model and all before it, without tests, in the database of a folder.

    Parameters
    ----------
    folder : Path
        Where the database, dbt's target and its logs are.
    model : str
        Name of the last model.
    settings : dict
        Vars of the run.

    Raises
    ------
    RuntimeError
        When dbt fails; it has said why.
    """
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "build"),
            *("--select", f"+{model}"),
            *("--exclude-resource-type", "test"),
            *("--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps(settings, default=str)),
            *("--target-path", str(folder / "target")),
            *("--log-path", str(folder / "logs")),
        ],
        cwd=PROJECT,
        env=os.environ | {"SEGMENTATION_DB": str(folder / "segmentation.duckdb")},
    )
    if done.returncode:
        raise RuntimeError("The backtest stops: dbt failed, see above.")


def query(folder: Path, sql: str) -> list[tuple]:
    """Read rows of the database of a folder."""
    with duckdb.connect(
        str(folder / "segmentation.duckdb"), read_only=True
    ) as database:
        return database.execute(sql).fetchall()


def count_months(start: date, end: date) -> int:
    """Count the month starts from one date to another, both included."""
    first = start.year * 12 + start.month + (start.day > 1)
    return end.year * 12 + end.month - first + 1


def choose_date(text: str, first: date, today: date) -> date:
    """Read the date to fit as of, by default the month start three months back.

    Parameters
    ----------
    text : str
        A date written YYYY-MM-DD; empty for the default.
    first : date
        Date of the first accepted transaction.
    today : date
        The shop's as-of date.

    Returns
    -------
    date
        After `first`, with a whole month between it and `today`.

    Raises
    ------
    ValueError
        When there is no such date, or it is not the one asked for.
    """
    if text:
        try:
            chosen = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(
                f"AS_OF is {text}, but it must be a date written YYYY-MM-DD."
            ) from error
    else:
        months = today.year * 12 + today.month - 1 - MONTHS
        chosen = date(months // 12, months % 12 + 1, 1)
    if chosen <= first or count_months(chosen, today) < 2:
        raise ValueError(
            f"AS_OF is {chosen}, but it must lie after the first transaction ({first}) and"
            f" leave a whole calendar month before the as-of date ({today})."
        )
    return chosen


def run_backtest(settings: dict, as_of: str, folder: Path) -> Backtest:
    """Fit as of a date, then build as of today with the model that was kept.

    Parameters
    ----------
    settings : dict
        The shop's vars.
    as_of : str
        The date to fit as of; empty for the default.
    folder : Path
        Where to build; emptied first.

    Returns
    -------
    Backtest

    Raises
    ------
    ValueError
        When the date cannot be used, or no model could be fitted as of it.
    RuntimeError
        When dbt fails, or the model was not kept.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build(folder, "int_as_of_date", settings)
    [(first, today)] = query(
        folder, "select first_order_date, as_of_date from int_as_of_date"
    )
    chosen = choose_date(as_of, first, today)

    # The history has to reach back to the month start after the fit.
    history = "segmentation_history_months"
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    months = settings.get(history, project["vars"][project["name"]][history])
    months = max(months, count_months(chosen, today))

    settings = settings | {"segmentation_refit": False}
    build(
        folder,
        "segment_forward_value",
        settings | {"segmentation_as_of_date": chosen.isoformat()},
    )
    if not query(folder, "select * from segment_centroids limit 1"):
        raise ValueError(
            f"There is no model as of {chosen}: too few customers had bought by then (see"
            " segmentation_model.minimum_customers)."
        )
    build(folder, "segment_forward_value", settings | {history: months})
    versions = query(folder, "select as_of_date from segment_model_versions")
    if versions != [(chosen,)]:
        raise RuntimeError(f"The model as of {chosen} was not kept: {versions}.")
    rows = query(
        folder,
        """
        select distinct
            horizon_months, as_of_date, segmentation, group_count, explained_share
        from segment_forward_value
        where not is_in_sample
        order by all
        """,
    )
    return Backtest(chosen, today, rows)


def format_share(share: float | None) -> str:
    """Write a share as a percentage; a dash where everybody spent the same."""
    return "-" if share is None else f"{share:.1%}"


def lay_out(backtest: Backtest) -> str:
    """Lay out a backtest as text: a line per horizon and month start, and their means."""
    lines = [
        f"Model fitted as of {backtest.as_of_date}, spend known until"
        f" {backtest.known_until} (not included).",
        "Share of the variance of later spend (on a log scale) that a grouping explains,",
        "for month starts whose future the model had not seen; in brackets its groups.",
        "",
        f"{'horizon':<10}{'placed on':<12}"
        + "".join(f"{words:>16}" for words in GROUPINGS.values()),
    ]
    found = {row[:3]: row[3:] for row in backtest.rows}
    for horizon in sorted({row[0] for row in backtest.rows}):
        words = f"{horizon} month{'s' if horizon > 1 else ''}"
        days = sorted({row[1] for row in backtest.rows if row[0] == horizon})
        for day in days:
            cells = ""
            for grouping in GROUPINGS:
                groups, share = found[horizon, day, grouping]
                cells += f"{f'{format_share(share)} ({groups})':>16}"
            lines.append(f"{words:<10}{day.isoformat():<12}{cells}")
        if len(days) > 1:
            cells = ""
            for grouping in GROUPINGS:
                shares = [found[horizon, day, grouping][1] for day in days]
                known = [share for share in shares if share is not None]
                cells += f"{format_share(fmean(known) if known else None):>16}"
            lines.append(f"{words:<10}{'mean':<12}{cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    example, as_of, *_ = [*sys.argv[1:], "", ""]
    try:
        print(
            lay_out(
                run_backtest(
                    read_vars(example, os.environ.get("VARS", "")),
                    as_of,
                    FOLDER / (example or "demo"),
                )
            )
        )
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))
