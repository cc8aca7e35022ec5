-- One row per fact about the customer table, and per attribute and fact.
{%- set attributes = customer_segmentation.list_published_attributes() %}

with

records as (
    select * from {{ ref('stg_customer_records') }}
),

customers as (
    select * from {{ ref('stg_customers') }}
),

buyers as (
    select * from {{ ref('int_customers') }}
    where is_in_transactions
),

-- Not used where there are no attributes.
attribute_quality as ( -- noqa: ST03
    select * from {{ ref('int_column_quality') }}
    where table_name = 'customers'
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

facts as (
    select
        'records' as fact,
        '' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from records
    union all
    select
        'missing_id' as fact,
        '' as attribute,
        count(*) as row_count,
        cast(null as string) as example
    from records
    where customer_id is null
    union all
    select
        'duplicate_id' as fact,
        '' as attribute,
        count(customer_id) - count(distinct customer_id) as row_count,
        cast(null as string) as example
    from records
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
    union all
    select
        'unknown_value' as fact,
        '{{ attribute.column }}' as attribute,
        unknown_count as row_count,
        cast(null as string) as example
    from attribute_quality
    where column_name = '{{ attribute.source }}'
    union all
    select
        'unreadable_value' as fact,
        '{{ attribute.column }}' as attribute,
        unreadable_count as row_count,
        examples as example
    from attribute_quality
    where column_name = '{{ attribute.source }}'
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
