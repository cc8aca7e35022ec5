"""Bad vars stop the run at the start, in one sentence that says what is allowed.

One dbt process judges all the values; a few whole runs show that the run stops.
"""

import json
import re
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import PROJECT, Build, copy_project
from write_vars import list_vars, read_defaults


def own_feature(name: str, expression: str) -> dict:
    """Vars with the feature monetary and one of the user's own."""
    return {
        "segmentation_features": {
            "monetary": {"role": "core", "transform": "log1p"},
            name: {"role": "core", "transform": "none", "expression": expression},
        }
    }


def attribute(name: str, **reading) -> dict:
    """Vars with one attribute."""
    return {"segmentation_demographics": {name: reading}}


BAD_VARS = {
    "k_range_is_a_number": (
        {"segmentation_model": {"k_range": 1}},
        "segmentation_model.k_range is 1, but it must be two whole numbers from 2 to 20",
    ),
    "k_range_is_upside_down": (
        {"segmentation_model": {"k_range": [8, 4]}},
        "segmentation_model.k_range is [8, 4], but it must be two whole numbers",
    ),
    "k_is_one": (
        {"segmentation_k": 1},
        "segmentation_k is 1, but it must be null or a whole number from 2 to 20",
    ),
    "unknown_policy_word": (
        {"segmentation_returns": "subtract"},
        "segmentation_returns is subtract, but it must be one of: net, ignore.",
    ),
    "rejected_share_above_one": (
        {"segmentation_tests": {"rejected_for": {"duplicate": 10}}},
        "segmentation_tests.rejected_for.duplicate is 10, but it must be a number from 0 to"
        " 1.",
    ),
    "unknown_duplicates_word": (
        {"segmentation_duplicates": "drop"},
        "it must be one of: keep, drop_exact, by_transaction_id.",
    ),
    "no_transactions": (
        {"segmentation_transactions": None},
        "segmentation_transactions is null, but it must be",
    ),
    "day_that_is_none": (
        {"segmentation_as_of_date": "2025-02-30"},
        "segmentation_as_of_date is 2025-02-30, but it must be null or a date",
    ),
    "time_zone_that_is_none": (
        {"segmentation_time_zone": "New York"},
        "segmentation_time_zone is New York, but it must be null or an IANA time zone",
    ),
    "share_above_its_bound": (
        {"segmentation_demographics_weight": 0.5},
        "segmentation_demographics_weight is 0.5, but it must be a number from 0 to 0.2",
    ),
    "yes_for_true": (
        {"segmentation_refit": "yes"},
        "segmentation_refit is yes, but it must be one of: true, false.",
    ),
    "column_of_ours_that_is_none": (
        {"segmentation_transaction_columns": {"price": "amount"}},
        "segmentation_transaction_columns has the key price; there are: transaction_id, ",
    ),
    "feature_that_is_none": (
        {"segmentation_features": {"loyalty": {"role": "core", "transform": "none"}}},
        "segmentation_features.loyalty is not a column of int_customer_features",
    ),
    "feature_with_a_wrong_transform": (
        {"segmentation_features": {"monetary": {"role": "core", "transform": "sqrt"}}},
        "segmentation_features.monetary.transform is sqrt, but it must be one of: log1p",
    ),
    "kind_that_is_none": (
        {"segmentation_demographics": {"gender": {"kind": "text"}}},
        "segmentation_demographics.gender.kind is text, but it must be one of: ordinal, ",
    ),
    "attribute_named_like_a_column_of_ours": (
        {"segmentation_demographics": {"monetary": {"kind": "number"}}},
        "segmentation_demographics.monetary would be a column named monetary",
    ),
    "attribute_in_capitals": (
        {"segmentation_demographics": {"DOB": {"kind": "date", "as": "age_years"}}},
        "Name it dob and map it: segmentation_customer_columns: {dob: DOB}.",
    ),
    "confidence_bands_upside_down": (
        {"segmentation_model": {"confidence_bands": [0.3, 0.1]}},
        "segmentation_model.confidence_bands is [0.3, 0.1], but it must be two rising num",
    ),
    "drift_bounds_upside_down": (
        {"segmentation_drift": {"feature_psi": [0.25, 0.1]}},
        "segmentation_drift.feature_psi is [0.25, 0.1], but it must be two numbers above 0",
    ),
    "drift_ratio_below_one": (
        {"segmentation_drift": {"distance_ratio": [0.9, 1.25]}},
        "segmentation_drift.distance_ratio is [0.9, 1.25], but it must be two numbers",
    ),
    "drift_days_are_half": (
        {"segmentation_drift": {"last_date_lag_days": 1.5}},
        "segmentation_drift.last_date_lag_days is 1.5, but it must be a whole number",
    ),
    "endless_number": (
        {"segmentation_minimum_order_amount": float("inf")},
        "segmentation_minimum_order_amount is Infinity, but it must be a number from 0 to",
    ),
    "number_that_is_none": (
        {"segmentation_model": {"secondary_share": float("nan")}},
        "segmentation_model.secondary_share is NaN, but it must be a number from 0 to 0.9.",
    ),
    "number_of_41_digits": (
        {"segmentation_model": {"training_rows": 10**40}},
        f"segmentation_model.training_rows is {10**40}, but it must be a whole number",
    ),
    "yes_for_a_number": (
        {"segmentation_model": {"clip": True}},
        "segmentation_model.clip is true, but it must be a number from 1 to 10.",
    ),
    "yes_for_whole_numbers": (
        {"segmentation_model": {"k_range": [True, 8]}},
        "segmentation_model.k_range is [true, 8], but it must be two whole numbers from 2",
    ),
    "number_in_quotes": (
        {"segmentation_model": {"clip": "3"}},
        "segmentation_model.clip is 3, but it must be a number from 1 to 10.",
    ),
    "date_for_a_number": (
        {"segmentation_model": {"clip": date(2025, 1, 31)}},
        'segmentation_model.clip is "2025-01-31", but it must be a number from 1 to 10.',
    ),
    "date_with_a_line_break": (
        {"segmentation_as_of_date": "2025-01-31\n"},
        'segmentation_as_of_date is "2025-01-31\\n", but it must be null or a date',
    ),
    "date_with_a_time": (
        {"segmentation_earliest_date": datetime(2025, 1, 31, 12)},
        'segmentation_earliest_date is "2025-01-31 12:00:00", but it must be a date',
    ),
    "leap_day_of_1900": (
        {"segmentation_earliest_date": "1900-02-29"},
        "segmentation_earliest_date is 1900-02-29, but it must be a date written",
    ),
    "year_zero": (
        {"segmentation_earliest_date": "0000-01-01"},
        "segmentation_earliest_date is 0000-01-01, but it must be a date written",
    ),
    "empty_filter": (
        {"segmentation_transaction_filter": " "},
        'segmentation_transaction_filter is " ", but it must be null or a SQL predicate',
    ),
    "a_number_is_no_unknown_value": (
        {"segmentation_unknown_values": ["?", 99]},
        'segmentation_unknown_values is ["?", 99], but it must be a list of texts',
    ),
    "severity_that_is_none": (
        {"segmentation_tests": {"stability": {"severity": "fatal"}}},
        "segmentation_tests.stability.severity is fatal, but it must be one of: error, wa",
    ),
    "test_that_is_none": (
        {"segmentation_tests": {"stabilty": {"severity": "warn"}}},
        "segmentation_tests has the key stabilty; did you mean stability? There are: smal",
    ),
    "setting_of_a_test_that_is_none": (
        {"segmentation_tests": {"stability": {"minimum": 0.6}}},
        "segmentation_tests.stability has the key minimum; there are: severity.",
    ),
    "test_without_a_mapping": (
        {"segmentation_tests": {"stability": "error"}},
        "segmentation_tests.stability is error, but it must be a mapping with: severity.",
    ),
    "setting_that_is_misspelt": (
        {"segmentation_model": {"n_inits": 5}},
        "segmentation_model has the key n_inits; did you mean n_init? There are: k_range, ",
    ),
    "setting_that_is_null": (
        {"segmentation_model": {"clip": None}},
        "segmentation_model.clip is null, but it must be a number from 1 to 10.",
    ),
    "settings_that_are_a_list": (
        {"segmentation_model": ["clip", 4]},
        'segmentation_model is ["clip", 4], but it must be a mapping from a setting to its',
    ),
    "no_mapping": (
        {"segmentation_customer_columns": "id"},
        "segmentation_customer_columns is id, but it must be a mapping from our column to",
    ),
    "mapping_to_a_number": (
        {"segmentation_transaction_columns": {"amount": 5}},
        "segmentation_transaction_columns.amount is 5, but it must be a SQL expression",
    ),
    "mapping_of_no_attribute": (
        {"segmentation_customer_columns": {"shoe": "size"}},
        "segmentation_customer_columns has the key shoe; there are: customer_id",
    ),
    "no_features": (
        {"segmentation_features": {}},
        "segmentation_features has no feature of role core; it must have one.",
    ),
    "feature_without_a_role": (
        {"segmentation_features": {"monetary": {"transform": "none"}}},
        "segmentation_features.monetary.role is null, but it must be one of: core, sec",
    ),
    "feature_named_customer_id": (
        own_feature("customer_id", "recency_days"),
        "segmentation_features.customer_id would be a column named customer_id; it must",
    ),
    "feature_named_like_a_column_on_its_way": (
        own_feature("purchase_status", "recency_days"),
        "segmentation_features.purchase_status would be a column named purchase_status;",
    ),
    "feature_named_like_ours_with_an_expression": (
        own_feature("monetary", "units * 2"),
        "segmentation_features.monetary has an expression but the name of one of our",
    ),
    "feature_named_like_a_level_of_the_model": (
        own_feature("gender_is_level_1", "recency_days")
        | attribute("gender", kind="nominal", levels=["f", "m", "d"])
        | {"segmentation_demographics_weight": 0.1},
        "segmentation_features.gender_is_level_1 has the name of a demographic column",
    ),
    "feature_named_by_a_word_of_sql": (
        own_feature("group", "recency_days"),
        "segmentation_features.group would be a column named group, which is a word of",
    ),
    "feature_with_capitals": (
        own_feature("Recency", "recency_days"),
        "segmentation_features.Recency would be a column named Recency; it must be small",
    ),
    "feature_with_a_line_break": (
        own_feature("a\n", "recency_days"),
        "it must be small letters, digits and _, and none of: customer_id",
    ),
    "endless_scale": (
        {
            "segmentation_features": {
                "monetary": {"role": "core", "transform": "none", "scale": float("inf")}
            }
        },
        "segmentation_features.monetary.scale is Infinity, but it must be a number above",
    ),
    "attribute_named_order": (
        attribute("order", kind="nominal"),
        "segmentation_demographics.order would be a column named order, which is a word of",
    ),
    "attribute_named_null": (
        attribute("null", kind="nominal"),
        "map it: segmentation_customer_columns: {customer_null: '\"null\"'}.",
    ),
    "extra_column_named_by_a_word_of_sql": (
        {"segmentation_extra_columns": {"table": "string"}},
        "segmentation_extra_columns.table would be a column named table, which is a word",
    ),
    "extra_column_named_like_an_attribute": (
        attribute("gender", kind="nominal")
        | {"segmentation_extra_columns": {"gender": "string"}},
        "segmentation_extra_columns.gender would be a column named gender; it must be",
    ),
    "extra_column_of_an_unknown_type": (
        {"segmentation_extra_columns": {"tier": "varchar(3)"}},
        "segmentation_extra_columns.tier is varchar(3), but it must be one of: string,",
    ),
    "attribute_without_a_mapping": (
        {"segmentation_demographics": {"gender": "nominal"}},
        "segmentation_demographics.gender is nominal, but it must be a mapping with: kind",
    ),
    "attribute_with_an_unknown_key": (
        attribute("income", kind="number", min=0),
        "segmentation_demographics.income has the key min; did you mean minimum? There",
    ),
    "minimum_that_is_sql": (
        attribute("income", kind="number", minimum="0 or 1=1"),
        "segmentation_demographics.income.minimum is 0 or 1=1, but it must be a number",
    ),
    "maximum_of_41_digits": (
        attribute("income", kind="number", maximum=10**40),
        f"segmentation_demographics.income.maximum is {10**40}, but it must be a number",
    ),
    "minimum_above_maximum": (
        attribute("income", kind="number", minimum=10, maximum=1),
        "segmentation_demographics.income.minimum is 10, but it must not be above its max",
    ),
    "ordinal_without_levels": (
        attribute("band", kind="ordinal"),
        "segmentation_demographics.band is ordinal without levels; list them, lowest fir",
    ),
    "levels_that_are_equal": (
        attribute("band", kind="ordinal", levels=["low", "Low"]),
        'segmentation_demographics.band.levels is ["low", "Low"], but it must be a list of',
    ),
    "levels_that_yaml_reads_as_booleans": (
        attribute("app", kind="nominal", levels=[True, False]),
        "segmentation_demographics.app.levels is [true, false], but it must be a list of",
    ),
    "date_without_an_age": (
        attribute("born", kind="date"),
        "segmentation_demographics.born is a date; write as: age_years, so that it is",
    ),
    "nominal_without_levels_in_the_model": (
        attribute("region", kind="nominal") | {"segmentation_demographics_weight": 0.1},
        "segmentation_demographics.region is nominal without levels; with segmentation_",
    ),
}

