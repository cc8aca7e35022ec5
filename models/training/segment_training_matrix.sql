{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version, training customer and feature: what K-Means is given. Ten
-- decimals, so that the average of a segment does not depend on who adds it up.
with

training_rows as (
    select * from {{ ref('segment_training_rows') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

scales as (
    select * from {{ ref('segment_scales') }}
    where is_used
),

scaled as (
    select
        training_rows.model_version,
        training_rows.customer_id,
        training_rows.feature,
        training_rows.sample_rank,
        cast({{ customer_segmentation.scale_value(
            'training_rows.transformed_value', 'scales.mean',
            'scales.standard_deviation', 'scales.clip', 'scales.weight'
        ) }} as decimal(18, 10)) as scaled_value
    from training_rows
    inner join scales
        on training_rows.model_version = scales.model_version
        and training_rows.feature = scales.feature
)

select * from scaled
