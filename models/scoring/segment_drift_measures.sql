-- One row per metric and what it is about: how far today's customers are from those the
-- model in use was fitted on. None without a model.
with

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

bins as (
    select * from {{ ref('segment_feature_bins') }}
),

training_distances as (
    select * from {{ ref('segment_training_distances') }}
),

scores as (
    select * from {{ ref('segment_placements') }}
    where
        as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
        and segment_id > 0
),

directory as (
    select * from {{ ref('segment_directory') }}
    where segment_kind = 'cluster'
),

pace as (
    select * from {{ ref('segment_model_versions') }}
),

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

feature_psis as (
    select
        'feature_psi' as metric,
        feature as subject,
        cast(null as double) as training_value,
        cast(null as double) as current_value,
        {{ customer_segmentation.exact_sum(
            customer_segmentation.stability_index_term('share', 'training_share')
        ) }} as value
    from bins
    group by feature
),

training_sizes as (
    select
        training_distances.segment_id,
        training_distances.training_customers as customers
    from training_distances
    inner join parameters
        on training_distances.model_version = parameters.model_version
),

sizes as (
    select
        segment_id,
        count(*) as customers
    from scores
    group by segment_id
),

segment_shares as (
    select
        directory.segment_name,
        cast(training_sizes.customers as double)
        / sum(training_sizes.customers) over () as training_share,
        cast(coalesce(sizes.customers, 0) as double)
        / sum(sizes.customers) over () as share
    from training_sizes
    inner join directory
        on training_sizes.segment_id = directory.segment_id
    left join sizes
        on training_sizes.segment_id = sizes.segment_id
),

segment_psis as (
    select
        'segment_psi' as metric,
        'all' as subject,
        cast(null as double) as training_value,
        cast(null as double) as current_value,
        {{ customer_segmentation.exact_sum(
            customer_segmentation.stability_index_term('share', 'training_share')
        ) }} as value
    from segment_shares
),

share_changes as (
    select
        'share_change' as metric,
        segment_name as subject,
        training_share as training_value,
        share as current_value,
        share - training_share as value
    from segment_shares
),

training_means as (
    select
        {{ customer_segmentation.exact_sum('training_distances.distance_sum') }}
        / sum(training_distances.training_customers) as mean_distance
    from training_distances
    inner join parameters
        on training_distances.model_version = parameters.model_version
),

distances as (
    select {{ customer_segmentation.exact_average('distance') }} as mean_distance
    from scores
),

distance_ratios as (
    select
        'distance_ratio' as metric,
        'all' as subject,
        training_means.mean_distance as training_value,
        distances.mean_distance as current_value,
        distances.mean_distance / nullif(training_means.mean_distance, 0) as value
    from training_means
    cross join distances
),

recent_days as (
    select
        cast({{ dbt.datediff(
            'max(customer_days.order_date)', 'max(as_of_date.as_of_date)', 'day'
        ) }} - 1 as double) as lag_days,
        coalesce(cast(sum(
            case
                when customer_days.order_date
                    >= {{ customer_segmentation.add_days('as_of_date.as_of_date', -7) }}
                    then customer_days.line_count
            end
        ) as double), 0) / 7 as rows_per_day,
        coalesce({{ customer_segmentation.percentile(
            'case when customer_days.order_count > 0 and customer_days.order_date >= '
            ~ customer_segmentation.add_days('as_of_date.as_of_date', -30)
            ~ ' then customer_days.net_revenue end', 0.5
        ) }}, 0) as median_day_revenue
    from customer_days
    cross join as_of_date
),

data_checks as (
    select
        'last_date_lag_days' as metric,
        'all' as subject,
        cast(null as double) as training_value,
        lag_days as current_value,
        lag_days as value
    from recent_days
    union all
    select
        'rows_per_day_ratio' as metric,
        'all' as subject,
        pace.rows_per_day as training_value,
        recent_days.rows_per_day as current_value,
        recent_days.rows_per_day / nullif(pace.rows_per_day, 0) as value
    from recent_days
    cross join pace
    inner join parameters
        on pace.model_version = parameters.model_version
    union all
    select
        'day_revenue_ratio' as metric,
        'all' as subject,
        pace.median_day_revenue as training_value,
        recent_days.median_day_revenue as current_value,
        recent_days.median_day_revenue / nullif(pace.median_day_revenue, 0) as value
    from recent_days
    cross join pace
    inner join parameters
        on pace.model_version = parameters.model_version
),

measured as (
    select * from feature_psis
    union all
    select * from segment_psis
    union all
    select * from share_changes
    union all
    select * from distance_ratios
    union all
    select * from data_checks
)

select * from measured
