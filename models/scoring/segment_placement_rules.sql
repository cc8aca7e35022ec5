-- One row per date that customers are placed at, none while no model is in use. The
-- fingerprint is for all of a placement that does not come from the customer's own days.
-- depends_on: {{ ref('int_customer_demographics') }}
{%- set reads_attributes = customer_segmentation.reads_attributes() %}
{%- set rules = customer_segmentation.hash_rules(
    [
        'int_customer_features', 'int_customer_rfm_scores', 'int_customer_model_inputs',
        'segment_placements'
    ],
    [tojson(customer_segmentation.list_model_features())]
) %}

with

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
    where is_today or is_month_start
),

parameters as (
    select * from {{ ref('segment_parameters') }}
),

trend_constants as (
    select * from {{ ref('int_trend_constants') }}
),

-- Monetary scores are in no name of the classic grid.
bounds as (
    select
        as_of_date,
        {{ customer_segmentation.hash_sum('score_bounds') }} as bounds_hash
    from (
        select as_of_date, measure, score, lowest_value
        from {{ ref('int_rfm_score_bounds') }}
        where measure <> 'monetary'
    ) as score_bounds
    group by as_of_date
)

{%- if reads_attributes %},

attributes as (
    select {{ customer_segmentation.hash_sum('demographics') }} as attributes_hash
    from {{ ref('int_customer_demographics') }} as demographics
)

{%- endif %}

select
    as_of_dates.as_of_date,
    parameters.model_version,
    cast(parameters.model_version as string)
    || '/' || as_of_dates.rules_fingerprint
    || '/' || cast(as_of_dates.first_order_date as string)
    || '/' || coalesce(cast(trend_constants.trend_constant as string), '')
    || '/' || coalesce(cast(bounds.bounds_hash as string), '')
    {%- if reads_attributes %}
    || '/' || coalesce(cast(attributes.attributes_hash as string), '')
    {%- endif %}
    || '/{{ rules }}'
        as placement_fingerprint
from as_of_dates
cross join parameters
left join trend_constants
    on as_of_dates.as_of_date = trend_constants.as_of_date
left join bounds
    on as_of_dates.as_of_date = bounds.as_of_date
{%- if reads_attributes %}
cross join attributes
{%- endif %}
