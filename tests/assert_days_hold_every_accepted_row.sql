-- The days of customers hold every accepted row once: a batch that is missing, as it was or
-- taken in twice shows in the number of its rows or in their hashes.
with

held as (
    select
        order_date,
        customer_bucket,
        sum(line_count) as row_count,
        sum(lines_hash) as row_hash
    from {{ ref('int_customer_days') }}
    group by order_date, customer_bucket
)

select
    coalesce(batches.order_date, held.order_date) as order_date,
    batches.row_count,
    held.row_count as held_row_count
from {{ ref('int_transaction_batches') }} as batches
full outer join held
    on batches.order_date = held.order_date
    and batches.customer_bucket = held.customer_bucket
where
    batches.row_count is null
    or held.row_count is null
    or batches.row_count <> held.row_count
    or batches.row_hash <> held.row_hash
