-- One row per pair of month starts, segment at the first and segment at the second:
-- segment_migrations compares neighbouring months, this any two. Customers with the same
-- segments in all months are counted together first, so that pairs of months are made of
-- few rows and nobody is joined with their past.
{%- set numbers = range(1, [var('segmentation_history_months'), 1] | max + 1) %}

with

months as (
    select * from {{ ref('customer_segments_monthly') }}
),

month_starts as (
    select
        as_of_date,
        row_number() over (order by as_of_date asc) as month_number
    from (select distinct as_of_date from months) as dates
),

-- Null before the customer was known.
customers as (
    select
        months.customer_id
        {%- for number in numbers %},
        max(
            case when month_starts.month_number = {{ number }} then months.segment_id end
        ) as segment_{{ number }},
        max(
            case when month_starts.month_number = {{ number }} then months.monetary end
        ) as revenue_{{ number }}
        {%- endfor %}
    from months
    inner join month_starts
        on months.as_of_date = month_starts.as_of_date
    group by months.customer_id
),

histories as (
    select
        {%- for number in numbers %}
        segment_{{ number }},
        sum(coalesce(revenue_{{ number }}, 0)) as revenue_{{ number }},
        {%- endfor %}
        count(*) as customers
    from customers
    group by
        {%- for number in numbers %}
        segment_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
),

pairs as (
    select
        earlier.as_of_date as from_date,
        earlier.month_number as from_number,
        later.as_of_date as to_date,
        later.month_number as to_number
    from month_starts as earlier
    inner join month_starts as later
        on earlier.month_number < later.month_number
),

paired as (
    select
        pairs.from_date,
        pairs.to_date,
        histories.customers,
        {%- for side in ['from', 'to'] %}
        {%- for column in ['segment', 'revenue'] %}
        case pairs.{{ side }}_number
            {%- for number in numbers %}
            when {{ number }} then histories.{{ column }}_{{ number }}
            {%- endfor %}
        end as {{ side }}_{{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from histories
    cross join pairs
),

-- Who is known at a date stays known, so the later month has everybody of the earlier.
moves as (
    select
        from_date,
        to_date,
        from_segment as from_segment_id,
        to_segment as to_segment_id,
        cast(sum(customers) as integer) as customers,
        cast(sum(from_revenue) as decimal(18, 4)) as net_revenue_before,
        cast(sum(to_revenue) as decimal(18, 4)) as net_revenue_after
    from paired
    where to_segment is not null
    group by from_date, to_date, from_segment, to_segment
)

select * from moves
