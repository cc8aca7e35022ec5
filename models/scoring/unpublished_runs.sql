{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}

-- One row per run that has not been published: this one, and those before it that failed or
-- were killed. segment_drift deletes their rows; published_files empties this table.
with

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

as_of_date as (
    select as_of_date from {{ ref('int_as_of_date') }}
),

run as (
    select
        as_of_date.as_of_date,
        parameters.model_version
    from as_of_date
    cross join parameters
)

select run.* from run
{%- if is_incremental() %}
left join {{ this }} as listed
    on run.as_of_date = listed.as_of_date
    and run.model_version = listed.model_version
where listed.as_of_date is null
{%- endif %}
