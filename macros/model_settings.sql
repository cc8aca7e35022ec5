{# Everything that decides what a fit comes to, the table it is fitted on included: the
   model of one shop must not score another. A change of any of it makes a new model
   version; a change of anything else does not. #}
{% macro list_model_settings() %}
    {#- Read outside `execute`, so that dbt sees the ref inside the var. -#}
    {%- set relation = customer_segmentation._name_relation(
        'segmentation_transactions'
    ) -%}
    {%- set customers = customer_segmentation._name_relation('segmentation_customers') -%}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return({}) -}}
    {%- endif -%}
    {%- set settings = {} -%}
    {#- The customer table counts only where the fit sees it. -#}
    {%- set deciding = [true] + (
        ['with demographics'] if var('segmentation_demographics_weight') > 0 else []
    ) -%}
    {%- for name, rule in customer_segmentation.list_var_rules().items()
        if rule.decides_refit in deciding and rule.type != 'relation' -%}
        {%- do settings.update({name: customer_segmentation.write_plainly(var(name))}) -%}
    {%- endfor -%}
    {%- do settings.update({
        'segmentation_transactions': relation,
        'segmentation_features': customer_segmentation.list_model_features(),
    }) -%}
    {%- if 'with demographics' in deciding -%}
        {%- do settings.update({'segmentation_customers': customers}) -%}
    {%- endif -%}
    {{- return(settings) -}}
{% endmacro %}


{# A node of dbt by its own name, so that a model moves along to another database or
   schema; anything else by its whole text. #}
{% macro _name_relation(name) %}
    {%- set relation = customer_segmentation.input_relation(name) or '' -%}
    {{- return(
        (relation | replace('"', '')).split('.')[-1]
        if execute and customer_segmentation._is_node(relation) else relation
    ) -}}
{% endmacro %}


{# The numbers of segments that are tried, the user's own choice included. #}
{% macro list_segment_counts() %}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return([0]) -}}
    {%- endif -%}
    {%- set k_range = var('segmentation_k_range') -%}
    {%- set counts = range(k_range[0], k_range[1] + 1) | list -%}
    {%- if var('segmentation_k') is not none and var('segmentation_k') not in counts -%}
        {%- do counts.append(var('segmentation_k')) -%}
    {%- endif -%}
    {{- return(counts | sort) -}}
{% endmacro %}


{# Keeps a table through --full-refresh and appends to it: what a model version was fitted
   on does not change afterwards. #}
{% macro is_new_version() -%}
    {%- if is_incremental() -%}
        not in (select distinct model_version from {{ this }})
    {%- else -%}
        is not null
    {%- endif -%}
{%- endmacro %}


{# The features that names are given by, in their own units. #}
{% macro list_naming_features() %}
    {{- return([
        'recency_days', 'frequency', 'monetary', 'average_order_value', 'tenure_days',
        'mean_gap_days', 'discount_share', 'spend_trend',
    ]) -}}
{% endmacro %}
