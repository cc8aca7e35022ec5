{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    on_schema_change='fail',
    post_hook="{{ customer_segmentation.drop_old_months() }}",
) }}

-- One row per month start and customer with an accepted transaction before it, scored
-- with the model in use. A new month adds its rows; months whose data changed (a late row,
-- a correction, a deleted customer) and all months of a new model version are scored again.
-- With hysteresis a month builds on the one before it, so the later ones follow.
{%- set hysteresis = var('segmentation_hysteresis') %}
with {{ 'recursive' if hysteresis > 0 }}

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

{%- if is_incremental() %}

kept_months as (
    select distinct
        as_of_date,
        model_version,
        data_fingerprint
    from {{ this }}
),

{%- endif %}

day_totals as (
    select
        order_date,
        sum(line_count) as line_count,
        sum(order_count) as order_count,
        sum(net_revenue) as net_revenue,
        count(*) as customer_count
    from {{ ref('int_customer_days') }}
    group by order_date
),

-- What a month start saw of the data, in a few sums that a changed row changes.
fingerprints as (
    select
        month_starts.as_of_date,
        month_starts.window_start_date,
        month_starts.first_order_date,
        cast(month_starts.window_start_date as string) || '/'
        || cast(sum(day_totals.line_count) as string) || '/'
        || cast(sum(day_totals.order_count) as string) || '/'
        || cast(sum(day_totals.net_revenue) as string) || '/'
        || cast(sum(day_totals.customer_count) as string)
        {%- if hysteresis > 0 %} || '/{{ hysteresis }}'{% endif %} as data_fingerprint
    from {{ ref('int_month_starts') }} as month_starts
    inner join day_totals
        on month_starts.as_of_date > day_totals.order_date
    group by
        month_starts.as_of_date,
        month_starts.window_start_date,
        month_starts.first_order_date
),

changed_months as (
    select fingerprints.*
    from fingerprints
    cross join parameters
    {%- if is_incremental() %}
    left join kept_months
        on fingerprints.as_of_date = kept_months.as_of_date
        and fingerprints.data_fingerprint = kept_months.data_fingerprint
        and parameters.model_version = kept_months.model_version
    where kept_months.as_of_date is null
    {%- endif %}
),

months_to_score as (
    {%- if hysteresis > 0 %}
    select * from fingerprints
    where as_of_date >= (select min(as_of_date) from changed_months)
    {%- else %}
    select * from changed_months
    {%- endif %}
),

monthly_features as (
    {{ customer_segmentation.select_customer_features('months_to_score') | indent(4) }}
),

monthly_inputs as (
    {{ customer_segmentation.select_model_inputs('monthly_features') | indent(4) }}
),

monthly_scores as (
    {{ customer_segmentation.select_customer_scores(
        'monthly_inputs', ['as_of_date'], with_near_segments=hysteresis > 0
    ) | indent(4) }}
),

{%- if hysteresis > 0 %}

month_order as (
    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as previous_as_of_date
    from {{ ref('int_month_starts') }}
),

-- Where a customer was a month before, as far as earlier builds know it.
segments_before as (
    {%- if is_incremental() %}
    select
        month_order.as_of_date,
        kept.customer_id,
        kept.segment_id
    from {{ this }} as kept
    inner join parameters
        on kept.model_version = parameters.model_version
    inner join month_order
        on kept.as_of_date = month_order.previous_as_of_date
    where kept.as_of_date < (select min(as_of_date) from months_to_score)
    {%- else %}
    select
        as_of_date,
        customer_id,
        segment_id
    from monthly_scores
    where 1 = 0
    {%- endif %}
),

scores_in_order as (
    select
        monthly_scores.*,
        month_order.previous_as_of_date
    from monthly_scores
    inner join month_order
        on monthly_scores.as_of_date = month_order.as_of_date
),

{%- set held_columns %}
        scores.as_of_date,
        scores.customer_id,
        case
            when {{ dbt.position(
                "'/' || cast(before.segment_id as string) || '/'",
                'scores.near_segment_ids'
            ) }} > 0
                then before.segment_id
            else scores.segment_id
        end as segment_id,
        scores.nearest_segment_id,
        scores.confidence
{%- endset %}

-- One month after the other: stay where one was while that is near enough. A customer's
-- first month, and the first after one without a segment, goes to the nearest.
held_scores as (
    select {{ held_columns }}
    from scores_in_order as scores
    left join scores_in_order as scores_before
        on scores.customer_id = scores_before.customer_id
        and scores.previous_as_of_date = scores_before.as_of_date
    left join segments_before as before
        on scores.customer_id = before.customer_id
        and scores.as_of_date = before.as_of_date
    where scores_before.customer_id is null
    union all
    select {{ held_columns }}
    from held_scores as before
    inner join scores_in_order as scores
        on before.customer_id = scores.customer_id
        and before.as_of_date = scores.previous_as_of_date
),

{%- endif %}

monthly_rfm_scores as (
    {{ customer_segmentation.select_rfm_scores('monthly_features') | indent(4) }}
),

placed as (
    select
        monthly_features.as_of_date,
        monthly_features.customer_id,
        parameters.model_version,
        cast(case
            when monthly_scores.segment_id is not null then monthly_scores.segment_id
            when monthly_features.purchase_status = 'returns only' then -2
            when monthly_features.purchase_status = 'nothing paid' then -4
            else -3
        end as integer) as segment_id,
        monthly_rfm_scores.rfm_segment,
        -- Without confidence where hysteresis keeps one from a nearer centroid.
        case
            when monthly_scores.segment_id = monthly_scores.nearest_segment_id
                then monthly_scores.confidence
            when monthly_scores.segment_id is not null then 0.0
        end as confidence,
        monthly_features.recency_days,
        monthly_features.frequency,
        monthly_features.monetary,
        months_to_score.data_fingerprint
    from monthly_features
    cross join parameters
    inner join months_to_score
        on monthly_features.as_of_date = months_to_score.as_of_date
    left join {{ 'held_scores' if hysteresis > 0 else 'monthly_scores' }} as monthly_scores
        on monthly_features.as_of_date = monthly_scores.as_of_date
        and monthly_features.customer_id = monthly_scores.customer_id
    left join monthly_rfm_scores
        on monthly_features.as_of_date = monthly_rfm_scores.as_of_date
        and monthly_features.customer_id = monthly_rfm_scores.customer_id
)

select * from placed
