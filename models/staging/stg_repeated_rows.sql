-- The rows of stg_transaction_rows that are usable when looked at alone but share their
-- transaction_id (with segmentation_duplicates by_transaction_id), or are equal in all
-- columns (with drop_exact): which of them stands. With keep there are none.
-- Repeated keys are found first, so that only their rows are put in order.
{%- set duplicates = var('segmentation_duplicates') %}
{%- set key = 'transaction_id' if duplicates == 'by_transaction_id' else 'row_hash' %}
{%- set is_usable = 'rejection_reason is null and '
    ~ ('false' if duplicates == 'keep' else key ~ ' is not null') %}

with

usable_rows as (
    select * from {{ ref('stg_transaction_rows') }}
    where {{ is_usable }}
),

-- Not from usable_rows: DuckDB puts all columns of a CTE aside that is read twice.
repeated_keys as (
    select {{ key }}
    from {{ ref('stg_transaction_rows') }}
    where {{ is_usable }}
    group by {{ key }}
    having count(*) > 1
),

-- Of the rows of one transaction the latest stands; the other columns break ties, and
-- rows that are equal in all of them are the same row.
compared as (
    select
        *,
        row_number() over latest_first as place,
        first_value(customer_id) over latest_first as standing_customer_id,
        first_value(order_date) over latest_first as standing_order_date,
        first_value(amount) over latest_first as standing_amount
    from usable_rows
    where {{ key }} in (select repeated_keys.{{ key }} from repeated_keys)
    window latest_first as (
        partition by {{ key }}
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
)

-- A row that differs from the one that stands is no copy of it.
select
    transaction_id,
    order_id,
    customer_id,
    category,
    case
        when place = 1 then cast(null as string)
        when
            customer_id = standing_customer_id
            and order_date = standing_order_date
            and amount = standing_amount
            then 'duplicate'
        else 'conflicting_transaction_id'
    end as rejection_reason,
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
    row_hash
from compared
