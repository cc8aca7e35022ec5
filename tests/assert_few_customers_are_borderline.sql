{{ config(severity=customer_segmentation.setting('tests.borderline_customers.severity')) }}

-- Many customers between two segments: the borders say little.
with

customers as (
    select
        count(*) as customers,
        count(case when confidence_band = 'borderline' then 1 end)
            as borderline_customers
    from {{ ref('customer_segments') }}
    where segment_kind = 'cluster'
)

select * from customers
where
    borderline_customers
    > {{ customer_segmentation.setting('tests.borderline_customers.maximum_share') }}
    * customers
