-- Of the customers who first bought in a month, how many come back, and what do they spend?
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

joined as (
    select
        cohort_months.cohort_month,
        cohort_months.order_month,
        {{ dbt.datediff(
            'cohort_months.cohort_month', 'cohort_months.order_month', 'month'
        ) }} as months_since,
        cohort_months.cohort_customers,
        coalesce(activity.customers, 0) as customers,
        coalesce(activity.net_revenue, 0) as net_revenue
    from cohort_months
    left join activity
        on cohort_months.cohort_month = activity.cohort_month
        and cohort_months.order_month = activity.order_month
),

measured as (
    select
        cohort_month,
        months_since,
        cohort_customers,
        customers,
        cast(customers as double) / cohort_customers as retained_share,
        net_revenue,
        cast(net_revenue as double) / cohort_customers as revenue_per_customer,
        cast(
            sum(net_revenue) over (partition by cohort_month order by months_since)
            as double
        ) / cohort_customers as revenue_per_customer_so_far
    from joined
)

select * from measured
order by cohort_month asc, months_since asc
