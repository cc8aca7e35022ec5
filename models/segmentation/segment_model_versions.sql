{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version: when it was asked for, and why. A build adds one when there
-- is no model, when a modelling var changed, or when a refit is asked for.
{%- set settings = tojson(
    customer_segmentation.list_model_settings(), sort_keys=true
) %}
{%- set settings_hash = local_md5(settings) %}
{%- set is_asked_for = var('segmentation_refit') or flags.FULL_REFRESH %}

with

customers as (
    select
        count(*) as customer_count,
        count(distinct {{ dbt.concat(customer_segmentation.list_model_input_texts()) }})
            as distinct_count
    from {{ ref('int_customer_model_inputs') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

{%- if is_incremental() %}

latest as (
    select
        model_version,
        settings_hash
    from {{ this }}
    where model_version = (select max(kept.model_version) from {{ this }} as kept)
),

{%- else %}

latest as (
    select
        cast(null as integer) as model_version,
        cast(null as string) as settings_hash
    where 1 = 0
),

{%- endif %}

candidate as (
    select
        cast(coalesce(latest.model_version, 0) + 1 as integer) as model_version,
        case
            when latest.model_version is null then 'no model yet'
            when latest.settings_hash <> '{{ settings_hash }}'
                then 'modelling vars changed'
            when {{ 'true' if is_asked_for else 'false' }} then 'asked for'
        end as refit_reason,
        '{{ settings_hash }}' as settings_hash,
        '{{ settings | replace("'", "''") }}' as settings,
        as_of_date.as_of_date,
        as_of_date.window_start_date,
        as_of_date.history_days
    from customers
    cross join as_of_date
    left join latest
        on true
    where
        customers.customer_count >= {{ var('segmentation_minimum_customers') }}
        -- Fewer different customers than segments cannot be told apart.
        and customers.distinct_count >= {{ var('segmentation_k')
            or var('segmentation_k_range')[0] }}
)

select * from candidate
where refit_reason is not null
