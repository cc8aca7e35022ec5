{# The texts of a group as one, in an order. #}
{% macro join_texts(expression, separator, order_by) %}
    {{- return(
        adapter.dispatch('join_texts', 'customer_segmentation')(
            expression, separator, order_by
        )
    ) -}}
{% endmacro %}


{% macro spark__join_texts(expression, separator, order_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}


{% macro duckdb__join_texts(expression, separator, order_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
