-- One row per segment of clustered customers and feature: how the segment differs.
-- Compiled it is long: a block per feature.
{%- set columns = customer_segmentation.list_feature_columns() %}
{%- set model_features = {} %}
{%- for feature in customer_segmentation.list_model_features() %}
    {%- do model_features.update({feature.name: feature}) %}
{%- endfor %}
{%- set own_features = model_features.values()
    | selectattr('role', 'ne', 'demographic')
    | rejectattr('name', 'in', columns) | list %}

with

customers as (
    select * from {{ ref('customer_segments') }}
    where segment_kind = 'cluster'
),

{%- for name in columns + own_features | map(attribute='name') | list %}
{%- set feature = model_features.get(
    name, {'name': name, 'transform': 'log1p', 'scale': 1, 'role': 'profile',
           'expression': name}
) %}
{%- set transform = 'none' if name in ['return_rate', 'spend_trend', 'discount_share']
    else feature.transform %}

values_of_{{ name }} as (
    select
        segment_id,
        segment_name,
        '{{ name }}' as feature,
        '{{ feature.role }}' as feature_role,
        cast({{ feature.expression }} as double) as feature_value,
        {{ customer_segmentation.transform_feature(
            feature.expression, transform, feature.scale
        ) }} as transformed_value
    from customers
    where {{ feature.expression }} is not null
),
{%- endfor %}

feature_values as (
    {%- for name in columns + own_features | map(attribute='name') | list %}
    select * from values_of_{{ name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

segments as (
    select
        segment_id,
        segment_name,
        feature,
        feature_role,
        cast(count(*) as integer) as known_customers,
        {{ customer_segmentation.exact_average('feature_value') }} as mean,
        cast(sum(transformed_value) as double) / count(*) as transformed_mean,
        sum(cast(feature_value as decimal(28, 6))) as value_sum,
        sum(transformed_value) as transformed_sum,
        sum(cast(
            cast(transformed_value as double) * cast(transformed_value as double)
            as decimal(38, 9)
        )) as square_sum,
        {{ customer_segmentation.percentile('feature_value', 0.05) }} as percentile_05,
        {{ customer_segmentation.percentile('feature_value', 0.25) }}
            as lower_quartile,
        {{ customer_segmentation.percentile('feature_value', 0.5) }} as median,
        {{ customer_segmentation.percentile('feature_value', 0.75) }}
            as upper_quartile,
        {{ customer_segmentation.percentile('feature_value', 0.95) }} as percentile_95
    from feature_values
    group by segment_id, segment_name, feature, feature_role
),

-- Decimals all along: the sums of sums are those over all customers.
everyone as (
    select
        feature,
        cast(sum(value_sum) as double) / sum(known_customers) as mean,
        cast(sum(transformed_sum) as double) / sum(known_customers) as transformed_mean,
        sqrt(greatest(
            cast(sum(square_sum) as double) / sum(known_customers)
            - pow(cast(sum(transformed_sum) as double) / sum(known_customers), 2),
            0
        )) as transformed_deviation
    from segments
    group by feature
),

profiles as (
    select
        segments.segment_id,
        segments.segment_name,
        segments.feature,
        segments.feature_role,
        segments.known_customers,
        segments.mean,
        segments.percentile_05,
        segments.lower_quartile,
        segments.median,
        segments.upper_quartile,
        segments.percentile_95,
        -- A ratio says nothing about a feature that can be negative.
        case
            when everyone.mean > 0 and segments.feature <> 'spend_trend'
                then 100 * segments.mean / everyone.mean
        end as index_to_all,
        case
            when everyone.transformed_deviation > 0.00001
                then (segments.transformed_mean - everyone.transformed_mean)
                    / everyone.transformed_deviation
            else 0.0
        end as standardised_mean
    from segments
    inner join everyone
        on segments.feature = everyone.feature
)

select * from profiles
