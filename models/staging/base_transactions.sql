{{ config(materialized='view') }}

-- The user's columns under our names and nothing else: what is read from here on. With
-- --sample only the rows of its stretch of time: dbt itself samples neither a file reader
-- nor what a data test reads, and raw rows must equal accepted and rejected ones.
-- depends_on: the relation in the var segmentation_transactions
{%- set relation = customer_segmentation.input_relation('segmentation_transactions') %}
{%- set there = customer_segmentation.read_input_columns(
    'segmentation_transactions', relation
) %}
{%- set filter = var('segmentation_transaction_filter') %}
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
        {{ 'coalesce((' ~ filter ~ '), false)' if filter else 'true' }} as is_wanted,
        {%- if var('segmentation_duplicates') == 'drop_exact' and there %}
        -- Over all columns of the relation, mapped or not: two products of one invoice can
        -- be equal in all that we read. Rows of one partition are the same in every order.
        row_number() over (
            partition by
                {%- for column in there %}
                {{ adapter.quote(column | replace('"', '""')) }}{{ ',' if not loop.last }}
                {%- endfor %}
            order by {{ adapter.quote(there[0] | replace('"', '""')) }}
        ) > 1 as is_exact_copy
        {%- else %}
        false as is_exact_copy
        {%- endif %}
    from {{ relation }}
)

select * from mapped_rows
{%- if sample %}
where
    {{ read_at }} >= cast('{{ sample.start }}' as timestamp)
    and {{ read_at }} < cast('{{ sample.end }}' as timestamp)
{%- endif %}
