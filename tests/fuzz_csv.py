"""Cases of tests/fuzz_inputs.py: CSV: separators, encodings, headers, ragged rows."""

import gzip
from decimal import Decimal

from fuzz_shop import (
    COLUMNS,
    SNIFFED,
    TEXT,
    always,
    edit_last_of,
    edit_lines,
    every,
    in_column,
    of_csv,
    show_amount,
    show_date,
    swap,
    write_bytes,
    zip_up,
)

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "caret": "^"}
# Encoding of the file, and the one that the reader is told.
ENCODINGS = (
    ("utf-8 with BOM", "utf-8-sig", None),
    ("utf-16 with BOM", "utf-16", None),
    ("utf-16 with BOM", "utf-16", "utf-16"),
    ("utf-16 little endian", "utf-16-le", None),
    ("utf-16 little endian", "utf-16-le", "utf-16"),
    ("utf-16 big endian", "utf-16-be", "utf-16"),
    ("latin-1", "latin-1", None),
    ("latin-1", "latin-1", "latin-1"),
    ("cp1252", "cp1252", None),
    ("cp1252", "cp1252", "latin-1"),
    ("cp1252", "cp1252", "CP1252"),
    ("utf-8", "utf-8", "latin-1"),
    ("utf-32", "utf-32", None),
    ("utf-8", "utf-8", "klingon"),
)


def tell(option: str, reader: str = TEXT) -> str:
    """Add an option to a reader."""
    return reader.removesuffix(")") + f", {option})"


def three_cells(line: str) -> str:
    return ",".join(line.split(",")[:3])


def padded(column: str):
    """Read nothing from the rows that `three_cells` has cut."""
    return lambda row: None if row["place"] % 20 == 18 else row[column]


def multiply_rows(rows: list) -> list:
    return [
        rows[place % 120] | {"place": place, "transaction_id": str(place)}
        for place in range(25000)
    ]


def last_amount(value: object):
    return lambda row: value if row["place"] == 24999 else row["amount"]


def after_title(title: bytes):
    return lambda content: title + content


