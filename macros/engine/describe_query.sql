{# The columns of a query as [name, type] pairs, in their order; the type is none where the
   engine is only asked for names. #}
{% macro describe_query(query) %}
    {{- return(adapter.dispatch('describe_query', 'customer_segmentation')(query)) -}}
{% endmacro %}


{% macro default__describe_query(query) %}
    {%- set columns = [] -%}
    {%- for name in run_query('select * from (' ~ query ~ ') as asked limit 0').column_names
    -%}
        {%- do columns.append([name, none]) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}


{% macro duckdb__describe_query(query) %}
    {%- set columns = [] -%}
    {%- for row in run_query('describe ' ~ query).rows -%}
        {%- do columns.append([row[0], row[1]]) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}
