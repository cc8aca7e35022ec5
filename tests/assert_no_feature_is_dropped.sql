{{ config(severity=customer_segmentation.setting('tests.dropped_feature.severity')) }}

-- Features that are the same for every training customer; the model leaves them out.
-- discount_share of a shop without discounts is expected, and not told.
select * from {{ ref('segment_scales') }}
where
    not is_used
    and feature_role <> 'demographic'
    and not (feature = 'discount_share' and mean = 0)
    and model_version = (
        select max(versions.model_version) from {{ ref('segment_scales') }} as versions
    )
