"""Run dbt and explain errors that no macro can catch, before the words of the engine.

Usage: python scripts/run_dbt.py ARGUMENTS_OF_DBT
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

STARTS_MESSAGE = re.compile(r"(?:\x1b\[\d+m)*\d\d:\d\d:\d\d")
FILE = r'"(?P<file>[^"\n]+)"'
CSV_LINE = r"CSV Error on Line: (?P<line>\d+)\b"
CSV_FILE = r".*?file = (?P<file>[^\n]+)"
DAMAGED_DATABASE = (
    "The database {file} is damaged or no DuckDB database. Restore it from a backup, or "
    "name another file in SEGMENTATION_DB; what was published is still there."
)
FULL_DISK = (
    "The disk is full. Free some space, or put SEGMENTATION_DB on another disk; what was "
    "published is still there."
)
DAMAGED_INPUT = "{file} is damaged. Fetch it again."
# What the engine says (a dot matches a line break as well), and what it means. The first
# match counts.
EXPLANATIONS = [
    (
        r"OSError: (?P<said>Nothing new was published in [^\n]+)",
        "{said} Put right what it names and run again.",
    ),
    (
        f"Could not set lock on file {FILE}",
        "The database {file} is in use by another process. Close that one (a notebook, a "
        "BI tool, another build) and run again.",
    ),
    (f"The file {FILE} exists, but it is not a valid DuckDB", DAMAGED_DATABASE),
    (f"Could not read enough bytes from file {FILE}", DAMAGED_DATABASE),
    (f"Corrupt database file.*?{FILE}", DAMAGED_DATABASE),
    ("No space left on device", FULL_DISK),
    ("max_temp_directory_size", FULL_DISK),
    (
        f"Cannot open file {FILE}",
        "{file} cannot be opened. Does its folder exist, and may you read and write there?",
    ),
    (
        f"{CSV_LINE}.*?not utf-8 encoded{CSV_FILE}",
        "{file} is not UTF-8: its line {line} cannot be read. Name its encoding in "
        "read_csv, such as encoding='utf-16' or encoding='latin-1', or save it as UTF-8.",
    ),
    (
        "File is not latin-1 encoded",
        "A CSV file is not Latin-1, but probably Windows' cp1252. Save it as UTF-8, such "
        "as with iconv -f cp1252 -t utf-8, and leave encoding out.",
    ),
    (
        f'{CSV_LINE}.*?converting column "(?P<column>[^"\n]+)"{CSV_FILE}',
        "{file} has in line {line} a value of another type in column {column}. Read every "
        "column as text with all_varchar=true in read_csv: such values are then counted "
        "and listed.",
    ),
    (
        f"{CSV_LINE}{CSV_FILE}",
        "{file} cannot be read from line {line} on. Correct that line, or choose from the "
        "options of read_csv below.",
    ),
    (
        "Schema mismatch between globbed files",
        "The files of one pattern have different columns. Read those of one kind, or set "
        "union_by_name=true in read_csv or read_parquet.",
    ),
    (
        f'Error while reading file {FILE}.*?cast column "(?P<column>[^"\n]+)"',
        "{file} has another type in column {column} than the files before it. Correct the "
        "file, or read those of one kind.",
    ),
    (r"No magic bytes found at end of file '(?P<file>[^'\n]+)'", DAMAGED_INPUT),
    (f"Failed to read file {FILE}", DAMAGED_INPUT),
    (f"Parquet file {FILE}", DAMAGED_INPUT),
]


def explain(message: str) -> str | None:
    """Say what an error of the engine means and what to do; None for other errors."""
    for pattern, explanation in EXPLANATIONS:
        match = re.search(pattern, message, re.DOTALL)
        if match:
            return explanation.format(**match.groupdict())
    return None


def relay(lines: Iterable[str]) -> Iterator[str]:
    """Pass dbt's lines on, with an explanation before the message it belongs to.

    A message starts with the time of day. One that holds an error waits for its end.
    """
    held: list[str] = []
    said = set()

    def release() -> Iterator[str]:
        explanation = explain("".join(held))
        if explanation and explanation not in said:
            said.add(explanation)
            yield f"{explanation}\n"
        elif explanation and "Traceback" in held[0]:
            # The engine's words are told already; dbt's own code is of no interest.
            held.clear()
        yield from held
        held.clear()

    for line in lines:
        if held and STARTS_MESSAGE.match(line):
            yield from release()
        held.append(line)
        if "rror" not in held[0] and "Traceback" not in held[0]:
            yield held.pop()
    yield from release()


if __name__ == "__main__":
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "dbt"), *sys.argv[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        for text in relay(process.stdout):
            print(text, end="", flush=True)
    except KeyboardInterrupt:
        # dbt has been interrupted as well and ends by itself.
        process.wait()
        sys.exit(130)
    sys.exit(process.wait())
