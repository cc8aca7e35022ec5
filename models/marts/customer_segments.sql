{{ config(pre_hook="{{ customer_segmentation.extend_contract_with_attributes() }}") }}

-- One row per customer of either input. Who cannot be clustered is in a rule segment.
{%- set bands = customer_segmentation.setting('model.confidence_bands') %}
{%- set attributes = customer_segmentation.list_published_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns()
    if var('segmentation_publish_demographics') else {} %}

with

customers as (
    select * from {{ ref('int_customers') }}
),

-- Not used where nothing of them is published.
demographics as ( -- noqa: ST03
    select * from {{ ref('int_customer_demographics') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

features as (
    select * from {{ ref('int_customer_features') }}
    where as_of_date = (select today.as_of_date from as_of_date as today)
),

rfm_scores as (
    select * from {{ ref('int_customer_rfm_scores') }}
    where as_of_date = (select today.as_of_date from as_of_date as today)
),

placements as (
    select * from {{ ref('segment_placements') }}
    where as_of_date = (select today.as_of_date from as_of_date as today)
),

reasons as (
    select * from {{ ref('segment_reasons') }}
),

directory as (
    select * from {{ ref('segment_directory') }}
),

months as (
    select * from {{ ref('customer_segments_monthly') }}
),

placed as (
    select
        customers.*,
        -- Without a model the classic grid stands in for it.
        coalesce(
            placements.segment_id, rule_segments.segment_id, grid_segments.segment_id
        ) as segment_id
    from customers
    left join features
        on customers.customer_id = features.customer_id
    left join placements
        on customers.customer_id = placements.customer_id
    left join rfm_scores
        on customers.customer_id = rfm_scores.customer_id
    left join directory as rule_segments
        on coalesce(features.purchase_status, 'no transactions')
            = rule_segments.purchase_status
        and rule_segments.segment_kind = 'rule'
    left join directory as grid_segments
        on 'RFM: ' || rfm_scores.rfm_segment = grid_segments.given_segment_name
        and grid_segments.segment_kind = 'rfm_grid'
),

-- The newest month start at which the customer was in another segment: the month in which
-- the present one began, whatever day of it or of a later month is the as-of date.
changes as (
    select
        placed.customer_id,
        max_by(months.segment_name, months.as_of_date) as previous_segment_name,
        max(months.as_of_date) as segment_changed_on
    from placed
    inner join months
        on placed.customer_id = months.customer_id
        and placed.segment_id <> months.segment_id
    group by placed.customer_id
),

joined as (
    select
        placed.customer_id,
        cast(placed.segment_id as integer) as segment_id,
        directory.segment_name,
        directory.segment_kind,
        second_directory.segment_name as second_segment_name,
        reasons.first_reason,
        reasons.second_reason,
        reasons.third_reason,
        changes.previous_segment_name,
        case
            when placements.confidence < {{ bands[0] }} then 'borderline'
            when placements.confidence < {{ bands[1] }} then 'medium'
            when placements.confidence is not null then 'clear'
        end as confidence_band,
        rfm_scores.rfm_segment,
        reasons.model_version,
        placements.distance,
        placements.confidence,
        features.recency_days,
        coalesce(features.frequency, 0) as frequency,
        coalesce(features.order_count, 0) as order_count,
        features.units,
        cast(coalesce(features.monetary, 0) as decimal(18, 4)) as monetary,
        features.average_order_value,
        features.tenure_days,
        features.mean_gap_days,
        features.discount_share,
        features.return_rate,
        features.spend_trend,
        features.category_count,
        cast(coalesce(features.lifetime_net_revenue, 0) as decimal(18, 4))
            as lifetime_net_revenue,
        rfm_scores.recency_score,
        rfm_scores.frequency_score,
        rfm_scores.monetary_score,
        coalesce(placements.is_outlier, false) as is_outlier,
        placed.is_in_customer_table,
        as_of_date.as_of_date,
        features.first_purchase_date,
        features.last_purchase_date,
        changes.segment_changed_on
        {%- for attribute in attributes %},
        {%- if attribute.is_number %}
        demographics.{{ attribute.column }}
        {%- else %}
        coalesce(demographics.{{ attribute.column }}, 'unknown') as {{ attribute.column }}
        {%- endif %}
        {%- endfor %}
        {%- for column in extra_columns %},
        demographics.{{ column }}
        {%- endfor %}
    from placed
    left join directory
        on placed.segment_id = directory.segment_id
    left join features
        on placed.customer_id = features.customer_id
    left join rfm_scores
        on placed.customer_id = rfm_scores.customer_id
    left join placements
        on placed.customer_id = placements.customer_id
    left join reasons
        on placed.customer_id = reasons.customer_id
    {%- if attributes or extra_columns %}
    left join demographics
        on placed.customer_id = demographics.customer_id
    {%- endif %}
    left join changes
        on placed.customer_id = changes.customer_id
    left join directory as second_directory
        on placements.second_segment_id = second_directory.segment_id
    cross join as_of_date
)

select * from joined
