-- Arithmetic that holds for every buyer: monetary = frequency x average order value, the
-- last purchase is recency_days before the eve of the as-of date, tenure >= recency.
select
    customer_id,
    frequency,
    monetary,
    average_order_value,
    recency_days,
    tenure_days
from {{ ref('customer_segments') }}
where
    frequency > 0
    and (
        abs(frequency * average_order_value - cast(monetary as double))
            > 0.000001 * greatest(1, abs(cast(monetary as double)))
        or {{ customer_segmentation.add_days('last_purchase_date', 'recency_days + 1') }}
        <> as_of_date
        or recency_days > tenure_days
        or frequency > order_count
        or recency_days < 0
        {%- if var('segmentation_lookback_days') is not none %}
        or recency_days >= {{ var('segmentation_lookback_days') }}
        or frequency > {{ var('segmentation_lookback_days') }}
        {%- endif %}
    )
