{{ config(
    materialized='incremental',
    incremental_strategy=customer_segmentation.replacing_strategy(),
    partition_by=customer_segmentation.replaced_partition('as_of_date'),
    unique_key=['as_of_date', 'model_version'],
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
)

select
    as_of_date.as_of_date,
    parameters.model_version
from as_of_date
cross join parameters
