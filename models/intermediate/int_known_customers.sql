-- One row per customer id of either input, whatever became of its rows. Who is not in it is
-- erased, or has another id by now.
with

transactions as (
    select customer_id from {{ ref('stg_transaction_rows') }}
),

customers as (
    select customer_id from {{ ref('stg_customers') }}
),

known as (
    select customer_id from transactions
    where customer_id is not null
    union distinct
    select customer_id from customers
    where customer_id is not null
)

select * from known
