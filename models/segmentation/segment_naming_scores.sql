{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and segment: what its training customers are like, as mean
-- scores from 1 to 5 (mid-rank percentiles, 5 is best) and as a recency state.
{%- set scored = {
    'recency': ['recency_days', 'desc'],
    'frequency': ['frequency', 'asc'],
    'monetary': ['monetary', 'asc'],
    'average_order_value': ['average_order_value', 'asc'],
    'discount': ['discount_share', 'asc'],
    'trend': ['spend_trend', 'asc'],
} %}

with

training_rows as (
    select * from {{ ref('segment_training_rows') }}
    where
        feature_value is not null
        and model_version {{ customer_segmentation.is_new_version() }}
),

assignments as (
    select * from {{ ref('segment_training_assignments') }}
),

versions as (
    select * from {{ ref('segment_model_versions') }}
),

percentiles as (
    select
        model_version,
        customer_id,
        feature,
        feature_value,
        {{ customer_segmentation.midrank_percentile(
            'feature_value', 'asc', 'model_version, feature'
        ) }} as percentile
    from training_rows
),

wide as (
    select
        assignments.model_version,
        assignments.segment_id,
        assignments.customer_id,
        {%- for score, feature in scored.items() %}
        max(case
            when percentiles.feature = '{{ feature[0] }}'
                then {{ '1 + 4 * (1 - percentiles.percentile)'
                    if feature[1] == 'desc' else '1 + 4 * percentiles.percentile' }}
        end) as {{ score }}_score,
        {%- endfor %}
        {%- for name in ['recency_days', 'frequency', 'tenure_days', 'mean_gap_days'] %}
        max(case
            when percentiles.feature = '{{ name }}' then percentiles.feature_value
        end) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from assignments
    inner join percentiles
        on assignments.model_version = percentiles.model_version
        and assignments.customer_id = percentiles.customer_id
    group by
        assignments.model_version, assignments.segment_id, assignments.customer_id
),

-- Two purchase days make one gap, which says little: the shop's usual gap stands in.
usual_gaps as (
    select
        versions.model_version,
        versions.history_days,
        coalesce(
            nullif({{ customer_segmentation.percentile('wide.mean_gap_days', 0.5) }}, 0),
            versions.history_days / 4.0
        ) as usual_gap_days
    from wide
    inner join versions
        on wide.model_version = versions.model_version
    group by versions.model_version, versions.history_days
),

overdue as (
    select
        wide.*,
        usual_gaps.history_days,
        case
            when wide.frequency >= 3 and wide.mean_gap_days > 0
                then wide.recency_days / wide.mean_gap_days
            else wide.recency_days / usual_gaps.usual_gap_days
        end as overdue_ratio
    from wide
    inner join usual_gaps
        on wide.model_version = usual_gaps.model_version
),

segments as (
    select
        model_version,
        segment_id,
        max(history_days) as history_days,
        cast(count(*) as integer) as training_customers,
        {%- for score in scored %}
        {{ customer_segmentation.exact_average(score ~ '_score') }} as {{ score }}_score,
        {%- endfor %}
        {{ customer_segmentation.percentile('tenure_days', 0.5) }} as median_tenure_days,
        {{ customer_segmentation.percentile('overdue_ratio', 0.5) }}
            as median_overdue_ratio
    from overdue
    group by model_version, segment_id
),

-- For purchases at random times recency / gap has the median 0.69 and exceeds 3 in 5 % of
-- cases.
states as (
    select
        *,
        case
            when median_overdue_ratio <= 1.5 then 'active'
            when median_overdue_ratio <= 3 then 'cooling'
            else 'lapsed'
        end as recency_state
    from segments
)

select * from states
