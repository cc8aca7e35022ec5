-- One row per segment, attribute and value: shares cover only customers with a known value.
{%- set attributes = customer_segmentation.list_published_attributes() %}
{%- set minimum = var('segmentation_minimum_cell_size') %}
{%- set quarters = {'first': 0.25, 'second': 0.5, 'third': 0.75} %}

with

customers as (
    select * from {{ ref('customer_segments') }}
),

attributes as (
    {%- for attribute in attributes %}
    select '{{ attribute.column }}' as attribute
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as string) as attribute
    where 1 = 0
    {%- endfor %}
),

recorded as (
    select
        customers.segment_id,
        customers.segment_name,
        attributes.attribute,
        case attributes.attribute
            {%- for attribute in attributes if attribute.is_number %}
            when '{{ attribute.column }}' then customers.{{ attribute.column }}
            {%- else %}
            when '' then cast(null as double)
            {%- endfor %}
        end as number_value,
        case attributes.attribute
            {%- for attribute in attributes if not attribute.is_number %}
            when '{{ attribute.column }}'
                then nullif(customers.{{ attribute.column }}, 'unknown')
            {%- else %}
            when '' then cast(null as string)
            {%- endfor %}
        end as text_value
    from customers
    cross join attributes
),

-- Numbers are shown in quarters of the known customers, or nearly: an exact quartile would
-- tell how many customers of all segments are in a band, so the edges are rounded.
quartiles as (
    select
        attribute,
        {%- for name, share in quarters.items() %}
        {{ customer_segmentation.percentile('number_value', share) }}
            as {{ name }}_quartile,
        {%- endfor %}
        min(case when number_value = floor(number_value) then 1 else 0 end) = 1
            as is_whole
    from recorded
    where number_value is not null
    group by attribute
),

-- A step is 1/20 to 1/2 of the distance between the outer quartiles: 5 years, 5,000.
steps as (
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
    from quartiles
),

edges as (
    select
        attribute,
        is_whole,
        {%- for name in quarters %}
        cast(round({{ name }}_quartile / step) * step as decimal(28, 6))
            as {{ name }}_edge{{ ',' if not loop.last }}
        {%- endfor %}
    from steps
),

banded as (
    select
        recorded.segment_id,
        recorded.segment_name,
        recorded.attribute,
        recorded.text_value,
        case
            when recorded.number_value <= edges.first_edge then 1
            when recorded.number_value <= edges.second_edge then 2
            when recorded.number_value <= edges.third_edge then 3
            when recorded.number_value is not null then 4
        end as band
    from recorded
    left join edges
        on recorded.attribute = edges.attribute
),

-- The last look at customers: all that follows is made of these counts.
counted as (
    select
        segment_id,
        segment_name,
        attribute,
        text_value,
        band,
        count(*) as customers
    from banded
    group by segment_id, segment_name, attribute, text_value, band
),

bounded as (
    select
        counted.*,
        edges.is_whole,
        counted.band = min(counted.band) over (partition by counted.attribute) as is_first,
        counted.band = max(counted.band) over (partition by counted.attribute) as is_last,
        case counted.band
            when 2 then edges.first_edge
            when 3 then edges.second_edge
            when 4 then edges.third_edge
        end + case when edges.is_whole then 1 else 0 end as lower_edge,
        case counted.band
            when 1 then edges.first_edge
            when 2 then edges.second_edge
            when 3 then edges.third_edge
        end as upper_edge
    from counted
    left join edges
        on counted.attribute = edges.attribute
),

written as (
    select
        *,
        regexp_replace(cast(lower_edge as string), '[.]?0+$', '') as lower_text,
        regexp_replace(cast(upper_edge as string), '[.]?0+$', '') as upper_text
    from bounded
),

-- The outer bands are open: nobody's age is read off as the lowest or the highest.
value_counts as (
    select
        segment_id,
        segment_name,
        attribute,
        case
            when band is null then text_value
            when is_first and upper_text is not null then 'up to ' || upper_text
            when is_last and is_whole then lower_text || ' and over'
            when is_last then 'over ' || lower_text
            when lower_edge = upper_edge then upper_text
            when is_whole then lower_text || ' to ' || upper_text
            else 'over ' || lower_text || ' to ' || upper_text
        end as attribute_value,
        coalesce(
            band,
            {%- for attribute in attributes if attribute.levels %}
            case when attribute = '{{ attribute.column }}' then {{
                customer_segmentation._rank_levels('text_value', attribute.levels)
            }} end,
            {%- endfor %}
            1
        ) as value_order,
        customers
    from written
),

