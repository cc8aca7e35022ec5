{{ config(severity=customer_segmentation.setting('tests.weak_structure.severity')) }}

-- No number of segments is reproducible enough: read the segments with care, or change
-- segmentation_model.k_range.
select * from {{ ref('segment_count_scores') }}
where is_chosen and model_status = 'weak_structure'
