-- One row per model version and segment: how many of the customers who were in it three
-- months before the fit have bought since.
with

backtest_rows as (
    select * from {{ ref('segment_backtest_rows') }}
),

centroids as (
    select * from {{ ref('segment_centroids') }}
),

distances as (
    select
        backtest_rows.model_version,
        backtest_rows.sample_rank,
        backtest_rows.has_bought_later,
        centroids.segment_id,
        sum(cast(
            (cast(backtest_rows.scaled_value as double) - centroids.centroid)
            * (cast(backtest_rows.scaled_value as double) - centroids.centroid)
            as decimal(28, 12)
        )) as squared_distance
    from backtest_rows
    inner join centroids
        on backtest_rows.model_version = centroids.model_version
        and backtest_rows.feature = centroids.feature
    group by
        backtest_rows.model_version,
        backtest_rows.sample_rank,
        backtest_rows.has_bought_later,
        centroids.segment_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by model_version, sample_rank
            order by squared_distance, segment_id
        ) as distance_rank
    from distances
),

overall as (
    select
        model_version,
        cast(sum(has_bought_later) as double) / count(*) as buyer_share
    from ranked
    where distance_rank = 1
    group by model_version
)

select
    ranked.model_version,
    ranked.segment_id,
    cast(count(*) as integer) as customers,
    cast(sum(ranked.has_bought_later) as double) / count(*) as buyer_share,
    overall.buyer_share as overall_buyer_share
from ranked
inner join overall
    on ranked.model_version = overall.model_version
where ranked.distance_rank = 1
group by ranked.model_version, ranked.segment_id, overall.buyer_share
