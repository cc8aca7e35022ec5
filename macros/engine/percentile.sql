{# The interpolated quantile of a numeric column, as an aggregate. #}
{% macro percentile(column, share) %}
    {{- return(adapter.dispatch('percentile', 'customer_segmentation')(column, share)) -}}
{% endmacro %}


{% macro spark__percentile(column, share) -%}
    percentile({{ column }}, {{ share }})
{%- endmacro %}


{% macro duckdb__percentile(column, share) -%}
    quantile_cont(cast({{ column }} as double), {{ share }})
{%- endmacro %}
