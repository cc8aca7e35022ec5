{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    post_hook="{{ customer_segmentation.delete_other_dates() }}",
) }}

-- One row per as-of date and customer with a purchase in its window: scores from 1 to 5, 5
-- is best, and the customer's name in the classic grid.
with

as_of_dates as (
    {{ customer_segmentation.select_changed_dates() | indent(4) }}
),

all_features as (
    select * from {{ ref('int_customer_features') }}
    where purchase_status = 'purchases'
),

features as (
    select
        all_features.as_of_date,
        all_features.customer_id,
        all_features.recency_days,
        all_features.frequency,
        all_features.monetary,
        all_features.data_fingerprint
    from all_features
    inner join as_of_dates
        on all_features.as_of_date = as_of_dates.as_of_date
),

percentiles as (
    select
        as_of_date,
        customer_id,
        data_fingerprint,
        -- Few days since the last purchase are good, hence the descending order.
        {{ customer_segmentation.midrank_percentile(
            'recency_days', 'desc', 'as_of_date'
        ) }}
            as recency_percentile,
        {{ customer_segmentation.midrank_percentile(
            'frequency', 'asc', 'as_of_date'
        ) }}
            as frequency_percentile,
        {{ customer_segmentation.midrank_percentile(
            'monetary', 'asc', 'as_of_date'
        ) }}
            as monetary_percentile
    from features
),

scored as (
    select
        as_of_date,
        customer_id,
        data_fingerprint,
        {{ customer_segmentation.score_percentile('recency_percentile') }}
            as recency_score,
        {{ customer_segmentation.score_percentile('frequency_percentile') }}
            as frequency_score,
        {{ customer_segmentation.score_percentile('monetary_percentile') }}
            as monetary_score
    from percentiles
),

-- The grid that most RFM guides print: recency and frequency only, complete, disjoint.
named as (
    select
        as_of_date,
        customer_id,
        case
            when recency_score = 5 and frequency_score >= 4 then 'Champions'
            when recency_score >= 3 and frequency_score >= 4 then 'Loyal customers'
            when recency_score >= 4 and frequency_score >= 2
                then 'Potential loyalists'
            when recency_score = 5 then 'New customers'
            when recency_score = 4 then 'Promising'
            when recency_score = 3 and frequency_score = 3 then 'Need attention'
            when recency_score = 3 then 'About to sleep'
            when frequency_score = 5 then 'Can''t lose them'
            when frequency_score >= 3 then 'At risk'
            else 'Hibernating'
        end as rfm_segment,
        recency_score,
        frequency_score,
        monetary_score,
        data_fingerprint
    from scored
)

select * from named
