{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and segment: its name by the first rule that fits its
-- training customers, made unique within the version. Kept with the version, and a segment
-- that a refit finds again keeps the name it had.
{%- set qualifiers = {
    'average_order_value_score': ['big baskets', 'medium baskets', 'small baskets'],
    'monetary_score': ['higher spend', 'medium spend', 'lower spend'],
    'frequency_score': ['more frequent', 'medium frequency', 'less frequent'],
    'recency_score': ['more recent', 'in between', 'less recent'],
    'discount_score': ['more discounts', 'some discounts', 'full price'],
    'trend_score': ['stronger trend', 'middling trend', 'weaker trend'],
} %}

with

scores as (
    select * from {{ ref('segment_naming_scores') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

rules as (
    select * from {{ ref('segment_naming_rules') }}
),

fitting as (
    select
        scores.*,
        rules.segment_name as base_name,
        rules.recommended_action,
        row_number() over (
            partition by scores.model_version, scores.segment_id
            order by rules.rule_number
        ) as place
    from scores
    inner join rules
        on scores.recency_state = rules.recency_state
        and (
            rules.tenure_window_share_below is null
            or scores.median_tenure_days
                < rules.tenure_window_share_below * scores.history_days
        )
        and (
            rules.tenure_days_up_to is null
            or scores.median_tenure_days <= rules.tenure_days_up_to
        )
        and scores.frequency_score >= coalesce(rules.frequency_from, 0)
        and scores.frequency_score < coalesce(rules.frequency_below, 6)
        and scores.monetary_score >= coalesce(rules.monetary_from, 0)
        and scores.monetary_score < coalesce(rules.monetary_below, 6)
        and scores.frequency_score - scores.monetary_score
            >= coalesce(rules.frequency_over_monetary_from, -6)
        and scores.monetary_score - scores.frequency_score
            >= coalesce(rules.monetary_over_frequency_from, -6)
        and scores.average_order_value_score
            >= coalesce(rules.average_order_value_from, 0)
        and (scores.frequency_score + scores.monetary_score) / 2
            >= coalesce(rules.mean_score_from, 0)
),

first_fitting as (
    select
        *,
        base_name
        || case when coalesce(discount_score, 0) >= 4.2 then ' (deal seekers)' else '' end
        || case
            when average_order_value_score >= 4.2
                and base_name not like '%big-basket%'
                then ' (big baskets)'
            else ''
        end as rule_name
    from fitting
    where place = 1
),

-- Segments of the same name are told apart by the score they differ most in.
namesakes as (
    select
        *,
        count(*) over (partition by model_version, rule_name) as namesake_count
        {%- for score in qualifiers %},
        coalesce(
            max({{ score }}) over (partition by model_version, rule_name)
            - min({{ score }}) over (partition by model_version, rule_name), 0
        ) as spread_of_{{ score }}
        {%- endfor %}
    from first_fitting
),

telling as (
    select
        *,
        case greatest(
            {%- for score in qualifiers %}
            spread_of_{{ score }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
            {%- for score in qualifiers %}
            when spread_of_{{ score }} then '{{ score }}'
            {%- endfor %}
        end as telling_score
    from namesakes
),

placed as (
    select
        *,
        row_number() over (
            partition by model_version, rule_name
            order by
                case telling_score
                    {%- for score in qualifiers %}
                    when '{{ score }}' then {{ score }}
                    {%- endfor %}
                end desc,
                segment_id
        ) as namesake_place
    from telling
),

named as (
    select
        model_version,
        segment_id,
        rule_name
        || case
            when namesake_count = 1 then ''
            {%- for score, words in qualifiers.items() %}
            when telling_score = '{{ score }}' and namesake_place = 1
                then ', {{ words[0] }}'
            when telling_score = '{{ score }}' and namesake_place = namesake_count
                then ', {{ words[2] }}'
            when telling_score = '{{ score }}' and namesake_count = 3
                then ', {{ words[1] }}'
            when telling_score = '{{ score }}'
                then ', {{ words[1] }} ' || cast(namesake_place - 1 as string)
            {%- endfor %}
        end as segment_name,
        recommended_action,
        recency_state,
        {%- for score in qualifiers %}
        {{ score }},
        {%- endfor %}
        median_overdue_ratio,
        median_tenure_days
    from placed
),

{%- if is_incremental() and not var('segmentation_rename') %}

newest_names as (
    select
        segment_id,
        max(model_version) as model_version
    from {{ this }}
    group by segment_id
),

kept_names as (
    select
        names.segment_id,
        names.segment_name,
        names.recommended_action
    from {{ this }} as names
    inner join newest_names
        on names.segment_id = newest_names.segment_id
        and names.model_version = newest_names.model_version
),

{%- else %}

kept_names as (
    select
        cast(null as integer) as segment_id,
        cast(null as string) as segment_name,
        cast(null as string) as recommended_action
    where 1 = 0
),

{%- endif %}

taken_names as (
    select
        named.model_version,
        kept_names.segment_name
    from named
    inner join kept_names
        on named.segment_id = kept_names.segment_id
),

-- A new segment may fit a name that a kept one has: its id, never used again, tells them
-- apart.
renamed as (
    select
        named.model_version,
        named.segment_id,
        case
            when kept_names.segment_name is not null then kept_names.segment_name
            when taken_names.segment_name is not null
                then named.segment_name
                    || ' (segment ' || cast(named.segment_id as string) || ')'
            else named.segment_name
        end as segment_name,
        coalesce(kept_names.recommended_action, named.recommended_action)
            as recommended_action,
        named.segment_name as rule_segment_name,
        named.recency_state,
        {%- for score in qualifiers %}
        named.{{ score }},
        {%- endfor %}
        named.median_overdue_ratio,
        named.median_tenure_days
    from named
    left join kept_names
        on named.segment_id = kept_names.segment_id
    left join taken_names
        on named.model_version = taken_names.model_version
        and named.segment_name = taken_names.segment_name
)

select * from renamed
