-- One row per cell of the classic five by five grid, empty cells included.
with

scores as (
    {%- for score in range(1, 6) %}
    select {{ score }} as score
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

cells as (
    select
        recencies.score as recency_score,
        frequencies.score as frequency_score
    from scores as recencies
    cross join scores as frequencies
),

buyers as (
    select * from {{ ref('customer_segments') }}
    where recency_score is not null and frequency_score is not null
),

sums as (
    select
        recency_score,
        frequency_score,
        count(*) as customers,
        sum(monetary) as net_revenue
    from buyers
    group by recency_score, frequency_score
),

grid as (
    select
        cells.recency_score,
        cells.frequency_score,
        cast(coalesce(sums.customers, 0) as integer) as customers,
        cast(coalesce(sums.net_revenue, 0) as decimal(18, 4)) as net_revenue
    from cells
    left join sums
        on cells.recency_score = sums.recency_score
        and cells.frequency_score = sums.frequency_score
)

select * from grid
