-- One row per customer, date and category bought; empty when no category is mapped.
with

transactions as (
    select * from {{ ref('stg_transactions') }}
    where rejection_reason is null
),

category_days as (
    select distinct
        customer_id,
        category,
        order_date
    from transactions
    where category is not null and amount > 0
)

select * from category_days
order by customer_id asc, category asc, order_date asc
