-- One row per pair of month starts, segment at the first and segment at the second:
-- segment_migrations compares neighbouring months, this any two.
with

months as (
    select * from {{ ref('customer_segments_monthly') }}
),

month_starts as (
    select distinct as_of_date from months
),

pairs as (
    select
        earlier.as_of_date as from_date,
        later.as_of_date as to_date
    from month_starts as earlier
    inner join month_starts as later
        on earlier.as_of_date < later.as_of_date
),

-- Who is known at a date stays known, so the later month has everybody of the earlier.
moves as (
    select
        pairs.from_date,
        pairs.to_date,
        earlier.segment_id as from_segment_id,
        later.segment_id as to_segment_id,
        count(*) as customers,
        sum(coalesce(earlier.monetary, 0)) as net_revenue_before,
        sum(later.monetary) as net_revenue_after
    from pairs
    inner join months as later
        on pairs.to_date = later.as_of_date
    left join months as earlier
        on pairs.from_date = earlier.as_of_date
        and later.customer_id = earlier.customer_id
    group by
        pairs.from_date, pairs.to_date, earlier.segment_id, later.segment_id
),

typed as (
    select
        from_date,
        to_date,
        from_segment_id,
        to_segment_id,
        cast(customers as integer) as customers,
        cast(net_revenue_before as decimal(18, 4)) as net_revenue_before,
        cast(net_revenue_after as decimal(18, 4)) as net_revenue_after
    from moves
)

select * from typed
