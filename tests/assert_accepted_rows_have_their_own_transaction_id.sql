{{ config(severity=customer_segmentation.setting('tests.shared_transaction_id.severity')) }}

-- Accepted rows that share an id are copies, lines of one order, or ids used twice. Which
-- of them counts is for the user to say.
{%- set duplicates = var('segmentation_duplicates') %}
{#- With by_transaction_id only these rows can share an id. -#}
{%- set rows = ref('stg_repeated_rows') if duplicates == 'by_transaction_id'
    else ref('stg_transactions') %}

with

transactions as (
    select * from {{ rows }}
    where rejection_reason is null and transaction_id is not null
),

-- Found first, so that only their rows are looked at closely.
repeated_ids as (
    select transaction_id
    from transactions
    group by transaction_id
    having count(*) > 1
),

shared_ids as (
    select
        transaction_id,
        count(*) as row_count,
        sum(abs(amount)) as money,
        case
            when
                count(distinct customer_id) = 1
                and count(distinct order_date) = 1
                and count(distinct amount) = 1
                then 0
            else 1
        end as is_different,
        row_number() over (order by transaction_id asc) as place
    from transactions
    where transaction_id in (select repeated_ids.transaction_id from repeated_ids)
    group by transaction_id
),

summed as (
    select
        count(*) as ids,
        sum(row_count) as row_count,
        sum(money) as money,
        sum(is_different) as different_ids,
        {{ customer_segmentation.join_texts(
            'case when place <= 3 then transaction_id end', ', ', 'transaction_id'
        ) }} as examples
    from shared_ids
),

findings as (
    select
        row_count,
        money,
        examples,
        cast(row_count as string)
        || ' accepted rows, money '
        || cast(cast(money as decimal(38, 2)) as string)
        || ', share their transaction_id with another accepted row, for example '
        || examples
        || case
            when different_ids = 0
                then
                    '. Rows of an id agree in customer, day and amount: if they are'
                    || ' copies, '
            else
                '. For '
                || cast(different_ids as string)
                || ' of '
                || cast(ids as string)
                || ' ids they differ in customer, day or amount: if the id is that of an'
                || ' order, map it as order_id and set'
                || ' segmentation_transaction_columns.transaction_id to ''null''; if they'
                || ' are corrections, '
        end
        || 'set segmentation_duplicates to by_transaction_id (the latest row of an id'
        || ' counts) or drop_exact (copies of whole rows go).' as finding
    from summed
    where ids > 0
)

select * from findings
