{{ config(severity=customer_segmentation.read_severity('largest_segment')) }}

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
where share > {{ var('segmentation_maximum_segment_share') }}
