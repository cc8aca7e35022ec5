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
    select
        transactions.*,
        transaction_days.day_fingerprint
    from {{ ref('stg_transactions') }} as transactions
    inner join transaction_days
        on transactions.order_date = transaction_days.order_date
    where transactions.rejection_reason is null
),

category_days as (
    select distinct
        customer_id,
        category,
        order_date,
        day_fingerprint
    from transactions
    where category is not null and amount > 0
)

select * from category_days
order by customer_id asc, category asc, order_date asc
