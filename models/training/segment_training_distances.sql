{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and segment: how far its training customers are from the
-- centroid, and from which distance on a customer is an outlier: the median plus 3.5 robust
-- standard deviations (1.4826 x median absolute deviation). Kept with the version.
with

scores as (
    select * from {{ ref('segment_training_scores') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

averages as (
    select
        model_version,
        segment_id,
        cast(count(*) as integer) as training_customers,
        {{ customer_segmentation.exact_sum('distance') }} as distance_sum,
        {{ customer_segmentation.percentile('distance', 0.5) }} as median_distance
    from scores
    group by model_version, segment_id
),

deviations as (
    select
        averages.*,
        abs(scores.distance - averages.median_distance) as deviation
    from scores
    inner join averages
        on scores.model_version = averages.model_version
        and scores.segment_id = averages.segment_id
),

limits as (
    select
        model_version,
        segment_id,
        training_customers,
        distance_sum,
        median_distance,
        median_distance
        + 3.5 * 1.4826 * {{ customer_segmentation.percentile('deviation', 0.5) }}
            as distance_limit
    from deviations
    group by
        model_version, segment_id, training_customers, distance_sum, median_distance
)

select * from limits
