-- One row per customer with a purchase in the window: which claims behind the names of
-- segments hold for the customer today, whatever segment the customer is in.
with

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

features as (
    select * from {{ ref('int_customer_rfm_scores') }}
    where
        as_of_date = (select today.as_of_date from as_of_date as today)
        and purchase_status = 'purchases'
),

-- Without a second purchase anywhere, a quarter of the history is the usual gap.
shop as (
    select
        as_of_date.history_days,
        coalesce(
            nullif(
                {{ customer_segmentation.percentile('features.mean_gap_days', 0.5) }}, 0
            ),
            as_of_date.history_days / 4.0
        ) as usual_gap_days,
        {{ customer_segmentation.percentile('features.average_order_value', 0.5) }}
            as median_average_order_value
    from features
    cross join as_of_date
    group by as_of_date.history_days
),

facts as (
    select
        features.*,
        shop.history_days,
        case when features.recency_score = 5 then 1 else 0 end
        + case when features.frequency_score = 5 then 1 else 0 end
        + case when features.monetary_score = 5 then 1 else 0 end as best_fifths,
        features.frequency = 1 and features.tenure_days = features.recency_days
            as is_one_time,
        features.tenure_days < least(90, shop.history_days / 4.0) as is_new,
        -- Two purchase days make one gap, which says little: the usual one stands in.
        features.recency_days / case
            when features.frequency >= 3 and features.mean_gap_days > 0
                then features.mean_gap_days
            else shop.usual_gap_days
        end as overdue_ratio,
        features.average_order_value / nullif(shop.median_average_order_value, 0)
            as basket_index
    from features
    cross join shop
)

select
    customer_id,
    recency_days,
    frequency,
    cast(monetary as double) as monetary,
    average_order_value,
    tenure_days,
    overdue_ratio,
    {%- for claim in customer_segmentation.list_name_claims() %}
    coalesce({{ claim.predicate }}, false) as is_{{ claim.key }}{{ ',' if not loop.last }}
    {%- endfor %}
from facts
