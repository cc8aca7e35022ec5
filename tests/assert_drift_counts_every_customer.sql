-- The bins of every feature hold every training customer and every customer of today
-- once, and what some segments gain in share others lose.
with

bins as (
    select * from {{ ref('segment_feature_bins') }}
),

scores as (
    select * from {{ ref('segment_placements') }}
    where
        as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
        and segment_id > 0
),

assignments as (
    select * from {{ ref('segment_training_assignments') }}
),

share_changes as (
    select * from {{ ref('segment_drift') }}
    where metric = 'share_change'
),

wrong_bins as (
    select
        'bins of ' || feature as problem,
        cast(sum(customers) as double) as total
    from bins
    group by model_version, feature
    having
        sum(customers) <> (select count(*) from scores)
        or sum(training_customers) <> (
            select count(*) from assignments
            where assignments.model_version = bins.model_version
        )
),

wrong_changes as (
    select
        'share changes as of ' || cast(as_of_date as string) as problem,
        sum(value) as total
    from share_changes
    group by as_of_date, model_version
    having abs(sum(value)) > 0.000001
)

select * from wrong_bins
union all
select * from wrong_changes
