-- One row per customer of either input whose rows are used. With
-- segmentation_customers_without_purchases: leave_out, buyers only.
with

records as (
    select customer_id from {{ ref('stg_customers') }}
),

buyers as (
    select distinct customer_id from {{ ref('int_customer_days') }}
),

everyone as (
    select
        coalesce(records.customer_id, buyers.customer_id) as customer_id,
        records.customer_id is not null as is_in_customer_table,
        buyers.customer_id is not null as is_in_transactions
    from records
    full outer join buyers
        on records.customer_id = buyers.customer_id
)

select * from everyone
{%- if var('segmentation_customers_without_purchases') == 'leave_out' %}
where is_in_transactions
{%- endif %}
