{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and training customer: distance to the own and the next
-- centroid. Worked out the long way, as a check on the generated scoring SQL as well.
with

assignments as (
    select * from {{ ref('segment_training_assignments') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

matrix as (
    select * from {{ ref('segment_training_matrix') }}
),

centroids as (
    select * from {{ ref('segment_centroids') }}
),

distances as (
    select
        assignments.model_version,
        assignments.customer_id,
        assignments.segment_id,
        centroids.segment_id as centroid_segment_id,
        sqrt(cast(sum(cast(
            (cast(matrix.scaled_value as double) - centroids.centroid)
            * (cast(matrix.scaled_value as double) - centroids.centroid)
            as decimal(28, 12)
        )) as double)) as distance
    from assignments
    inner join matrix
        on assignments.model_version = matrix.model_version
        and assignments.customer_id = matrix.customer_id
    inner join centroids
        on matrix.model_version = centroids.model_version
        and matrix.feature = centroids.feature
    group by
        assignments.model_version,
        assignments.customer_id,
        assignments.segment_id,
        centroids.segment_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by model_version, customer_id
            order by distance, centroid_segment_id
        ) as place
    from distances
),

scores as (
    select
        model_version,
        customer_id,
        segment_id,
        cast(max(case when place = 1 then centroid_segment_id end) as integer)
            as nearest_segment_id,
        max(case when place = 1 then distance end) as distance,
        max(case when place = 2 then distance end) as second_distance
    from ranked
    group by model_version, customer_id, segment_id
)

select * from scores
