{# A value as the model sees it: standardised, cut, neutral when unknown, weighed. Each
   argument is SQL. least and greatest skip null, hence the case. #}
{% macro scale_value(value, mean, standard_deviation, clip, weight) -%}
    {{ weight }} * case
        when {{ value }} is null then 0
        else least(
            greatest((cast({{ value }} as double) - {{ mean }}) / {{ standard_deviation }},
                -{{ clip }}),
            {{ clip }}
        )
    end
{%- endmacro %}


{# The places for centroids in a row of segment_parameters. #}
{% macro list_slots() %}
    {{- return(range(1, customer_segmentation.list_segment_counts() | max + 1) | list) -}}
{% endmacro %}


{# The features that can be a customer's reason: not an attribute that must not be told. #}
{% macro list_reason_features() %}
    {%- set names = [] -%}
    {%- for feature in customer_segmentation.list_model_features()
        if feature.role != 'demographic' or var('segmentation_publish_demographics') -%}
        {%- do names.append(feature.name) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}