# The other severity of every test.
FLIPPED = {
    name.split(".")[1]: "warn" if rule["default"] == "error" else "error"
    for name, rule in list_vars().items()
    if name.endswith(".severity")
}

# A misspelt var: on the command line, and in the project's dbt_project.yml.
BAD_NAMES = {
    "misspelt_var": (
        {"segmentation_retruns": "net"},
        {},
        "segmentation_retruns is not a var of this project; did you mean "
        "segmentation_returns?",
    ),
    "var_like_no_other": (
        {"segmentation_colour": "red"},
        {},
        "segmentation_colour is not a var of this project; there are: segmentation_trans",
    ),
    "misspelt_var_of_the_project": (
        {},
        {"name": "shop", "vars": {"segmentation_loockback_days": 90}},
        "segmentation_loockback_days in dbt_project.yml is not a var of this project; did "
        "you mean segmentation_lookback_days?",
    ),
    "misspelt_var_of_the_project_for_our_package": (
        {},
        {
            "name": "shop",
            "vars": {"customer_segmentation": {"segmentation_refitt": True}},
        },
        "segmentation_refitt in dbt_project.yml is not a var of this project; did you "
        "mean segmentation_refit?",
    ),
    "var_that_only_the_project_itself_sees": (
        {},
        {"name": "shop", "vars": {"shop": {"segmentation_k": 5}}},
        "segmentation_k in dbt_project.yml stands under shop, where this package does not "
        "see it; write it directly under vars.",
    ),
}

