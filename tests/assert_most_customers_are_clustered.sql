{{ config(severity=customer_segmentation.setting('tests.clustered_customers.severity')) }}

-- Of a shop whose customers are mostly in rule segments, the window may be too short.
with

customers as (
    select
        count(*) as customers,
        count(case when segment_kind = 'cluster' then 1 end) as clustered_customers
    from {{ ref('customer_segments') }}
)

select * from customers
where
    clustered_customers > 0
    and clustered_customers
        < {{ customer_segmentation.setting('tests.clustered_customers.minimum_share') }}
        * customers
