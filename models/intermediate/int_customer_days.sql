{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ customer_segmentation.delete_changed_days() }}",
) }}

-- One row per customer and date with accepted transactions; batches that are as they were
-- stay. Sorted, a customer's days are together where they are summed: that costs half of
-- what it does in any order.
with

batches as (
    select batches.* from {{ ref('int_transaction_batches') }} as batches
    {{ customer_segmentation.where_not_kept() | indent(4) }}
),

transactions as (
    select accepted.*
    from {{ ref('stg_transactions') }} as accepted
    inner join batches
        on accepted.order_date = batches.order_date
        and {{ customer_segmentation.bucket('accepted.customer_id') }}
            = batches.customer_bucket
    where accepted.rejection_reason is null
),

-- Lines without an order id make one order per customer and date.
orders as (
    select
        customer_id,
        order_date,
        order_id,
        sum(amount) as net_revenue,
        sum(case when amount > 0 then amount else 0 end) as gross_revenue,
        sum(case when amount < 0 then -amount else 0 end) as return_amount,
        sum(case when amount >= 0 then discount_amount end) as discount_amount,
        sum(case when amount > 0 then quantity end) as units,
        count(*) as line_count,
        sum(cast(row_hash as decimal(38, 0))) as lines_hash
    from transactions
    group by customer_id, order_date, order_id
),

days as (
    select
        customer_id,
        cast(sum(
            case
                when gross_revenue > 0
                    and gross_revenue >= {{ var('segmentation_minimum_order_amount') }}
                    then 1
                else 0
            end
        ) as integer) as order_count,
        cast(sum(line_count) as integer) as line_count,
        cast(sum(units) as decimal(18, 4)) as units,
        cast(sum(net_revenue) as decimal(18, 4)) as net_revenue,
        cast(sum(gross_revenue) as decimal(18, 4)) as gross_revenue,
        cast(sum(return_amount) as decimal(18, 4)) as return_amount,
        cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(lines_hash) as decimal(38, 0)) as lines_hash,
        order_date
    from orders
    group by customer_id, order_date
)

select
    days.*,
    batches.customer_bucket,
    batches.batch_fingerprint
from days
inner join batches
    on days.order_date = batches.order_date
    and {{ customer_segmentation.bucket('days.customer_id') }} = batches.customer_bucket
order by days.customer_id asc, days.order_date asc
