{{ config(severity=customer_segmentation.setting('tests.untold_spend.severity')) }}

-- Below 2 %, what customers did so far does not tell their later spend apart in this shop:
-- the segments describe the past and predict nothing.
select
    model_version,
    segment_count,
    later_spend_explained_share
from {{ ref('segment_count_scores') }}
where is_chosen and later_spend_explained_share < 0.02
