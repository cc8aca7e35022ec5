{# Is there something to read behind this SQL text? A file, a reader, or a query over
   readers is asked for its files (not over a network); a name for its table: `orders`,
   `raw.orders`, `attached.orders` (in that database's own schema) or
   `attached.sales.orders`. #}
{% macro relation_exists(relation) %}
    {{- return(
        adapter.dispatch('relation_exists', 'customer_segmentation')(relation)
    ) -}}
{% endmacro %}


{% macro default__relation_exists(relation) %}
    {{- return(true) -}}
{% endmacro %}


{% macro duckdb__relation_exists(relation) %}
    {%- set paths = modules.re.findall(
        "(?:^|\\b(?:read_\\w+|parquet_scan|sqlite_scan)\\s*\\(\\s*\\[?\\s*)'((?:[^']|'')*)'",
        relation
    ) -%}
    {%- for path in paths if '://' not in path -%}
        {%- set found = run_query("select count(*) from glob('" ~ path ~ "')") -%}
        {%- if found.rows[0][0] == 0 -%}
            {{- return(false) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- if paths or '(' in relation -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set parts = (relation | replace('"', '') | replace("'", "''") | lower).split('.') -%}
    {%- set places = {
        1: "table_catalog in (current_database(), 'temp')"
            ~ " and table_schema = current_schema()",
        2: "(table_catalog = current_database() and lower(table_schema) = '" ~ parts[0]
            ~ "' or lower(table_catalog) = '" ~ parts[0]
            ~ "' and table_schema in ('main', 'public'))",
        3: "lower(table_catalog) = '" ~ parts[0]
            ~ "' and lower(table_schema) = '" ~ parts[1] ~ "'",
    } -%}
    {%- if parts | length not in places -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set found = run_query(
        "select count(*) from information_schema.tables where lower(table_name) = '"
        ~ parts[-1] ~ "' and " ~ places[parts | length]
    ) -%}
    {{- return(found.rows[0][0] > 0) -}}
{% endmacro %}
