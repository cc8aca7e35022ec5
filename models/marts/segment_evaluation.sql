{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version: when and why it was fitted, and how good it is.
with

versions as (
    select * from {{ ref('segment_model_versions') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

chosen as (
    select * from {{ ref('segment_count_scores') }}
    where is_chosen
),

scores as (
    select * from {{ ref('segment_training_scores') }}
),

assignments as (
    select * from {{ ref('segment_training_assignments') }}
),

training_rows as (
    select * from {{ ref('segment_training_rows') }}
),

scales as (
    select * from {{ ref('segment_scales') }}
    where is_used
),

feature_counts as (
    select
        model_version,
        cast(count(*) as integer) as feature_count
    from scales
    group by model_version
),

segment_sizes as (
    select
        model_version,
        segment_id,
        count(*) as training_customers,
        cast(count(*) as double)
        / sum(count(*)) over (partition by model_version) as share
    from assignments
    group by model_version, segment_id
),

smallest as (
    select
        model_version,
        min(share) as smallest_segment_share
    from segment_sizes
    group by model_version
),

fits as (
    select
        scores.model_version,
        cast(count(*) as integer) as training_customers,
        {{ customer_segmentation.exact_sum('scores.distance * scores.distance') }}
            as inertia,
        {{ customer_segmentation.exact_average(
            'case when scores.second_distance > 0 '
            ~ 'then 1 - scores.distance / scores.second_distance else 0 end'
        ) }} as simplified_silhouette
    from scores
    group by scores.model_version
),

-- The same customers, placed by the version before and by this one.
changes as (
    select
        assignments.model_version,
        {{ customer_segmentation.exact_average(
            'case when assignments.previous_segment_id <> assignments.segment_id '
            ~ 'then 1 else 0 end'
        ) }} as changed_customer_share,
        {{ customer_segmentation.exact_sum(
            'case when assignments.previous_segment_id <> assignments.segment_id '
            ~ 'then training_rows.feature_value else 0 end'
        ) }}
        / nullif({{ customer_segmentation.exact_sum('training_rows.feature_value') }}, 0)
            as changed_revenue_share
    from assignments
    inner join training_rows
        on assignments.model_version = training_rows.model_version
        and assignments.customer_id = training_rows.customer_id
        and training_rows.feature = 'monetary'
    where assignments.previous_segment_id is not null
    group by assignments.model_version
),

libraries as (
    select
        model_version,
        max(fitted_with) as fitted_with
    from assignments
    group by model_version
),

evaluation as (
    select
        versions.model_version,
        versions.refit_reason,
        chosen.reason as segment_count_reason,
        chosen.model_status,
        versions.settings_hash,
        libraries.fitted_with,
        chosen.segment_count,
        fits.training_customers,
        feature_counts.feature_count,
        fits.inertia,
        chosen.silhouette,
        fits.simplified_silhouette,
        chosen.davies_bouldin,
        chosen.calinski_harabasz,
        chosen.stability,
        chosen.worst_jaccard,
        chosen.later_spend_explained_share,
        greatest(
            chosen.classic_grid_explained_share,
            chosen.r_rfm_explained_share,
            chosen.putler_explained_share
        ) as best_grid_explained_share,
        smallest.smallest_segment_share,
        changes.changed_customer_share,
        changes.changed_revenue_share,
        coalesce(
            changes.changed_customer_share
            > {{ customer_segmentation.setting('tests.breaking_change.maximum_share') }},
            false
        ) as is_breaking_change,
        versions.as_of_date as fitted_as_of_date
    from versions
    inner join chosen
        on versions.model_version = chosen.model_version
    inner join fits
        on versions.model_version = fits.model_version
    inner join feature_counts
        on versions.model_version = feature_counts.model_version
    inner join smallest
        on versions.model_version = smallest.model_version
    inner join libraries
        on versions.model_version = libraries.model_version
    left join changes
        on versions.model_version = changes.model_version
)

select * from evaluation
