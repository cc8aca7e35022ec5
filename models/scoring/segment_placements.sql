{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook=[
        "{{ customer_segmentation.delete_other_dates(
            'segment_placement_rules', 'placement_fingerprint'
        ) }}",
        "{{ customer_segmentation.delete_changed_customers() }}",
    ],
) }}

-- One row per as-of date (today and month starts) and customer with an accepted transaction
-- before it: the segment that the model in use puts the customer in, and how clear the case
-- is. Customers of a date are placed again when their own days changed, or all of them when
-- the rules, the model or what customers are compared with did (segment_placement_rules).
-- Compiled it is long: distances to every centroid are plain column arithmetic, which
-- streams (10 million customers in seconds). On equal distances the lowest segment id wins.
-- depends_on: {{ ref('int_customer_sums') }}
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

as_of_dates as (
    select * from {{ ref('segment_placement_rules') }}
),

{%- if is_incremental() %}

kept_dates as (
    select distinct as_of_date from {{ this }}
),

-- Who is known at the newest date is known at each older one that has days of theirs.
kept_customers as (
    select customer_id from {{ this }}
    where as_of_date = (select max(kept_dates.as_of_date) from kept_dates)
),

to_place as (
    select
        sums.as_of_date,
        sums.customer_id
    from {{ ref('int_customer_sums') }} as sums
    left join kept_dates
        on sums.as_of_date = kept_dates.as_of_date
    left join kept_customers
        on sums.customer_id = kept_customers.customer_id
    where kept_dates.as_of_date is null or kept_customers.customer_id is null
),

{%- endif %}

customers as (
    select scores.*
    from {{ ref('int_customer_rfm_scores') }} as scores
    {%- if is_incremental() %}
    inner join to_place
        on scores.as_of_date = to_place.as_of_date
        and scores.customer_id = to_place.customer_id
    {%- endif %}
),

inputs as (
    select inputs.*
    from {{ ref('int_customer_model_inputs') }} as inputs
    {%- if is_incremental() %}
    inner join to_place
        on inputs.as_of_date = to_place.as_of_date
        and inputs.customer_id = to_place.customer_id
    {%- endif %}
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
        customers.days_hash,
        as_of_dates.placement_fingerprint
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
