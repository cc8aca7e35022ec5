-- One row per customer of the customer table: what is known of the customer on the as-of
-- date; unknown stays null.
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns() %}

with

customers as (
    select * from {{ ref('stg_customers') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

aged as (
    select
        customers.customer_id
        {%- for attribute in attributes %},
        {%- if attribute.kind == 'date' %}
        {{ customer_segmentation.completed_years(
            'customers.' ~ attribute.source, 'as_of_date.as_of_date'
        ) }} as {{ attribute.column }}
        {%- else %}
        customers.{{ attribute.column }}
        {%- endif %}
        {%- endfor %}
        {%- for column in extra_columns %},
        customers.{{ column }}
        {%- endfor %}
    from customers
    cross join as_of_date
),

bounded as (
    select
        customer_id
        {%- for attribute in attributes %},
        {%- if attribute.kind == 'date' %}
        {{ customer_segmentation.clean_number(
            attribute.column, attribute.minimum, attribute.maximum
        ) }} as {{ attribute.column }}
        {%- else %}
        {{ attribute.column }}
        {%- endif %}
        {%- endfor %}
        {%- for column in extra_columns %},
        {{ column }}
        {%- endfor %}
    from aged
)

select * from bounded
