{{ config(post_hook=[
    "{{ customer_segmentation.check_column_quality('transactions') }}",
    "{{ customer_segmentation.check_readable() }}",
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
        cast(ordered_at as string) as raw_ordered_at,
        cast(amount as string) as raw_amount,
        {%- for column in ['quantity', 'discount_amount'] %}
        {{ customer_segmentation.keep_unreadable(
            column, 'try_cast(' ~ column ~ ' as decimal(18, 4))'
        ) }} as unreadable_{{ column }},
        {%- endfor %}
        is_wanted
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

{%- if duplicates == 'keep' %}

numbered as (
    select
        *,
        1 as copy_number
    from judged
)

{%- else %}

-- Among the rows of one transaction the latest stands; the other columns break ties, and
-- rows that are equal in all of them are the same row.
numbered as (
    select
        *,
        row_number() over (
            partition by
                reason is null,
                {%- if duplicates == 'by_transaction_id' %}
                coalesce(transaction_id, '')
            order by
                ordered_at desc,
                amount desc,
                customer_id asc,
                order_id asc,
                category asc,
                quantity asc,
                discount_amount asc,
                raw_ordered_at asc,
                raw_amount asc,
                unreadable_quantity asc,
                unreadable_discount_amount asc
                {%- else %}
                transaction_id,
                order_id,
                customer_id,
                category,
                quantity,
                amount,
                discount_amount,
                ordered_at
            order by
                raw_ordered_at,
                raw_amount,
                unreadable_quantity,
                unreadable_discount_amount
                {%- endif %}
        ) as copy_number
    from judged
)

{%- endif %}

select
    transaction_id,
    order_id,
    customer_id,
    category,
    case
        when reason is not null then reason
        {%- if duplicates == 'by_transaction_id' %}
        when copy_number > 1 and transaction_id is not null then 'duplicate'
        {%- elif duplicates == 'drop_exact' %}
        when copy_number > 1 then 'duplicate'
        {%- endif %}
    end as rejection_reason,
    raw_ordered_at,
    raw_amount,
    unreadable_quantity,
    unreadable_discount_amount,
    quantity,
    amount,
    discount_amount,
    order_date,
    ordered_at
from numbered
