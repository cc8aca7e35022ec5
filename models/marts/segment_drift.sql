{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['as_of_date', 'model_version'],
    full_refresh=false,
) }}

-- One row per run, metric and what it is about: how far today's customers are from those
-- the model in use was fitted on. A run is an as-of date with a model version.
{%- set thresholds = {
    'feature_psi': var('segmentation_drift_feature_psi'),
    'segment_psi': var('segmentation_drift_segment_psi'),
    'share_change': var('segmentation_drift_share_change'),
    'distance_ratio': var('segmentation_drift_distance_ratio'),
    'last_date_lag_days': [var('segmentation_drift_last_date_lag_days'), 'null'],
    'rows_per_day_ratio': [var('segmentation_drift_rows_per_day_ratio'), 'null'],
    'day_revenue_ratio': [var('segmentation_drift_day_revenue_ratio'), 'null'],
} %}
{%- set drifts = {
    'feature_psi': 'a feature', 'segment_psi': 'the sizes of the segments',
    'share_change': 'the share of a segment', 'distance_ratio': 'the mean distance',
} %}
{%- set faults = {
    'last_date_lag_days': 'the newest data are missing',
    'rows_per_day_ratio': 'the rows per day of the last 7 days are unusual',
    'day_revenue_ratio': 'the money per purchase day of the last 30 days is unusual',
} %}

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
),

compared as (
    select
        *,
        case metric
            {%- for metric, bounds in thresholds.items() %}
            when '{{ metric }}' then {{ bounds[0] }}
            {%- endfor %}
        end as watch_from,
        -- Recency says first how fresh the data are, and tenure grows while a history that
        -- began one day grows: neither makes a refit due. Whether they harm shows in the
        -- segments.
        case
            when metric = 'feature_psi' and subject in ('recency_days', 'tenure_days')
                then null
            {%- for metric, bounds in thresholds.items() %}
            when metric = '{{ metric }}' then {{ bounds[1] }}
            {%- endfor %}
        end as refit_from
    from measured
),

-- A ratio is watched on both sides; customers nearer to their centroids than in training
-- are no reason to refit.
judged as (
    select
        *,
        case
            when abs(value) >= refit_from then 'refit due'
            when abs(value) >= watch_from then 'watch'
            when metric like '%_ratio' and value <= 1 / watch_from then 'watch'
            else 'ok'
        end as status
    from compared
),

explained as (
    select
        metric,
        subject,
        status,
        case
            when status = 'ok' then 'As in training.'
            {%- for metric, words in faults.items() %}
            when metric = '{{ metric }}' then 'Check the data: {{ words }}.'
            {%- endfor %}
            when metric = 'feature_psi' and subject = 'recency_days'
                then 'Check freshness: recency moves when the newest data are missing.'
            when metric = 'feature_psi' and subject = 'tenure_days'
                then 'Tenure grows with the history of a shop; no refit for this alone.'
            when status = 'watch'
                then 'Further from the training than usual; look at the next run.'
            else 'Too far from the training; refit when the next run says so too.'
        end as hint,
        training_value,
        current_value,
        value,
        watch_from,
        refit_from
    from judged
),

counted as (
    select
        sum(case when status <> 'ok' then 1 else 0 end) as signals,
        {%- for metric in drifts %}
        max(case when metric = '{{ metric }}' and status = 'refit due' then 1 else 0 end)
            as is_due_for_{{ metric }},
        {%- endfor %}
        {%- for metric in faults %}
        max(case when metric = '{{ metric }}' and status = 'watch' then 1 else 0 end)
            as is_fault_of_{{ metric }},
        {%- endfor %}
        max(case
            when metric = 'feature_psi' and subject = 'recency_days'
                and status = 'watch' then 1
            else 0
        end) as is_stale
    from explained
),

listed as (
    select
        counted.*,
        -- Each begins with a separator, so that the list starts at its third letter.
        {%- for metric, words in faults.items() %}
        {{ '|| ' if not loop.first }}case
            when is_fault_of_{{ metric }} = 1 then '; {{ words }}' else ''
        end
        {%- endfor %} as fault_list,
        {%- for metric, words in drifts.items() %}
        {{ '|| ' if not loop.first }}case
            when is_due_for_{{ metric }} = 1 then '; {{ words }}' else ''
        end
        {%- endfor %} as due_list
    from counted
),

overall as (
    select
        'overall' as metric,
        'all' as subject,
        case
            when due_list <> '' then 'refit due'
            when signals > 0 then 'watch'
            else 'ok'
        end as status,
        case
            when fault_list <> ''
                then 'First rule out a data fault: ' || substr(fault_list, 3) || '. '
            else ''
        end
        || case when is_stale = 1 then 'Check freshness. ' else '' end
        || case
            when due_list <> ''
                then 'Too far from the training: ' || substr(due_list, 3)
                    || '. Refit when the next run says so too.'
            when signals > 0 then 'No refit needed; look at the next run.'
            else 'As in training.'
        end as hint,
        cast(null as double) as training_value,
        cast(null as double) as current_value,
        cast(signals as double) as value,
        cast(null as double) as watch_from,
        cast(null as double) as refit_from
    from listed
),

all_rows as (
    select * from explained
    union all
    select * from overall
)

select
    as_of_date.as_of_date,
    parameters.model_version,
    all_rows.metric,
    all_rows.subject,
    all_rows.status,
    all_rows.hint,
    all_rows.training_value,
    all_rows.current_value,
    all_rows.value,
    cast(all_rows.watch_from as double) as watch_from,
    cast(all_rows.refit_from as double) as refit_from
from all_rows
cross join parameters
cross join as_of_date
