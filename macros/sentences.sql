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


{# A number as one says it: whole, rounded to three digits or so from 1,000 on. #}
{% macro word_rounded(expression) -%}
    {%- set rounded -%}
        case
            when {{ expression }} >= 100000 then round({{ expression }} / 1000) * 1000
            when {{ expression }} >= 10000 then round({{ expression }} / 100) * 100
            when {{ expression }} >= 1000 then round({{ expression }} / 10) * 10
            else {{ expression }}
        end
    {%- endset -%}
    {{- customer_segmentation.write_count(rounded) -}}
{%- endmacro %}
