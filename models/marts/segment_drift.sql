{{ config(
    materialized='incremental',
    incremental_strategy=customer_segmentation.replacing_strategy(),
    partition_by=customer_segmentation.replaced_partition(
        ['as_of_date', 'model_version']
    ),
    unique_key=['as_of_date', 'model_version'],
    full_refresh=false,
    pre_hook="{{ customer_segmentation.delete_unpublished_drift() }}",
) }}

-- One row per run, metric and what it is about: whether the distance of today's customers
-- from the training (segment_drift_measures) is to be watched or makes a refit due. A run
-- is an as-of date with a model version. Runs that were never published leave no rows.
{%- set thresholds = {
    'feature_psi': customer_segmentation.setting('drift.feature_psi'),
    'segment_psi': customer_segmentation.setting('drift.segment_psi'),
    'share_change': customer_segmentation.setting('drift.share_change'),
    'distance_ratio': customer_segmentation.setting('drift.distance_ratio'),
    'last_date_lag_days': [
        customer_segmentation.setting('drift.last_date_lag_days'), 'null'
    ],
    'rows_per_day_ratio': [
        customer_segmentation.setting('drift.rows_per_day_ratio'), 'null'
    ],
    'day_revenue_ratio': [
        customer_segmentation.setting('drift.day_revenue_ratio'), 'null'
    ],
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

measured as (
    select * from {{ ref('segment_drift_measures') }}
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
