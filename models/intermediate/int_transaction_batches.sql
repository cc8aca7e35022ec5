-- One row per date and bucket of customers with accepted transactions: a batch. Its
-- fingerprint sums up its rows, in whatever order, and what is made of them: with another
-- one the days and categories of its customers are worked out again.
{%- set rules = customer_segmentation.hash_rules(
    ['int_customer_days', 'int_customer_category_days'],
    [var('segmentation_minimum_order_amount')]
) %}

with

transactions as (
    select * from {{ ref('stg_transactions') }}
    where rejection_reason is null
),

counted as (
    select
        order_date,
        {{ customer_segmentation.bucket('customer_id') }} as customer_bucket,
        count(*) as row_count,
        sum(cast(row_hash as decimal(38, 0))) as row_hash,
        '{{ rules }}' as rules
    from transactions
    group by order_date, {{ customer_segmentation.bucket('customer_id') }}
)

select
    order_date,
    customer_bucket,
    row_count,
    row_hash,
    {{ customer_segmentation.hash_row('counted') }} as batch_fingerprint
from counted
