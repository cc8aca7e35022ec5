-- One row per past date to look back from: the first days of the months up to the as-of
-- date, each seeing the months before it. None when the history is switched off.
{%- set months = var('segmentation_history_months') %}

with

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

first_days as (
    select min(order_date) as first_order_date
    from {{ ref('int_customer_days') }}
),

months_back as (
    {%- for month in range(months) %}
    select {{ month }} as months_back
    {{ 'union all' if not loop.last }}
    {%- else %}
    select 0 as months_back
    where 1 = 0
    {%- endfor %}
),

month_starts as (
    select
        cast({{ dbt.dateadd(
            'month',
            '-months_back.months_back',
            dbt.date_trunc('month', 'as_of_date.as_of_date')
        ) }} as date) as as_of_date
    from months_back
    cross join as_of_date
),

windows as (
    select
        month_starts.as_of_date,
        {%- if var('segmentation_lookback_days') is none %}
        first_days.first_order_date as window_start_date,
        {%- else %}
        {{ customer_segmentation.add_days(
            'month_starts.as_of_date', '-' ~ var('segmentation_lookback_days')
        ) }} as window_start_date,
        {%- endif %}
        first_days.first_order_date
    from month_starts
    cross join first_days
    where month_starts.as_of_date > first_days.first_order_date
)

select * from windows