BAD_NAMES |= {
    "var_that_is_a_setting_now": (
        {"segmentation_clip": 4},
        {},
        "segmentation_clip is now segmentation_model.clip; write segmentation_model: {clip:"
        " 4}.",
    ),
    "var_of_the_project_that_is_a_setting_now": (
        {},
        {"name": "shop", "vars": {"segmentation_drift_segment_psi": [0.1, 0.2]}},
        "segmentation_drift_segment_psi in dbt_project.yml is now segmentation_drift."
        "segment_psi; write segmentation_drift: {segment_psi: [0.1, 0.2]}.",
    ),
    "var_that_is_a_setting_of_a_test_now": (
        {"segmentation_minimum_segment_share": 0.02},
        {},
        "segmentation_minimum_segment_share is now segmentation_tests.smallest_segment."
        "minimum_share; write segmentation_tests: {smallest_segment: {minimum_share: 0.02}",
    ),
    "severities_of_all_tests": (
        {"segmentation_test_severities": {"stability": "error"}},
        {},
        "segmentation_test_severities is now segmentation_tests.stability.severity; write "
        "segmentation_tests: {stability: {severity: error}}.",
    ),
}

# Columns of the table that the mappings below are over: what all_varchar=true makes of a
# public shop's file, and names that must be quoted.
ORDERS = (
    '"Customer ID" varchar, "Quantity" varchar, "Price" varchar, paid_at varchar, '
    'tags integer[], address struct(country varchar), "net ""price"" \\ €" double, '
    '"ORDER" varchar, "2025" double, is_paid boolean'
)
GOOD_COLUMNS = {"customer_id": '"Customer ID"', "ordered_at": "paid_at", "amount": "0"}

