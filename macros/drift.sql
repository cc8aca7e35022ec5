{# How far the share of one bin has moved, as its term of the population stability index:
   0 when it has not, never negative. Shares below 0.0001 count as that. #}
{% macro stability_index_term(share, training_share) -%}
    (greatest({{ share }}, 0.0001) - greatest({{ training_share }}, 0.0001))
    * ln(greatest({{ share }}, 0.0001) / greatest({{ training_share }}, 0.0001))
{%- endmacro %}


{# Customers in the bin that a column names, out of a relation with customers,
   known_customers and above_1 to above_9 (those above the edge of each tenth). Bin 0 holds
   the unknown. #}
{% macro count_bin(relation, bin) -%}
    case {{ bin }}
        when 0 then {{ relation }}.customers - {{ relation }}.known_customers
        when 1 then {{ relation }}.known_customers - {{ relation }}.above_1
        {%- for tenth in range(2, 10) %}
        when {{ tenth }}
            then {{ relation }}.above_{{ tenth - 1 }} - {{ relation }}.above_{{ tenth }}
        {%- endfor %}
        when 10 then {{ relation }}.above_9
    end
{%- endmacro %}
