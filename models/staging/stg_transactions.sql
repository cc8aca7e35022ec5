{{ config(post_hook=[
    "{{ customer_segmentation.check_column_quality('transactions') }}",
    "{{ customer_segmentation.check_readable() }}",
    "{{ customer_segmentation.check_rejected_shares() }}",
]) }}

-- Every raw row, read into its types, with the first reason that speaks against it.
{%- set as_of_date = var('segmentation_as_of_date') %}
{%- set time_zone = var('segmentation_time_zone') %}
{%- set duplicates = var('segmentation_duplicates') %}

with

transactions as (
    select * from {{ ref('base_transactions') }}
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
        is_wanted
        {%- if duplicates == 'drop_exact' %},
        is_exact_copy
        {%- endif %}
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
        end as reason
    from dated
),

{%- if duplicates == 'by_transaction_id' %}

-- Of the rows of one transaction the latest stands; the other columns break ties, and
-- rows that are equal in all of them are the same row.
compared as (
    select
        *,
        row_number() over latest_first as place,
        first_value(customer_id) over latest_first as standing_customer_id,
        first_value(order_date) over latest_first as standing_order_date,
        first_value(amount) over latest_first as standing_amount
    from judged
    window latest_first as (
        partition by transaction_id, reason is null
        order by
            ordered_at desc nulls last,
            amount desc nulls last,
            customer_id asc nulls last,
            order_id asc nulls last,
            category asc nulls last,
            quantity asc nulls last,
            discount_amount asc nulls last,
            raw_ordered_at asc nulls last,
            raw_amount asc nulls last,
            unreadable_quantity asc nulls last,
            unreadable_discount_amount asc nulls last
    )
),

-- A row that differs from the one that stands is no copy of it.
resolved as (
    select
        *,
        case
            when reason is not null or transaction_id is null or place = 1 then reason
            when
                customer_id = standing_customer_id
                and order_date = standing_order_date
                and amount = standing_amount
                then 'duplicate'
            else 'conflicting_transaction_id'
        end as rejection_reason
    from compared
)

{%- elif duplicates == 'drop_exact' %}

resolved as (
    select
        *,
        case
            when reason is null and is_exact_copy then 'duplicate'
            else reason
        end as rejection_reason
    from judged
)

{%- else %}

resolved as (
    select
        *,
        reason as rejection_reason
    from judged
)

{%- endif %}

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
    ordered_at
from resolved
