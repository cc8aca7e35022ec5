{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ customer_segmentation.delete_changed_batches() }}",
    post_hook="{{ customer_segmentation.check_column_quality('transactions') }}",
) }}

-- Every raw row, read into its types, with the first reason that speaks against it when it
-- is looked at alone. Read again is only a bucket of customers of a day whose rows changed.
{%- set as_of_date = var('segmentation_as_of_date') %}
{%- set time_zone = var('segmentation_time_zone') %}

with

transactions as (
    select raw_rows.* from {{ ref('base_transactions') }} as raw_rows
    {%- if is_incremental() %}
    where not exists (
        select 1
        from (select distinct row_day, row_bucket from {{ this }}) as kept
        where
            kept.row_day = raw_rows.row_day
            and kept.row_bucket = raw_rows.row_bucket
    )
    {%- endif %}
),

read_rows as (
    select
        {{ customer_segmentation.read_id('transaction_id') }} as transaction_id,
        {{ customer_segmentation.read_id('order_id') }} as order_id,
        {{ customer_segmentation.read_id('customer_id') }} as customer_id,
        {{ customer_segmentation.clean_text('category', []) }} as category,
        try_cast(quantity as decimal(18, 4)) as quantity,
        try_cast(amount as decimal(18, 4)) as amount,
        try_cast(discount_amount as decimal(18, 4)) as discount_amount,
        {{ customer_segmentation.read_timestamp(
            'ordered_at', var('segmentation_timestamp_format')
        ) }} as read_at,
        {{ customer_segmentation.write_timestamp('ordered_at') }} as raw_ordered_at,
        cast(amount as string) as raw_amount,
        {%- for column in ['quantity', 'discount_amount'] %}
        {{ customer_segmentation.keep_unreadable(
            column, 'try_cast(' ~ column ~ ' as decimal(18, 4))'
        ) }} as unreadable_{{ column }},
        {%- endfor %}
        is_wanted,
        row_day,
        row_bucket,
        row_hash
    from transactions
),

dated as (
    select
        *,
        {{ customer_segmentation.shift_from_utc('read_at', time_zone)
            if time_zone else 'read_at' }} as ordered_at
    from read_rows
),

judged as (
    select
        *,
        cast(ordered_at as date) as order_date,
        case
            when not is_wanted then 'filtered'
            when customer_id is null then 'missing_customer'
            when ordered_at is null then 'unreadable_timestamp'
            when amount is null then 'unreadable_amount'
            when cast(ordered_at as date)
                < cast('{{ var("segmentation_earliest_date") }}' as date)
                then 'before_earliest_date'
            {%- if as_of_date is not none %}
            when cast(ordered_at as date) >= cast('{{ as_of_date }}' as date)
                then 'after_as_of_date'
            {%- endif %}
            {%- if var('segmentation_returns') == 'ignore' %}
            when amount < 0 then 'ignored_return'
            {%- endif %}
        end as rejection_reason
    from dated
)

select
    transaction_id,
    order_id,
    customer_id,
    category,
    rejection_reason,
    raw_ordered_at,
    raw_amount,
    unreadable_quantity,
    unreadable_discount_amount,
    quantity,
    amount,
    discount_amount,
    order_date,
    ordered_at,
    row_day,
    row_bucket,
    row_hash
from judged
