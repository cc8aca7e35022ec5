{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and segment: its name, the claim of segment_name_choices made
-- unique within the version. Where several segments share a claim, the fact that tells them
-- apart best follows it; where none holds, the name describes the segment. Kept with the
-- version, and a segment that a refit finds again keeps the name it had.
-- Compiled it is long: a block per fact and a column per claim.
{#- Facts that tell segments of the same name apart, best first on ties. -#}
{%- set facts = {
    'average_order_value': ['baskets around ', '', 'average purchase '],
    'recency_days': ['last bought about ', ' days ago', 'days since the last purchase '],
    'frequency': ['about ', ' purchases', 'purchase days '],
    'monetary': ['about ', ' spent', 'spend '],
    'tenure_days': ['first bought about ', ' days ago', 'days since the first purchase '],
} %}
{%- set kept_columns = [
    'segment_name', 'claim_key', 'claim', 'recommended_action', 'suffix_fact',
    'suffix_from', 'suffix_below', 'frequency_from', 'frequency_up_to', 'recency_from',
    'recency_up_to',
] %}

with

members as (
    select
        assignments.model_version,
        assignments.segment_id,
        customers.*
    from {{ ref('segment_training_assignments') }} as assignments
    inner join {{ ref('int_customer_claims') }} as customers
        on assignments.customer_id = customers.customer_id
    where assignments.model_version {{ customer_segmentation.is_new_version() }}
),

sizes as (
    select
        model_version,
        segment_id,
        {{ customer_segmentation.percentile('frequency', 0.1) }} as low_frequency,
        {{ customer_segmentation.percentile('frequency', 0.9) }} as high_frequency,
        {{ customer_segmentation.percentile('recency_days', 0.1) }} as low_recency,
        {{ customer_segmentation.percentile('recency_days', 0.9) }} as high_recency
    from members
    group by model_version, segment_id
),

based as (
    select
        *,
        count(*) over (partition by model_version, base_name) as name_count
    from {{ ref('segment_name_choices') }}
),

fact_values as (
    {%- for fact in facts %}
    select
        based.model_version,
        based.segment_id,
        based.base_name,
        {{ loop.index }} as fact_order,
        '{{ fact }}' as fact,
        cast(members.{{ fact }} as double) as fact_value,
        {{ customer_segmentation.holds_claim('based.claim_key', 'members') | indent(8) }}
            as is_claim_true
    from based
    inner join members
        on based.model_version = members.model_version
        and based.segment_id = members.segment_id
    where based.name_count > 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

medians as (
    select
        model_version,
        segment_id,
        base_name,
        fact_order,
        fact,
        {{ customer_segmentation.percentile('fact_value', 0.5) }} as median
    from fact_values
    group by model_version, segment_id, base_name, fact_order, fact
),

neighbours as (
    select
        *,
        lag(median) over (
            partition by model_version, base_name, fact order by median, segment_id
        ) as median_before,
        lead(median) over (
            partition by model_version, base_name, fact order by median, segment_id
        ) as median_after
    from medians
),

-- Half way between the medians of two neighbours, on a log scale.
bounds as (
    select
        model_version,
        segment_id,
        base_name,
        fact_order,
        fact,
        median,
        case
            when fact in ('average_order_value', 'monetary')
                then round(sqrt((1 + median_before) * (1 + median)) - 1, 2)
            else round(sqrt((1 + median_before) * (1 + median)) - 1)
        end as suffix_from,
        case
            when fact in ('average_order_value', 'monetary')
                then round(sqrt((1 + median_after) * (1 + median)) - 1, 2)
            else round(sqrt((1 + median_after) * (1 + median)) - 1)
        end as suffix_below
    from neighbours
    where median > -1 and coalesce(median_before, 0) > -1
),

told_apart as (
    select
        bounds.model_version,
        bounds.segment_id,
        bounds.base_name,
        bounds.fact_order,
        bounds.fact,
        bounds.median,
        bounds.suffix_from,
        bounds.suffix_below,
        cast(sum(case
            when
                fact_values.is_claim_true
                and fact_values.fact_value >= coalesce(bounds.suffix_from, -1e15)
                and fact_values.fact_value < coalesce(bounds.suffix_below, 1e15)
                then 1
            else 0
        end) as double) / count(*) as holds_share
    from bounds
    inner join fact_values
        on bounds.model_version = fact_values.model_version
        and bounds.segment_id = fact_values.segment_id
        and bounds.fact = fact_values.fact
    group by
        bounds.model_version,
        bounds.segment_id,
        bounds.base_name,
        bounds.fact_order,
        bounds.fact,
        bounds.median,
        bounds.suffix_from,
        bounds.suffix_below
),

worst_told_apart as (
    select
        *,
        min(holds_share) over (partition by model_version, base_name, fact)
            as worst_holds_share
    from told_apart
),

best_facts as (
    select
        *,
        rank() over (
            partition by model_version, base_name
            order by round(worst_holds_share, 6) desc, fact_order
        ) as fact_rank
    from worst_told_apart
),

worded as (
    select
        sizes.model_version,
        sizes.segment_id,
        based.base_name,
        based.claim_key,
        based.claim,
        based.recommended_action,
        best_facts.fact as suffix_fact,
        best_facts.suffix_from,
        best_facts.suffix_below,
        case best_facts.fact
            {%- for fact, words in facts.items() %}
            when '{{ fact }}' then
                ', {{ words[0] }}' || {{ customer_segmentation.word_rounded(
                    'best_facts.median'
                ) }} || '{{ words[1] }}'
            {%- endfor %}
            else ''
        end as suffix,
        case best_facts.fact
            {%- for fact, words in facts.items() %}
            when '{{ fact }}' then '; {{ words[2] }}'
            {%- endfor %}
            else ''
        end
        || case
            when best_facts.suffix_from is not null and best_facts.suffix_below is not null
                then 'from ' || {{ customer_segmentation.word_number(
                    'best_facts.suffix_from'
                ) }} || ' to below ' || {{ customer_segmentation.word_number(
                    'best_facts.suffix_below'
                ) }}
            when best_facts.suffix_from is not null
                then 'at least '
                    || {{ customer_segmentation.word_number('best_facts.suffix_from') }}
            when best_facts.suffix_below is not null
                then 'below '
                    || {{ customer_segmentation.word_number('best_facts.suffix_below') }}
            else ''
        end as suffix_claim,
        -- No claim holds for the majority, alone or with its suffix.
        based.claim_key is null or coalesce(best_facts.holds_share, 1) < 0.5
            as is_described,
        cast(floor(sizes.low_frequency) as bigint) as low_frequency,
        cast(ceil(sizes.high_frequency) as bigint) as high_frequency,
        cast(floor(sizes.low_recency) as bigint) as low_recency,
        cast(ceil(sizes.high_recency) as bigint) as high_recency
    from sizes
    left join based
        on sizes.model_version = based.model_version
        and sizes.segment_id = based.segment_id
    left join best_facts
        on sizes.model_version = best_facts.model_version
        and sizes.segment_id = best_facts.segment_id
        and best_facts.fact_rank = 1
),

described as (
    select
        model_version,
        segment_id,
        case
            when is_described
                then case
                    when low_frequency = high_frequency
                        then cast(low_frequency as string)
                    else cast(low_frequency as string) || ' to '
                        || cast(high_frequency as string)
                end
                || case when high_frequency = 1 then ' purchase' else ' purchases' end
                || ', the last ' || cast(low_recency as string) || ' to '
                || cast(high_recency as string) || ' days ago'
            else base_name || suffix
        end as segment_name,
        case when not is_described then claim_key else 'described' end as claim_key,
        case
            when is_described
                then 'as many purchase days, and as many days since the last, as the name '
                    || 'says'
            else claim || suffix_claim
        end as claim,
        case
            when is_described then 'Look at the profile first: no common pattern fits'
            else recommended_action
        end as recommended_action,
        case when not is_described then suffix_fact end as suffix_fact,
        case when not is_described then suffix_from end as suffix_from,
        case when not is_described then suffix_below end as suffix_below,
        case when is_described then low_frequency end as frequency_from,
        case when is_described then high_frequency end as frequency_up_to,
        case when is_described then low_recency end as recency_from,
        case when is_described then high_recency end as recency_up_to
    from worded
),

{#- Names that a release before 0.2 gave have no claim that could be checked. -#}
{%- set has_claims = is_incremental() and 'claim_key' in (
    adapter.get_columns_in_relation(this) | map(attribute='name') | list
) %}

{%- if has_claims and not var('segmentation_rename') %}

newest_names as (
    select
        segment_id,
        max(model_version) as model_version
    from {{ this }}
    group by segment_id
),

kept_names as (
    select names.*
    from {{ this }} as names
    inner join newest_names
        on names.segment_id = newest_names.segment_id
        and names.model_version = newest_names.model_version
),

{%- else %}

kept_names as (
    select * from described
    where 1 = 0
),

{%- endif %}

taken_names as (
    select kept_names.segment_name
    from described
    inner join kept_names
        on described.segment_id = kept_names.segment_id
),

-- A new segment may fit a name that a kept one has, or two may round to the same figure:
-- the id, never used again, tells them apart.
numbered as (
    select
        *,
        row_number() over (
            partition by model_version, segment_name order by segment_id
        ) > 1
        or segment_name in (select taken_names.segment_name from taken_names) as is_taken
    from described
),

renamed as (
    select
        numbered.model_version,
        numbered.segment_id,
        {%- for column in kept_columns %}
        case
            when kept_names.segment_id is not null then kept_names.{{ column }}
            {%- if column == 'segment_name' %}
            when numbered.is_taken
                then numbered.segment_name
                    || ' (segment ' || cast(numbered.segment_id as string) || ')'
            {%- endif %}
            else numbered.{{ column }}
        end as {{ column }},
        {%- endfor %}
        numbered.segment_name as rule_segment_name
    from numbered
    left join kept_names
        on numbered.segment_id = kept_names.segment_id
)

select * from renamed
