{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ customer_segmentation.delete_changed_order_dates() }}",
) }}

-- One row per customer, date and category bought; empty when no category is mapped. Dates
-- that are as they were stay.
with

transaction_days as (
    select * from {{ ref('int_transaction_days') }}
    {{ customer_segmentation.where_not_kept() }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
    where
        rejection_reason is null
        and order_date in (select transaction_days.order_date from transaction_days)
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
    transaction_days.day_fingerprint
from category_days
inner join transaction_days
    on category_days.order_date = transaction_days.order_date
order by
    category_days.customer_id asc, category_days.category asc, category_days.order_date asc
