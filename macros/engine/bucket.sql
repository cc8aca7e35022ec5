{# One of 64 numbers for a text, the same for equal texts: what changes is looked for by day
   and bucket of customers, so that an erased customer does not have whole days read again. #}
{% macro bucket(text) %}
    {{- return(adapter.dispatch('bucket', 'customer_segmentation')(text)) -}}
{% endmacro %}


{% macro spark__bucket(text) -%}
    cast(pmod(xxhash64({{ text }}), 64) as integer)
{%- endmacro %}


{% macro duckdb__bucket(text) -%}
    cast(hash({{ text }}) % 64 as integer)
{%- endmacro %}
