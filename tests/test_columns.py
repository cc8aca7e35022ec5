"""Columns that cannot be read, and ids that do not meet, are told, with what mends them."""

import re
import subprocess

import pytest
from conftest import Build
from shops import Shop, make_buyers

BANDS = ["18-24", "25-34"]
# What of the shop is built here: all that reads a column, and the tests about columns.
SELECTED = [
    "+customer_quality",
    "column_quality",
    "assert_columns_can_be_read",
    "assert_buyers_are_in_the_customer_table",
]


def make_lines() -> list[dict]:
    """Lines without a readable quantity or discount; one in ten says nothing."""
    lines = make_buyers()
    for place, line in enumerate(lines):
        number = int(line["customer_id"].removeprefix("buyer "))
        if number < 20:
            line["customer_id"] = f"{number + 1}.0"
        line["quantity"] = "a pair" if place % 30 == 1 else "2 pieces"
        line["discount_amount"] = "0.50 EUR"
        if place % 10 == 0:
            line.update(quantity="#N/A", discount_amount="nan")
    return lines


def spell_id(number: int) -> str:
    """An id of the customer table: of integers, with white space, in capitals."""
    if number < 20:
        return f"{number + 1}"
    if number < 40:
        return f"\tbuyer {number:03}\r\n\N{NO-BREAK SPACE}"
    return f"BUYER {number:03}"


def make_customers() -> list[dict]:
    """Records of which no attribute can be read as the vars first have it."""
    return [
        {
            "customer_id": spell_id(number),
            "birth_date": "#N/A" if number % 2 else f"2{number % 8}-02-1990",
            "income": "<NA>" if number % 2 else "$90,000 ",
            "age_band": "18 to 24",
            "is_member": "member",
            "hired_on": "20200228",
        }
        for number in range(140)
    ]


SHOP = Shop(
    make_lines(),
    make_customers(),
    {
        "segmentation_duplicates": "keep",
        "segmentation_demographics": {
            "birth_date": {"kind": "date", "as": "age_years"},
            "income": {"kind": "number", "minimum": 0},
            "age_band": {"kind": "ordinal", "levels": BANDS},
            "is_member": {"kind": "boolean"},
        },
        "segmentation_extra_columns": {"hired_on": "date"},
    },
)
# What the sentences of the first build say to do.
MENDED = {
    "segmentation_transaction_columns": {
        "quantity": "replace(quantity, ' pieces', '')",
        "discount_amount": "replace(discount_amount, ' EUR', '')",
    },
    "segmentation_customer_columns": {
        "income": "regexp_replace(income, '[^0-9.]', '', 'g')",
        "is_member": "is_member = 'member'",
        "hired_on": "strptime(hired_on, '%Y%m%d')",
    },
    "segmentation_demographics": {
        "birth_date": {"kind": "date", "as": "age_years", "format": "%d-%m-%Y"},
        "income": {"kind": "number", "minimum": 0},
        "age_band": {"kind": "ordinal", "levels": ["18 to 24"]},
        "is_member": {"kind": "boolean"},
    },
}


def run(build: Build, **overrides) -> subprocess.CompletedProcess:
    return build.dbt(
        "build",
        "--select",
        *SELECTED,
        "--exclude-resource-type",
        "unit_test",
        "--indirect-selection",
        "cautious",
        **overrides,
    )


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Build:
    """The shop in a folder, built by no test yet."""
    return SHOP.build_in(tmp_path_factory.mktemp("columns"))


@pytest.fixture(scope="module")
def stopped(build) -> str:
    """What dbt says of the shop as its tables come."""
    done = run(build)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mended(build, stopped) -> Build:
    done = run(build, **MENDED)
    assert done.returncode == 0, done.stdout[-3000:]
    return build


LINES = len(make_buyers())
FILLED = LINES - (LINES + 9) // 10


@pytest.mark.parametrize(
    ("column", "filled", "examples", "mend"),
    [
        (
            "quantity",
            FILLED,
            '"2 pieces", "a pair"',
            "map segmentation_transaction_columns.quantity to a number, such as",
        ),
        (
            "discount_amount",
            FILLED,
            '"0.50 EUR"',
            "map segmentation_transaction_columns.discount_amount to a number, such as",
        ),
        (
            "birth_date",
            70,
            '"20-02-1990", "22-02-1990", "24-02-1990"',
            "add format: '%d-%m-%Y', or whatever your dates are, to "
            "segmentation_demographics.birth_date",
        ),
        (
            "income",
            70,
            '"$90,000 "',
            "map segmentation_customer_columns.income to a number, such as "
            "regexp_replace(income, '[^0-9.]', '', 'g'), or widen its bounds (minimum 0).",
        ),
        (
            "age_band",
            140,
            '"18 to 24"',
            "list the values of your table in segmentation_demographics.age_band.levels",
        ),
        (
            "is_member",
            140,
            '"member"',
            "map segmentation_customer_columns.is_member to true or false",
        ),
        (
            "hired_on",
            140,
            '"20200228"',
            "set segmentation_extra_columns.hired_on to the type that its values have",
        ),
    ],
)
def test_a_column_that_cannot_be_read_stops_the_build_with_its_mend(
    stopped, column, filled, examples, mend
):
    table = "segmentation_customers"
    if column in ("quantity", "discount_amount"):
        table = "segmentation_transactions"
    assert (
        f"{table}: {column} cannot be read in {filled} of {filled} filled rows "
        f"(100.0 %), for example {examples}; allowed is a share of 0.1 "
        f"(segmentation_tests.unreadable_column.maximum_share): {mend}" in stopped
    )
    # Nothing is computed from such columns.
    assert not re.search(r"START .* main\.(int_|stg_customers )", stopped)


