-- Of whom do we know nothing, and does not knowing say something about the segment?
{%- set attributes = customer_segmentation.list_attributes() %}
with

demographics as ( -- noqa: ST03
    select * from {{ ref('int_customer_demographics') }}
),

customers as (
    select * from {{ ref('customer_segments') }}
),

knowledge as (
    {%- for attribute in attributes %}
    select
        customers.segment_id,
        customers.segment_name,
        '{{ attribute.column }}' as attribute,
        case when demographics.{{ attribute.column }} is null then 0 else 1 end
            as is_known
    from customers
    left join demographics
        on customers.customer_id = demographics.customer_id
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        segment_id,
        segment_name,
        cast(null as string) as attribute,
        0 as is_known
    from customers
    where 1 = 0
    {%- endfor %}
),

segments as (
    select
        attribute,
        segment_id,
        segment_name,
        count(*) as customers,
        cast(sum(is_known) as integer) as known_customers
    from knowledge
    group by attribute, segment_id, segment_name
),

shared as (
    select
        *,
        1 - cast(known_customers as double) / customers as missing_share,
        1 - cast(sum(known_customers) over (partition by attribute) as double)
        / sum(customers) over (partition by attribute) as missing_share_of_all,
        sum(customers) over (partition by attribute) as all_customers
    from segments
),

-- Known or not against segment: how far a segment is from what all together would give.
surprised as (
    select
        *,
        customers * power(missing_share - missing_share_of_all, 2)
        / nullif(missing_share_of_all * (1 - missing_share_of_all), 0) as chi_square
    from shared
),

measured as (
    select
        *,
        sqrt(sum(chi_square) over (partition by attribute) / all_customers) as cramers_v
    from surprised
),

judged as (
    select
        attribute,
        segment_id,
        segment_name,
        customers,
        known_customers,
        missing_share,
        missing_share_of_all,
        missing_share / nullif(missing_share_of_all, 0) as missing_index,
        cramers_v,
        case
            when cramers_v is null then 'all known or none'
            when cramers_v < 0.1 then 'missing says next to nothing about the segment'
            when cramers_v < 0.3 then 'missing says something about the segment'
            else 'missing says much about the segment'
        end as reading
    from measured
)

select * from judged
order by attribute asc, segment_id asc
