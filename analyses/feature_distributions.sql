-- How is each feature distributed among buyers, and would a logarithm make it even?
{%- set features = [] %}
{%- for name in customer_segmentation.list_feature_columns() %}
    {%- do features.append({'name': name, 'expression': name, 'transform': none}) %}
{%- endfor %}
{%- for feature in customer_segmentation.list_model_features()
    if feature.role != 'demographic' %}
    {%- for known in features if known.name == feature.name %}
        {%- do known.update({'transform': feature.transform}) %}
    {%- else %}
        {%- do features.append(feature) %}
    {%- endfor %}
{%- endfor %}
with

customers as (
    select * from {{ ref('int_customer_features') }}
    where
        as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
        and purchase_status = 'purchases'
),

feature_values as (
    {%- for feature in features %}
    select
        '{{ feature.name }}' as feature,
        '{{ feature.transform or "not in the model" }}' as transform_in_use,
        cast({{ feature.expression }} as double) as feature_value
    from customers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The logarithm is tried on values that have one.
logged as (
    select
        *,
        case when feature_value >= 0 then ln(1 + feature_value) end as log_value
    from feature_values
),

averaged as (
    select
        *,
        avg(feature_value) over (partition by feature) as mean,
        avg(log_value) over (partition by feature) as log_mean
    from logged
),

summed as (
    select
        feature,
        transform_in_use,
        count(*) as customers,
        1 - cast(count(feature_value) as double) / count(*) as null_share,
        avg(case when feature_value = 0 then 1.0 when feature_value is not null then 0 end)
            as zero_share,
        avg(feature_value) as mean,
        min(feature_value) as minimum,
        {{ customer_segmentation.percentile('feature_value', 0.01) }} as percentile_01,
        {{ customer_segmentation.percentile('feature_value', 0.25) }}
            as lower_quartile,
        {{ customer_segmentation.percentile('feature_value', 0.5) }} as median,
        {{ customer_segmentation.percentile('feature_value', 0.75) }}
            as upper_quartile,
        {{ customer_segmentation.percentile('feature_value', 0.99) }} as percentile_99,
        max(feature_value) as maximum,
        sqrt(avg(power(feature_value - mean, 2))) as standard_deviation,
        sqrt(avg(power(log_value - log_mean, 2))) as log_standard_deviation,
        avg(power(feature_value - mean, 3)) as third_moment,
        avg(power(log_value - log_mean, 3)) as log_third_moment
    from averaged
    group by feature, transform_in_use
),

skewed as (
    select
        *,
        third_moment / nullif(power(standard_deviation, 3), 0) as skewness,
        log_third_moment / nullif(power(log_standard_deviation, 3), 0)
            as skewness_after_log
    from summed
),

judged as (
    select
        feature,
        transform_in_use,
        customers,
        null_share,
        zero_share,
        mean,
        standard_deviation,
        minimum,
        percentile_01,
        lower_quartile,
        median,
        upper_quartile,
        percentile_99,
        maximum,
        skewness,
        skewness_after_log,
        coalesce(
            minimum >= 0
            and skewness > 1
            and abs(skewness_after_log) < 0.5 * skewness,
            false
        ) as is_log1p_advisable
    from skewed
)

select * from judged
order by feature asc
