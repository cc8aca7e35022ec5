-- One row per segment, attribute and value: who is in a segment, among those known.
{%- set attributes = customer_segmentation.list_published_attributes() %}
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
        segment_name,
        attribute,
        count(*) as segment_customers,
        count(attribute_value) as known_customers
    from attribute_values
    group by segment_id, segment_name, attribute
),

overall as (
    select
        attribute,
        attribute_value,
        row_number() over (
            partition by attribute order by max(value_order), attribute_value
        ) as value_order,
        count(*) as customers,
        sum(count(*)) over (partition by attribute) as known_customers
    from attribute_values
    where attribute_value is not null
    group by attribute, attribute_value
),

counted as (
    select
        segment_id,
        attribute,
        attribute_value,
        count(*) as customers
    from attribute_values
    where attribute_value is not null
    group by segment_id, attribute, attribute_value
),

-- Every value in every segment: a cell that is not there would tell that it is empty.
cells as (
    select
        coverage.segment_id,
        coverage.segment_name,
        coverage.attribute,
        overall.attribute_value,
        overall.value_order,
        coalesce(counted.customers, 0) as customers,
        coverage.segment_customers,
        coverage.known_customers,
        cast(overall.customers as double) / cast(overall.known_customers as double)
            as overall_share
    from coverage
    inner join overall
        on coverage.attribute = overall.attribute
    left join counted
        on coverage.segment_id = counted.segment_id
        and coverage.attribute = counted.attribute
        and overall.attribute_value = counted.attribute_value
),

ranked as (
    select
        *,
        row_number() over (
            partition by segment_id, attribute order by customers, value_order
        ) as size_order,
        sum(case when customers < {{ minimum }} then 1 else 0 end) over (
            partition by segment_id, attribute
        ) as small_cells
    from cells
),

-- A single hidden cell follows from the others, so the next smallest is hidden with it.
judged as (
    select
        *,
        customers < {{ minimum }} or (small_cells = 1 and size_order = 2)
            as is_suppressed
    from ranked
),

suppressed as (
    select
        segment_id,
        segment_name,
        attribute,
        attribute_value,
        cast(value_order as integer) as value_order,
        cast(case when not is_suppressed then customers end as integer) as customers,
        case
            when not is_suppressed then cast(customers as double) / known_customers
        end as share_of_known,
        case
            when not is_suppressed
                then cast(customers as double) / known_customers / overall_share
        end as lift,
        cast(known_customers as double) / segment_customers as coverage,
        is_suppressed,
        {{ minimum }} as minimum_cell_size
    from judged
)

select * from suppressed
