{# Every var that decides what a fit comes to. A change of any of it makes a new model
   version; a change of anything else does not. Where the rows come from is not in it: the
   same shop may come in another file, and another shop is known by its customers. #}
{% macro list_model_settings() %}
    {%- set settings = {} -%}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return(settings) -}}
    {%- endif -%}
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
        'segmentation_k_stability_margin', 'segmentation_k_silhouette_ratio',
        'segmentation_k_minimum_stability',
    ] -%}
        {%- do settings.update({name: var(name)}) -%}
    {%- endfor -%}
    {#- The customer table counts only where the fit sees it. -#}
    {%- if var('segmentation_demographics_weight') > 0 -%}
        {%- do settings.update({
            'segmentation_customer_columns': var('segmentation_customer_columns'),
            'segmentation_unknown_values': var('segmentation_unknown_values'),
        }) -%}
    {%- endif -%}
    {%- do settings.update({
        'segmentation_features': customer_segmentation.list_model_features()
    }) -%}
    {{- return(settings) -}}
{% endmacro %}


{# Whether kept settings (SQL, JSON with sorted keys) have another value for any var of
   today's. A var that only one of the two knows is none: it came or went with a release. #}
{% macro differs_from_settings(kept, settings) -%}
    {%- set padded = "', ' || substr(" ~ kept ~ ", 2, length(" ~ kept ~ ") - 2) || ', '" -%}
    (
        1 = 0
        {%- for name, value in settings.items() %}
        {%- set key = ', "' ~ name ~ '": ' %}
        {%- set entry = key ~ tojson(value, sort_keys=true) ~ ', ' %}
        or (
            {{ dbt.position("'" ~ key ~ "'", padded) }} > 0
            and {{ dbt.position("'" ~ entry | replace("'", "''") ~ "'", padded) }} = 0
        )
        {%- endfor %}
    )
{%- endmacro %}


{# After a release that knows other vars, the newest version takes today's settings, so that
   a later change of a new var is noticed. #}
{% macro adopt_new_settings() %}
    {%- set settings = customer_segmentation.list_model_settings() -%}
    {%- set text = tojson(settings, sort_keys=true) -%}
    update {{ this }}
    set
        settings = '{{ text | replace("'", "''") }}',
        settings_hash = '{{ local_md5(text) }}'
    where
        settings_hash <> '{{ local_md5(text) }}'
        and model_version = (select max(kept.model_version) from {{ this }} as kept)
        and not {{ customer_segmentation.differs_from_settings('settings', settings) }}
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


{# The features that names are given by, in their own units. #}
{% macro list_naming_features() %}
    {{- return([
        'recency_days', 'frequency', 'monetary', 'average_order_value', 'tenure_days',
        'mean_gap_days', 'discount_share', 'spend_trend',
    ]) -}}
{% endmacro %}
