{{ config(severity=customer_segmentation.setting('tests.rejected_rows.severity')) }}

-- From a small share of rows or of money on, what is rejected deserves a look.
with

transactions as (
    select * from {{ ref('stg_transactions') }}
),

totals as (
    select
        count(*) as row_count,
        count(rejection_reason) as rejected_rows,
        cast(coalesce(sum(abs(amount)), 0) as double) as money,
        cast(
            coalesce(
                sum(case when rejection_reason is not null then abs(amount) end), 0
            ) as double
        ) as rejected_money
    from transactions
),

reasons as (
    select
        rejection_reason,
        count(*) as row_count,
        coalesce(sum(abs(amount)), 0) as money
    from transactions
    where rejection_reason is not null
    group by rejection_reason
),

largest as (
    select
        reasons.rejection_reason,
        reasons.row_count,
        reasons.money,
        totals.rejected_rows,
        totals.rejected_rows / cast(totals.row_count as double) as row_share,
        totals.rejected_money,
        coalesce(totals.rejected_money / nullif(totals.money, 0), 0) as money_share,
        row_number() over (
            order by
                greatest(
                    reasons.row_count / cast(totals.row_count as double),
                    coalesce(reasons.money / nullif(totals.money, 0), 0)
                ) desc,
                reasons.rejection_reason asc
        ) as place
    from reasons
    cross join totals
),

findings as (
    select
        rejection_reason as largest_reason,
        row_count,
        money,
        row_share,
        money_share,
        cast(rejected_rows as string)
        || ' rows ('
        || cast(cast(100 * row_share as decimal(4, 1)) as string)
        || ' %) and '
        || cast(cast(100 * money_share as decimal(4, 1)) as string)
        || ' % of the money are rejected. The largest reason is '
        || rejection_reason
        || ': '
        || cast(row_count as string)
        || ' rows, money '
        || cast(cast(money as decimal(38, 2)) as string)
        || '. See rejected_transactions; segmentation_tests.rejected_rows.from_share'
        || ' is the share from which this warns.' as finding
    from largest
    where
        place = 1
        and greatest(row_share, money_share)
            >= {{ customer_segmentation.setting('tests.rejected_rows.from_share') }}
)

select * from findings
