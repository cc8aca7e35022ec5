-- What does each further segment bring, and why was this number of segments chosen?
with

scores as (
    select * from {{ ref('segment_count_scores') }}
),

steps as (
    select
        *,
        lag(inertia) over (order by segment_count) as inertia_before,
        lag(stability) over (order by segment_count) as stability_before,
        lag(simplified_silhouette) over (order by segment_count)
            as simplified_silhouette_before
    from scores
),

saved as (
    select
        *,
        1 - inertia / nullif(inertia_before, 0) as inertia_saved_share
    from steps
),

measured as (
    select
        segment_count,
        is_chosen,
        is_eligible,
        inertia,
        inertia_saved_share,
        -- Above 1, the next segment brings less than this one did: the elbow.
        inertia_saved_share
        / nullif(lead(inertia_saved_share) over (order by segment_count), 0)
            as elbow_strength,
        stability,
        stability - stability_before as stability_gained,
        worst_jaccard,
        simplified_silhouette,
        simplified_silhouette - simplified_silhouette_before
            as simplified_silhouette_gained,
        silhouette,
        rank() over (order by silhouette desc) as silhouette_place,
        calinski_harabasz,
        rank() over (order by calinski_harabasz desc) as calinski_harabasz_place,
        davies_bouldin,
        rank() over (order by davies_bouldin) as davies_bouldin_place,
        smallest_share,
        row_count,
        model_status,
        reason
    from saved
)

select * from measured
order by segment_count asc
