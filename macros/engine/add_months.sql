{# A date some whole months later; the last day of a shorter month. #}
{% macro add_months(date, months) %}
    {{- return(adapter.dispatch('add_months', 'customer_segmentation')(date, months)) -}}
{% endmacro %}


{% macro default__add_months(date, months) -%}
    cast({{ dbt.dateadd('month', months, date) }} as date)
{%- endmacro %}


{% macro spark__add_months(date, months) %}add_months({{ date }}, {{ months }}){% endmacro %}
