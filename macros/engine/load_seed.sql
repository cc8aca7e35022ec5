{# Rows of a seed on Spark. dbt-spark's own macro writes a missing value as the text None and
   does not escape an apostrophe; dbt looks into the project that is run before the adapter.
   A macro of dbt per value would take half a minute for the demo. #}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(2000) -%}
        {%- set rows = [] -%}
        {%- for row in chunk -%}
            {%- set values = [] -%}
            {%- for value in row -%}
                {%- do values.append(
                    'null' if value is none
                    else "'" ~ value | string | replace('\\', '\\\\') | replace("'", "\\'")
                        ~ "'"
                ) -%}
            {%- endfor -%}
            {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- set columns = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- do columns.append('cast(col{} as {}) as {}'.format(
                loop.index,
                types.get(name, adapter.convert_type(agate_table, loop.index0)),
                adapter.quote(name)
            )) -%}
        {%- endfor -%}
        {%- set statement = 'insert into {} select {} from values {}'.format(
            this, columns | join(', '), rows | join(', ')
        ) -%}
        {%- do adapter.add_query(statement, abridge_sql_log=true) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{- return(statements[0] if statements else '') -}}
{% endmacro %}
