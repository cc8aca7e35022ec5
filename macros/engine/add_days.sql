{# A date some whole days later. dbt.dateadd goes through timestamps on Spark. #}
{% macro add_days(date, days) %}
    {{- return(adapter.dispatch('add_days', 'customer_segmentation')(date, days)) -}}
{% endmacro %}


{% macro spark__add_days(date, days) %}date_add({{ date }}, {{ days }}){% endmacro %}


{% macro duckdb__add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}
