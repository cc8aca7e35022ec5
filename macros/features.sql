{# The numeric columns of int_customer_features, in their order. #}
{% macro list_feature_columns() %}
    {{- return([
        'recency_days', 'frequency', 'order_count', 'units', 'monetary',
        'average_order_value', 'tenure_days', 'mean_gap_days', 'discount_share',
        'return_rate', 'spend_trend', 'category_count',
    ]) -}}
{% endmacro %}


{# Those of them that count: whole numbers on any data. #}
{% macro list_whole_feature_columns() %}
    {{- return([
        'recency_days', 'frequency', 'order_count', 'tenure_days', 'category_count',
    ]) -}}
{% endmacro %}


{# Recency, frequency and monetary as values that are better when they are higher: few days
   since the last purchase are good, hence the sign. #}
{% macro list_rfm_measures() %}
    {{- return({
        'recency': '-recency_days', 'frequency': 'frequency', 'monetary': 'monetary',
    }) -}}
{% endmacro %}


{# First day of the window before a date. #}
{% macro start_of_window(as_of_date, first_order_date) -%}
    {%- set days = var('segmentation_lookback_days') -%}
    {{ first_order_date if days is none
        else customer_segmentation.add_days(as_of_date, '-' ~ days) }}
{%- endmacro %}


{# What K-Means sees: the features of the var, then the demographics if they have a
   weight. Each: name, role, transform, scale, expression (over features and
   demographics). #}
{% macro list_model_features() %}
    {%- set features = [] -%}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return(features) -}}
    {%- endif -%}
    {%- for name, feature in var('segmentation_features').items() -%}
        {%- do features.append({
            'name': name,
            'role': feature.role,
            'transform': feature.transform,
            'scale': feature.get('scale', 1),
            'expression': feature.get('expression', name),
        }) -%}
    {%- endfor -%}
    {%- for feature in customer_segmentation.list_demographic_features() -%}
        {%- do features.append({
            'name': feature.name,
            'role': 'demographic',
            'transform': 'none',
            'scale': 1,
            'expression': feature.expression,
        }) -%}
    {%- endfor -%}
    {{- return(features) -}}
{% endmacro %}


{# Does a feature of the model name this column of int_customer_features? #}
{% macro reads_feature(column) %}
    {{- return(
        column in (
            customer_segmentation.list_model_features() | map(attribute='expression') | join(' ')
        )
    ) -}}
{% endmacro %}


{# May a feature of the model name an attribute? Those that weigh do, and an expression of the
   user's own can. #}
{% macro reads_attributes() %}
    {%- set features = customer_segmentation.list_model_features() -%}
    {{- return(
        features | selectattr('role', 'equalto', 'demographic') | list | length > 0
        or features | map(attribute='expression') | list
            != features | map(attribute='name') | list
    ) -}}
{% endmacro %}


{# A feature on the scale that is standardised; unknown stays null (least and greatest
   would skip it). Rounded to six decimals, so that its mean is exact; values beyond 10^11
   are cut, far outside any clip. #}
{% macro transform_feature(expression, transform, scale) -%}
    case
        when {{ expression }} is not null
            {%- if transform == 'log1p' %}
            then cast(ln(1 + greatest(cast({{ expression }} as double), 0) / {{ scale }})
                as decimal(18, 6))
            {%- else %}
            then cast(least(greatest(cast({{ expression }} as double), -1e11), 1e11)
                as decimal(18, 6))
            {%- endif %}
    end
{%- endmacro %}
