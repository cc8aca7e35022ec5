{# What the model sees before it is standardised, categories encoded: one row per as-of
   date and customer with a purchase in the window, out of a relation of features. #}
{% macro select_model_inputs(features) %}
{%- set model_features = customer_segmentation.list_model_features() %}
with

features as (
    select * from {{ features }}
    where purchase_status = 'purchases'
),

demographics as (
    select * from {{ ref('int_customer_demographics') }}
),

valued as (
    select
        features.as_of_date,
        features.customer_id,
        {%- for feature in model_features %}
        {{ feature.expression }} as {{ feature.name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from features
    left join demographics
        on features.customer_id = demographics.customer_id
),

transformed as (
    select
        as_of_date,
        customer_id,
        {%- for feature in model_features %}
        {{ customer_segmentation.transform_feature(
            feature.name, feature.transform, feature.scale
        ) }} as {{ feature.name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from valued
)

select * from transformed
{% endmacro %}
