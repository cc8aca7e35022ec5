-- Which features say the same about a buyer?
{%- set features = customer_segmentation.list_feature_columns() %}
with

customers as (
    select * from {{ ref('int_customer_features') }}
    where
        as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
        and purchase_status = 'purchases'
),

feature_values as (
    {%- for name in features %}
    select
        customer_id,
        '{{ name }}' as feature,
        cast({{ name }} as double) as feature_value
    from customers
    where {{ name }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Each pair once, over the customers for whom both are known.
pairs as (
    select
        one.feature,
        other.feature as other_feature,
        one.feature_value,
        other.feature_value as other_value
    from feature_values as one
    inner join feature_values as other
        on one.customer_id = other.customer_id
        and one.feature < other.feature
),

-- Spearman's coefficient is Pearson's between ranks; equal values share the middle one.
ranked as (
    select
        *,
        {{ customer_segmentation.midrank_percentile(
            'feature_value', 'feature, other_feature'
        ) }} as feature_rank,
        {{ customer_segmentation.midrank_percentile(
            'other_value', 'feature, other_feature'
        ) }} as other_rank
    from pairs
),

-- A feature that is the same for everybody goes with nothing.
correlated as (
    select
        feature,
        other_feature,
        count(*) as customers,
        case
            when min(feature_value) < max(feature_value)
                and min(other_value) < max(other_value)
                then corr(feature_value, other_value)
        end as pearson,
        case
            when min(feature_value) < max(feature_value)
                and min(other_value) < max(other_value)
                then corr(feature_rank, other_rank)
        end as spearman
    from ranked
    group by feature, other_feature
),

judged as (
    select
        *,
        case
            when abs(spearman) >= 0.9 then 'nearly the same'
            when abs(spearman) >= 0.7 then 'strong'
            when abs(spearman) >= 0.4 then 'clear'
            when abs(spearman) >= 0.2 then 'weak'
            when spearman is not null then 'none to speak of'
        end as reading
    from correlated
)

select * from judged
order by abs(coalesce(spearman, 0)) desc, feature asc, other_feature asc
