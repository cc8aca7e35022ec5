{{ config(severity=customer_segmentation.read_severity('stability')) }}

-- Segments that do not come back on resampled customers are drawn by chance.
select
    model_version,
    segment_count,
    stability
from {{ ref('segment_evaluation') }}
where
    model_version = (
        select max(versions.model_version)
        from {{ ref('segment_evaluation') }} as versions
    )
    and stability < {{ var('segmentation_minimum_stability') }}
