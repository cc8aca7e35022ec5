{# dbt_project.yml of the project that is run, as a mapping: dbt tells macros the value of a
   var, but not which vars are set. None where files cannot be read. #}
{% macro read_project_file() %}
    {{- return(adapter.dispatch('read_project_file', 'customer_segmentation')()) -}}
{% endmacro %}


{% macro default__read_project_file() %}
    {{- return(none) -}}
{% endmacro %}


{# dbt runs in the folder of the project. #}
{% macro duckdb__read_project_file() %}
    {%- set query = "select content from read_text('dbt_project.yml')" -%}
    {%- if customer_segmentation.find_query_errors([query])[0] is not none -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(fromyaml(run_query(query).rows[0][0])) -}}
{% endmacro %}
