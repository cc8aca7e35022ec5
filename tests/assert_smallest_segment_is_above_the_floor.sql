{{ config(severity=customer_segmentation.setting('tests.smallest_segment.severity')) }}

-- A segment of a handful of customers is an outlier list, not a segment.
with

segments as (
    select
        segment_name,
        customers,
        cast(customers as double) / sum(customers) over () as share
    from {{ ref('segment_profiles') }}
    where segment_kind = 'cluster'
)

select * from segments
where share < {{ customer_segmentation.setting('tests.smallest_segment.minimum_share') }}
