{{ config(materialized='view') }}

-- The user's columns under our names; an empty table when there is no customer table.
{%- set relation = customer_segmentation.input_relation('segmentation_customers') %}
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns() %}

{%- if relation is none %}

select
    cast(null as string) as customer_id
    {%- for attribute in attributes %},
    cast(null as string) as {{ attribute.source }}
    {%- endfor %}
    {%- for column in extra_columns %},
    cast(null as string) as {{ column }}
    {%- endfor %}
where 1 = 0

{%- else %}
{%- set there = customer_segmentation.read_input_columns(
    'segmentation_customers', relation
) %}

select
    {{ customer_segmentation.map_column(
        'customer_id', var('segmentation_customer_columns'), there
    ) }} as customer_id
    {%- for attribute in attributes %},
    {{ customer_segmentation.map_column(
        attribute.source, var('segmentation_customer_columns'), there
    ) }} as {{ attribute.source }}
    {%- endfor %}
    {%- for column in extra_columns %},
    {{ customer_segmentation.map_column(
        column, var('segmentation_customer_columns'), there
    ) }} as {{ column }}
    {%- endfor %}
from {{ relation }}

{%- endif %}
