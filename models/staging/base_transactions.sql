{{ config(materialized='view') }}

-- The user's columns under our names, the day and bucket of customers that a row is in, and
-- a hash of all that decides how it is read: with other hashes stg_transaction_rows reads a
-- bucket of a day anew. With --sample only the rows of its stretch of time: dbt itself
-- samples neither a file reader nor what a data test reads, and raw rows must equal
-- accepted and rejected ones.
-- depends_on: the relation in the var segmentation_transactions
{%- set relation = customer_segmentation.input_relation('segmentation_transactions') %}
{%- set there = customer_segmentation.read_input_columns(
    'segmentation_transactions', relation
) %}
{%- set filter = var('segmentation_transaction_filter') %}
{%- set as_of_date = var('segmentation_as_of_date') %}
{%- set time_zone = var('segmentation_time_zone') %}
{%- set sample = customer_segmentation.read_sample() %}
{%- set read_at = customer_segmentation.read_timestamp(
    'ordered_at', var('segmentation_timestamp_format')
) %}

with

mapped_rows as (
    select
        {%- for column in customer_segmentation.list_transaction_columns() %}
        {{ customer_segmentation.map_column(
            column, var('segmentation_transaction_columns'), there
        ) }} as {{ column }},
        {%- endfor %}
        {%- if var('segmentation_duplicates') == 'drop_exact' %}
        -- All columns, mapped or not: two products of one invoice can be equal in all that
        -- we read.
        {{ customer_segmentation.hash_row('raw_rows') }} as whole_row_hash,
        {%- endif %}
        {{ 'coalesce((' ~ filter ~ '), false)' if filter else 'true' }} as is_wanted,
        '{{ customer_segmentation.hash_reading_rules() }}' as reading_rules
    from (select * from {{ relation }}) as raw_rows
),

-- Rows that cannot be dated share the first day there is.
dated_rows as (
    select
        *,
        coalesce(
            cast(
                {{ customer_segmentation.shift_from_utc(read_at, time_zone)
                    if time_zone else read_at }} as date
            ),
            cast('0001-01-01' as date)
        ) as row_day
    from mapped_rows
    {%- if sample %}
    where
        {{ read_at }} >= cast('{{ sample.start }}' as timestamp)
        and {{ read_at }} < cast('{{ sample.end }}' as timestamp)
    {%- endif %}
),

seen_rows as (
    select
        *,
        {{ "row_day < cast('" ~ as_of_date ~ "' as date)" if as_of_date is not none
            else 'true' }} as is_before_as_of_date
    from dated_rows
)

select
    {%- for column in customer_segmentation.list_transaction_columns() %}
    {{ column }},
    {%- endfor %}
    is_wanted,
    row_day,
    {{ customer_segmentation.bucket('cast(customer_id as string)') }} as row_bucket,
    {{ customer_segmentation.hash_row('seen_rows') }} as row_hash
from seen_rows
