-- One row: the date everything is seen from, itself not included, and the window before it.
{%- set as_of_date = var('segmentation_as_of_date') %}

with

batches as (
    select * from {{ ref('int_transaction_batches') }}
),

dated as (
    select
        {%- if as_of_date is none %}
        {{ customer_segmentation.add_days(
            "coalesce(max(order_date), cast('"
            ~ var('segmentation_earliest_date') ~ "' as date))", 1
        ) }} as as_of_date
        {%- else %}
        cast('{{ as_of_date }}' as date) as as_of_date
        {%- endif %},
        coalesce(
            min(order_date), cast('{{ var("segmentation_earliest_date") }}' as date)
        ) as first_order_date
    from batches
),

windows as (
    select
        as_of_date,
        {{ customer_segmentation.start_of_window('as_of_date', 'first_order_date') }}
            as window_start_date,
        first_order_date
    from dated
)

select
    as_of_date,
    window_start_date,
    first_order_date,
    -- Days of the window that the data reach back to.
    cast({{ dbt.datediff(
        'greatest(window_start_date, first_order_date)', 'as_of_date', 'day'
    ) }} as integer) as history_days
from windows
