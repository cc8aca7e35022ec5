{{ config(severity=customer_segmentation.setting('tests.untrue_name.severity')) }}

-- A name whose claim is no longer true for the majority of its customers misleads: refit,
-- set segmentation_rename, or name the segment in segmentation_name_overrides.
select
    segment_id,
    segment_name,
    name_claim,
    name_holds_share
from {{ ref('segment_profiles') }}
where name_holds_share < 0.5
