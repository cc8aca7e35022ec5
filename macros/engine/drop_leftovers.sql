{# After the run: tables that no model makes any more go, those that hold customers. An
   earlier release made the first ones; dbt-duckdb leaves behind the rows that a Python
   model gave to an incremental table, and those of segment_training_assignments hold ids. #}
{% macro drop_leftovers() %}
    {%- if execute -%}
        {%- set home = graph.nodes['model.customer_segmentation.segment_placements'] -%}
        {%- for name in ['segment_customer_months', 'segment_customer_scores'] -%}
            {%- set retired = adapter.get_relation(home.database, home.schema, name) -%}
            {%- if retired -%}{%- do adapter.drop_relation(retired) -%}{%- endif -%}
        {%- endfor -%}
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
