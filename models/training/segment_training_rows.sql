{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version, training customer and feature: what the version was fitted
-- on, in its own unit and on the scale that is standardised.
{%- set model_features = customer_segmentation.list_model_features()
    | map(attribute='name') | list %}
{%- set naming_features = customer_segmentation.list_naming_features() %}
{%- set random_seed = customer_segmentation.setting('model.random_seed') %}

with

versions as (
    select * from {{ ref('segment_model_versions') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

-- Most builds have none, and then nobody is hashed.
latest as (
    select max(model_version) as model_version from versions
    having max(model_version) is not null
),

inputs as (
    select
        inputs.*,
        latest.model_version
    from {{ ref('int_customer_model_inputs') }} as inputs
    inner join {{ ref('int_as_of_date') }} as today
        on inputs.as_of_date = today.as_of_date
    cross join latest
),

features as (
    select * from {{ ref('int_customer_features') }}
),

-- A hash of the id draws the sample: it depends on neither row order nor engine. Hashes are
-- counted by their first digits, so that only those that may be drawn are put in order.
hashed as (
    select
        customer_id,
        {{ dbt.hash("customer_id || '-" ~ random_seed ~ "'") }} as id_hash
    from inputs
),

hash_groups as (
    select
        substr(id_hash, 1, 3) as first_digits,
        sum(count(*)) over (order by substr(id_hash, 1, 3)) - count(*) as drawn_before
    from hashed
    group by 1
),

ranked as (
    select
        hashed.customer_id,
        cast(row_number() over (
            order by hashed.id_hash, hashed.customer_id
        ) as integer) as sample_rank
    from hashed
    inner join hash_groups
        on substr(hashed.id_hash, 1, 3) = hash_groups.first_digits
    where
        hash_groups.drawn_before
        < {{ customer_segmentation.setting('model.training_rows') }}
),

sampled as (
    select
        inputs.model_version,
        ranked.sample_rank,
        {%- for name in model_features %}
        inputs.{{ name }} as transformed_{{ name }},
        {%- endfor %}
        {%- for name in naming_features %}
        features.{{ name }},
        {%- endfor %}
        ranked.customer_id
    from ranked
    inner join inputs
        on ranked.customer_id = inputs.customer_id
    inner join features
        on inputs.as_of_date = features.as_of_date
        and inputs.customer_id = features.customer_id
    where ranked.sample_rank <= {{ customer_segmentation.setting('model.training_rows') }}
)

{%- for name in (model_features + naming_features) | unique %}
{{ 'union all' if not loop.first }}
select
    model_version,
    customer_id,
    '{{ name }}' as feature,
    sample_rank,
    {{ 'cast(' ~ name ~ ' as double)' if name in naming_features
        else 'cast(null as double)' }} as feature_value,
    {{ 'transformed_' ~ name if name in model_features
        else 'cast(null as decimal(18, 6))' }} as transformed_value
from sampled
{%- endfor %}
