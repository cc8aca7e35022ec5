-- Everybody known at a month start is in its migrations once, with the money of both dates;
-- and a month start that is the as-of date shows the segments of today.
with

months as (
    select
        as_of_date,
        count(*) as customers,
        sum(monetary) as monetary
    from {{ ref('customer_segments_monthly') }}
    group by as_of_date
),

migrations as (
    select
        as_of_date,
        sum(customers) as customers,
        sum(net_revenue_after) as net_revenue_after,
        sum(net_revenue_before) as net_revenue_before
    from {{ ref('segment_migrations') }}
    group by as_of_date
),

compared as (
    select
        months.as_of_date,
        months.customers,
        months.monetary,
        lag(months.monetary) over (order by months.as_of_date) as monetary_before,
        lag(months.as_of_date) over (order by months.as_of_date) as previous_as_of_date
    from months
),

wrong_sums as (
    select
        'sums' as problem,
        cast(compared.as_of_date as string) as what
    from compared
    left join migrations
        on compared.as_of_date = migrations.as_of_date
    where
        compared.previous_as_of_date is not null
        and (
            migrations.customers is null
            or compared.customers <> migrations.customers
            or compared.monetary <> migrations.net_revenue_after
            or compared.monetary_before <> migrations.net_revenue_before
        )
),

wrong_today as (
    select
        'today' as problem,
        monthly.customer_id as what
    from {{ ref('customer_segments_monthly') }} as monthly
    left join {{ ref('customer_segments') }} as today
        on monthly.customer_id = today.customer_id
    where
        -- Who is gone from the input is gone from the history.
        today.customer_id is null
        or (
            today.as_of_date = monthly.as_of_date
            and (
                today.segment_id <> monthly.segment_id
                or today.monetary <> monthly.monetary
                or today.rfm_segment <> monthly.rfm_segment
            )
        )
)

select * from wrong_sums
union all
select * from wrong_today
