{# After the run: dbt-duckdb leaves the rows that a Python model gave to an incremental table
   behind in a table of their own, and those of segment_training_assignments hold ids. #}
{% macro drop_leftovers() %}
    {%- if execute -%}
        {{- adapter.dispatch('drop_leftovers', 'customer_segmentation')() -}}
    {%- endif -%}
{% endmacro %}


{% macro default__drop_leftovers() %}{% endmacro %}


{% macro duckdb__drop_leftovers() %}
    {%- for node in graph.nodes.values()
        if node.package_name == 'customer_segmentation' and node.resource_type == 'model'
            and node.language == 'python' -%}
        {%- set left = run_query(
            "select table_name from information_schema.tables where table_catalog = '"
            ~ node.database ~ "' and table_schema = '" ~ node.schema
            ~ "' and starts_with(table_name, '" ~ node.alias ~ "__dbt_tmp') order by 1"
        ) -%}
        {%- for row in left.rows %}
drop table "{{ node.database }}"."{{ node.schema }}"."{{ row[0] }}";
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
