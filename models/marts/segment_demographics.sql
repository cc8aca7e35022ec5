-- One row per segment, attribute and value: who is in a segment, among those known.
{%- set attributes = customer_segmentation.list_attributes() %}
{%- set minimum = var('segmentation_minimum_cell_size') %}

with

customers as (
    select * from {{ ref('customer_segments') }}
),

{%- for attribute in attributes if attribute.is_number %}

-- Numbers are shown in quarters of the known customers; equal numbers stay together.
quarters_of_{{ attribute.column }} as (
    select
        {{ customer_segmentation.percentile(attribute.column, 0.25) }} as first_quarter,
        {{ customer_segmentation.percentile(attribute.column, 0.5) }} as half,
        {{ customer_segmentation.percentile(attribute.column, 0.75) }} as third_quarter
    from customers
),

bands_of_{{ attribute.column }} as (
    select
        customers.segment_id,
        customers.segment_name,
        customers.{{ attribute.column }} as value,
        case
            when customers.{{ attribute.column }} is null then null
            when customers.{{ attribute.column }} <= quarters.first_quarter then 1
            when customers.{{ attribute.column }} <= quarters.half then 2
            when customers.{{ attribute.column }} <= quarters.third_quarter then 3
            else 4
        end as band
    from customers
    cross join quarters_of_{{ attribute.column }} as quarters
),

labels_of_{{ attribute.column }} as (
    select
        band,
        case
            when min(value) = max(value)
                then cast(cast(min(value) as decimal(18, 0)) as string)
            else cast(cast(min(value) as decimal(18, 0)) as string)
                || ' to ' || cast(cast(max(value) as decimal(18, 0)) as string)
        end as label
    from bands_of_{{ attribute.column }}
    where band is not null
    group by band
),
{%- endfor %}

attribute_values as (
    {%- for attribute in attributes %}
    {%- if attribute.is_number %}
    select
        bands.segment_id,
        bands.segment_name,
        '{{ attribute.column }}' as attribute,
        labels.label as attribute_value,
        bands.band as value_order
    from bands_of_{{ attribute.column }} as bands
    left join labels_of_{{ attribute.column }} as labels
        on bands.band = labels.band
    {%- else %}
    select
        segment_id,
        segment_name,
        '{{ attribute.column }}' as attribute,
        nullif({{ attribute.column }}, 'unknown') as attribute_value,
        {%- if attribute.levels %}
        {{ customer_segmentation._rank_levels(attribute.column, attribute.levels) }}
        {%- else %}
        1
        {%- endif %} as value_order
    from customers
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        segment_id,
        segment_name,
        cast(null as string) as attribute,
        cast(null as string) as attribute_value,
        1 as value_order
    from customers
    where 1 = 0
    {%- endfor %}
),

coverage as (
    select
        segment_id,
        attribute,
        cast(count(*) as integer) as segment_customers,
        cast(count(attribute_value) as integer) as known_customers
    from attribute_values
    group by segment_id, attribute
),

overall as (
    select
        attribute,
        attribute_value,
        count(*) as customers,
        sum(count(*)) over (partition by attribute) as known_customers
    from attribute_values
    where attribute_value is not null
    group by attribute, attribute_value
),

cells as (
    select
        segment_id,
        segment_name,
        attribute,
        attribute_value,
        max(value_order) as value_order,
        cast(count(*) as integer) as customers
    from attribute_values
    where attribute_value is not null
    group by segment_id, segment_name, attribute, attribute_value
),

measured as (
    select
        cells.segment_id,
        cells.segment_name,
        cells.attribute,
        cells.attribute_value,
        cast(row_number() over (
            partition by cells.segment_id, cells.attribute
            order by cells.value_order, cells.attribute_value
        ) as integer) as value_order,
        cells.customers < {{ minimum }} as is_suppressed,
        cells.customers,
        cast(cells.customers as double) / coverage.known_customers as share_of_known,
        (cast(cells.customers as double) / coverage.known_customers)
        / (cast(overall.customers as double) / cast(overall.known_customers as double))
            as lift,
        cast(coverage.known_customers as double) / coverage.segment_customers
            as coverage
    from cells
    inner join coverage
        on cells.segment_id = coverage.segment_id
        and cells.attribute = coverage.attribute
    inner join overall
        on cells.attribute = overall.attribute
        and cells.attribute_value = overall.attribute_value
),

suppressed as (
    select
        segment_id,
        segment_name,
        attribute,
        attribute_value,
        value_order,
        case when not is_suppressed then customers end as customers,
        case when not is_suppressed then share_of_known end as share_of_known,
        case when not is_suppressed then lift end as lift,
        coverage,
        is_suppressed
    from measured
)

select * from suppressed