coverage as (
    select
        segment_id,
        segment_name,
        attribute,
        sum(customers) as segment_customers,
        sum(case when attribute_value is not null then customers else 0 end)
            as known_customers
    from value_counts
    group by segment_id, segment_name, attribute
),

-- A segment with few known customers is hidden as a whole. Hidden are always at least two
-- segments with the minimum of customers together, since the known customers of all
-- segments can be counted elsewhere.
ranked_coverage as (
    select
        *,
        row_number() over (
            partition by attribute
            order by known_customers = 0, known_customers, segment_id
        ) as hiding_order,
        sum(case when known_customers between 1 and {{ minimum }} - 1 then 1 else 0 end)
            over (partition by attribute) as small_segments,
        sum(case when known_customers < {{ minimum }} then known_customers else 0 end)
            over (partition by attribute) as small_customers
    from coverage
),

segments as (
    select
        segment_id,
        segment_name,
        attribute,
        segment_customers,
        known_customers,
        known_customers >= {{ minimum }}
        and not (
            hiding_order = small_segments + 1
            and (
                small_segments = 1
                or (small_segments > 1 and small_customers < {{ minimum }})
            )
        ) as is_segment_shown
    from ranked_coverage
),

all_values as (
    select
        attribute,
        attribute_value,
        value_order,
        sum(customers) as customers_of_value
    from value_counts
    where attribute_value is not null
    group by attribute, attribute_value, value_order
),

cells as (
    select
        segments.*,
        all_values.attribute_value,
        all_values.value_order,
        all_values.customers_of_value,
        coalesce(value_counts.customers, 0) as customers,
        case
            when coalesce(value_counts.customers, 0) < {{ minimum }} then 1 else 0
        end as is_small
    from segments
    inner join all_values
        on segments.attribute = all_values.attribute
    left join value_counts
        on segments.segment_id = value_counts.segment_id
        and segments.attribute = value_counts.attribute
        and all_values.attribute_value = value_counts.attribute_value
),

-- The same within a segment, whose known customers are published. What is hidden along with
-- small cells is the least common value, if it can be the same one in every segment.
ranked_cells as (
    select
        *,
        row_number() over (
            partition by segment_id, attribute
            order by
                is_small desc,
                customers_of_value asc,
                value_order asc,
                attribute_value asc
        ) as hiding_order,
        sum(is_small) over (partition by segment_id, attribute) as small_cells,
        sum(is_small * customers) over (partition by segment_id, attribute)
            as small_customers
    from cells
),

shown_cells as (
    select
        *,
        is_segment_shown
        and is_small = 0
        and not (
            hiding_order = small_cells + 1
            and (
                small_cells = 1
                or (small_cells > 1 and small_customers < {{ minimum }})
            )
        ) as is_shown
    from ranked_cells
),

-- A value is compared with the cells that are shown, since its total over all segments
-- would give away those that are hidden.
compared as (
    select
        *,
        sum(case when is_shown then 1 else 0 end) over same_value as shown_segments,
        cast(sum(case when is_shown then customers end) over same_value as double)
        / cast(sum(case when is_shown then known_customers end) over same_value as double)
            as shown_share
    from shown_cells
    window same_value as (partition by attribute, attribute_value)
),

-- A value that no segment shows is not listed: its name could be somebody's own.
demographics as (
    select
        segment_id,
        segment_name,
        attribute,
        attribute_value,
        cast(dense_rank() over (
            partition by attribute order by value_order, attribute_value
        ) as integer) as value_order,
        cast(case when is_shown then customers end as integer) as customers,
        case when is_shown then cast(customers as double) / known_customers end
            as share_of_known,
        case
            when is_shown and shown_segments > 1
                then cast(customers as double) / known_customers / shown_share
        end as lift,
        case
            when known_customers = 0 then 0
            when is_segment_shown then cast(known_customers as double) / segment_customers
        end as coverage,
        not is_shown as is_suppressed,
        {{ minimum }} as minimum_cell_size
    from compared
    where shown_segments > 0
)

select * from demographics
