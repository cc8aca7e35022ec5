-- One row per month start and segment of the history: its size and money, and how both
-- changed. A segment without customers at a month start has a row of zeros.
with

months as (
    select * from {{ ref('customer_segments_monthly') }}
),

-- Where the data do not reach back over the whole window, customers look newer and
-- smaller than they were.
month_starts as (
    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as previous_as_of_date,
        {{ dbt.datediff('first_order_date', 'as_of_date', 'day') }}
            >= 0.98 * {{ dbt.datediff('window_start_date', 'as_of_date', 'day') }}
            as is_seen_in_full
    from {{ ref('int_as_of_dates') }}
    where is_month_start
),

segments as (
    select
        segment_id,
        max(segment_name) as segment_name,
        max(segment_kind) as segment_kind
    from months
    group by segment_id
),

sizes as (
    select
        as_of_date,
        segment_id,
        count(*) as customers,
        sum(monetary) as net_revenue
    from months
    group by as_of_date, segment_id
),

filled as (
    select
        month_starts.as_of_date,
        month_starts.previous_as_of_date,
        month_starts.is_seen_in_full,
        segments.segment_id,
        segments.segment_name,
        segments.segment_kind,
        coalesce(sizes.customers, 0) as customers,
        coalesce(sizes.net_revenue, 0) as net_revenue
    from month_starts
    cross join segments
    left join sizes
        on month_starts.as_of_date = sizes.as_of_date
        and segments.segment_id = sizes.segment_id
),

compared as (
    select
        as_of_date,
        previous_as_of_date,
        segment_id,
        segment_name,
        segment_kind,
        cast(customers as integer) as customers,
        cast(customers - lag(customers) over (
            partition by segment_id order by as_of_date
        ) as integer) as customer_change,
        cast(customers as double)
        / nullif(sum(customers) over (partition by as_of_date), 0) as customer_share,
        cast(net_revenue as decimal(18, 4)) as net_revenue,
        cast(net_revenue - lag(net_revenue) over (
            partition by segment_id order by as_of_date
        ) as decimal(18, 4)) as net_revenue_change,
        coalesce(lag(is_seen_in_full) over (
            partition by segment_id order by as_of_date
        ), false) as is_comparable
    from filled
)

select * from compared
