{{ config(severity=customer_segmentation.setting('tests.isolated_last_date.severity')) }}

-- One mistyped year sets the as-of date for everybody: a last day long after the day
-- before it needs segmentation_as_of_date.
with

days as (
    select distinct order_date
    from {{ ref('stg_transactions') }}
    where rejection_reason is null
),

gaps as (
    select
        order_date as last_order_date,
        lag(order_date) over (order by order_date) as order_date_before,
        row_number() over (order by order_date desc) as place
    from days
)

select * from gaps
where
    place = 1
    and {{ dbt.datediff('order_date_before', 'last_order_date', 'day') }}
        > {{ customer_segmentation.setting('tests.isolated_last_date.maximum_gap_days') }}
