{{ config(materialized='view') }}

-- The user's columns under our names and nothing else: what is read from here on.
-- depends_on: the relation in the var segmentation_transactions
{%- set relation = customer_segmentation.input_relation('segmentation_transactions') %}
{%- set there = customer_segmentation.read_input_columns(
    'segmentation_transactions', relation
) %}
{%- set filter = var('segmentation_transaction_filter') %}

select
    {%- for column in customer_segmentation.list_transaction_columns() %}
    {{ customer_segmentation.map_column(
        column, var('segmentation_transaction_columns'), there
    ) }} as {{ column }},
    {%- endfor %}
    {{ 'coalesce((' ~ filter ~ '), false)' if filter else 'true' }} as is_wanted
from {{ relation }}