BAD_MAPPINGS = {
    "column_whose_name_is_a_number": (
        {"amount": "2025"},
        "segmentation_transaction_columns.amount is 2025, which is a number and not the "
        "column of that name; write '\"2025\"'.",
    ),
    "amount_that_is_true_or_false": (
        {"amount": "is_paid"},
        "segmentation_transaction_columns.amount is is_paid, which is true or false, but "
        "it must be the money of the line.",
    ),
    "column_that_does_not_exist": (
        {"amount": "coalesce(paid, 0)"},
        "segmentation_transaction_columns.amount is coalesce(paid, 0), but orders has no "
        "column paid. It has: Customer ID, Quantity, Price, paid_at",
    ),
    "column_name_without_quotes": (
        {"customer_id": "Customer ID"},
        "segmentation_transaction_columns.customer_id is Customer ID, but the name of a "
        "column such as Customer ID must be quoted: write '\"Customer ID\"'.",
    ),
    "column_name_without_quotes_in_an_expression": (
        {"customer_id": "trim(Customer ID)"},
        "must be quoted: write 'trim(\"Customer ID\")'.",
    ),
    "arithmetic_over_texts": (
        {"amount": "Quantity * Price"},
        "segmentation_transaction_columns.amount is Quantity * Price, which the database "
        "refuses: a column of text must be cast, such as try_cast(Quantity as decimal(18, "
        "4)) * try_cast(Price as decimal(18, 4)). The database says: No function matches",
    ),
    "two_expressions": (
        {"amount": "Price, Quantity"},
        "segmentation_transaction_columns.amount is Price, Quantity, but it must be one "
        "SQL expression.",
    ),
    "all_columns": (
        {"amount": "*"},
        "segmentation_transaction_columns.amount is *, but it must be one SQL expression.",
    ),
    "sum_over_all_rows": (
        {"amount": "sum(cast(Price as double))"},
        "segmentation_transaction_columns.amount is sum(cast(Price as double)), which the "
        "database refuses. The database says: column",
    ),
    "no_sql": (
        {"amount": "Price *"},
        "segmentation_transaction_columns.amount is Price *, which the database refuses. "
        "The database says: syntax error",
    ),
    "two_statements": (
        {"amount": "Price; drop table orders"},
        "amount is Price; drop table orders, which the database refuses. The database says",
    ),
    "parameter": (
        {"amount": "$1"},
        "segmentation_transaction_columns.amount is $1, which the database refuses. The",
    ),
    "unmapped_column": (
        {"customer_id": None},
        "segmentation_transactions is orders, which has no column customer_id; map one in "
        "segmentation_transaction_columns. It has: Customer ID, Quantity",
    ),
}
BAD_FILTERS = {
    "filter_over_a_column_that_does_not_exist": (
        "country = 'DE'",
        "segmentation_transaction_filter is country = 'DE', but orders has no column",
    ),
    "filter_that_is_a_text": (
        "paid_at",
        "segmentation_transaction_filter is paid_at, which the database refuses. The data",
    ),
    "filter_of_two_conditions": (
        "Price > '1', Quantity > '1'",
        "segmentation_transaction_filter is Price > '1', Quantity > '1', which the data",
    ),
}
GOOD_MAPPINGS = [
    '"net ""price"" \\ €"',
    '"ORDER"',
    "orders.Quantity",
    "address.country",
    "list_sum(list_transform(tags, lambda tag: tag + 1))",
    "(select max(i) from range(3) as numbers (i))",
    "row_number() over (order by paid_at)",
    "try_cast(Quantity as decimal(18, 4)) * try_cast(Price as decimal(18, 4))",
    "case when paid_at like '%x''y%' then 1 else 0 end",
    "case\n  when true then 1 -- one\nend",
]
GOOD_FILTERS = [
    "address.country in (select 'DE' union all select 'FR')",
    "list_contains(list_transform(tags, lambda tag: tag * 2), 4)",
    "exists (select 1 from orders as others where others.paid_at > orders.paid_at)",
    'row_number() over (partition by "Customer ID" order by paid_at) > 1',
    "\"Customer ID\" is not null and Price similar to '[0-9]+'",
]

