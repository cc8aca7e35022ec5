{# Is there something to read behind this SQL text? A file reader is asked for its files,
   a name for its table. #}
{% macro relation_exists(relation) %}
    {{- return(
        adapter.dispatch('relation_exists', 'customer_segmentation')(relation)
    ) -}}
{% endmacro %}


{% macro default__relation_exists(relation) %}
    {{- return(true) -}}
{% endmacro %}


{% macro duckdb__relation_exists(relation) %}
    {%- if '(' in relation -%}
        {%- set paths = modules.re.findall(
            "^\\s*\\w+\\s*\\(\\s*\\[?\\s*'((?:[^']|'')*)'", relation
        ) -%}
        {%- if not paths -%}
            {{- return(true) -}}
        {%- endif -%}
        {%- set found = run_query("select count(*) from glob('" ~ paths[0] ~ "')") -%}
        {{- return(found.rows[0][0] > 0) -}}
    {%- endif -%}
    {%- set parts = (relation | replace('"', '') | lower).split('.') -%}
    {%- set levels = ['table_name', 'table_schema', 'table_catalog'] -%}
    {%- set conditions = [] -%}
    {%- for part in parts | reverse -%}
        {%- if loop.index0 < 3 -%}
            {%- do conditions.append(
                'lower(' ~ levels[loop.index0] ~ ") = '" ~ part | replace("'", "''") ~ "'"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = run_query(
        'select count(*) from information_schema.tables where '
        ~ conditions | join(' and ')
    ) -%}
    {{- return(found.rows[0][0] > 0) -}}
{% endmacro %}
