-- One row for the accepted rows and one per reason to reject a row, met or not.
with

transactions as (
    select * from {{ ref('stg_transactions') }}
),

reasons as (
    select
        'accepted' as status,
        'accepted' as reason,
        0 as reason_order
    {%- for reason in customer_segmentation.list_rejection_reasons() %}
    union all
    select
        'rejected' as status,
        '{{ reason }}' as reason,
        {{ loop.index }} as reason_order
    {%- endfor %}
),

counted as (
    select
        coalesce(rejection_reason, 'accepted') as reason,
        count(*) as row_count,
        count(distinct customer_id) as customer_count,
        sum(amount) as amount,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from transactions
    group by coalesce(rejection_reason, 'accepted')
),

totals as (
    select count(*) as row_count from transactions
),

quality as (
    select
        reasons.status,
        reasons.reason,
        cast(reasons.reason_order as integer) as reason_order,
        cast(coalesce(counted.row_count, 0) as bigint) as row_count,
        cast(coalesce(counted.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(counted.amount, 0) as decimal(38, 4)) as amount,
        coalesce(cast(counted.row_count as double) / totals.row_count, 0) as row_share,
        counted.first_order_date,
        counted.last_order_date
    from reasons
    left join counted
        on reasons.reason = counted.reason
    cross join totals
)

select * from quality