# Each file is written by write_files.
BAD_FILES = {
    "no_such_file": (
        "read_parquet('nowhere/*.parquet')",
        "segmentation_transactions is read_parquet('nowhere/*.parquet'), but it must be "
        "the ref, source or table of your data, or a reader such as",
    ),
    "no_such_file_within_a_query": (
        "(select * from read_csv('nowhere.csv'))",
        "segmentation_transactions is (select * from read_csv('nowhere.csv')), but it must",
    ),
    "no_such_table": (
        "raw.orders",
        "read_parquet('orders/*.parquet'); nothing was found there.",
    ),
    "misspelt_reader": (
        "read_csvv('utf-8.csv')",
        "segmentation_transactions is read_csvv('utf-8.csv'), but it cannot be read. The "
        "database says: Table Function with name read_csvv does not exist! Did you mean",
    ),
    "utf_16": (
        "read_csv('utf-16.csv')",
        "segmentation_transactions is read_csv('utf-16.csv'), but it cannot be read: it is "
        "not UTF-8; name its encoding in read_csv, such as encoding='utf-16'",
    ),
    "latin_1": (
        "read_csv('latin-1.csv')",
        "it is not UTF-8; name its encoding in read_csv, such as encoding='utf-16' or "
        "encoding='latin-1', or save it as UTF-8. The database says: CSV Error on Line: 2",
    ),
    "windows_cp1252_read_as_latin_1": (
        "read_csv('cp1252.csv', encoding='latin-1')",
        "a file from Windows is often in cp1252, which is not Latin-1; save it as UTF-8",
    ),
    "unknown_encoding": (
        "read_csv('cp1252.csv', encoding='cp1252')",
        "save it as UTF-8, such as with iconv -f cp1252 -t utf-8, and leave encoding out. ",
    ),
    "truncated_parquet": (
        "read_parquet('truncated.parquet')",
        "it is cut off or no Parquet file; fetch it again, or read it with read_csv. The d",
    ),
    "csv_read_as_parquet": (
        "read_parquet('utf-8.csv')",
        "it is cut off or no Parquet file; fetch it again, or read it with read_csv. The d",
    ),
    "parquet_read_as_csv": (
        "read_csv('whole.parquet')",
        "is it a CSV file? If so, name delim and quote in read_csv. The database says: Err",
    ),
}
GOOD_FILES = ["read_csv('utf-16.csv', encoding='utf-16')", "'whole.parquet'"]

