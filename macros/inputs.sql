{# The user's relation as SQL text (dbt has rendered a ref or source in it by then); none
   when the var is null. #}
{% macro input_relation(name) %}
    {%- set value = var(name) -%}
    {%- if value is not string or not value | trim -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(customer_segmentation._unwrap_relation(value | trim)) -}}
{% endmacro %}


{# With --empty or --sample dbt renders a ref or source as a query over its table. The name
   is what is checked and remembered; the rows are left out further on: by the refs after
   base_transactions, and by its own time filter. #}
{% macro _unwrap_relation(relation) %}
    {%- set wrapped = modules.re.match(
        "\\(select \\* from (.+?) where "
        "(?:false limit 0|\\S+ >= '[^']*' and \\S+ < '[^']*')\\)$",
        relation
    ) if execute and (flags.EMPTY or customer_segmentation.read_sample()) -%}
    {{- return(wrapped.group(1) if wrapped else relation) -}}
{% endmacro %}


{# The stretch of time of --sample, as texts in UTC; none without it. A unit test brings its
   own rows, which are not sampled. #}
{% macro read_sample() %}
    {%- set window = invocation_args_dict.get('sample') -%}
    {%- if window and model.resource_type != 'unit_test' -%}
        {{- return({
            'start': window.start.strftime('%Y-%m-%d %H:%M:%S'),
            'end': window.end.strftime('%Y-%m-%d %H:%M:%S'),
        }) -}}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}


{# Does dbt build this relation? #}
{% macro _is_node(relation) %}
    {%- for node in graph.nodes.values() if node.relation_name == relation -%}
        {{- return(true) -}}
    {%- endfor -%}
    {{- return(false) -}}
{% endmacro %}


{# Our columns of a transaction, in the order of the staging tables. #}
{% macro list_transaction_columns() %}
    {{- return(customer_segmentation.list_rules().segmentation_transaction_columns['keys']) -}}
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
    {%- if not execute or customer_segmentation.is_missing(relation) -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- do customer_segmentation._raise(
        customer_segmentation.find_relation_problems(
            name, relation, customer_segmentation.read_var_values([name])
        )
    ) -%}
    {%- set there = customer_segmentation.describe_query('select * from ' ~ relation) -%}
    {{- return(there | map('first') | map('lower') | list) -}}
{% endmacro %}


{# Is there nothing to read behind this SQL text? #}
{% macro is_missing(relation) %}
    {%- set error = customer_segmentation.find_query_errors(
        ['select * from ' ~ relation]
    )[0] -%}
    {{- return(error is not none and error.kind == 'missing') -}}
{% endmacro %}
