-- One row per customer of the customer table: the record with most known attributes.
{%- set attributes = customer_segmentation.list_attributes() %}

with

customers as (
    select * from {{ ref('base_customers') }}
),

read_rows as (
    select
        nullif(trim(cast(customers.customer_id as string)), '') as customer_id
        {%- for attribute in attributes %},
        {%- if attribute.kind == 'date' %}
        try_cast(customers.{{ attribute.source }} as date) as {{ attribute.source }}
        {%- elif attribute.kind == 'number' %}
        try_cast(customers.{{ attribute.source }} as double) as {{ attribute.source }}
        {%- elif attribute.kind == 'boolean' %}
        case try_cast(customers.{{ attribute.source }} as boolean)
            when true then 'yes'
            when false then 'no'
        end as {{ attribute.source }}
        {%- else %}
        {{ customer_segmentation.clean_text(
            'customers.' ~ attribute.source, attribute.levels
        ) }} as {{ attribute.source }}
        {%- endif %}
        {%- endfor %}
    from customers
),

bounded as (
    select
        customer_id
        {%- for attribute in attributes %},
        {%- if attribute.kind == 'number' %}
        {{ customer_segmentation.clean_number(
            attribute.source, attribute.minimum, attribute.maximum
        ) }} as {{ attribute.source }}
        {%- else %}
        {{ attribute.source }}
        {%- endif %}
        {%- endfor %}
    from read_rows
    where customer_id is not null
),

-- Equal records are the same record, so this order is total.
numbered as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by
                {%- for attribute in attributes %}
                case when {{ attribute.source }} is null then 0 else 1 end
                {{- ' +' if not loop.last else ' desc,' }}
                {%- endfor %}
                {%- for attribute in attributes %}
                {{ attribute.source }},
                {%- endfor %}
                customer_id
        ) as record_number,
        count(*) over (partition by customer_id) as record_count
    from bounded
)

select
    customer_id,
    {%- for attribute in attributes %}
    {{ attribute.source }},
    {%- endfor %}
    record_count
from numbered
where record_number = 1
