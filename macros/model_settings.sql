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
    {%- set settings = {'segmentation_transactions': relation} -%}
    {%- for name in [
        'segmentation_transaction_columns', 'segmentation_transaction_filter',
        'segmentation_timestamp_format', 'segmentation_time_zone',
        'segmentation_duplicates', 'segmentation_returns', 'segmentation_earliest_date',
        'segmentation_minimum_order_amount', 'segmentation_lookback_days',
        'segmentation_secondary_share', 'segmentation_demographics_weight',
        'segmentation_clip',
        'segmentation_k_range', 'segmentation_k', 'segmentation_training_rows',
        'segmentation_random_seed', 'segmentation_n_init',
        'segmentation_k_sample_rows', 'segmentation_k_bootstraps',
        'segmentation_k_minimum_share', 'segmentation_k_minimum_jaccard',
        'segmentation_k_minimum_stability',
    ] -%}
        {%- do settings.update({name: var(name)}) -%}
    {%- endfor -%}
    {#- The customer table counts only where the fit sees it. -#}
    {%- if var('segmentation_demographics_weight') > 0 -%}
        {%- do settings.update({
            'segmentation_customers': customers,
            'segmentation_customer_columns': var('segmentation_customer_columns'),
            'segmentation_unknown_values': var('segmentation_unknown_values'),
        }) -%}
    {%- endif -%}
    {%- do settings.update({
        'segmentation_features': customer_segmentation.list_model_features()
    }) -%}
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
