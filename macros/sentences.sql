{# Parts of a sentence, in SQL: numbers as a reader expects them. #}

{# A count with its noun: 1 customer, 1,204 customers. #}
{% macro say_count(expression, noun) -%}
    {{ customer_segmentation.write_count(expression) }}
            || case when {{ expression }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}


{# A share: whole per cents, one decimal below ten. #}
{% macro say_share(expression) -%}
    case
                when {{ expression }} >= 0.0995
                    then cast(cast(round(100 * {{ expression }}) as bigint) as string)
                else cast(round(100 * {{ expression }}, 1) as string)
            end || ' %'
{%- endmacro %}
