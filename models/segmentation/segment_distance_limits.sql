-- One row per model version and segment: from which distance on a customer is an outlier,
-- the median plus 3.5 robust standard deviations (1.4826 x median absolute deviation).
with

scores as (
    select * from {{ ref('segment_training_scores') }}
),

medians as (
    select
        model_version,
        segment_id,
        {{ customer_segmentation.percentile('distance', 0.5) }} as median_distance
    from scores
    group by model_version, segment_id
),

deviations as (
    select
        scores.model_version,
        scores.segment_id,
        medians.median_distance,
        abs(scores.distance - medians.median_distance) as deviation
    from scores
    inner join medians
        on scores.model_version = medians.model_version
        and scores.segment_id = medians.segment_id
),

limits as (
    select
        model_version,
        segment_id,
        median_distance,
        median_distance
        + 3.5 * 1.4826 * {{ customer_segmentation.percentile('deviation', 0.5) }}
            as distance_limit
    from deviations
    group by model_version, segment_id, median_distance
)

select * from limits
