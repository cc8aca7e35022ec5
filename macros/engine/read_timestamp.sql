{# A stamp from whatever the column holds, null where it cannot be read. The format is
   strptime's, for text; none reads ISO dates and real dates. A stamp with a zone or an
   offset is read in UTC, whatever the session's zone is. #}
{% macro read_timestamp(column, format) %}
    {{- return(
        adapter.dispatch('read_timestamp', 'customer_segmentation')(column, format)
    ) -}}
{% endmacro %}


{% macro spark__read_timestamp(column, format) %}
    {%- set text = customer_segmentation.trim_white_space(
        'cast(' ~ column ~ ' as string)'
    ) -%}
    {%- if format is none -%}
        {#- A time of day alone would be one of today. -#}
        case
            when {{ text }} rlike '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}'
                then try_cast({{ text }} as timestamp)
        end
    {%- else -%}
        try_to_timestamp(
            {{ text }},
            '{{ customer_segmentation.translate_format(format) | replace("'", "\\'") }}'
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


{# A strptime format as Spark writes it. A number that something follows may lack its zero,
   as in strptime. #}
{% macro translate_format(format) %}
    {%- set letters = {
        'd': 'd', 'm': 'M', 'Y': 'yyyy', 'y': 'yy', 'H': 'H', 'I': 'h', 'M': 'm', 'S': 's',
        'f': 'SSSSSS', 'b': 'MMM', 'B': 'MMMM', 'a': 'E', 'A': 'EEEE', 'p': 'a', 'j': 'D',
        'z': 'XX', 'Z': 'z',
    } -%}
    {%- set parts = [] -%}
    {%- for sign, text in modules.re.findall('%-?(.)|([^%]+)', format) -%}
        {%- if text -%}
            {%- do parts.append(modules.re.sub('([A-Za-z]+)', "'\\1'", text)) -%}
        {%- elif sign == '%' -%}
            {%- do parts.append('%') -%}
        {%- elif sign not in letters -%}
            {{- exceptions.raise_compiler_error(
                'The format ' ~ format ~ ' has %' ~ sign ~ ', which cannot be read on '
                ~ 'Spark; there are: %' ~ letters | join(', %') ~ '.'
            ) -}}
        {%- else -%}
            {%- do parts.append(letters[sign]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(parts | join) -}}
{% endmacro %}


{# A stamp as text, as it came; one with a zone in UTC, whatever the session's zone is. #}
{% macro write_timestamp(column) %}
    {{- return(adapter.dispatch('write_timestamp', 'customer_segmentation')(column)) -}}
{% endmacro %}


{% macro spark__write_timestamp(column) %}cast({{ column }} as string){% endmacro %}


{% macro duckdb__write_timestamp(column) -%}
    case
        when typeof({{ column }}) like 'TIMESTAMP%WITH TIME ZONE'
            then
                cast(timezone('UTC', try_cast({{ column }} as timestamptz)) as string)
                || '+00'
        else cast({{ column }} as string)
    end
{%- endmacro %}
