{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ customer_segmentation.delete_changed_days() }}",
) }}

-- One row per customer, date and category bought; empty when no category is mapped. Batches
-- that are as they were stay.
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

category_days as (
    select distinct
        customer_id,
        category,
        order_date
    from transactions
    where category is not null and amount > 0
)

select
    category_days.*,
    batches.customer_bucket,
    batches.batch_fingerprint
from category_days
inner join batches
    on category_days.order_date = batches.order_date
    and {{ customer_segmentation.bucket('category_days.customer_id') }}
        = batches.customer_bucket
order by
    category_days.customer_id asc, category_days.category asc, category_days.order_date asc
