{# A number in a sentence: whole, with commas between the thousands. #}
{% macro write_count(expression) %}
    {{- return(adapter.dispatch('write_count', 'customer_segmentation')(expression)) -}}
{% endmacro %}


{% macro spark__write_count(expression) %}format_number(round({{ expression }}), 0){% endmacro %}


{% macro duckdb__write_count(expression) -%}
    format('{:,}', cast(round({{ expression }}) as bigint))
{%- endmacro %}
