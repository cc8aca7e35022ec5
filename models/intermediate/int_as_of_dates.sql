-- One row per date that customers are looked at from, each seeing the days before it:
-- today, the first days of the months up to it, and three months ago, where a model's
-- segments are tested from. None of the latter two without enough history. With another
-- rules_fingerprint the sums of all customers are worked out again.
{%- set months = var('segmentation_history_months') %}
{%- set rules = customer_segmentation.hash_rules(
    ['int_customer_days', 'int_customer_category_days', 'int_customer_sums'],
    [
        var('segmentation_minimum_order_amount'),
        customer_segmentation.reads_feature('category_count'),
    ]
) %}

with

today as (
    select * from {{ ref('int_as_of_date') }}
),

batches as (
    select * from {{ ref('int_transaction_batches') }}
),

dates as (
    select
        as_of_date,
        'today' as purpose
    from today
    union all
    select
        {{ customer_segmentation.add_months('as_of_date', -3) }} as as_of_date,
        'backtest' as purpose
    from today
    {%- for month in range(months) %}
    union all
    select
        {{ customer_segmentation.add_months(
            'cast(' ~ dbt.date_trunc('month', 'as_of_date') ~ ' as date)', -month
        ) }} as as_of_date,
        'month start' as purpose
    from today
    {%- endfor %}
),

windows as (
    select
        dates.as_of_date,
        {{ customer_segmentation.start_of_window(
            'dates.as_of_date', 'today.first_order_date'
        ) }} as window_start_date,
        today.first_order_date,
        max(case when dates.purpose = 'today' then 1 else 0 end) = 1 as is_today,
        max(case when dates.purpose = 'month start' then 1 else 0 end) = 1
            as is_month_start,
        max(case when dates.purpose = 'backtest' then 1 else 0 end) = 1
        and today.first_order_date
            <= {{ customer_segmentation.add_days('dates.as_of_date', -90) }}
            as is_backtest
    from dates
    cross join today
    group by dates.as_of_date, today.first_order_date
)

select
    windows.*,
    -- Only today has a category_count that the model does not read.
    cast(windows.window_start_date as string)
    || '/' || cast(windows.is_today as string)
    || '/{{ rules }}' as rules_fingerprint
from windows
where
    windows.as_of_date > (select min(batches.order_date) from batches)
    and (windows.is_today or windows.is_month_start or windows.is_backtest)
