{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    post_hook="{{ customer_segmentation.delete_old_months() }}",
) }}

-- One row per month start and customer with an accepted transaction before it, scored
-- with the model in use. A new month adds its rows; months that see other data (a late row,
-- a correction, a customer erased or renamed), and all months of a new model version or of
-- other rules, are scored again.
with

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

fingerprints as (
    select * from {{ ref('int_month_fingerprints') }}
),

months_to_score as (
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

monthly_features as (
    {{ customer_segmentation.select_customer_features('months_to_score') | indent(4) }}
),

monthly_inputs as (
    {{ customer_segmentation.select_model_inputs('monthly_features') | indent(4) }}
),

monthly_scores as (
    {{ customer_segmentation.select_customer_scores(
        'monthly_inputs', ['as_of_date']
    ) | indent(4) }}
),

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
        monthly_scores.confidence,
        monthly_features.recency_days,
        monthly_features.frequency,
        monthly_features.monetary,
        months_to_score.data_fingerprint
    from monthly_features
    cross join parameters
    inner join months_to_score
        on monthly_features.as_of_date = months_to_score.as_of_date
    left join monthly_scores
        on monthly_features.as_of_date = monthly_scores.as_of_date
        and monthly_features.customer_id = monthly_scores.customer_id
    left join monthly_rfm_scores
        on monthly_features.as_of_date = monthly_rfm_scores.as_of_date
        and monthly_features.customer_id = monthly_rfm_scores.customer_id
)

select * from placed
