{# A number for the rows of a relation, named as in the from clause, as an aggregate: the
   sum of a hash over each whole row. The order of the rows does not matter; any changed
   value does, null and '' are different, and so are ('a', null) and (null, 'a'). #}
{% macro hash_sum(relation) %}
    {{- return(adapter.dispatch('hash_sum', 'customer_segmentation')(relation)) -}}
{% endmacro %}


{# xxhash64 skips null, but JSON names the columns that are not null. #}
{% macro spark__hash_sum(relation) -%}
    sum(cast(xxhash64(to_json(struct({{ relation }}.*))) as decimal(38, 0)))
{%- endmacro %}


{% macro duckdb__hash_sum(relation) -%}
    sum(hash({{ relation }}))
{%- endmacro %}
