-- The bins of every feature hold every training customer and every customer of today once.
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
)

select * from wrong_bins
