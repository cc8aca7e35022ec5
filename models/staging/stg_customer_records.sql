{{ config(post_hook="{{ customer_segmentation.check_column_quality('customers') }}") }}

-- Every raw row of the customer table, read into its types, with the text of what could
-- not be read.
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns() %}

with

customers as (
    select * from {{ ref('base_customers') }}
),

records as (
    select
        {{ customer_segmentation.read_id('customer_id') }} as customer_id
        {%- for attribute in attributes %}
        {%- set value = customer_segmentation.read_attribute(attribute) %},
        {{ value }} as {{ attribute.source }},
        {{ customer_segmentation.keep_unreadable(attribute.source, value) }}
            as unreadable_{{ attribute.source }}
        {%- endfor %}
        {%- for column, data_type in extra_columns.items() %}
        {%- set value = 'try_cast(' ~ column ~ ' as ' ~ data_type ~ ')' %},
        {{ value }} as {{ column }},
        {{ customer_segmentation.keep_unreadable(column, value) }}
            as unreadable_{{ column }}
        {%- endfor %}
    from customers
)

select * from records
