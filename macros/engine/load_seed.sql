{# Rows of a seed on Spark. dbt-spark's own macro writes a missing value as the text None and
   does not escape an apostrophe; dbt looks into the project that is run before the adapter.
   Rows go as one JSON text: a literal for each value takes Spark half a minute for the demo. #}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do columns.append('cast(texts[{}] as {}) as {}'.format(
            loop.index0,
            types.get(name, adapter.convert_type(agate_table, loop.index0)),
            adapter.quote(name)
        )) -%}
    {%- endfor -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(2000) -%}
        {%- set rows = [] -%}
        {%- for row in chunk -%}
            {%- set texts = [] -%}
            {%- for value in row -%}
                {%- do texts.append(none if value is none else value | string) -%}
            {%- endfor -%}
            {%- do rows.append(texts) -%}
        {%- endfor -%}
        {%- set statement -%}
            insert into {{ this }}
            select {{ columns | join(', ') }}
            from (
                select explode(from_json(
                    '{{ tojson(rows) | replace('\\', '\\\\') | replace("'", "\\'") }}',
                    'array<array<string>>'
                )) as texts
            ) as seed_rows
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=true) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{- return(statements[0] if statements else '') -}}
{% endmacro %}
