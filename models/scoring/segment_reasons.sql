-- One row per clustered customer of today: the three features that speak most for the
-- segment against the second nearest, those by which the squared distance to the second
-- centroid exceeds that to the own one most (in the order of the vars on ties). Null when
-- no further feature speaks for it.
-- Compiled it is long: a column per feature, centroid and reason, as in segment_placements.
{%- set features = customer_segmentation.list_reason_features() %}
{%- set slots = customer_segmentation.list_slots() %}
{%- set places = ['first', 'second', 'third'] %}

with

placements as (
    select * from {{ ref('segment_placements') }}
    where
        as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
        and segment_id > 0
),

inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
),

parameters as (
    select * from {{ ref('segment_parameters') }}
),

centroids as (
    select
        placements.customer_id,
        {%- for name in features %}
        {{ customer_segmentation.scale_value(
            'inputs.' ~ name,
            'parameters.mean_of_' ~ name,
            'parameters.deviation_of_' ~ name,
            'parameters.clip',
            'parameters.weight_of_' ~ name
        ) }} as {{ name }},
        {%- for whose, segment_id in [
            ('own', 'segment_id'), ('second', 'second_segment_id')
        ] %}
        case placements.{{ segment_id }}
            {%- for slot in slots %}
            when parameters.segment_id_{{ slot }}
                then parameters.centroid_{{ slot }}_of_{{ name }}
            {%- endfor %}
        end as {{ whose }}_centroid_of_{{ name }},
        {%- endfor %}
        {%- endfor %}
        placements.model_version
    from placements
    inner join inputs
        on placements.as_of_date = inputs.as_of_date
        and placements.customer_id = inputs.customer_id
    cross join parameters
),

first_contributions as (
    select
        customer_id,
        {%- for name in features %}
        ({{ name }} - second_centroid_of_{{ name }})
        * ({{ name }} - second_centroid_of_{{ name }})
        - ({{ name }} - own_centroid_of_{{ name }})
        * ({{ name }} - own_centroid_of_{{ name }})
            as first_contribution_of_{{ name }},
        {%- endfor %}
        model_version
    from centroids
),

{%- for place in places %}
{%- if not loop.first %}
{%- set before = places[loop.index0 - 1] %}

{{ place }}_contributions as (
    select
        *,
        {%- for name in features %}
        case
            when {{ before }}_reason <> '{{ name }}'
                then {{ before }}_contribution_of_{{ name }}
        end as {{ place }}_contribution_of_{{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ before }}_reasons
),
{%- endif %}

-- The largest contribution, if it is above 0.
{{ place }}_reasons as (
    select
        *,
        case greatest(
            {%- for name in features %}
            {{ place }}_contribution_of_{{ name }},
            {%- endfor %}
            0.0
        )
            when 0.0 then cast(null as string)
            {%- for name in features %}
            when {{ place }}_contribution_of_{{ name }} then '{{ name }}'
            {%- endfor %}
        end as {{ place }}_reason
    from {{ place }}_contributions
){{ ',' if not loop.last }}
{%- endfor %}

select
    customer_id,
    first_reason,
    second_reason,
    third_reason,
    model_version
from third_reasons
