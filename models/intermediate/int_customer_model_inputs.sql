{{ config(materialized='view') }}

-- One row per as-of date and customer with a purchase in its window: what the model sees,
-- on the scale that is standardised. Categories are encoded here; unknown stays null.
{%- set model_features = customer_segmentation.list_model_features() %}
{%- set reads_attributes = customer_segmentation.reads_attributes() %}

with

features as (
    select * from {{ ref('int_customer_features') }}
    where purchase_status = 'purchases'
),

-- These two are read only where a feature may name their columns.
customers as ( -- noqa: ST03
    select * from {{ ref('int_customers') }}
),

demographics as ( -- noqa: ST03
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
    {%- if reads_attributes %}
    left join customers
        on features.customer_id = customers.customer_id
    left join demographics
        on features.customer_id = demographics.customer_id
    {%- endif %}
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
