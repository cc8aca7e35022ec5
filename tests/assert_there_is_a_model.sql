{{ config(severity=customer_segmentation.setting('tests.no_model.severity')) }}

-- Too few customers, or too few different ones, to be clustered: the classic grid of
-- recency and frequency scores serves as segments (segmentation_model.minimum_customers).
select
    count(*) as customers,
    'rfm_grid' as segment_kind
from {{ ref('customer_segments') }}
where segment_kind = 'rfm_grid'
having count(*) > 0
