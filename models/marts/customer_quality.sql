-- One row per fact about the customer table, and per attribute and fact.
{%- set attributes = customer_segmentation.list_published_attributes() %}

with

records as (
    select * from {{ ref('base_customers') }}
),

customers as (
    select * from {{ ref('stg_customers') }}
),

buyers as (
    select * from {{ ref('int_customer_features') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

identified as (
    select nullif(trim(cast(customer_id as string)), '') as customer_id from records
),

met as (
    select
        customers.customer_id as record_id,
        buyers.customer_id as buyer_id
    from customers
    full outer join buyers
        on customers.customer_id = buyers.customer_id
),

totals as (
    select
        (select count(*) from records) as record_count,
        (select count(*) from buyers) as buyer_count
),

read_rows as (
    select
        customer_id
        {%- for attribute in attributes %},
        lower(trim(cast({{ attribute.source }} as string)))
            as raw_{{ attribute.source }},
        {{ customer_segmentation.read_attribute(attribute) }} as {{ attribute.source }}
        {%- endfor %}
    from records
),

facts as (
    select
        'records' as fact,
        '' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from identified
    union all
    select
        'missing_id' as fact,
        '' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from identified
    where customer_id is null
    union all
    select
        'duplicate_id' as fact,
        '' as attribute,
        count(customer_id) - count(distinct customer_id) as row_count,
        cast(null as string) as example
    from identified
    union all
    select
        'buyer_without_record' as fact,
        '' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from met
    where record_id is null
    union all
    select
        'record_without_purchase' as fact,
        '' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from met
    where buyer_id is null
    {%- for attribute in attributes %}
    {%- set raw = 'read_rows.raw_' ~ attribute.source %}
    {%- set is_unknown = '(' ~ raw ~ ' is null or ' ~ raw ~ ' in ('
        ~ customer_segmentation.list_unknown_values() ~ '))' %}
    {%- set value = 'read_rows.' ~ attribute.source %}
    {%- if attribute.kind == 'date' %}
    {%- set value = customer_segmentation.clean_number(
        customer_segmentation.completed_years(value, 'as_of_date.as_of_date'),
        attribute.minimum,
        attribute.maximum
    ) %}
    {%- endif %}
    union all
    select
        'unknown_value' as fact,
        '{{ attribute.column }}' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from read_rows
    where {{ is_unknown }}
    union all
    select
        'unreadable_value' as fact,
        '{{ attribute.column }}' as attribute,
        count(*) as row_count,
        min({{ raw }}) as example
    from read_rows
    cross join as_of_date
    where not {{ is_unknown }} and {{ value }} is null
    {%- endfor %}
),

quality as (
    select
        facts.fact,
        facts.attribute,
        cast(facts.row_count as bigint) as row_count,
        coalesce(
            cast(facts.row_count as double) / nullif(
                case
                    when facts.fact = 'buyer_without_record' then totals.buyer_count
                    else totals.record_count
                end, 0
            ), 0
        ) as row_share,
        facts.example
    from facts
    cross join totals
)

select * from quality
