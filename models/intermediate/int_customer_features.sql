{{ config(
    materialized='incremental',
    incremental_strategy=customer_segmentation.replacing_strategy(),
    partition_by=customer_segmentation.replaced_partition('as_of_date'),
    unique_key='as_of_date',
    post_hook="{{ customer_segmentation.delete_other_dates() }}",
) }}

-- One row per as-of date and customer with an accepted transaction before it: what the
-- customer did in the window before the date. Today and past dates are worked out alike;
-- a date is worked out again when its data changed.
with

as_of_dates as (
    {{ customer_segmentation.select_changed_dates() | indent(4) }}
),

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

category_days as (
    select
        *,
        lead(order_date) over (
            partition by customer_id, category
            order by order_date asc
        ) as next_date
    from {{ ref('int_customer_category_days') }}
),

-- Everything a customer did before the date; the window decides which sums it enters.
days_seen as (
    select
        as_of_dates.as_of_date,
        as_of_dates.window_start_date,
        customer_days.*,
        customer_days.order_date >= as_of_dates.window_start_date as is_in_window,
        customer_days.order_count > 0
            and customer_days.order_date >= as_of_dates.window_start_date
            as is_purchase_in_window
    from customer_days
    inner join as_of_dates
        on customer_days.order_date < as_of_dates.as_of_date
),

summed as (
    select
        as_of_date,
        customer_id,
        min(case when order_count > 0 then order_date end) as first_purchase_date,
        max(case when order_count > 0 then order_date end) as last_purchase_date,
        min(case when is_purchase_in_window then order_date end)
            as first_purchase_in_window_date,
        count(case when is_purchase_in_window then 1 end) as frequency,
        coalesce(sum(case when is_in_window then order_count end), 0) as order_count,
        sum(case when is_in_window then units end) as units,
        coalesce(sum(case when is_in_window then net_revenue end), 0) as monetary,
        coalesce(sum(net_revenue), 0) as lifetime_net_revenue,
        coalesce(sum(return_amount), 0) as lifetime_return_amount,
        coalesce(sum(case when is_in_window then gross_revenue end), 0)
            as gross_revenue,
        coalesce(sum(case when is_in_window then return_amount end), 0)
            as return_amount,
        sum(case when is_in_window then discount_amount end) as discount_amount,
        coalesce(sum(
            case
                when order_date >= {{ customer_segmentation.add_days('as_of_date', -90) }}
                    then net_revenue
            end
        ), 0) as last_90_days_revenue,
        coalesce(sum(
            case
                when order_date >= {{ customer_segmentation.add_days('as_of_date', -180) }}
                    and order_date < {{ customer_segmentation.add_days('as_of_date', -90) }}
                    then net_revenue
            end
        ), 0) as previous_90_days_revenue
    from days_seen
    group by as_of_date, customer_id
),

-- Keeps the ratio of two spends finite and quiet for small spenders.
trend_constants as (
    select
        as_of_date,
        greatest(0.1 * {{ customer_segmentation.percentile('monetary', 0.5) }}, 0.01)
            as trend_constant
    from summed
    where frequency > 0
    group by as_of_date
),

-- A category counts by the last of its days before the date.
categories as (
    select
        as_of_dates.as_of_date,
        category_days.customer_id,
        count(*) as category_count
    from category_days
    inner join as_of_dates
        on category_days.order_date < as_of_dates.as_of_date
        and category_days.order_date >= as_of_dates.window_start_date
        and coalesce(category_days.next_date, as_of_dates.as_of_date)
            >= as_of_dates.as_of_date
    group by as_of_dates.as_of_date, category_days.customer_id
),

features as (
    select
        summed.as_of_date,
        summed.customer_id,
        case
            when summed.frequency > 0 then 'purchases'
            when summed.first_purchase_date is not null then 'outside the window'
            when summed.lifetime_return_amount > 0 then 'returns only'
            else 'nothing paid'
        end as purchase_status,
        case
            when summed.frequency > 0
                then cast({{ dbt.datediff(
                    'summed.last_purchase_date', 'summed.as_of_date', 'day'
                ) }} - 1 as integer)
        end as recency_days,
        cast(summed.frequency as integer) as frequency,
        cast(summed.order_count as integer) as order_count,
        cast(summed.units as double) as units,
        cast(summed.monetary as decimal(18, 4)) as monetary,
        cast(summed.monetary as double) / nullif(summed.frequency, 0)
            as average_order_value,
        cast(
            {{ dbt.datediff('summed.first_purchase_date', 'summed.as_of_date', 'day') }}
            - 1 as integer
        ) as tenure_days,
        case
            when summed.frequency > 1
                then cast(
                    {{ dbt.datediff(
                        'summed.first_purchase_in_window_date',
                        'summed.last_purchase_date',
                        'day'
                    ) }} as double
                ) / (summed.frequency - 1)
        end as mean_gap_days,
        case
            when summed.discount_amount + summed.monetary > 0
                then least(greatest(
                    cast(summed.discount_amount as double)
                    / cast(summed.discount_amount + summed.monetary as double), 0
                ), 1)
            when summed.discount_amount is not null then 0.0
        end as discount_share,
        case
            when summed.gross_revenue > 0
                then cast(summed.return_amount as double)
                    / cast(summed.gross_revenue as double)
        end as return_rate,
        case
            -- Two stretches of 90 days are compared; a younger shop has only one.
            when as_of_dates.first_order_date
                <= {{ customer_segmentation.add_days('as_of_dates.as_of_date', -180) }}
                then ln(
                    (
                        greatest(cast(summed.last_90_days_revenue as double), 0)
                        + trend_constants.trend_constant
                    ) / (
                        greatest(cast(summed.previous_90_days_revenue as double), 0)
                        + trend_constants.trend_constant
                    )
                )
        end as spend_trend,
        cast(categories.category_count as integer) as category_count,
        cast(summed.lifetime_net_revenue as decimal(18, 4)) as lifetime_net_revenue,
        summed.first_purchase_date,
        summed.last_purchase_date,
        as_of_dates.data_fingerprint
    from summed
    inner join as_of_dates
        on summed.as_of_date = as_of_dates.as_of_date
    left join trend_constants
        on summed.as_of_date = trend_constants.as_of_date
    left join categories
        on summed.as_of_date = categories.as_of_date
        and summed.customer_id = categories.customer_id
)

select * from features
