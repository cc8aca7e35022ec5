{{ config(
    materialized='view', post_hook="{{ customer_segmentation.check_transactions() }}"
) }}

-- Every raw row, read into its types, with the first reason that speaks against it: what it
-- says itself, else what the rows say that repeat it.
{%- set duplicates = var('segmentation_duplicates') %}
{%- set key = 'transaction_id' if duplicates == 'by_transaction_id' else 'row_hash' %}

with

rows_alone as (
    select * from {{ ref('stg_transaction_rows') }}
),

repeated_rows as (
    select * from {{ ref('stg_repeated_rows') }}
)

{%- set columns = [
    'transaction_id', 'order_id', 'customer_id', 'category', 'rejection_reason',
    'raw_ordered_at', 'raw_amount', 'unreadable_quantity', 'unreadable_discount_amount',
    'quantity', 'amount', 'discount_amount', 'order_date', 'ordered_at', 'row_day',
    'row_hash',
] %}

select
    {%- for column in columns %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from rows_alone
{%- if duplicates != 'keep' %}
where
    rejection_reason is not null
    -- Not `not in`, which Spark works out by comparing every row with every key.
    or not exists (
        select 1 from repeated_rows
        where repeated_rows.{{ key }} = rows_alone.{{ key }}
    )
{%- endif %}
union all
select
    {%- for column in columns %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from repeated_rows
