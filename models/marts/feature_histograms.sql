-- One row per feature of the model, scale and bin: how clustered customers are spread
-- before the transform and after it. Values beyond the middle 98 % are in the outer bins.
{%- set bins = 20 %}
{%- set features = customer_segmentation.list_model_features()
    | rejectattr('role', 'equalto', 'demographic') | list %}
with

customers as (
    select * from {{ ref('customer_segments') }}
    where segment_kind = 'cluster'
),

feature_values as (
    {%- for feature in features %}
    {%- for scale in ['raw', 'transformed'] %}
    select
        '{{ feature.name }}' as feature,
        '{{ scale }}' as scale,
        '{{ feature.transform }}' as transform,
        {%- if scale == 'raw' %}
        cast({{ feature.expression }} as double) as feature_value
        {%- else %}
        cast({{ customer_segmentation.transform_feature(
            feature.expression, feature.transform, feature.scale
        ) }} as double) as feature_value
        {%- endif %}
    from customers
    where {{ feature.expression }} is not null
    union all
    {%- endfor %}
    {%- endfor %}
    select
        '' as feature,
        '' as scale,
        '' as transform,
        cast(null as double) as feature_value
    where 1 = 0
),

ranges as (
    select
        feature,
        scale,
        {{ customer_segmentation.percentile('feature_value', 0.01) }} as lowest,
        {{ customer_segmentation.percentile('feature_value', 0.99) }} as highest
    from feature_values
    group by feature, scale
),

-- A feature that is the same for everybody has one bin.
widths as (
    select
        *,
        (highest - lowest) / {{ bins }} as width
    from ranges
),

binned as (
    select
        feature_values.feature,
        feature_values.scale,
        feature_values.transform,
        widths.lowest,
        widths.width,
        case
            when widths.width > 0 then cast(least({{ bins - 1 }}, greatest(0, floor(
                (feature_values.feature_value - widths.lowest) / widths.width
            ))) as integer)
            else 0
        end as bin
    from feature_values
    inner join widths
        on feature_values.feature = widths.feature
        and feature_values.scale = widths.scale
),

histograms as (
    select
        feature,
        scale,
        transform,
        bin,
        cast(count(*) as integer) as customers,
        lowest + bin * width as lower_bound,
        lowest + (bin + 1) * width as upper_bound
    from binned
    group by feature, scale, transform, bin, lowest, width
)

select * from histograms
