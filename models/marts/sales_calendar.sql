-- One row per month and day of the week with purchases: when customers buy.
with

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

days as (
    select
        customer_days.*,
        cast({{ dbt.date_trunc('month', 'customer_days.order_date') }} as date)
            as order_month,
        -- Days since Monday, 1 January 1900.
        mod({{ dbt.datediff("cast('1900-01-01' as date)", 'order_date', 'day') }}, 7) + 1
            as weekday
    from customer_days
    cross join as_of_date
    where customer_days.order_date < as_of_date.as_of_date
),

calendar as (
    select
        order_month,
        cast(weekday as integer) as weekday,
        cast(count(distinct order_date) as integer) as days,
        cast(sum(case when order_count > 0 then 1 else 0 end) as integer)
            as purchase_days,
        cast(sum(net_revenue) as decimal(18, 4)) as net_revenue
    from days
    group by order_month, weekday
)

select * from calendar
