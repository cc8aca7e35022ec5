-- One row per segment, attribute and value: shares cover only customers with a known value.
-- Compiled it is long: a block per attribute.
{%- set attributes = customer_segmentation.list_published_attributes() %}
{%- set minimum = var('segmentation_minimum_cell_size') %}

with

customers as (
    select * from {{ ref('customer_segments') }}
),

{%- for attribute in attributes if attribute.is_number %}

-- Numbers are shown in quarters of the known customers, or nearly: an exact quartile would
-- tell how many customers of all segments are in a band, so the edges are rounded.
quartiles_of_{{ attribute.column }} as (
    select
        {{ customer_segmentation.percentile(attribute.column, 0.25) }} as first_quartile,
        {{ customer_segmentation.percentile(attribute.column, 0.5) }} as second_quartile,
        {{ customer_segmentation.percentile(attribute.column, 0.75) }} as third_quartile,
        min(
            case
                when {{ attribute.column }} = floor({{ attribute.column }}) then 1
                else 0
            end
        ) = 1 as is_whole
    from customers
    where {{ attribute.column }} is not null
),

-- A step is 1/20 to 1/2 of the distance between the outer quartiles: 5 years, 5,000.
steps_of_{{ attribute.column }} as (
    select
        *,
        greatest(
            case
                when third_quartile > first_quartile
                    then pow(10, floor(log10(third_quartile - first_quartile))) / 2
                else 0
            end,
            case when is_whole then 1 else 0.000001 end
        ) as step
    from quartiles_of_{{ attribute.column }}
),

edges_of_{{ attribute.column }} as (
    select
        {%- for place in ['first', 'second', 'third'] %}
        cast(round({{ place }}_quartile / step) * step as decimal(28, 6))
            as {{ place }}_edge,
        {%- endfor %}
        is_whole
    from steps_of_{{ attribute.column }}
),

bands_of_{{ attribute.column }} as (
    select
        customers.segment_id,
        customers.segment_name,
        case
            when customers.{{ attribute.column }} is null then null
            when customers.{{ attribute.column }} <= edges.first_edge then 1
            when customers.{{ attribute.column }} <= edges.second_edge then 2
            when customers.{{ attribute.column }} <= edges.third_edge then 3
            else 4
        end as band
    from customers
    cross join edges_of_{{ attribute.column }} as edges
),

present_bands_of_{{ attribute.column }} as (
    select
        bands.band,
        bands.band = min(bands.band) over () as is_first,
        bands.band = max(bands.band) over () as is_last,
        edges.is_whole,
        case bands.band
            when 2 then edges.first_edge
            when 3 then edges.second_edge
            when 4 then edges.third_edge
        end + case when edges.is_whole then 1 else 0 end as lower_edge,
        case bands.band
            when 1 then edges.first_edge
            when 2 then edges.second_edge
            when 3 then edges.third_edge
        end as upper_edge
    from (
        select distinct band from bands_of_{{ attribute.column }}
        where band is not null
    ) as bands
    cross join edges_of_{{ attribute.column }} as edges
),

written_bands_of_{{ attribute.column }} as (
    select
        *,
        regexp_replace(cast(lower_edge as string), '[.]?0+$', '') as lower_text,
        regexp_replace(cast(upper_edge as string), '[.]?0+$', '') as upper_text
    from present_bands_of_{{ attribute.column }}
),

