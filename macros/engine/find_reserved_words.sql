{# Those of the names that cannot be a column without quotes. #}
{% macro find_reserved_words(names) %}
    {{- return(
        adapter.dispatch('find_reserved_words', 'customer_segmentation')(names)
    ) -}}
{% endmacro %}


{% macro default__find_reserved_words(names) %}
    {{- return([]) -}}
{% endmacro %}


{# The column holds a struct, so that a word with a meaning of its own, such as null, is not
   taken for it. #}
{% macro duckdb__find_reserved_words(names) %}
    {%- set queries = [] -%}
    {%- for name in names -%}
        {%- do queries.append(
            'select ' ~ name ~ '.ours, struct_extract(' ~ name ~ ", 'ours'), t." ~ name
            ~ ' as ' ~ name ~ ', count(*) from (select struct_pack(ours := 1) as "' ~ name
            ~ '") as t where lower(cast(' ~ name ~ ' as string)) is not null group by '
            ~ name
        ) -%}
    {%- endfor -%}
    {%- set reserved = [] -%}
    {%- for error in customer_segmentation.find_query_errors(queries) -%}
        {%- if error is not none -%}
            {%- do reserved.append(names[loop.index0]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(reserved) -}}
{% endmacro %}
