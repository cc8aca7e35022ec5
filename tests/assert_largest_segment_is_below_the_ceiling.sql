{{ config(severity=customer_segmentation.setting('tests.largest_segment.severity')) }}

-- A segment of nearly everybody tells nobody apart.
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
where share > {{ customer_segmentation.setting('tests.largest_segment.maximum_share') }}
