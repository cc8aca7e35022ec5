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


{# The features that can be a customer's reason: not an attribute that must not be told. #}
{% macro list_reason_features() %}
    {%- set names = [] -%}
    {%- for feature in customer_segmentation.list_model_features()
        if feature.role != 'demographic' or var('segmentation_publish_demographics') -%}
        {%- do names.append(feature.name) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{# Distances to every centroid as plain column arithmetic: 10 million customers in seconds,
   and it streams. One row per customer of `inputs`, all scored with the one row of
   segment_parameters; on equal distances the lowest segment id wins. `keys` are columns
   to carry along, besides customer_id. With reasons, the three features that speak most
   for the segment against the second one: those by which the squared distance to the
   second centroid exceeds that to the own one most, in the order of the vars on ties. #}
{% macro select_customer_scores(inputs, keys=[], with_reasons=false) %}
{%- set reason_features = customer_segmentation.list_reason_features()
    if with_reasons else [] %}
{%- set places = ['first', 'second', 'third'] if with_reasons else [] %}
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
        {%- for name in reason_features %}
        scaled.{{ name }} as value_of_{{ name }},
        {%- endfor %}
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

{%- if with_reasons %}

reason_centroids as (
    select
        second_placed.*,
        {%- for name in reason_features %}
        case second_placed.slot
            {%- for slot in slots %}
            when {{ slot }} then parameters.centroid_{{ slot }}_of_{{ name }}
            {%- endfor %}
        end as own_centroid_of_{{ name }},
        case second_placed.second_slot
            {%- for slot in slots %}
            when {{ slot }} then parameters.centroid_{{ slot }}_of_{{ name }}
            {%- endfor %}
        end as second_centroid_of_{{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from second_placed
    cross join parameters
),

{%- for place in places %}
{%- set before = places[loop.index0 - 1] %}

{{ place }}_contributions as (
    select
        *,
        {%- for name in reason_features %}
        {%- if place == 'first' %}
        (value_of_{{ name }} - second_centroid_of_{{ name }})
        * (value_of_{{ name }} - second_centroid_of_{{ name }})
        - (value_of_{{ name }} - own_centroid_of_{{ name }})
        * (value_of_{{ name }} - own_centroid_of_{{ name }})
            as first_contribution_of_{{ name }}
        {%- else %}
        case
            when {{ before }}_reason <> '{{ name }}'
                then {{ before }}_contribution_of_{{ name }}
        end as {{ place }}_contribution_of_{{ name }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ 'reason_centroids' if loop.first else before ~ '_reasons' }}
),

-- The largest contribution, if it is above 0.
{{ place }}_reasons as (
    select
        *,
        case greatest(
            {%- for name in reason_features %}
            {{ place }}_contribution_of_{{ name }},
            {%- endfor %}
            0.0
        )
            when 0.0 then cast(null as string)
            {%- for name in reason_features %}
            when {{ place }}_contribution_of_{{ name }} then '{{ name }}'
            {%- endfor %}
        end as {{ place }}_reason
    from {{ place }}_contributions
),
{%- endfor %}
{%- endif %}

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
        {%- for place in places %}
        {{ place }}_reason,
        {%- endfor %}
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
    from {{ 'third_reasons' if with_reasons else 'second_placed' }}
)

select * from named
{% endmacro %}
