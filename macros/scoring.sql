{# A value as the model sees it: standardised, cut, neutral when unknown, weighed. Each
   argument is SQL. least and greatest skip null, hence the case. #}
{% macro scale_value(value, mean, standard_deviation, clip, weight) -%}
    {{ weight }} * case
        when {{ value }} is null then 0
        else least(
            greatest((cast({{ value }} as double) - {{ mean }}) / {{ standard_deviation }},
                -{{ clip }}),
            {{ clip }}
        )
    end
{%- endmacro %}


{# The places for centroids in a row of segment_parameters. #}
{% macro list_slots() %}
    {{- return(range(1, customer_segmentation.list_segment_counts() | max + 1) | list) -}}
{% endmacro %}


{# Distances to every centroid as plain column arithmetic: 10 million customers in seconds,
   and it streams. One row per customer of `inputs`, all scored with the one row of
   segment_parameters; on equal distances the lowest segment id wins. `keys` are columns
   to carry along, besides customer_id. #}
{% macro select_customer_scores(inputs, keys=[]) %}
{%- set features = customer_segmentation.list_model_features() | map(attribute='name')
    | list %}
{%- set slots = customer_segmentation.list_slots() %}
{%- set watched = [] %}
{%- for feature in customer_segmentation.list_model_features()
    if feature.role == 'core' or feature.name == 'average_order_value' %}
    {%- do watched.append(feature.name) %}
{%- endfor %}
with

inputs as (
    select * from {{ inputs }}
),

parameters as (
    select * from {{ ref('segment_parameters') }}
),

scaled as (
    select
        inputs.customer_id,
        {%- for key in keys %}
        inputs.{{ key }},
        {%- endfor %}
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
            {%- for name in watched %}
            abs((cast(inputs.{{ name }} as double) - parameters.mean_of_{{ name }})
                / parameters.deviation_of_{{ name }}),
            {%- endfor %}
            0.0
        ) as largest_deviation
    from inputs
    cross join parameters
),

distances as (
    select
        scaled.customer_id,
        {%- for key in keys %}
        scaled.{{ key }},
        {%- endfor %}
        parameters.model_version,
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

second_placed as (
    select
        *,
        case
            {%- for slot in slots %}
            when slot <> {{ slot }} and second_distance = distance_{{ slot }}
                then {{ slot }}
            {%- endfor %}
        end as second_slot
    from second_nearest
),

named as (
    select
        customer_id,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        model_version,
        case slot
            {%- for slot in slots %}
            when {{ slot }} then segment_id_{{ slot }}
            {%- endfor %}
        end as segment_id,
        case second_slot
            {%- for slot in slots %}
            when {{ slot }} then segment_id_{{ slot }}
            {%- endfor %}
        end as second_segment_id,
        distance,
        second_distance,
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
    from second_placed
)

select * from named
{% endmacro %}
