-- One row per number of segments tried for the newest model version: the largest that is
-- about as reproducible as the best is chosen, and for each other one it is said why not.
{%- set k_range = var('segmentation_k_range') %}
{%- set fixed_k = var('segmentation_k') %}
{%- set minimum_share = var('segmentation_k_minimum_share') %}
{%- set minimum_jaccard = var('segmentation_k_minimum_jaccard') %}
{%- set margin = var('segmentation_k_stability_margin') %}
{%- set ratio = var('segmentation_k_silhouette_ratio') %}

with

metrics as (
    select * from {{ ref('segment_count_metrics') }}
    where model_version = (
        select max(versions.model_version)
        from {{ ref('segment_count_metrics') }} as versions
    )
),

admitted as (
    select
        *,
        greatest({{ minimum_share }}, 50.0 / row_count) as share_floor,
        -- A number of the user's own choice may be outside; the rule does not look there.
        segment_count between {{ k_range[0] }} and {{ k_range[1] }} as is_in_range,
        segment_count between {{ k_range[0] }} and {{ k_range[1] }}
        and smallest_share >= greatest({{ minimum_share }}, 50.0 / row_count)
        and worst_jaccard >= {{ minimum_jaccard }} as is_admitted
    from metrics
),

bests as (
    select
        *,
        max(case when is_admitted then stability end) over (
            partition by model_version
        ) as best_stability,
        max(case when is_admitted then simplified_silhouette end) over (
            partition by model_version
        ) as best_simplified_silhouette
    from admitted
),

judged as (
    select
        *,
        coalesce(best_stability, 0) < {{ var('segmentation_k_minimum_stability') }}
            as is_weak,
        coalesce(
            is_admitted
            and stability >= best_stability - {{ margin }}
            and simplified_silhouette >= {{ ratio }} * best_simplified_silhouette,
            false
        ) as is_eligible
    from bests
),

ruled as (
    select
        *,
        case
            when is_weak
                then min(case when is_in_range then segment_count end) over (
                    partition by model_version
                )
            -- The most reproducible may not be the best separated: then the first counts.
            else coalesce(
                max(case when is_eligible then segment_count end) over (
                    partition by model_version
                ),
                max(case
                    when is_admitted and stability >= best_stability - {{ margin }}
                        then segment_count
                end) over (partition by model_version)
            )
        end as ruled_segment_count
    from judged
),

chosen as (
    select
        *,
        {%- if fixed_k is none %}
        segment_count = ruled_segment_count as is_chosen
        {%- else %}
        segment_count = {{ fixed_k }} as is_chosen
        {%- endif %}
    from ruled
),

explained as (
    select
        model_version,
        segment_count,
        row_count,
        inertia,
        silhouette,
        simplified_silhouette,
        calinski_harabasz,
        davies_bouldin,
        stability,
        worst_jaccard,
        smallest_share,
        is_eligible,
        is_chosen,
        case when is_weak then 'weak_structure' else 'ok' end as model_status,
        case
            {%- if fixed_k is not none %}
            when is_chosen
                then 'Chosen by segmentation_k; the rule would have taken '
                    || cast(ruled_segment_count as string) || '.'
            {%- endif %}
            when is_chosen and is_weak
                then 'Taken as the lowest of the range: no number of segments is '
                    || 'reproducible enough (best stability '
                    || cast(cast(coalesce(best_stability, 0) as decimal(6, 3)) as string)
                    || ', wanted {{ var("segmentation_k_minimum_stability") }}).'
            when is_chosen and not is_eligible
                then 'Chosen: the largest number about as reproducible (stability '
                    || cast(cast(stability as decimal(6, 3)) as string) || ', best '
                    || cast(cast(best_stability as decimal(6, 3)) as string)
                    || '); none of these is as well separated as the best.'
            when is_chosen
                then 'Chosen: the largest number about as reproducible (stability '
                    || cast(cast(stability as decimal(6, 3)) as string) || ', best '
                    || cast(cast(best_stability as decimal(6, 3)) as string)
                    || ') and as well separated as the best.'
            when smallest_share < share_floor
                then 'Smallest segment too small: '
                    || cast(cast(100 * smallest_share as decimal(6, 1)) as string)
                    || ' % of customers, wanted '
                    || cast(cast(100 * share_floor as decimal(6, 1)) as string) || ' %.'
            when worst_jaccard < {{ minimum_jaccard }}
                then 'Its least stable segment does not come back on resampled data: '
                    || 'Jaccard ' || cast(cast(worst_jaccard as decimal(6, 3)) as string)
                    || ', wanted {{ minimum_jaccard }}.'
            when stability < best_stability - {{ margin }}
                then 'Less reproducible: stability '
                    || cast(cast(stability as decimal(6, 3)) as string)
                    || ' against ' || cast(cast(best_stability as decimal(6, 3)) as string)
                    || ' at best.'
            when simplified_silhouette < {{ ratio }} * best_simplified_silhouette
                then 'Less separated: simplified silhouette '
                    || cast(cast(simplified_silhouette as decimal(6, 3)) as string)
                    || ' against '
                    || cast(cast(best_simplified_silhouette as decimal(6, 3)) as string)
                    || ' at best.'
            when is_weak
                then 'Not reproducible enough to be trusted.'
            else 'As good, but a larger number of segments tells more.'
        end as reason
    from chosen
)

select * from explained
