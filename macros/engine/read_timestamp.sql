{# A stamp from whatever the column holds, null where it cannot be read. The format is
   strptime's, for text; none reads ISO dates and real dates. A stamp with a zone or an
   offset is read in UTC, whatever the session's zone is. #}
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
        {#- A cast to timestamp reads a stamp with a zone in the zone of the session, and
           leaves the zone behind a text aside. The word infinity is a stamp to DuckDB, but
           no date of an order. -#}
        {%- set text = 'cast(' ~ column ~ ' as string)' -%}
        nullif(nullif(
            case
                when typeof({{ column }}) like 'TIMESTAMP%WITH TIME ZONE'
                    then timezone('UTC', try_cast({{ column }} as timestamptz))
                when
                    typeof({{ column }}) not like 'TIMESTAMP%'
                    and regexp_matches(
                        {{ text }}, '\d:\d\d(:\d\d([.]\d+)?)?\s*[-+A-Za-z]'
                    )
                    then timezone('UTC', try_cast(
                        regexp_replace({{ text }}, '\s+([-+]\d)', '\1') as timestamptz
                    ))
                else try_cast({{ column }} as timestamp)
            end, 'infinity'
        ), '-infinity')
    {%- else -%}
        {#- A format with a zone gives a stamp with a zone, any other one without. Texts
           without a digit, such as infinity, are a stamp to DuckDB whatever the format. -#}
        make_timestamp(epoch_us(try_strptime(
            trim(regexp_extract(
                {{ customer_segmentation.write_timestamp(column) }}, '.*\d.*'
            )),
            '{{ format | replace("'", "''") }}'
        )))
    {%- endif -%}
{% endmacro %}


{# A stamp as text, as it came; one with a zone in UTC, whatever the session's zone is. #}
{% macro write_timestamp(column) %}
    {{- return(adapter.dispatch('write_timestamp', 'customer_segmentation')(column)) -}}
{% endmacro %}


{% macro default__write_timestamp(column) %}cast({{ column }} as string){% endmacro %}


{% macro duckdb__write_timestamp(column) -%}
    case
        when typeof({{ column }}) like 'TIMESTAMP%WITH TIME ZONE'
            then
                cast(timezone('UTC', try_cast({{ column }} as timestamptz)) as string)
                || '+00'
        else cast({{ column }} as string)
    end
{%- endmacro %}
