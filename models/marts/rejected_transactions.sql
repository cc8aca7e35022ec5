-- One row per raw transaction row that was not accepted, with its first reason.
with

transactions as (
    select * from {{ ref('stg_transactions') }}
    where rejection_reason is not null
),

rejected as (
    select
        transaction_id,
        order_id,
        customer_id,
        rejection_reason,
        raw_ordered_at,
        raw_amount,
        amount,
        order_date
    from transactions
)

select * from rejected
