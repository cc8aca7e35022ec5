{# A UTC stamp as the clock on the shop's wall. #}
{% macro shift_from_utc(stamp, time_zone) %}
    {{- return(
        adapter.dispatch('shift_from_utc', 'customer_segmentation')(stamp, time_zone)
    ) -}}
{% endmacro %}


{% macro spark__shift_from_utc(stamp, time_zone) -%}
    from_utc_timestamp({{ stamp }}, '{{ time_zone }}')
{%- endmacro %}


{% macro duckdb__shift_from_utc(stamp, time_zone) -%}
    ({{ stamp }} at time zone 'UTC' at time zone '{{ time_zone }}')
{%- endmacro %}
