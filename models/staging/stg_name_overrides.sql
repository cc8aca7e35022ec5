-- One row per segment that marketing renames: its own name and action; null leaves ours.
with

overrides as (
    select
        cast(segment_id as integer) as segment_id,
        nullif(trim(cast(segment_name as string)), '') as segment_name,
        nullif(trim(cast(recommended_action as string)), '') as recommended_action
    from {{ customer_segmentation.input_relation('segmentation_name_overrides') }}
)

select * from overrides
