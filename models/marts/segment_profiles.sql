-- One row per segment that has customers: size, money, the typical customer, what to do.
{%- set say_count, say_share, write_count = customer_segmentation.say_count,
    customer_segmentation.say_share, customer_segmentation.write_count %}

with

customers as (
    select * from {{ ref('customer_segments') }}
),

directory as (
    select * from {{ ref('segment_directory') }}
),

name_checks as (
    select * from {{ ref('segment_name_checks') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

totals as (
    select
        count(*) as customers,
        cast(sum(monetary) as double) as net_revenue
    from customers
),

segments as (
    select
        segment_id,
        max(model_version) as model_version,
        cast(count(*) as integer) as customers,
        cast(sum(monetary) as decimal(18, 4)) as net_revenue,
        cast(sum(lifetime_net_revenue) as decimal(18, 4)) as lifetime_net_revenue,
        sum(frequency) as purchase_days,
        {{ customer_segmentation.percentile('recency_days', 0.5) }}
            as median_recency_days,
        {{ customer_segmentation.percentile('frequency', 0.5) }} as median_frequency,
        {{ customer_segmentation.percentile('monetary', 0.5) }} as median_monetary,
        {{ customer_segmentation.percentile('average_order_value', 0.5) }}
            as median_average_order_value,
        {{ customer_segmentation.percentile('tenure_days', 0.5) }}
            as median_tenure_days,
        {{ customer_segmentation.exact_average('recency_score') }}
            as mean_recency_score,
        {{ customer_segmentation.exact_average('frequency_score') }}
            as mean_frequency_score,
        {{ customer_segmentation.exact_average('monetary_score') }}
            as mean_monetary_score,
        {{ customer_segmentation.exact_average('confidence') }} as mean_confidence,
        {{ customer_segmentation.exact_average(
            "case when confidence_band = 'borderline' then 1 "
            ~ "when confidence_band is not null then 0 end"
        ) }} as borderline_share,
        max(as_of_date) as as_of_date
    from customers
    group by segment_id
),

shared as (
    select
        segments.*,
        cast(segments.customers as double) / totals.customers as customer_share,
        cast(segments.net_revenue as double) / nullif(totals.net_revenue, 0)
            as revenue_share,
        cast(segments.net_revenue as double) / segments.customers as mean_monetary,
        cast(segments.net_revenue as double) / nullif(segments.purchase_days, 0)
            as average_order_value
    from segments
    cross join totals
),

profiles as (
    select
        shared.segment_id,
        directory.segment_name,
        directory.segment_kind,
        case
            when directory.evidence is not null
                then {{ say_count('shared.customers', 'customer') }}
                    || ' ' || directory.evidence
            else 'median '
                || {{ say_count('round(shared.median_frequency)', 'purchase day') }}
                || ', last '
                || {{ say_count('round(shared.median_recency_days)', 'day') }}
                || ' ago, '
                || {{ write_count('shared.median_monetary') }}
                || ' spent; '
                || {{ say_share('shared.customer_share') }}
                || ' of customers, '
                || coalesce({{ say_share('shared.revenue_share') }}, '? %')
                || ' of revenue'
        end as evidence,
        directory.name_claim,
        directory.recommended_action,
        shared.model_version,
        shared.customers,
        shared.customer_share,
        shared.net_revenue,
        shared.revenue_share,
        shared.lifetime_net_revenue,
        shared.mean_monetary,
        shared.average_order_value,
        shared.median_recency_days,
        shared.median_frequency,
        shared.median_monetary,
        shared.median_average_order_value,
        shared.median_tenure_days,
        shared.mean_recency_score,
        shared.mean_frequency_score,
        shared.mean_monetary_score,
        shared.mean_confidence,
        shared.borderline_share,
        -- Rule and grid segments hold just the customers that their name says.
        coalesce(name_checks.name_holds_share, 1.0) as name_holds_share,
        as_of_date.window_start_date,
        shared.as_of_date
    from shared
    cross join as_of_date
    left join directory
        on shared.segment_id = directory.segment_id
    left join name_checks
        on shared.segment_id = name_checks.segment_id
)

select * from profiles
