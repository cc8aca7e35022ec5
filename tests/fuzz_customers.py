"""Cases of tests/fuzz_inputs.py: the customer table, beside transactions in order."""

import datetime as dt

import pyarrow as pa
from fuzz_shop import (
    ATTRIBUTES,
    CUSTOMERS_PARQUET,
    PARQUET,
    always,
    every,
    in_column,
    map_customers,
    nothing,
    of_customers,
    of_customers_parquet,
    show_date,
    show_id,
    write_bytes,
    write_csv,
    write_json,
    write_parquet,
)

SNIFFED = "read_csv('{folder}/customers.csv')"
in_german = in_column("gender", {"female": "weiblich", "male": "männlich"}.get)


def attributes(**wanted: dict) -> dict:
    return {"segmentation_demographics": wanted}


GERMAN = attributes(
    birth_date=ATTRIBUTES["birth_date"],
    gender={"kind": "nominal", "levels": ["weiblich", "männlich"]},
)
# Separator, encoding, and what the reader is told.
LAYOUTS = {
    "commas": (",", "utf-8", ""),
    "semicolons": (";", "utf-8-sig", ""),
    "utf-16": (",", "utf-16", ""),
    "latin-1 told": (";", "latin-1", ", encoding='latin-1'"),
    "latin-1": (";", "latin-1", ""),
}
TABLES = {
    **{
        f"customers csv {word}": of_customers(
            write_csv("customers.csv", delimiter=delimiter, encoding=encoding),
            SNIFFED.replace(")", f"{told})"),
            raw={"gender": in_german},
            read={"gender": in_german},
            set_vars=GERMAN,
        )
        for word, (delimiter, encoding, told) in LAYOUTS.items()
    },
    "customers no rows": of_customers_parquet(
        write=write_parquet("customers.parquet", columns=("customer_id", *ATTRIBUTES)),
        change=lambda rows: [],
    ),
    "customers empty file": of_customers(write_bytes("customers.csv", b"")),
    "customers truncated": of_customers_parquet(
        write=write_parquet("customers.parquet", after=lambda content: content[:700])
    ),
    "customers missing": of_customers(reader=CUSTOMERS_PARQUET),
    "customers one column": of_customers(drop=tuple(ATTRIBUTES)),
    "customers one column, no attributes": of_customers(
        drop=tuple(ATTRIBUTES), set_vars=attributes(), must_work=True
    ),
    "customers twice": of_customers(change=lambda rows: rows + rows),
    "customers twice and different": of_customers(
        change=lambda rows: rows + [row | dict.fromkeys(ATTRIBUTES) for row in rows]
    ),
    # The file of transactions given as the customer table.
    "transactions as customers": of_customers(
        write=lambda folder, rows: None,
        reader=PARQUET,
        change=lambda rows: rows[:30],
        set_vars=attributes(),
        rows_in_file=120,
    ),
}
IDS = {
    **{
        f"customers ids {word}": of_customers(
            raw={"customer_id": show_id(layout)}, read={"customer_id": show_id("{}")}
        )
        for word, layout in (
            ("floats with .0", "{}.0"),
            ("zero padded", "{:08}"),
            ("tabs around", "\t{}\t"),
            ("line breaks behind", "{}\n"),
            ("spaces around", " {} "),
            ("a prefix", "C-{}"),
        )
    },
    "customers ids empty in 20 %": of_customers(
        raw={"customer_id": every(5, "", "customer_id")},
        read={"customer_id": every(5, None, "customer_id")},
        must_tell=True,
    ),
    "customers ids all empty": of_customers(
        raw={"customer_id": always("")}, read={"customer_id": nothing}, must_tell=True
    ),
    # Whole numbers in the transactions.
    "customers ids as doubles": of_customers_parquet(
        {"customer_id": pa.float64()},
        raw={"customer_id": in_column("customer_id", float)},
    ),
    "customers ids in a struct": of_customers_parquet(
        raw={"customer_id": lambda row: {"id": row["customer_id"], "kind": "b2c"}},
        set_vars=map_customers(customer_id="customer_id.id"),
        must_work=True,
    ),
}
BIRTH_LAYOUTS = {
    "DD-MM-YYYY": "%d-%m-%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "YYYYMMDD": "%Y%m%d",
    "two-digit years": "%d.%m.%y",
    "ISO with a time": "%Y-%m-%dT00:00:00Z",
    "years only": "%Y",
}
at_midnight = in_column("birth_date", lambda day: dt.datetime.combine(day, dt.time()))
BIRTH_TYPES = {
    "yyyymmdd int64": (
        pa.int64(),
        in_column("birth_date", lambda day: int(f"{day:%Y%m%d}")),
    ),
    "timestamp": (pa.timestamp("us"), at_midnight),
    "timestamptz": (pa.timestamp("us", "UTC"), at_midnight),
    "null": (pa.null(), nothing),
    "struct": (None, in_column("birth_date", lambda day: {"born": day})),
    "epoch days int64": (
        pa.int64(),
        in_column("birth_date", lambda day: (day - dt.date(1970, 1, 1)).days),
    ),
}
BIRTHS = {
    **{
        f"births {word}": of_customers(
            raw={"birth_date": show_date(layout, "birth_date")}
        )
        for word, layout in BIRTH_LAYOUTS.items()
    },
    **{
        f"births DD-MM-YYYY {word}": of_customers(
            raw={"birth_date": show_date("%d-%m-%Y", "birth_date")},
            set_vars=map_customers(birth_date=f"{function}(birth_date, '%d-%m-%Y')"),
            must_work=True,
        )
        for word, function in (("mapped", "strptime"), ("try mapped", "try_strptime"))
    },
    **{
        f"births parquet {word}": of_customers_parquet(
            {"birth_date": arrow} if arrow else {},
            raw={"birth_date": cell},
            read={"birth_date": nothing} if word == "null" else {},
        )
        for word, (arrow, cell) in BIRTH_TYPES.items()
    },
}
INCOMES = {
    **{
        f"income {word}": of_customers(raw={"income": in_column("income", show)})
        for word, show in (
            ("dollars", "${:,} ".format),
            ("thousands commas", "{:,}".format),
            ("k behind", lambda income: f"{income / 1000}k"),
        )
    },
    **{
        f"income {word}": of_customers(
            raw={"income": every(step, value, "income")},
            read={"income": every(step, None, "income")},
            must_tell=word in ("words in 20 %", "negatives in 20 %"),
        )
        for word, value, step in (
            ("words in 20 %", "secret", 5),
            ("unknown in 20 %", "unknown", 5),
            ("#N/A in 20 %", "#N/A", 5),
            ("negatives in 20 %", -1, 5),
            ("nan in 5 %", "nan", 20),
            ("all empty", "", 1),
        )
    },
}


