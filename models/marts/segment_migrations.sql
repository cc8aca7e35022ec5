-- One row per month start, segment the month before and segment then: who moved, and the
-- money of their windows.
with

months as (
    select * from {{ ref('customer_segments_monthly') }}
),

month_starts as (
    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as previous_as_of_date
    from {{ ref('int_as_of_dates') }}
    where is_month_start
),

pairs as (
    select * from month_starts
    where previous_as_of_date is not null
),

-- Who is known at a date stays known, so the later month has everybody of the earlier.
moves as (
    select
        pairs.as_of_date,
        months.customer_id,
        previous_months.segment_id as from_segment_id,
        coalesce(previous_months.segment_name, 'Not yet a customer')
            as from_segment_name,
        months.segment_id as to_segment_id,
        months.segment_name as to_segment_name,
        coalesce(previous_months.monetary, 0) as monetary_before,
        months.monetary as monetary_after
    from pairs
    inner join months
        on pairs.as_of_date = months.as_of_date
    left join months as previous_months
        on pairs.previous_as_of_date = previous_months.as_of_date
        and months.customer_id = previous_months.customer_id
),

migrations as (
    select
        as_of_date,
        from_segment_id,
        from_segment_name,
        to_segment_id,
        to_segment_name,
        coalesce(from_segment_id = to_segment_id, false) as is_stay,
        cast(count(*) as integer) as customers,
        cast(sum(monetary_before) as decimal(18, 4)) as net_revenue_before,
        cast(sum(monetary_after) as decimal(18, 4)) as net_revenue_after
    from moves
    group by
        as_of_date, from_segment_id, from_segment_name, to_segment_id, to_segment_name
)

select * from migrations
