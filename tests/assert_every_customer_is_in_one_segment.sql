-- Customers of either input against customer_segments: each exactly once, none invented.
with

inputs as (
    select distinct customer_id
    from {{ ref('stg_transactions') }}
    where rejection_reason is null
    {%- if var('segmentation_customers_without_purchases') == 'include' %}
    union
    select {{ customer_segmentation.read_id('customer_id') }} as customer_id
    from {{ ref('base_customers') }}
    {%- endif %}
),

expected as (
    select customer_id from inputs
    where customer_id is not null
),

placed as (
    select
        customer_id,
        count(segment_name) as segment_count
    from {{ ref('customer_segments') }}
    group by customer_id
)

select
    coalesce(expected.customer_id, placed.customer_id) as customer_id,
    placed.segment_count
from expected
full outer join placed
    on expected.customer_id = placed.customer_id
where
    expected.customer_id is null
    or placed.customer_id is null
    or placed.segment_count <> 1
