{# Every var that decides what a fit comes to. A change of any of it makes a new model
   version; a change of anything else does not. Where the rows come from is not in it: the
   same shop may come in another file, and another shop is known by its customers. #}
{% macro list_model_settings() %}
    {%- set settings = {} -%}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return(settings) -}}
    {%- endif -%}
    {#- The customer table counts only where the fit sees it. -#}
    {%- set deciding = [true] + (
        ['with demographics'] if var('segmentation_demographics_weight') > 0 else []
    ) -%}
    {%- set rules = customer_segmentation.list_rules() -%}
    {%- for name, rule in rules.items() if rule.decides_refit in deciding -%}
        {%- do settings.update({name: customer_segmentation.write_plainly(var(name))}) -%}
    {%- endfor -%}
    {#- Versions of 0.2 and before know each entry as a var of its own. -#}
    {%- for entry, rule in rules.segmentation_model.fields.items() if rule.decides_refit -%}
        {%- do settings.update({
            'segmentation_' ~ entry: customer_segmentation.setting('model.' ~ entry)
        }) -%}
    {%- endfor -%}
    {%- do settings.update({
        'segmentation_features': customer_segmentation.list_model_features()
    }) -%}
    {{- return(settings) -}}
{% endmacro %}


{# The settings of the newest version as `entries`: JSON without braces, a comma and a space
   on both sides of each entry. #}
{% macro select_kept_settings() -%}
select
    model_version,
    ', ' || substr(settings, 2, length(settings) - 2) || ', ' as entries
from {{ this }}
where model_version = (select max(kept.model_version) from {{ this }} as kept)
{%- endmacro %}


{# Whether any var has another value in `entries` than today. A var that only one of the two
   knows is no change: it came or went with a release. #}
{% macro differs_from_settings() -%}
(
    1 = 0
    {%- for name, value in customer_segmentation.list_model_settings().items() %}
    {%- set key = ', "' ~ name ~ '": ' %}
    {%- set entry = key ~ tojson(value, sort_keys=true) ~ ', ' %}
    or (
        {{ dbt.position("'" ~ key ~ "'", 'entries') | trim }} > 0
        and {{ dbt.position("'" ~ entry | replace("'", "''") ~ "'", 'entries') | trim }} = 0
    )
    {%- endfor %}
)
{%- endmacro %}


{# After a release that knows other vars, the newest version takes today's settings, so that
   a later change of a new var is noticed. #}
{% macro adopt_new_settings() %}
    {%- set text = tojson(customer_segmentation.list_model_settings(), sort_keys=true) -%}
    {{- customer_segmentation.update_rows(
        this,
        {
            'settings': customer_segmentation.quote_text(text),
            'settings_hash': customer_segmentation.quote_text(local_md5(text)),
        },
        "settings_hash <> '" ~ local_md5(text) ~ "' and model_version in ("
        ~ 'select model_version from (' ~ customer_segmentation.select_kept_settings()
        ~ ') as kept_settings where not ' ~ customer_segmentation.differs_from_settings()
        ~ ')'
    ) -}}
{% endmacro %}


{# The numbers of segments that are tried, the user's own choice included. #}
{% macro list_segment_counts() %}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return([0]) -}}
    {%- endif -%}
    {%- set k_range = customer_segmentation.setting('model.k_range') -%}
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
