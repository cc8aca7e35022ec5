{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version, segment and feature: the average of the segment's training
-- customers. With segment_scales, this is the whole model, so it is kept: training rows of
-- customers who are erased go, and the model stays.
with

matrix as (
    select * from {{ ref('segment_training_matrix') }}
),

assignments as (
    select * from {{ ref('segment_training_assignments') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

centroids as (
    select
        assignments.model_version,
        assignments.segment_id,
        matrix.feature,
        cast(sum(matrix.scaled_value) as double) / count(*) as centroid,
        cast(count(*) as integer) as training_customers
    from assignments
    inner join matrix
        on assignments.model_version = matrix.model_version
        and assignments.customer_id = matrix.customer_id
    group by assignments.model_version, assignments.segment_id, matrix.feature
)

select * from centroids
