-- One row per twentieth of the buyers, the best first: how much of the money they bring.
with

buyers as (
    select * from {{ ref('customer_segments') }}
    where frequency > 0
),

ranked as (
    select
        monetary,
        row_number() over (order by monetary desc, customer_id asc) as revenue_rank,
        count(*) over () as buyer_count
    from buyers
),

twentieths as (
    select
        cast(floor((revenue_rank - 1) * 20 / buyer_count) + 1 as integer) as twentieth,
        count(*) as customers,
        sum(monetary) as net_revenue
    from ranked
    group by 1
),

shares as (
    select
        twentieth,
        cast(customers as integer) as customers,
        cast(sum(customers) over (order by twentieth) as double)
        / sum(customers) over () as customers_so_far_share,
        cast(net_revenue as decimal(18, 4)) as net_revenue,
        cast(sum(net_revenue) over (order by twentieth) as double)
        / nullif(cast(sum(net_revenue) over () as double), 0) as revenue_so_far_share
    from twentieths
)

select * from shares
