{# The columns that a SQL expression names; none when it cannot be parsed. Engines whose
   parser we cannot ask are asked only about plain names. #}
{% macro list_expression_columns(expression) %}
    {{- return(
        adapter.dispatch('list_expression_columns', 'customer_segmentation')(expression)
    ) -}}
{% endmacro %}


{% macro default__list_expression_columns(expression) %}
    {{- return(modules.re.findall('^\\w*[A-Za-z_]\\w*$', expression | trim)) -}}
{% endmacro %}


{% macro duckdb__list_expression_columns(expression) %}
    {%- set text = 'select ' ~ expression ~ ' from input' -%}
    {%- set result = run_query(
        "select cast(json_serialize_sql('" ~ text | replace("'", "''") ~ "') as string)"
    ) -%}
    {%- set tree = fromjson(result.rows[0][0]) -%}
    {%- if tree.error -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set found = modules.re.findall(
        '"class":"COLUMN_REF"[^{}]*"column_names":\\["((?:[^"\\\\]|\\\\.)*)"\\]',
        result.rows[0][0]
    ) -%}
    {{- return(found | unique | list) -}}
{% endmacro %}