CASES = {
    **{
        f"csv {word}": of_csv(SNIFFED, delimiter=delimiter)
        for word, delimiter in SEPARATORS.items()
    },
    **{
        f"csv {word} quoted": of_csv(delimiter=delimiter, quoted=True)
        for word, delimiter in SEPARATORS.items()
    },
    "csv wrong delim": of_csv(tell("delim=';'", SNIFFED)),
    "csv decimal comma in a comma file": of_csv(
        after=edit_lines(
            lambda lines: lines[:1] + [line.replace(".", ",") for line in lines[1:]]
        )
    ),
    **{
        f"csv {word} {'told ' + told if told else 'untold'}": of_csv(
            tell(f"encoding='{told}'") if told else TEXT,
            encoding=encoding,
            raw={"category": always("“Möbel”")} if encoding == "cp1252" else {},
        )
        for word, encoding, told in ENCODINGS
    },
    "csv CRLF": of_csv(SNIFFED, newline="\r\n"),
    "csv CR": of_csv(SNIFFED, newline="\r"),
    "csv mixed line ends": of_csv(
        SNIFFED,
        after=edit_lines(
            lambda lines: [line + "\r" * (at % 3 == 0) for at, line in enumerate(lines)]
        ),
    ),
    "csv without a last line end": of_csv(SNIFFED, after=bytes.rstrip),
    "csv blank lines": of_csv(SNIFFED, after=edit_last_of(10, "{}\n".format)),
    "csv newlines in cells": of_csv(
        SNIFFED, raw={"category": always("Garten\nund Haus")}
    ),
    "csv quotes in cells": of_csv(
        SNIFFED, raw={"category": always('Regal 60", "neu"')}
    ),
    "csv backslash escapes": of_csv(
        SNIFFED,
        after=lambda content: content.replace(b'""', b'\\"'),
        raw={"category": always('Regal 60", neu')},
    ),
    "csv unclosed quote": of_csv(
        SNIFFED,
        after=edit_lines(
            lambda lines: lines[:60] + [lines[60].replace("O00", '"O00')] + lines[61:]
        ),
    ),
    "csv NUL bytes": of_csv(
        after=lambda content: content.replace(b"Garten", b"Gar\0ten")
    ),
    "csv invalid utf-8 in one row": of_csv(
        after=lambda content: content.replace(b"Garten", b"G\xffrten", 1)
    ),
    "csv no header untold": of_csv(SNIFFED, header=False),
    "csv no header told": of_csv(
        tell(f"header=false, names={list(COLUMNS)}"), header=False, must_work=True
    ),
    "csv too few names": of_csv(
        tell(f"header=false, names={list(COLUMNS[:3])}"), header=False
    ),
    # Two exports appended: the header comes again in the middle.
    "csv header twice": of_csv(
        after=edit_lines(lambda lines: lines[:60] + lines[:1] + lines[60:]),
        rows_in_file=121,
    ),
    "csv title line": of_csv(after=after_title(b"Orders of 2025\n")),
    "csv title line skipped": of_csv(
        tell("skip=1"), after=after_title(b"Orders of 2025\n"), must_work=True
    ),
    "csv comment lines": of_csv(after=after_title(b"# exported\n# by hand\n")),
    "csv trailing delimiter": of_csv(
        after=edit_lines(lambda lines: [line + "," for line in lines if line])
    ),
    "csv short rows": of_csv(after=edit_last_of(10, three_cells)),
    "csv short rows padded": of_csv(
        tell("null_padding=true"),
        after=edit_last_of(20, three_cells),
        read={
            column: padded(column)
            for column in ("ordered_at", "amount", "quantity", "discount_amount")
        },
    ),
    "csv long rows": of_csv(after=edit_last_of(10, "{},x,y".format)),
    "csv total line": of_csv(
        change=lambda rows: [
            *rows,
            dict.fromkeys(COLUMNS) | {"place": 120, "amount": Decimal("51234.50")},
        ]
    ),
    "csv empty file": of_csv(SNIFFED, write=write_bytes("orders.csv", b"")),
    "csv only line ends": of_csv(SNIFFED, write=write_bytes("orders.csv", b"\n" * 5)),
    "csv header only": of_csv(SNIFFED, change=lambda rows: []),
    "csv one row": of_csv(change=lambda rows: rows[:1], must_work=True),
    "csv one column": of_csv(
        SNIFFED, write=write_bytes("orders.csv", b"amount\n1\n2\n3\n")
    ),
    "csv gzip": of_csv(
        TEXT.replace(".csv", ".csv.gz"),
        name="orders.csv.gz",
        after=gzip.compress,
        must_work=True,
    ),
    "csv gzip by another name": of_csv(after=gzip.compress),
    "csv not gzip": of_csv(SNIFFED.replace(".csv", ".csv.gz"), name="orders.csv.gz"),
    "csv gzip truncated": of_csv(
        TEXT.replace(".csv", ".csv.gz"),
        name="orders.csv.gz",
        after=lambda content: gzip.compress(content)[
            : len(gzip.compress(content)) // 2
        ],
    ),
    "csv zip": of_csv(SNIFFED, after=zip_up),
    "csv decimal_separator": of_csv(
        tell("delim=';', decimal_separator=','", SNIFFED),
        delimiter=";",
        raw={
            "amount": swap(show_amount("{:.2f}")),
            "discount_amount": swap(in_column("discount_amount", str)),
        },
        must_work=True,
    ),
    # The last of 25,000 amounts is a word.
    "csv late text": of_csv(
        SNIFFED,
        change=multiply_rows,
        raw={"amount": last_amount("n/a")},
        read={"amount": last_amount(None)},
    ),
    "csv late text read as text": of_csv(
        change=multiply_rows,
        raw={"amount": last_amount("n/a")},
        read={"amount": last_amount(None)},
        must_work=True,
    ),
    "csv typed wrongly": of_csv(
        tell("types={'customer_id': 'INTEGER'}", SNIFFED),
        raw={"customer_id": in_column("customer_id", "C{}".format)},
    ),
    "csv typed with a word": of_csv(tell("types={'ordered_at': 'DATETIMES'}", SNIFFED)),
    "csv option that is none": of_csv(tell("seperator=','", SNIFFED)),
    "csv timestampformat": of_csv(
        tell("timestampformat='%d/%m/%Y %H:%M'", SNIFFED),
        raw={"ordered_at": show_date("%d/%m/%Y %H:%M")},
        must_work=True,
    ),
    "csv nullstr": of_csv(
        tell("nullstr='\\N'"),
        raw={"category": every(3, "\\N", "category")},
        must_work=True,
    ),
}
