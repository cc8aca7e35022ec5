-- A column that mostly cannot be read is a wrong mapping, not dirty data.
with

transactions as (
    select * from {{ ref('stg_transactions') }}
),

unreadable as (
    select
        rejection_reason,
        count(*) as row_count,
        min(case when rejection_reason = 'unreadable_amount' then raw_amount
            else raw_ordered_at end) as example
    from transactions
    where rejection_reason in ('unreadable_timestamp', 'unreadable_amount')
    group by rejection_reason
),

measured as (
    select
        unreadable.rejection_reason,
        unreadable.example,
        cast(unreadable.row_count as double) / (select count(*) from transactions)
            as share
    from unreadable
)

select * from measured
where share > {{ var('segmentation_maximum_unreadable_share') }}
