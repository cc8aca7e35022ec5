-- What was rejected, why, in which months, and what does such a row look like?
with

transactions as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as order_month
    from {{ ref('stg_transactions') }}
),

-- Rows without a readable date are a month of their own, null.
counted as (
    select
        *,
        count(*) over (partition by order_month) as month_row_count
    from transactions
),

rejected as (
    select
        *,
        row_number() over (
            partition by rejection_reason, order_month
            order by
                raw_ordered_at asc,
                customer_id asc,
                transaction_id asc,
                order_id asc,
                raw_amount asc
        ) as example_place
    from counted
    where rejection_reason is not null
),

summed as (
    select
        rejection_reason,
        order_month,
        count(*) as row_count,
        cast(count(*) as double) / max(month_row_count) as share_of_month,
        count(distinct customer_id) as customer_count,
        coalesce(sum(amount), 0) as amount,
        max(case when example_place = 1 then transaction_id end)
            as example_transaction_id,
        max(case when example_place = 1 then customer_id end) as example_customer_id,
        max(case when example_place = 1 then raw_ordered_at end)
            as example_raw_ordered_at,
        max(case when example_place = 1 then raw_amount end) as example_raw_amount
    from rejected
    group by rejection_reason, order_month
)

select * from summed
order by rejection_reason asc, order_month asc