-- The outer bands are open: nobody's age is read off as the lowest or the highest.
labels_of_{{ attribute.column }} as (
    select
        band,
        case
            when is_first and upper_text is not null then 'up to ' || upper_text
            when is_last and is_whole then lower_text || ' and over'
            when is_last then 'over ' || lower_text
            when lower_edge = upper_edge then upper_text
            when is_whole then lower_text || ' to ' || upper_text
            else 'over ' || lower_text || ' to ' || upper_text
        end as label
    from written_bands_of_{{ attribute.column }}
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

all_values as (
    select
        attribute,
        attribute_value,
        row_number() over (
            partition by attribute
            order by max(value_order) asc nulls last, attribute_value asc
        ) as value_order,
        count(*) as customers
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

-- A segment with few known customers is hidden as a whole. Hidden are always at least two
-- segments with the minimum of customers together, since the known customers of all
-- segments can be counted elsewhere.
ranked_coverage as (
    select
        *,
        row_number() over (
            partition by attribute order by known_customers, segment_id
        ) as hiding_order,
        sum(is_small) over (partition by attribute) as small_segments,
        sum(is_small * known_customers) over (partition by attribute)
            as small_customers
    from (
        select
            *,
            case when known_customers < {{ minimum }} then 1 else 0 end as is_small
        from coverage
        where known_customers > 0
    ) as sized
),

shown_segments as (
    select * from ranked_coverage
    where is_small = 0
        and not (
            hiding_order = small_segments + 1
            and (
                small_segments = 1
                or (small_segments > 1 and small_customers < {{ minimum }})
            )
        )
),

cells as (
    select
        shown_segments.segment_id,
        shown_segments.attribute,
        shown_segments.known_customers,
        all_values.attribute_value,
        all_values.value_order,
        all_values.customers as customers_of_value,
        coalesce(counted.customers, 0) as customers,
        case
            when coalesce(counted.customers, 0) < {{ minimum }} then 1 else 0
        end as is_small
    from shown_segments
    inner join all_values
        on shown_segments.attribute = all_values.attribute
    left join counted
        on shown_segments.segment_id = counted.segment_id
        and shown_segments.attribute = counted.attribute
        and all_values.attribute_value = counted.attribute_value
),

-- The same within a segment, whose known customers are published. What is hidden along with
-- small cells is the least common value, if it can be the same one in every segment.
ranked_cells as (
    select
        *,
        row_number() over (
            partition by segment_id, attribute
            order by is_small desc, customers_of_value asc, value_order asc
        ) as hiding_order,
        sum(is_small) over (partition by segment_id, attribute) as small_cells,
        sum(is_small * customers) over (partition by segment_id, attribute)
            as small_customers
    from cells
),

-- A value is compared with the cells that are shown, since its total over all segments
-- would give away those that are hidden.
shown_cells as (
    select
        *,
        count(*) over (partition by attribute, attribute_value) as shown_segments,
        cast(sum(customers) over (partition by attribute, attribute_value) as double)
            / cast(
                sum(known_customers) over (partition by attribute, attribute_value)
                as double
            ) as shown_share
    from ranked_cells
    where is_small = 0
        and not (
            hiding_order = small_cells + 1
            and (
                small_cells = 1
                or (small_cells > 1 and small_customers < {{ minimum }})
            )
        )
),

-- A value that no segment shows is not listed: its name could be somebody's own.
listed_values as (
    select
        attribute,
        attribute_value,
        row_number() over (partition by attribute order by value_order) as value_order
    from (
        select distinct attribute, attribute_value, value_order from shown_cells
    ) as shown_values
),

demographics as (
    select
        coverage.segment_id,
        coverage.segment_name,
        coverage.attribute,
        listed_values.attribute_value,
        cast(listed_values.value_order as integer) as value_order,
        cast(shown_cells.customers as integer) as customers,
        cast(shown_cells.customers as double) / shown_cells.known_customers
            as share_of_known,
        case
            when shown_cells.shown_segments > 1
                then cast(shown_cells.customers as double)
                    / shown_cells.known_customers / shown_cells.shown_share
        end as lift,
        case
            when coverage.known_customers = 0 then 0
            when shown_segments.segment_id is not null
                then cast(coverage.known_customers as double)
                    / coverage.segment_customers
        end as coverage,
        shown_cells.segment_id is null as is_suppressed,
        {{ minimum }} as minimum_cell_size
    from coverage
    inner join listed_values
        on coverage.attribute = listed_values.attribute
    left join shown_segments
        on coverage.segment_id = shown_segments.segment_id
        and coverage.attribute = shown_segments.attribute
    left join shown_cells
        on coverage.segment_id = shown_cells.segment_id
        and coverage.attribute = shown_cells.attribute
        and listed_values.attribute_value = shown_cells.attribute_value
)

select * from demographics
