{{ config(
    materialized='incremental',
    full_refresh=false,
    post_hook=[
        "{{ customer_segmentation.adopt_new_settings() }}",
        "{{ customer_segmentation.adopt_kept_pace() }}",
    ],
) }}

-- One row per model version: when it was asked for, and why, and how many rows a day and
-- how much money a purchase day brought in its window. A build adds one when there
-- is no model, when a modelling var changed, when most training customers are not in the
-- input, or when a refit is asked for.
{%- set settings = tojson(
    customer_segmentation.list_model_settings(), sort_keys=true
) %}
{%- set kept_assignments = customer_segmentation.find_kept_table(
    'segment_training_assignments'
) %}
{%- set is_asked_for = var('segmentation_refit') or flags.FULL_REFRESH %}
{%- set features = customer_segmentation.list_model_features() | map(attribute='name') %}

with

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

-- Not used while there is no model to compare with.
known_customers as ( -- noqa: ST03
    select * from {{ ref('int_known_customers') }}
),

{%- if is_incremental() %}

kept_settings as (
    {{ customer_segmentation.select_kept_settings() | indent(4) }}
),

latest as (
    select
        model_version,
        {{ customer_segmentation.differs_from_settings() | indent(8) }} as is_changed
    from kept_settings
),

{%- else %}

latest as (
    select
        cast(null as integer) as model_version,
        false as is_changed
    where 1 = 0
),

{%- endif %}

{%- if kept_assignments and customer_segmentation.sees_all_rows() %}

assignments as (
    select * from {{ kept_assignments }}
),

known_shares as (
    {{ customer_segmentation.select_known_shares() | indent(4) }}
),

{%- else %}

known_shares as (
    select
        cast(null as integer) as model_version,
        cast(null as double) as known_share
    where 1 = 0
),

{%- endif %}

reasons as (
    select
        as_of_date.*,
        cast(coalesce(latest.model_version, 0) + 1 as integer) as model_version,
        case
            when latest.model_version is null then 'no model yet'
            when latest.is_changed then 'modelling vars changed'
            when known_shares.known_share < 0.5
                then 'most training customers are not in the input'
            when {{ 'true' if is_asked_for else 'false' }} then 'asked for'
        end as refit_reason
    from as_of_date
    left join latest
        on true
    left join known_shares
        on latest.model_version = known_shares.model_version
),

-- Most builds have none, and then nobody is counted.
asked_for as (
    select * from reasons
    where refit_reason is not null
),

inputs as (
    select inputs.*
    from {{ ref('int_customer_model_inputs') }} as inputs
    inner join asked_for
        on inputs.as_of_date = asked_for.as_of_date
),

customers as (
    select count(*) as customer_count from inputs
),

different_customers as (
    select count(*) as distinct_count
    from (select distinct {{ features | join(', ') }} from inputs) as different
),

pace as (
    select
        cast(sum(customer_days.line_count) as double)
        / nullif(max(asked_for.history_days), 0) as rows_per_day,
        {{ customer_segmentation.percentile(
            'case when customer_days.order_count > 0 '
            ~ 'then customer_days.net_revenue end', 0.5
        ) }} as median_day_revenue
    from {{ ref('int_customer_days') }} as customer_days
    inner join asked_for
        on customer_days.order_date >= asked_for.window_start_date
        and customer_days.order_date < asked_for.as_of_date
),

candidate as (
    select
        asked_for.model_version,
        asked_for.refit_reason,
        '{{ local_md5(settings) }}' as settings_hash,
        '{{ settings | replace("'", "''") }}' as settings,
        asked_for.as_of_date,
        asked_for.window_start_date,
        asked_for.history_days,
        pace.rows_per_day,
        pace.median_day_revenue
    from asked_for
    cross join pace
    cross join customers
    cross join different_customers
    where
        customers.customer_count
        >= {{ customer_segmentation.setting('model.minimum_customers') }}
        -- Fewer different customers than segments cannot be told apart.
        and different_customers.distinct_count >= {{ var('segmentation_k')
            or customer_segmentation.setting('model.k_range')[0] }}
)

select * from candidate
