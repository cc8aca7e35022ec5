{# Names that the profile attaches PostgreSQL databases as; none where marts cannot be
   written into one. #}
{% macro list_postgres_databases() %}
    {{- return(adapter.dispatch('list_postgres_databases', 'customer_segmentation')()) -}}
{% endmacro %}


{% macro default__list_postgres_databases() %}
    {{- return(none) -}}
{% endmacro %}


{% macro duckdb__list_postgres_databases() %}
    {{- return(run_query(
        "select database_name from duckdb_databases() where type = 'postgres'"
    ).columns[0].values() | list) -}}
{% endmacro %}
