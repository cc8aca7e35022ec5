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
from typing import NamedTuple

import duckdb
import pandas as pd
import yaml
from read_vars import read_vars

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "target" / "backtest"
HISTORY = "segmentation_history_months"
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
    """Build a model and all before it, without tests, in the database of a folder."""
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "build"),
            *("--select", f"+{model}", "--exclude-resource-types", "test", "unit_test"),
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
    path = str(folder / "segmentation.duckdb")
    with duckdb.connect(path, read_only=True) as database:
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

    settings = settings | {"segmentation_refit": False}
    fitted = settings | {"segmentation_as_of_date": chosen.isoformat()}
    build(folder, "segment_forward_value", fitted)
    if not query(folder, "select * from segment_centroids limit 1"):
        raise ValueError(
            f"There is no model as of {chosen}: too few customers had bought by then (see"
            " segmentation_model.minimum_customers)."
        )
    # The history has to reach back to the month start after the fit.
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    months = settings.get(HISTORY, project["vars"][project["name"]][HISTORY])
    reaching = settings | {HISTORY: max(months, count_months(chosen, today))}
    build(folder, "segment_forward_value", reaching)
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


def lay_out(backtest: Backtest) -> str:
    """Lay out a backtest as text: a line per horizon and month start, and their means."""
    lines = [
        f"Model fitted as of {backtest.as_of_date}, spend known until"
        f" {backtest.known_until} (not included).",
        "Share of the variance of later spend (on a log scale) that a grouping explains,",
        "for month starts whose future the model had not seen; in brackets its groups.",
        "",
    ]

    def add_line(horizon: str, day: object, cells: list[str]) -> None:
        lines.append(f"{horizon:<10}{day!s:<12}" + "".join(f"{c:>16}" for c in cells))

    def format_share(share: float) -> str:
        # Without a share, everybody spent the same.
        return "-" if pd.isna(share) else f"{share:.1%}"

    add_line("horizon", "placed on", list(GROUPINGS.values()))
    names = ["horizon", "day", "grouping", "groups", "share"]
    table = pd.DataFrame(backtest.rows, columns=names).astype({"share": float})
    for horizon, rows in table.groupby("horizon"):
        words = f"{horizon} month{'s' if horizon > 1 else ''}"
        wide = rows.pivot(index="day", columns="grouping", values=["groups", "share"])
        for day, values in wide.iterrows():
            shares = [
                f"{format_share(values['share', name])} ({values['groups', name]:.0f})"
                for name in GROUPINGS
            ]
            add_line(words, day, shares)
        if len(wide) > 1:
            means = wide["share"].mean()
            add_line(words, "mean", [format_share(means[name]) for name in GROUPINGS])
    return "\n".join(lines)


if __name__ == "__main__":
    example, as_of, *_ = [*sys.argv[1:], "", ""]
    try:
        settings = read_vars(example, os.environ.get("VARS", ""))
        print(lay_out(run_backtest(settings, as_of, FOLDER / (example or "demo"))))
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))
