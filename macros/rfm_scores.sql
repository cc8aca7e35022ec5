{# Scores from 1 to 5, 5 is best, and the name in the classic grid: one row per as-of date
   and customer with a purchase in the window, out of a relation of features. #}
{% macro select_rfm_scores(features) %}
with

features as (
    select * from {{ features }}
    where purchase_status = 'purchases'
),

percentiles as (
    select
        as_of_date,
        customer_id,
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
        monetary_score
    from scored
)

select * from named
{% endmacro %}