def test_the_mends_that_the_sentences_name_mend(mended):
    assert mended.query(
        "select column_name, row_count, unknown_count, unreadable_count"
        " from column_quality where column_name in ('discount_amount', 'birth_date',"
        " 'income', 'age_band', 'is_member', 'hired_on') order by column_name"
    ) == [
        ("age_band", 140, 0, 0),
        ("birth_date", 140, 70, 0),
        ("discount_amount", LINES, LINES - FILLED, 0),
        ("hired_on", 140, 0, 0),
        ("income", 140, 70, 0),
        ("is_member", 140, 0, 0),
    ]
    assert mended.query(
        "select distinct birth_date::varchar, income, age_band, is_member,"
        " hired_on::varchar from stg_customers where birth_date = '1990-02-26'"
    ) == [("1990-02-26", 90000, "18 to 24", "yes", "2020-02-28")]


def test_a_column_with_few_unreadable_values_warns(mended):
    assert "assert_columns_can_be_read" in mended.warnings()
    row = mended.query(
        "select unreadable_count, unreadable_share, examples, mend"
        " from column_quality where unreadable_share >= 0.01"
    )
    count = len([line for line in SHOP.transactions if line["quantity"] == "a pair"])
    assert [cell[:3] for cell in row] == [(count, count / FILLED, '"a pair"')]
    assert row[0][3].startswith("map segmentation_transaction_columns.quantity")


def test_ids_of_both_tables_meet_across_white_space_and_floats(mended):
    assert mended.query(
        "select count(*), count(*) filter (regexp_matches(buyers.customer_id, '^[0-9]'))"
        " from int_customers as buyers inner join stg_customers using (customer_id)"
        " where buyers.is_in_transactions"
    ) == [(40, 20)]


def test_ids_in_another_case_warn_with_examples_of_both_sides(mended):
    name = "assert_buyers_are_in_the_customer_table"
    assert name in mended.warnings()
    compiled = next((mended.target / "compiled").rglob(f"{name}.sql"))
    assert mended.query(compiled.read_text()) == [
        (
            100,
            140,
            "buyer 040, buyer 041, buyer 042",
            "BUYER 040, BUYER 041, BUYER 042",
            100,
        )
    ]


def test_buyers_without_a_record_may_be_as_many_as_the_var_says(mended):
    done = mended.dbt(
        "test",
        *("--select", "assert_buyers_are_in_the_customer_table"),
        **MENDED,
        segmentation_tests={"unmatched_buyers": {"maximum_share": 0.75}},
    )
    assert "PASS assert_buyers_are_in_the_customer_table" in done.stdout


def test_ages_outside_their_bounds_stop_the_build_as_well(mended):
    """Staging cannot know them, since they depend on the as-of date."""
    attributes = MENDED["segmentation_demographics"]
    done = mended.dbt(
        "run",
        *("--select", "int_column_quality"),
        **MENDED
        | {
            "segmentation_demographics": attributes
            | {"birth_date": attributes["birth_date"] | {"minimum": 60}}
        },
    )
    assert done.returncode != 0
    assert (
        ": birth_date cannot be read in 70 of 70 filled rows (100.0 %), for example "
        '"1990-02-20", "1990-02-22", "1990-02-24"; allowed' in done.stdout
    )
    assert "widen the bounds of the age (minimum 60, maximum 120)." in done.stdout


def test_a_table_that_dbt_builds_gets_the_same_sentence(tmp_path):
    """A var that holds a ref cannot be put into a sentence by a hook."""
    done = Build(tmp_path).dbt(
        "build",
        *("--select", "+stg_transactions", "--exclude-resource-type", "unit_test"),
        segmentation_timestamp_format="%d/%m/%Y",
    )
    assert "segmentation_transactions: ordered_at cannot be read in" in done.stdout
    assert "correct segmentation_timestamp_format, which is %d/%m/%Y, or" in done.stdout


def test_names_and_readings_that_cannot_be_are_refused_at_the_start(tmp_path):
    done = Build(tmp_path).dbt(
        "build",
        segmentation_demographics={
            "DOB": {"kind": "date", "as": "age_years"},
            "Customer Age": {"kind": "number"},
            "visits": {"kind": "number", "minimum": 20, "maximum": 1},
            "region": {"kind": "nominal", "format": "%d-%m-%Y"},
            "unreadable_region": {"kind": "nominal"},
        },
        segmentation_extra_columns={"Tier": "string"},
    )
    said = " ".join(done.stdout.split())
    for sentence in (
        "segmentation_demographics has DOB, but our names must be small letters, digits"
        " and _. Name it dob and map it: segmentation_customer_columns: {dob: DOB}.",
        "segmentation_demographics has Customer Age, but our names must be small letters,"
        " digits and _. Name it customer_age and map it:"
        " segmentation_customer_columns: {customer_age: '\"Customer Age\"'}.",
        "segmentation_demographics.visits.minimum is 20, but it must not be above its"
        " maximum, 1.",
        "segmentation_demographics.region.format is %d-%m-%Y, but it must be",
        "segmentation_demographics has unreadable_region, but no name may begin with",
        "segmentation_extra_columns has Tier, but our names must be small letters,",
    ):
        assert sentence in said
    assert "has no column DOB" not in said
    assert "START seed" not in done.stdout
