-- One row per customer with a purchase in the window: scores from 1 to 5, 5 is best.
with

features as (
    select * from {{ ref('int_customer_features') }}
    where purchase_status = 'purchases'
),

percentiles as (
    select
        customer_id,
        -- Few days since the last purchase are good, hence the descending order.
        {{ customer_segmentation.midrank_percentile('recency_days', 'desc') }}
            as recency_percentile,
        {{ customer_segmentation.midrank_percentile('frequency') }}
            as frequency_percentile,
        {{ customer_segmentation.midrank_percentile('monetary') }}
            as monetary_percentile
    from features
),

scored as (
    select
        customer_id,
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
        monetary_score
    from scored
)

select * from named
