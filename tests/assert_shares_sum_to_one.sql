-- Shares of customers and of revenue over all segments, and of known values in a segment.
with

shares as (
    select
        'customer_share' as share,
        sum(customer_share) as total
    from {{ ref('segment_profiles') }}
    union all
    select
        'revenue_share' as share,
        sum(revenue_share) as total
    from {{ ref('segment_profiles') }}
    union all
    select
        attribute || ' of segment ' || cast(segment_id as string) as share,
        sum(share_of_known) as total
    from {{ ref('segment_demographics') }}
    group by attribute, segment_id
    having max(case when is_suppressed then 1 else 0 end) = 0
)

select * from shares
where abs(total - 1) > 0.000001
