-- One row per day from the first accepted transaction to the as-of date: the time spine of
-- the metrics.
with

bounds as (
    select * from {{ ref('int_as_of_date') }}
),

listed as (
    select {{ customer_segmentation.list_days('first_order_date', 'as_of_date') }} as day
    from bounds
),

days as (
    select cast(day as date) as date_day from listed
)

select * from days
