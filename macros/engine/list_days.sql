{# Every day from one date to another, both included, as rows. #}
{% macro list_days(first_date, last_date) -%}
    {{- return(adapter.dispatch('list_days', 'customer_segmentation')(first_date, last_date)) -}}
{%- endmacro %}


{% macro spark__list_days(first_date, last_date) -%}
    explode(sequence({{ first_date }}, {{ last_date }}))
{%- endmacro %}


{% macro duckdb__list_days(first_date, last_date) -%}
    unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day))
{%- endmacro %}
