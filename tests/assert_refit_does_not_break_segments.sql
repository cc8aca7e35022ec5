{{ config(severity=customer_segmentation.setting('tests.breaking_change.severity')) }}

-- The newest refit alone moved so many customers that segments mean something else now.
select
    model_version,
    refit_reason,
    changed_customer_share
from {{ ref('segment_evaluation') }}
where
    is_breaking_change
    and model_version = (
        select max(versions.model_version)
        from {{ ref('segment_evaluation') }} as versions
    )
