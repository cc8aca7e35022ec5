{{ config(materialized='view') }}

-- One row per as-of date and customer of int_customer_features: the same with scores from 1
-- to 5, 5 is best, and the customer's name in the classic grid; null without a purchase in
-- the window.
{%- set measures = customer_segmentation.list_rfm_measures() %}

with

features as (
    select * from {{ ref('int_customer_features') }}
),

bounds as (
    select
        as_of_date
        {%- for measure in measures %}
        {%- for score in range(2, 6) %},
        max(
            case
                when measure = '{{ measure }}' and score = {{ score }} then lowest_value
            end
        ) as {{ measure }}_{{ score }}
        {%- endfor %}
        {%- endfor %}
    from {{ ref('int_rfm_score_bounds') }}
    group by as_of_date
),

-- Nobody may have a score: then its bound is null, and the next lower one decides.
scored as (
    select
        features.*
        {%- for measure, value in measures.items() %},
        case
            when features.purchase_status <> 'purchases' then cast(null as integer)
            {%- for score in [5, 4, 3, 2] %}
            when {{ value }} >= bounds.{{ measure }}_{{ score }} then {{ score }}
            {%- endfor %}
            else 1
        end as {{ measure }}_score
        {%- endfor %}
    from features
    left join bounds
        on features.as_of_date = bounds.as_of_date
),

-- The grid that most RFM guides print: recency and frequency only, complete, disjoint.
named as (
    select
        *,
        case
            when recency_score is null then null
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
        end as rfm_segment
    from scored
)

select * from named
