{# Sums of doubles depend on the order in which threads add them up; sums of decimals do
   not. These aggregates give the same bytes on every build. #}

{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(28, 6))) as double)
{%- endmacro %}


{% macro exact_average(expression) -%}
    ({{ customer_segmentation.exact_sum(expression) }} / nullif(count({{ expression }}), 0))
{%- endmacro %}


{# Where a value stands among those of its group, from 0 to 1; equal values get the middle
   of their ranks. #}
{% macro midrank_percentile(column, partition_by) -%}
    (
        rank() over (partition by {{ partition_by }} order by {{ column }} asc)
        + (count(*) over (partition by {{ partition_by }}, {{ column }}) - 1) / 2.0 - 0.5
    ) / count(*) over (partition by {{ partition_by }})
{%- endmacro %}


{# A number as one writes it in a rule: without a point when it is whole. #}
{% macro word_number(expression) -%}
    case
        when {{ expression }} = floor({{ expression }})
            then cast(cast({{ expression }} as bigint) as string)
        else cast({{ expression }} as string)
    end
{%- endmacro %}