BAD_FEATURES = {
    "two_expressions_of_a_feature": (
        "recency_days, frequency",
        "segmentation_features.own.expression is recency_days, frequency, but it must be",
    ),
    "feature_over_a_column_that_does_not_exist": (
        "recency",
        "segmentation_features.own.expression is recency, but int_customer_features joined "
        "with the demographics has no column recency. It has: as_of_date, customer_id",
    ),
    "feature_that_is_a_text": (
        "purchase_status",
        "segmentation_features.own.expression is purchase_status, which is of type "
        "VARCHAR, but it must be a number.",
    ),
    "feature_that_sums_over_customers": (
        "frequency / sum(frequency)",
        "is frequency / sum(frequency), which the database refuses. The database says",
    ),
}
GOOD_FEATURES = [
    "monetary / nullif(frequency, 0)",
    "case when gender = 'female' then 1 else 0 end",
    "is_in_customer_table",
    "monetary / max(monetary) over (partition by features.as_of_date)",
]


def write_files(folder: Path) -> None:
    text = "customer_id,ordered_at,amount\n1,2025-01-31,é\n"
    for encoding in ("utf-8", "utf-16", "latin-1"):
        (folder / f"{encoding}.csv").write_bytes(text.encode(encoding))
    (folder / "cp1252.csv").write_bytes(text.replace("é", "“5€”").encode("cp1252"))
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from range(9000)) to '{folder}/whole.parquet'"
        )
    whole = (folder / "whole.parquet").read_bytes()
    (folder / "truncated.parquet").write_bytes(whole[:-500])


