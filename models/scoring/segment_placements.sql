{{ config(
    materialized='incremental',
    incremental_strategy=customer_segmentation.replacing_strategy(),
    partition_by=customer_segmentation.replaced_partition('as_of_date'),
    unique_key='as_of_date',
    post_hook=[
        "{{ customer_segmentation.delete_other_dates() }}",
        "{{ customer_segmentation.delete_other_versions() }}",
    ],
) }}

-- One row per as-of date (today and month starts) and customer with an accepted transaction
-- before it: the segment that the model in use puts the customer in, and how clear the case
-- is. A date is placed again when its data, the rules or the model version changed.
-- Compiled it is long: distances to every centroid are plain column arithmetic, which
-- streams (10 million customers in seconds). On equal distances the lowest segment id wins.
{%- set model_features = customer_segmentation.list_model_features() %}
{%- set features = model_features | map(attribute='name') | list %}
{%- set slots = customer_segmentation.list_slots() %}

with

parameters as (
    select * from {{ ref('segment_parameters') }}
),

rule_segments as (
    select * from {{ ref('segment_directory') }}
    where segment_kind = 'rule'
),

changed_dates as (
    {{ customer_segmentation.select_changed_dates(with_model=true) | indent(4) }}
),

as_of_dates as (
    select * from changed_dates
    where is_today or is_month_start
),

customers as (
    select * from {{ ref('int_customer_rfm_scores') }}
),

inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
),

scaled as (
    select
        inputs.as_of_date,
        inputs.customer_id,
        {%- for name in features %}
        {{ customer_segmentation.scale_value(
            'inputs.' ~ name,
            'parameters.mean_of_' ~ name,
            'parameters.deviation_of_' ~ name,
            'parameters.clip',
            'parameters.weight_of_' ~ name
        ) }} as {{ name }},
        {%- endfor %}
        greatest(
            {%- for feature in model_features
                if feature.role == 'core' or feature.name == 'average_order_value' %}
            abs((cast(inputs.{{ feature.name }} as double)
                - parameters.mean_of_{{ feature.name }})
                / parameters.deviation_of_{{ feature.name }}),
            {%- endfor %}
            0.0
        ) as largest_deviation
    from inputs
    inner join as_of_dates
        on inputs.as_of_date = as_of_dates.as_of_date
    cross join parameters
),

distances as (
    select
        scaled.as_of_date,
        scaled.customer_id,
        scaled.largest_deviation,
        {%- for slot in slots %}
        parameters.segment_id_{{ slot }},
        parameters.distance_limit_{{ slot }},
        sqrt(
            {%- for name in features %}
            (scaled.{{ name }} - parameters.centroid_{{ slot }}_of_{{ name }})
            * (scaled.{{ name }} - parameters.centroid_{{ slot }}_of_{{ name }})
            {{- ' +' if not loop.last }}
            {%- endfor %}
        ) as distance_{{ slot }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from scaled
    cross join parameters
),

nearest as (
    select
        *,
        least(
            {%- for slot in slots %}
            distance_{{ slot }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as distance
    from distances
),

placed as (
    select
        *,
        case distance
            {%- for slot in slots %}
            when distance_{{ slot }} then {{ slot }}
            {%- endfor %}
        end as slot
    from nearest
),

second_nearest as (
    select
        *,
        least(
            {%- for slot in slots %}
            case when slot <> {{ slot }} then distance_{{ slot }} end
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as second_distance
    from placed
),

clustered as (
    select
        as_of_date,
        customer_id,
        case slot
            {%- for slot in slots %}
            when {{ slot }} then segment_id_{{ slot }}
            {%- endfor %}
        end as segment_id,
        case
            {%- for slot in slots %}
            when slot <> {{ slot }} and second_distance = distance_{{ slot }}
                then segment_id_{{ slot }}
            {%- endfor %}
        end as second_segment_id,
        distance,
        case
            when second_distance > 0 then 1 - distance / second_distance
            else 0.0
        end as confidence,
        largest_deviation > 4
        or distance > case slot
            {%- for slot in slots %}
            when {{ slot }} then distance_limit_{{ slot }}
            {%- endfor %}
        end as is_outlier
    from second_nearest
),

-- Who has no purchase in the window is in the rule segment that says why.
placements as (
    select
        as_of_dates.as_of_date,
        customers.customer_id,
        as_of_dates.model_version,
        cast(coalesce(clustered.segment_id, rule_segments.segment_id) as integer)
            as segment_id,
        cast(clustered.second_segment_id as integer) as second_segment_id,
        customers.rfm_segment,
        clustered.distance,
        clustered.confidence,
        clustered.is_outlier,
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        as_of_dates.data_fingerprint
    from customers
    inner join as_of_dates
        on customers.as_of_date = as_of_dates.as_of_date
    left join clustered
        on customers.as_of_date = clustered.as_of_date
        and customers.customer_id = clustered.customer_id
    left join rule_segments
        on customers.purchase_status = rule_segments.purchase_status
)

select * from placements
