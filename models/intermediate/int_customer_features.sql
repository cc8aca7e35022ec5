{{ config(materialized='view') }}

-- One row per as-of date and customer with an accepted transaction before it: what the
-- customer did in the window before the date. Today and past dates are worked out alike.
with

sums as (
    select
        *,
        cast(gross_revenue - return_amount as decimal(18, 4)) as monetary
    from {{ ref('int_customer_sums') }}
),

dates as (
    select
        as_of_dates.as_of_date,
        as_of_dates.first_order_date,
        trend_constants.trend_constant
    from {{ ref('int_as_of_dates') }} as as_of_dates
    left join {{ ref('int_trend_constants') }} as trend_constants
        on as_of_dates.as_of_date = trend_constants.as_of_date
),

features as (
    select
        sums.as_of_date,
        sums.customer_id,
        case
            when sums.frequency > 0 then 'purchases'
            when sums.first_purchase_date is not null then 'outside the window'
            when sums.lifetime_return_amount > 0 then 'returns only'
            else 'nothing paid'
        end as purchase_status,
        case
            when sums.frequency > 0
                then cast({{ dbt.datediff(
                    'sums.last_purchase_date', 'sums.as_of_date', 'day'
                ) }} - 1 as integer)
        end as recency_days,
        sums.frequency,
        sums.order_count,
        cast(sums.units as double) as units,
        sums.monetary,
        cast(sums.monetary as double) / nullif(sums.frequency, 0)
            as average_order_value,
        cast(
            {{ dbt.datediff('sums.first_purchase_date', 'sums.as_of_date', 'day') }}
            - 1 as integer
        ) as tenure_days,
        case
            when sums.frequency > 1
                then cast(
                    {{ dbt.datediff(
                        'sums.first_purchase_in_window_date',
                        'sums.last_purchase_date',
                        'day'
                    ) }} as double
                ) / (sums.frequency - 1)
        end as mean_gap_days,
        case
            when sums.discount_amount + sums.monetary > 0
                then least(greatest(
                    cast(sums.discount_amount as double)
                    / cast(sums.discount_amount + sums.monetary as double), 0
                ), 1)
            when sums.discount_amount is not null then 0.0
        end as discount_share,
        case
            when sums.gross_revenue > 0
                then cast(sums.return_amount as double)
                    / cast(sums.gross_revenue as double)
        end as return_rate,
        case
            -- Two stretches of 90 days are compared; a younger shop has only one.
            when dates.first_order_date
                <= {{ customer_segmentation.add_days('dates.as_of_date', -180) }}
                then ln(
                    (
                        greatest(cast(sums.last_90_days_revenue as double), 0)
                        + dates.trend_constant
                    ) / (
                        greatest(cast(sums.previous_90_days_revenue as double), 0)
                        + dates.trend_constant
                    )
                )
        end as spend_trend,
        sums.category_count,
        sums.lifetime_net_revenue,
        sums.days_hash,
        sums.first_purchase_date,
        sums.last_purchase_date
    from sums
    inner join dates
        on sums.as_of_date = dates.as_of_date
)

select * from features
