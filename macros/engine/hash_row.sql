{# A whole number for a row of a relation, named as in the from clause. Any changed value
   changes it; null and '' are different, and so are ('a', null) and (null, 'a'). #}
{% macro hash_row(relation) %}
    {{- return(adapter.dispatch('hash_row', 'customer_segmentation')(relation)) -}}
{% endmacro %}


{# xxhash64 skips null, but JSON names the columns that are not null. #}
{% macro spark__hash_row(relation) -%}
    xxhash64(to_json(struct({{ relation }}.*)))
{%- endmacro %}


{% macro duckdb__hash_row(relation) -%}
    cast(hash({{ relation }}) >> 1 as bigint)
{%- endmacro %}
