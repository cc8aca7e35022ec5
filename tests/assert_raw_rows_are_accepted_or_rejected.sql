-- Every raw row and its money is accepted or in the ledger, counted from the raw relation.
with

raw_rows as (
    select
        count(*) as row_count,
        coalesce(sum(try_cast(amount as decimal(18, 4))), 0) as amount
    from {{ ref('base_transactions') }}
),

accounted as (
    select
        sum(row_count) as row_count,
        sum(amount) as amount
    from {{ ref('transaction_quality') }}
),

ledger as (
    select count(*) as row_count from {{ ref('rejected_transactions') }}
),

rejected as (
    select coalesce(sum(row_count), 0) as row_count
    from {{ ref('transaction_quality') }}
    where status = 'rejected'
)

select
    raw_rows.row_count as raw_row_count,
    accounted.row_count as accounted_row_count,
    raw_rows.amount as raw_amount,
    accounted.amount as accounted_amount,
    rejected.row_count as rejected_row_count,
    ledger.row_count as ledger_row_count
from raw_rows
cross join accounted
cross join rejected
cross join ledger
where
    raw_rows.row_count <> accounted.row_count
    or raw_rows.amount <> accounted.amount
    or rejected.row_count <> ledger.row_count
