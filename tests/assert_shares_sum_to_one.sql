-- Shares of customers and of revenue over all segments sum to one. Those of an attribute's
-- values sum to one at most, since values that no segment shows are not listed, and lead
-- back to the customers counted.
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
        greatest(sum(share_of_known), 1) as total
    from {{ ref('segment_demographics') }}
    group by attribute, segment_id
    union all
    select
        demographics.attribute || ' ' || demographics.attribute_value
            || ' of segment ' || cast(demographics.segment_id as string) as share,
        demographics.share_of_known * demographics.coverage * profiles.customers
            / demographics.customers as total
    from {{ ref('segment_demographics') }} as demographics
    inner join {{ ref('segment_profiles') }} as profiles
        on demographics.segment_id = profiles.segment_id
    where not demographics.is_suppressed
)

select * from shares
where abs(total - 1) > 0.000001
