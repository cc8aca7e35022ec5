{# A stamp from whatever the column holds, null where it cannot be read. The format is
   strptime's, for text; none reads ISO dates and real dates. #}
{% macro read_timestamp(column, format) %}
    {{- return(
        adapter.dispatch('read_timestamp', 'customer_segmentation')(column, format)
    ) -}}
{% endmacro %}


{% macro default__read_timestamp(column, format) %}
    {%- if format is none -%}
        try_cast({{ column }} as timestamp)
    {%- else -%}
        try_to_timestamp(
            cast({{ column }} as string), '{{ format | replace("'", "''") }}'
        )
    {%- endif -%}
{% endmacro %}


{% macro duckdb__read_timestamp(column, format) %}
    {%- if format is none -%}
        {#- The word infinity is a stamp to DuckDB, but no date of an order. -#}
        case
            when isfinite(try_cast({{ column }} as timestamp))
                then try_cast({{ column }} as timestamp)
        end
    {%- else -%}
        try_strptime(
            trim(cast({{ column }} as string)), '{{ format | replace("'", "''") }}'
        )
    {%- endif -%}
{% endmacro %}
