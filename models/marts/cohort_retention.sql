-- One row per month of the first purchase and month since then: who comes back, and what
-- they spend.
with

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

days_seen as (
    select
        customer_days.*,
        cast({{ dbt.date_trunc('month', 'customer_days.order_date') }} as date)
            as order_month
    from customer_days
    cross join as_of_date
    where customer_days.order_date < as_of_date.as_of_date
),

first_months as (
    select
        customer_id,
        min(order_month) as cohort_month
    from days_seen
    where order_count > 0
    group by customer_id
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_customers
    from first_months
    group by cohort_month
),

calendar as (
    select distinct order_month from days_seen
),

-- A month in which nobody of a cohort came back is a row as well.
cohort_months as (
    select
        cohorts.cohort_month,
        cohorts.cohort_customers,
        calendar.order_month
    from cohorts
    inner join calendar
        on cohorts.cohort_month <= calendar.order_month
),

activity as (
    select
        first_months.cohort_month,
        days_seen.order_month,
        count(distinct case when days_seen.order_count > 0 then days_seen.customer_id end)
            as customers,
        sum(days_seen.net_revenue) as net_revenue
    from first_months
    inner join days_seen
        on first_months.customer_id = days_seen.customer_id
        and first_months.cohort_month <= days_seen.order_month
    group by first_months.cohort_month, days_seen.order_month
),

retention as (
    select
        cohort_months.cohort_month,
        cast({{ dbt.datediff(
            'cohort_months.cohort_month', 'cohort_months.order_month', 'month'
        ) }} as integer) as months_since,
        cast(cohort_months.cohort_customers as integer) as cohort_customers,
        cast(coalesce(activity.customers, 0) as integer) as customers,
        cast(coalesce(activity.customers, 0) as double)
        / cohort_months.cohort_customers as retained_share,
        cast(coalesce(activity.net_revenue, 0) as decimal(18, 4)) as net_revenue
    from cohort_months
    left join activity
        on cohort_months.cohort_month = activity.cohort_month
        and cohort_months.order_month = activity.order_month
)

select * from retention