def nest_band(row: dict) -> dict:
    return {"level": row["band"], "since": "2020"}


def of_customers_json(**more):
    return of_customers(
        write_json("customers.json"),
        "read_json('{folder}/customers.json')",
        raw={"band": nest_band},
        **more,
    )


OTHERS = {
    "levels other words": of_customers(
        raw={"band": in_column("band", {"low": "1", "middle": "2", "high": "3"}.get)}
    ),
    "levels another case and spaces": of_customers(
        raw={"band": in_column("band", lambda band: f" {band.upper()} ")},
        must_work=True,
    ),
    "levels one of three unlisted": of_customers(
        raw={"band": in_column("band", lambda band: band.replace("middle", "medium"))}
    ),
    "levels in a nested struct": of_customers_json(
        set_vars=map_customers(band="band.level"), must_work=True
    ),
    "levels in a struct unmapped": of_customers_json(),
    "attribute in capitals": of_customers(
        write_csv("customers.csv", header={"birth_date": "DOB"}),
        set_vars=attributes(DOB=ATTRIBUTES["birth_date"]),
    ),
    "attribute named order": of_customers(
        write_csv("customers.csv", header={"gender": "order"}),
        set_vars=attributes(order={"kind": "nominal"}),
    ),
    "attribute with a space": of_customers(
        write_csv("customers.csv", header={"gender": "Gender of Client"}),
        set_vars=map_customers(gender='"Gender of Client"'),
        must_work=True,
    ),
    "boolean with odd words": of_customers(
        raw={"gender": in_column("gender", {"female": "ja", "male": "nein"}.get)},
        set_vars=attributes(gender={"kind": "boolean"}),
        read={"gender": in_column("gender", {"female": "yes", "male": "no"}.get)},
    ),
    # Asked for as integer, and it holds words.
    "extra column of another type": of_customers(
        must_tell=True,
        set_vars=attributes() | {"segmentation_extra_columns": {"band": "integer"}},
    ),
}
CASES = TABLES | IDS | BIRTHS | INCOMES | OTHERS
