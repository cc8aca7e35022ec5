-- One row per customer with a purchase in the window: what the model sees, on the scale
-- that is standardised. Categories are encoded here; unknown stays null.
{%- set features = customer_segmentation.list_model_features() %}

with

features as (
    select * from {{ ref('int_customer_features') }}
    where purchase_status = 'purchases'
),

demographics as (
    select * from {{ ref('int_customer_demographics') }}
),

valued as (
    select
        features.customer_id,
        {%- for feature in features %}
        {{ feature.expression }} as {{ feature.name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from features
    left join demographics
        on features.customer_id = demographics.customer_id
),

transformed as (
    select
        customer_id,
        {%- for feature in features %}
        {{ customer_segmentation.transform_feature(
            feature.name, feature.transform, feature.scale
        ) }} as {{ feature.name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from valued
)

select * from transformed
