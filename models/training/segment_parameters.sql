{{ config(
    post_hook=[
        "{{ customer_segmentation.delete_erased_customers('segment_training_rows') }}",
        "{{ customer_segmentation.delete_erased_customers('segment_training_matrix') }}",
        "{{ customer_segmentation.delete_erased_customers('segment_training_scores') }}",
        "{{ customer_segmentation.blank_erased_customers(
            'segment_training_assignments'
        ) }}",
    ],
) }}

-- One row: the model in use, laid out for scoring. A place for every centroid there can
-- be; the unused ones are null and so never the nearest. No row while the newest model was
-- fitted on other customers: another shop's model must not score this one. A refit has
-- matched its segments to those before by now, so the rows of erased customers go.
-- Compiled it is long: a column per centroid and feature.
{%- set features = customer_segmentation.list_model_features()
    | map(attribute='name') | list %}
{%- set slots = customer_segmentation.list_slots() %}

with

centroids as (
    select * from {{ ref('segment_centroids') }}
),

scales as (
    select * from {{ ref('segment_scales') }}
),

limits as (
    select * from {{ ref('segment_training_distances') }}
),

assignments as (
    select * from {{ ref('segment_training_assignments') }}
),

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

known_shares as (
    {{ customer_segmentation.select_known_shares() | indent(4) }}
),

latest as (
    select model_version
    from known_shares
    where
        model_version = (select max(centroids.model_version) from centroids)
        {%- if customer_segmentation.sees_all_rows() %}
        and known_share >= 0.5
        {%- endif %}
),

scale_row as (
    select
        latest.model_version,
        {%- for name in features %}
        max(case when scales.feature = '{{ name }}' then scales.mean end)
            as mean_of_{{ name }},
        -- 1 for a feature that is not used: its weight is 0.
        max(case
            when scales.feature = '{{ name }}' and scales.is_used
                then scales.standard_deviation
            when scales.feature = '{{ name }}' then 1.0
        end) as deviation_of_{{ name }},
        max(case when scales.feature = '{{ name }}' then scales.weight end)
            as weight_of_{{ name }},
        {%- endfor %}
        max(scales.clip) as clip
    from latest
    inner join scales
        on latest.model_version = scales.model_version
    group by latest.model_version
),

places as (
    select
        limits.model_version,
        limits.segment_id,
        limits.distance_limit,
        row_number() over (
            partition by limits.model_version order by limits.segment_id
        ) as slot
    from limits
    inner join latest
        on limits.model_version = latest.model_version
),

slot_row as (
    select
        places.model_version,
        {%- for slot in slots %}
        max(case when places.slot = {{ slot }} then places.segment_id end)
            as segment_id_{{ slot }},
        max(case when places.slot = {{ slot }} then places.distance_limit end)
            as distance_limit_{{ slot }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from places
    group by places.model_version
),

centroid_row as (
    select
        places.model_version,
        {%- for slot in slots %}
        {%- set outer = loop %}
        {%- for name in features %}
        max(case
            when places.slot = {{ slot }} and centroids.feature = '{{ name }}'
                then centroids.centroid
        end) as centroid_{{ slot }}_of_{{ name }}
        {{- ',' if not (loop.last and outer.last) }}
        {%- endfor %}
        {%- endfor %}
    from places
    inner join centroids
        on places.model_version = centroids.model_version
        and places.segment_id = centroids.segment_id
    group by places.model_version
)

select
    scale_row.*,
    {%- for slot in slots %}
    slot_row.segment_id_{{ slot }},
    slot_row.distance_limit_{{ slot }},
    {%- for name in features %}
    -- A feature that is not used lies at 0 for everybody.
    case
        when slot_row.segment_id_{{ slot }} is not null
            then coalesce(centroid_row.centroid_{{ slot }}_of_{{ name }}, 0.0)
    end as centroid_{{ slot }}_of_{{ name }},
    {%- endfor %}
    {%- endfor %}
    slot_row.segment_id_1 is not null as is_fitted
from scale_row
inner join slot_row
    on scale_row.model_version = slot_row.model_version
inner join centroid_row
    on scale_row.model_version = centroid_row.model_version
