{# The user's relation as SQL text (dbt has rendered a ref or source in it by then); none
   when the var is null. #}
{% macro input_relation(name) %}
    {%- set value = var(name) -%}
    {{- return(value | trim if value is string and value | trim else none) -}}
{% endmacro %}


{# Our columns of a transaction, in the order of the staging tables. #}
{% macro list_transaction_columns() %}
    {{- return([
        'transaction_id', 'order_id', 'customer_id', 'category', 'quantity', 'amount',
        'discount_amount', 'ordered_at',
    ]) -}}
{% endmacro %}


{# The names of a relation's columns; none where no query can be run. #}
{% macro list_relation_columns(relation) %}
    {%- set result = run_query('select * from ' ~ relation ~ ' limit 0') -%}
    {{- return(result.column_names | list) -}}
{% endmacro %}


{# One of our columns as the user's SQL: mapped, of the same name, or null. #}
{% macro map_column(column, mapping, there) %}
    {%- if mapping is mapping and column in mapping -%}
        {{- return(mapping[column]) -}}
    {%- elif there is none or column in there -%}
        {{- return(column) -}}
    {%- endif -%}
    {{- return('cast(null as string)') -}}
{% endmacro %}


{# Checks a relation once it is there and returns its columns in lower case; none when
   the project is only compiled before anything was built. #}
{% macro read_input_columns(name, relation) %}
    {%- if not execute or not customer_segmentation.relation_exists(relation) -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- do customer_segmentation._check_columns(problems, name, relation) -%}
    {%- do customer_segmentation._raise(problems) -%}
    {{- return(
        customer_segmentation.list_relation_columns(relation) | map('lower') | list
    ) -}}
{% endmacro %}
