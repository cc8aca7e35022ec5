-- One row per number of segments tried for the newest model version: the largest that is
-- reproducible and splits no group is chosen, and each other one says why it was not.
{%- set k_range = customer_segmentation.setting('model.k_range') %}
{%- set fixed_k = var('segmentation_k') %}
{%- set minimum_share = customer_segmentation.setting('model.k_minimum_share') %}
{%- set minimum_stability = customer_segmentation.setting('model.k_minimum_stability') %}
{%- set minimum_jaccard = customer_segmentation.setting('model.k_minimum_jaccard') %}
{%- set separation = 0.85 %}

with

metrics as (
    select * from {{ ref('segment_count_metrics') }}
    where model_version = (
        select max(versions.model_version)
        from {{ ref('segment_count_metrics') }} as versions
    )
),

backtests as (
    select * from {{ ref('segment_backtest_grids') }}
),

grids as (
    select
        model_version,
        max(case when grid = 'classic' then explained_share end)
            as classic_grid_explained_share,
        max(case when grid = 'r_rfm' then explained_share end)
            as r_rfm_explained_share,
        max(case when grid = 'putler' then explained_share end)
            as putler_explained_share
    from backtests
    group by model_version
),

ranged as (
    select
        *,
        greatest({{ minimum_share }}, 50.0 / row_count) as share_floor,
        -- A number of the user's own choice may be outside; the rule does not look there.
        segment_count between {{ k_range[0] }} and {{ k_range[1] }} as is_in_range
    from metrics
),

reproducible as (
    select
        *,
        is_in_range
        and smallest_share >= share_floor
        and stability >= {{ minimum_stability }}
        and worst_jaccard >= {{ minimum_jaccard }} as is_reproducible
    from ranged
),

-- Two or three segments always look best separated, so the comparison begins with four.
compared as (
    select
        *,
        max(case when is_reproducible and segment_count >= 4 then silhouette end) over (
            partition by model_version
            order by segment_count
            rows between unbounded preceding and 1 preceding
        ) as best_silhouette_below
    from reproducible
),

judged as (
    select
        *,
        -- A number that splits a group in two loses much of the separation.
        is_reproducible
        and silhouette >= {{ separation }} * coalesce(best_silhouette_below, silhouette)
            as is_eligible,
        row_number() over (
            partition by model_version, is_in_range
            order by
                case when smallest_share >= share_floor then 0 else 1 end asc,
                stability desc,
                segment_count asc
        ) as stability_rank
    from compared
),

ruled as (
    select
        *,
        max(case when is_eligible then segment_count end) over (
            partition by model_version
        ) is null as is_weak,
        coalesce(
            max(case when is_eligible then segment_count end) over (
                partition by model_version
            ),
            max(case when is_in_range and stability_rank = 1 then segment_count end) over (
                partition by model_version
            )
        ) as ruled_segment_count
    from judged
),

chosen as (
    select
        *,
        segment_count = {{ fixed_k if fixed_k is not none else 'ruled_segment_count' }}
            as is_chosen,
        'stability ' || cast(cast(stability as decimal(6, 3)) as string)
        || ', worst Jaccard ' || cast(cast(worst_jaccard as decimal(6, 3)) as string)
            as figures
    from ruled
),

explained as (
    select
        chosen.model_version,
        chosen.segment_count,
        chosen.row_count,
        chosen.inertia,
        chosen.silhouette,
        chosen.simplified_silhouette,
        chosen.calinski_harabasz,
        chosen.davies_bouldin,
        chosen.stability,
        chosen.worst_jaccard,
        chosen.smallest_share,
        chosen.later_spend_explained_share,
        grids.classic_grid_explained_share,
        grids.r_rfm_explained_share,
        grids.putler_explained_share,
        chosen.is_eligible,
        chosen.is_chosen,
        case when chosen.is_weak then 'weak_structure' else 'ok' end as model_status,
        case
            {%- if fixed_k is not none %}
            when chosen.is_chosen
                then 'Chosen by segmentation_k; the rule would have taken '
                    || cast(chosen.ruled_segment_count as string) || '.'
            {%- endif %}
            when chosen.is_chosen and chosen.is_weak
                then 'Chosen as the most reproducible (' || chosen.figures
                    || '), but no number reaches {{ minimum_stability }} and '
                    || '{{ minimum_jaccard }}.'
            when chosen.is_chosen
                then 'Chosen: the largest reproducible number (' || chosen.figures || ').'
            when chosen.smallest_share < chosen.share_floor
                then 'Smallest segment too small: '
                    || cast(cast(100 * chosen.smallest_share as decimal(6, 1)) as string)
                    || ' % of customers; at least '
                    || cast(cast(100 * chosen.share_floor as decimal(6, 1)) as string)
                    || ' % is required.'
            when
                chosen.stability < {{ minimum_stability }}
                or chosen.worst_jaccard < {{ minimum_jaccard }}
                then 'Not reproducible enough: ' || chosen.figures
                    || '; at least {{ minimum_stability }} and {{ minimum_jaccard }} are '
                    || 'required.'
            when not chosen.is_in_range then 'Outside segmentation_model.k_range.'
            when not chosen.is_eligible
                then 'Reproducible, but it splits a group: silhouette '
                    || cast(cast(chosen.silhouette as decimal(6, 3)) as string)
                    || ' against '
                    || cast(cast(chosen.best_silhouette_below as decimal(6, 3)) as string)
                    || ' with fewer segments.'
            else 'Reproducible, but a larger number is too.'
        end as reason
    from chosen
    left join grids
        on chosen.model_version = grids.model_version
)

select * from explained
