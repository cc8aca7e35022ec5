{{ config(severity=customer_segmentation.setting('tests.stability.severity')) }}

-- Segments that do not come back on resampled customers are drawn by chance, also when
-- the number of segments is your own.
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
    and stability < {{ customer_segmentation.setting('model.k_minimum_stability') }}
