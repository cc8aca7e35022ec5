{{ config(post_hook="{{ customer_segmentation.check_all_columns() }}") }}

-- One row per table and mapped column: how much of it is unknown, how much unreadable.
-- All of them; the mart leaves out what is not published.
-- Compiled it is long: a block per mapped column.
{%- set readings = {
    'transactions': customer_segmentation.list_column_readings('transactions'),
    'customers': customer_segmentation.list_column_readings('customers'),
} %}
{#- Not as a CTE: engines copy one that is named twice, and this is the largest table. #}
{%- set rows = {
    'transactions': [ref('stg_transaction_rows'), "coalesce(rejection_reason, '') <> 'filtered'"],
    'customers': ['customers', 'true'],
} %}
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set dates = attributes | selectattr('kind', 'equalto', 'date') | list %}

with

records as (
    select * from {{ ref('stg_customer_records') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

-- A date that gives an age outside its bounds is no birthday of a customer.
customers as (
    select
        records.customer_id
        {%- for reading in readings.customers[1:] %}
        {%- set date = dates | selectattr('source', 'equalto', reading.column) | first %}
        {%- set value = 'records.' ~ reading.column %}
        {%- if date %}
        {%- set age = customer_segmentation.clean_number(
            customer_segmentation.completed_years(value, 'as_of_date.as_of_date'),
            date.minimum,
            date.maximum
        ) %},
        case when {{ age }} is not null then {{ value }} end as {{ reading.column }},
        case
            when {{ value }} is null then records.{{ reading.unreadable }}
            when {{ age }} is null then cast({{ value }} as string)
        end as {{ reading.unreadable }}
        {%- else %},
        {{ value }}
        {%- if reading.unreadable %},
        records.{{ reading.unreadable }}
        {%- endif %}
        {%- endif %}
        {%- endfor %}
    from records
    cross join as_of_date
),
{%- for table_name in readings %}

{{ table_name }}_counted as (
    select
        count(*) as row_count
        {%- for reading in readings[table_name] %},
        count({{ reading.column }}) as known_{{ reading.column }},
        count({{ reading.unreadable or 'null' }}) as unreadable_{{ reading.column }}
        {%- endfor %}
    from {{ rows[table_name][0] }}
    where {{ rows[table_name][1] }}
),

-- Few rows, so that examples are looked for among them.
{{ table_name }}_unreadable as (
    select
        {%- for reading in readings[table_name] if reading.unreadable %}
        {{ reading.unreadable }} as {{ reading.column }},
        {%- endfor %}
        true as is_unreadable
    from {{ rows[table_name][0] }}
    where
        {{ rows[table_name][1] }}
        and (
            1 = 0
            {%- for reading in readings[table_name] if reading.unreadable %}
            or {{ reading.unreadable }} is not null
            {%- endfor %}
        )
),
{%- endfor %}

columns_counted as (
    {%- for table_name in readings %}
    {%- set is_last_table = loop.last %}
    {%- for reading in readings[table_name] %}
    select
        '{{ table_name }}' as table_name,
        '{{ reading.column }}' as column_name,
        row_count,
        known_{{ reading.column }} as known_count,
        unreadable_{{ reading.column }} as unreadable_count,
        '{{ reading.mend | replace("'", "''") }}' as mend  -- noqa: LT05
    from {{ table_name }}_counted
    {%- if not (loop.last and is_last_table) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

unreadable_values as (
    {%- for table_name in readings %}
    {%- set is_first_table = loop.first %}
    {%- for reading in readings[table_name] if reading.unreadable %}
    {%- if not (loop.first and is_first_table) %}
    union all
    {%- endif %}
    select
        '{{ table_name }}' as table_name,
        '{{ reading.column }}' as column_name,
        {{ customer_segmentation.quote_example(reading.column) }} as example,
        count(*) as value_count
    from {{ table_name }}_unreadable
    where {{ reading.column }} is not null
    group by {{ customer_segmentation.quote_example(reading.column) }}
    {%- endfor %}
    {%- endfor %}
),

ranked_values as (
    select
        *,
        row_number() over (
            partition by table_name, column_name
            order by value_count desc, example asc
        ) as place
    from unreadable_values
),

examples as (
    select
        table_name,
        column_name,
        {{ customer_segmentation.join_texts('example', ', ', 'place') }} as examples
    from ranked_values
    where place <= 3
    group by table_name, column_name
),

quality as (
    select
        columns_counted.table_name,
        columns_counted.column_name,
        examples.examples,
        case when columns_counted.unreadable_count > 0 then columns_counted.mend end
            as mend,
        columns_counted.row_count,
        columns_counted.row_count - columns_counted.known_count
        - columns_counted.unreadable_count as unknown_count,
        columns_counted.unreadable_count,
        coalesce(
            cast(columns_counted.unreadable_count as double) / nullif(
                columns_counted.known_count + columns_counted.unreadable_count, 0
            ), 0
        ) as unreadable_share
    from columns_counted
    left join examples
        on columns_counted.table_name = examples.table_name
        and columns_counted.column_name = examples.column_name
)

select * from quality
