{{ config(post_hook="{{ customer_segmentation.check_column_quality('customers') }}") }}

-- Every raw row of the customer table, read into its types, with the text of what could
-- not be read.
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns() %}

with

customers as (
    select * from {{ ref('base_customers') }}
),

-- What could not be read is told from the value beside it; until then it is as it came.
read_records as (
    select
        {{ customer_segmentation.read_id('customer_id') }} as customer_id
        {%- for attribute in attributes %},
        {{ customer_segmentation.read_attribute(attribute) }} as {{ attribute.source }},
        {{ attribute.source }} as unreadable_{{ attribute.source }}
        {%- endfor %}
        {%- for column, data_type in extra_columns.items() %},
        try_cast({{ column }} as {{ data_type }}) as {{ column }},
        {{ column }} as unreadable_{{ column }}
        {%- endfor %}
    from customers
),

records as (
    select
        customer_id
        {%- for column in attributes | map(attribute='source') | list
            + extra_columns.keys() | list %},
        {{ column }},
        {{ customer_segmentation.keep_unreadable('unreadable_' ~ column, column) }}
            as unreadable_{{ column }}
        {%- endfor %}
    from read_records
)

select * from records