QUESTION = """
{%- if execute -%}
{%- set asked = fromyaml(env_var('SEGMENTATION_QUESTIONS')) -%}
{%- set defaults = customer_segmentation.read_var_values([]) -%}
{%- do defaults.update(asked.defaults) -%}
{%- set answers = {'values': {}, 'names': {}, 'relations': {}, 'features': {}} -%}
{%- for case, given in asked['values'].items() -%}
    {%- do answers['values'].update({case: customer_segmentation.find_problems(
        dict(defaults, **given)
    )}) -%}
{%- endfor -%}
{%- for case, given in asked.names.items() -%}
    {%- do answers.names.update({case: customer_segmentation.find_unknown_vars(
        given.command_line, given.project
    )}) -%}
{%- endfor -%}
{%- for case, given in asked.relations.items() -%}
    {%- set values = dict(defaults, **given) -%}
    {%- do answers.relations.update({case: customer_segmentation.find_relation_problems(
        'segmentation_transactions', values.segmentation_transactions, values
    )}) -%}
{%- endfor -%}
{%- for case, given in asked.features.items() -%}
    {%- do answers.features.update({case: customer_segmentation.find_engine_problems(
        dict(defaults, **given)
    )}) -%}
{%- endfor -%}
{%- set severities = {} -%}
{%- for node in graph.nodes.values() if node.resource_type == 'test' -%}
    {%- do severities.update({node.name: node.config.severity | lower}) -%}
{%- endfor -%}
{{ tojson({
    'answers': answers,
    'severities': severities,
    'rules': customer_segmentation.list_rules(),
    'is_odd': customer_segmentation.find_reserved_words(['user', 'place', 'end']),
}) }}
{%- endif -%}
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    """What one dbt process says to every case of this file."""
    build = Build(tmp_path_factory.mktemp("told"))
    files = build.folder / "files"
    files.mkdir()
    write_files(files)
    with duckdb.connect(str(build.database)) as connection:
        connection.execute(f"create table orders ({ORDERS})")

    def locate(text: str) -> str:
        return (
            text.replace("('", f"('{files}/")
            if text[0] != "'"
            else (f"'{files}/{text[1:]}")
        )

    def map_orders(columns: dict, predicate: str | None = None) -> dict:
        mapping = GOOD_COLUMNS | columns
        return {
            "segmentation_transactions": "orders",
            "segmentation_duplicates": "keep",
            "segmentation_transaction_filter": predicate,
            "segmentation_transaction_columns": {
                column: text for column, text in mapping.items() if text is not None
            },
        }

    questions = {
        # The var of the run itself is a bad one; all cases start from a good one.
        "defaults": {
            "segmentation_timestamp_format": None,
            "segmentation_transactions": "orders",
            "segmentation_customers": None,
            "segmentation_name_overrides": "overrides",
        },
        "values": {
            "defaults": {},
            "no_attributes": {"segmentation_demographics": {}},
            "unquoted_dates": {"segmentation_as_of_date": date(2024, 2, 29)},
            "good_words": attribute("user", kind="nominal")
            | {"segmentation_extra_columns": {"place": "string", "value": "double"}},
        }
        | {case: given for case, (given, _) in BAD_VARS.items()},
        "names": {
            "known": {
                "command_line": {"segmentation_k": 5, "other": 1},
                "project": yaml.safe_load((PROJECT / "dbt_project.yml").read_text()),
            },
            "no_vars": {"command_line": {}, "project": {"name": "shop", "vars": None}},
            "no_file": {"command_line": {}, "project": None},
            "project_named_like_a_var": {
                "command_line": {},
                "project": {
                    "name": "segmentation_shop",
                    "vars": {"segmentation_shop": {"colour": "red"}},
                },
            },
        }
        | {
            case: {"command_line": command_line, "project": project}
            for case, (command_line, project, _) in BAD_NAMES.items()
        },
        "relations": {
            case: map_orders(columns) for case, (columns, _) in BAD_MAPPINGS.items()
        }
        | {
            case: map_orders({}, predicate)
            for case, (predicate, _) in BAD_FILTERS.items()
        }
        | {text: map_orders({"amount": text}) for text in GOOD_MAPPINGS}
        | {text: map_orders({}, text) for text in GOOD_FILTERS}
        | {
            text: map_orders({}) | {"segmentation_transactions": locate(text)}
            for text in GOOD_FILES + [text for text, _ in BAD_FILES.values()]
        },
        "features": {
            text: own_feature("own", text) | attribute("gender", kind="nominal")
            for text in GOOD_FEATURES + [text for text, _ in BAD_FEATURES.values()]
        }
        | {"bad_format": {"segmentation_timestamp_format": "%Q"}},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGMENTATION_QUESTIONS", yaml.safe_dump(questions))
        done = build.dbt(
            *("--quiet", "compile", "--inline", QUESTION),
            segmentation_timestamp_format="%Q",
            segmentation_tests={
                test: {"severity": severity} for test, severity in FLIPPED.items()
            },
        )
    assert done.returncode == 0, done.stdout[-4000:]
    found = json.loads(done.stdout[done.stdout.index('{"answers') :])
    # The files are in a folder of their own; the cases do not say so.
    return json.loads(json.dumps(found).replace(f"{files}/", ""))


@pytest.mark.parametrize("case", BAD_VARS)
def test_bad_values_are_told_in_one_sentence(case, told):
    [problem] = told["answers"]["values"][case]
    assert BAD_VARS[case][1] in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    "case", ["defaults", "no_attributes", "unquoted_dates", "good_words"]
)
def test_good_values_pass(case, told):
    assert told["answers"]["values"][case] == []


@pytest.mark.parametrize("case", BAD_NAMES)
def test_a_misspelt_var_is_told_with_the_nearest_name(case, told):
    [problem] = told["answers"]["names"][case]
    assert BAD_NAMES[case][2] in problem


def test_known_vars_and_vars_of_others_pass(told):
    for case in set(told["answers"]["names"]) - set(BAD_NAMES):
        assert told["answers"]["names"][case] == [], case


@pytest.mark.parametrize("case", BAD_MAPPINGS | BAD_FILTERS)
def test_a_bad_mapping_is_told_with_what_the_engine_says_of_it(case, told):
    [problem] = told["answers"]["relations"][case]
    assert (BAD_MAPPINGS | BAD_FILTERS)[case][1] in problem
    assert "\n" not in problem


@pytest.mark.parametrize("text", GOOD_MAPPINGS + GOOD_FILTERS)
def test_whatever_the_engine_takes_can_be_mapped(text, told):
    assert told["answers"]["relations"][text] == []


def test_the_readme_maps_texts_in_a_way_that_works(told):
    [cast] = [text for text in GOOD_MAPPINGS if text.startswith("try_cast(Quantity")]
    page = (PROJECT / "docs" / "your-tables.md").read_text()
    assert f"  amount: {cast}\n" in page
    assert f"customer_id: '{GOOD_COLUMNS['customer_id']}'" in page
    assert told["answers"]["relations"][cast] == []


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_cannot_be_read_is_told_with_what_to_do(case, told):
    text, sentence = BAD_FILES[case]
    [problem] = told["answers"]["relations"][text]
    assert sentence in problem
    assert "\n" not in problem


@pytest.mark.parametrize("text", GOOD_FILES)
def test_a_file_that_can_be_read_is_judged_by_its_columns(text, told):
    assert "cannot be read" not in " ".join(told["answers"]["relations"][text])


@pytest.mark.parametrize("case", BAD_FEATURES)
def test_a_bad_feature_expression_is_told(case, told):
    text, sentence = BAD_FEATURES[case]
    assert sentence in told["answers"]["features"][text][-1]


def test_good_feature_expressions_pass_and_a_bad_format_does_not(told):
    bad_format = told["answers"]["features"]["bad_format"]
    assert len(bad_format) == 1
    assert bad_format[0].startswith(
        "segmentation_timestamp_format is %Q, but it must be a strptime format such as "
    )
    for text in GOOD_FEATURES:
        assert told["answers"]["features"][text] == [], text


def test_the_rules_are_those_of_the_vars_and_their_examples_are_allowed(told):
    assert list(told["rules"]) == list(read_defaults())
    for name, rule in list_vars().items():
        if rule["type"] in ("number", "whole"):
            assert ("lowest" in rule) != ("above" in rule), name
            assert "highest" in rule, name
    assert told["is_odd"] == ["end"]


def test_every_test_is_as_severe_as_it_is_asked_to_be(told):
    severities = {}
    for path in PROJECT.glob("tests/assert_*.sql"):
        asked = re.search(r"setting\('tests\.(\w+)\.severity'\)", path.read_text())
        if asked:
            severities[asked[1]] = told["severities"][path.stem]
    assert severities == FLIPPED


def test_all_problems_are_told_at_once_before_anything_is_built(tmp_path):
    done = Build(tmp_path).dbt(
        "build",
        segmentation_k=1,
        segmentation_returns="subtract",
        segmentation_modle={},
    )
    assert done.returncode != 0
    assert "segmentation_k is 1, but it must be" in done.stdout
    assert "segmentation_returns is subtract, but it must be" in done.stdout
    assert "did you mean segmentation_model?" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "START seed" not in done.stdout


def test_a_wrong_mapping_over_a_ref_stops_before_any_table_is_built(tmp_path):
    done = Build(tmp_path).dbt(
        "build", segmentation_transaction_columns={"amount": "amount_eur"}
    )
    assert done.returncode != 0
    assert "segmentation_transaction_columns.amount is amount_eur, but" in done.stdout
    assert "has no column amount_eur. It has: transaction_id" in done.stdout
    assert "OK created sql table model main.stg_transactions" not in done.stdout
    assert "OK created sql table model main.customer_segments" not in done.stdout


def test_a_misspelt_var_of_the_project_stops_the_run(tmp_path):
    project = copy_project(tmp_path)
    path = project / "dbt_project.yml"
    right = path.read_text()
    path.write_text(
        right.replace("    segmentation_returns:", "    segmentation_retruns: net\n"
                      "    segmentation_returns:")
    )  # fmt: skip
    build = Build(tmp_path, project=project)
    done = build.dbt("run")
    assert done.returncode != 0
    assert (
        "segmentation_retruns in dbt_project.yml is not a var of this project; did you "
        "mean segmentation_returns?" in done.stdout
    )
    assert "START sql" not in done.stdout

    # And odd column names are mapped over a ref.
    path.write_text(right)
    (project / "models" / "odd_orders.sql").write_text(
        'select 1 as "Client ""No"" \\ €", 2 as "select", date \'2025-01-31\' as day'
    )
    build.vars = {
        "segmentation_transactions": "{{ ref('odd_orders') }}",
        "segmentation_customers": None,
        "segmentation_demographics": {},
        "segmentation_duplicates": "keep",
        "segmentation_transaction_columns": {
            "customer_id": '"Client ""No"" \\ €"',
            "amount": '"select"',
            "ordered_at": "day",
        },
    }
    done = build.dbt("run", "--select", "odd_orders", "base_transactions")
    assert done.returncode == 0, done.stdout[-3000:]
    assert build.query("select customer_id, amount from base_transactions") == [(1, 2)]
