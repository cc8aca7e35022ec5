-- One row per customer of either input: what is known of them; unknown stays null.
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns() %}

with

customers as (
    select * from {{ ref('stg_customers') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

buyers as (
    select customer_id from {{ ref('int_customer_features') }}
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

everyone as (
    select
        coalesce(aged.customer_id, buyers.customer_id) as customer_id,
        {%- for attribute in attributes %}
        {%- if attribute.kind == 'date' %}
        {{ customer_segmentation.clean_number(
            'aged.' ~ attribute.column, attribute.minimum, attribute.maximum
        ) }} as {{ attribute.column }},
        {%- else %}
        aged.{{ attribute.column }},
        {%- endif %}
        {%- endfor %}
        {%- for column in extra_columns %}
        aged.{{ column }},
        {%- endfor %}
        aged.customer_id is not null as is_in_customer_table,
        buyers.customer_id is not null as is_in_transactions
    from aged
    full outer join buyers
        on aged.customer_id = buyers.customer_id
)

select * from everyone
{%- if var('segmentation_customers_without_purchases') == 'leave_out' %}
where is_in_transactions
{%- endif %}
