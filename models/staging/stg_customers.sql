-- One row per customer of the customer table: the record with most known attributes.
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set extra_columns = customer_segmentation.list_extra_columns() %}

with

records as (
    select * from {{ ref('stg_customer_records') }}
),

{%- for attribute in attributes if attribute.is_free_text %}

-- A value spelt in several cases is one value, in its most common spelling.
spellings_of_{{ attribute.source }} as (
    select
        {{ attribute.source }} as spelling,
        lower({{ attribute.source }}) as folded,
        row_number() over (
            partition by lower({{ attribute.source }})
            order by count(*) desc, {{ attribute.source }} asc
        ) as place
    from records
    where {{ attribute.source }} is not null
    group by {{ attribute.source }}
),
{%- endfor %}

spelt as (
    select
        records.customer_id
        {%- for attribute in attributes %},
        {%- if attribute.is_free_text %}
        spellings_of_{{ attribute.source }}.spelling as {{ attribute.source }}
        {%- else %}
        records.{{ attribute.source }}
        {%- endif %}
        {%- endfor %}
        {%- for column in extra_columns %},
        records.{{ column }}
        {%- endfor %}
    from records
    {%- for attribute in attributes if attribute.is_free_text %}
    left join spellings_of_{{ attribute.source }}
        on lower(records.{{ attribute.source }})
            = spellings_of_{{ attribute.source }}.folded
        and spellings_of_{{ attribute.source }}.place = 1
    {%- endfor %}
    where records.customer_id is not null
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
                {{ attribute.source }} asc nulls last,
                {%- endfor %}
                {%- for column in extra_columns %}
                {{ column }} asc nulls last,
                {%- endfor %}
                customer_id asc
        ) as record_number,
        count(*) over (partition by customer_id) as record_count
    from spelt
)

select
    customer_id,
    {%- for attribute in attributes %}
    {{ attribute.source }},
    {%- endfor %}
    {%- for column in extra_columns %}
    {{ column }},
    {%- endfor %}
    record_count
from numbered
where record_number = 1
