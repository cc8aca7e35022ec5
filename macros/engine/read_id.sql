{# An id as text, the same from every table: white space is trimmed and a whole float is an
   integer ('1.0' and 1e16 as a double too), since one null makes floats of integer ids.
   Zeros in front and the case of letters stay: they can tell two ids apart. #}
{% macro read_id(column) -%}
    {{- return(adapter.dispatch('read_id', 'customer_segmentation')(column)) -}}
{%- endmacro %}


{% macro spark__read_id(column) -%}
    {%- set text = customer_segmentation.trim_white_space(
        'cast(' ~ column ~ ' as string)'
    ) -%}
    {%- set number = 'try_cast(' ~ column ~ ' as double)' -%}
    {%- set whole = 'try_cast(' ~ column ~ ' as decimal(38, 0))' -%}
    nullif(
        case
            when typeof({{ column }}) in ('double', 'float') and isnan({{ number }})
                then null
            when typeof({{ column }}) in ('double', 'float')
                and {{ number }} = cast({{ whole }} as double)
                then cast({{ whole }} as string)
            when {{ text }} rlike '^-?[0-9]+[.]0+$' then split_part({{ text }}, '.', 1)
            else {{ text }}
        end,
        ''
    )
{%- endmacro %}


{% macro duckdb__read_id(column) -%}
    {%- set text = customer_segmentation.trim_white_space(
        'cast(' ~ column ~ ' as string)'
    ) -%}
    {%- set number = 'try_cast(' ~ column ~ ' as double)' -%}
    {%- set whole = 'try_cast(' ~ column ~ ' as decimal(38, 0))' -%}
    {#- typeof is the same for a whole column, so a text pays nothing for the first two. -#}
    nullif(
        case
            when typeof({{ column }}) in ('DOUBLE', 'FLOAT') and isnan({{ number }})
                then null
            when typeof({{ column }}) in ('DOUBLE', 'FLOAT')
                and {{ number }} = cast({{ whole }} as double)
                then cast({{ whole }} as string)
            when regexp_matches({{ text }}, '^-?[0-9]+[.]0+$')
                then split_part({{ text }}, '.', 1)
            else {{ text }}
        end,
        ''
    )
{%- endmacro %}
