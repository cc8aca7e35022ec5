-- One row per month start, segment the month before and segment then: who moved, and the
-- money of their windows. The pairs of neighbouring months of segment_moves, with names.
with

moves as (
    select * from {{ ref('segment_moves') }}
),

month_starts as (
    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as previous_as_of_date
    from {{ ref('int_as_of_dates') }}
    where is_month_start
),

directory as (
    select * from {{ ref('segment_directory') }}
),

migrations as (
    select
        month_starts.as_of_date,
        moves.from_segment_id,
        coalesce(from_segments.segment_name, 'Not yet a customer') as from_segment_name,
        moves.to_segment_id,
        to_segments.segment_name as to_segment_name,
        coalesce(moves.from_segment_id = moves.to_segment_id, false) as is_stay,
        moves.customers,
        moves.net_revenue_before,
        moves.net_revenue_after
    from month_starts
    inner join moves
        on month_starts.previous_as_of_date = moves.from_date
        and month_starts.as_of_date = moves.to_date
    left join directory as from_segments
        on moves.from_segment_id = from_segments.segment_id
    left join directory as to_segments
        on moves.to_segment_id = to_segments.segment_id
)

select * from migrations
