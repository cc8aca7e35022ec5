{{ config(severity=customer_segmentation.setting('tests.unmet_override.severity')) }}

-- An override for a segment that is not there renames nothing.
select overrides.segment_id
from {{ customer_segmentation.input_relation('segmentation_name_overrides') }} as overrides
left join {{ ref('segment_directory') }} as directory
    on cast(overrides.segment_id as integer) = directory.segment_id
where directory.segment_id is null
