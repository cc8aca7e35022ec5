{{ config(severity=customer_segmentation.read_severity('weak_structure')) }}

-- No number of segments is reproducible enough: read the segments with care, or change
-- segmentation_k_range.
select * from {{ ref('segment_count_scores') }}
where is_chosen and model_status = 'weak_structure'
