-- 5 is best: of two buyers the more recent, more frequent, higher spending one never has
-- the lower score, and the newest buyer has 5 unless too many share that last day.
with

buyers as (
    select * from {{ ref('customer_segments') }}
    where recency_score is not null
),

recency as (
    select
        'recency' as score,
        recency_score as value,
        cast(-min(recency_days) as double) as best,
        cast(-max(recency_days) as double) as worst
    from buyers
    group by recency_score
),

frequency as (
    select
        'frequency' as score,
        frequency_score as value,
        cast(max(frequency) as double) as best,
        cast(min(frequency) as double) as worst
    from buyers
    group by frequency_score
),

monetary as (
    select
        'monetary' as score,
        monetary_score as value,
        cast(max(monetary) as double) as best,
        cast(min(monetary) as double) as worst
    from buyers
    group by monetary_score
),

scores as (
    select * from recency
    union all
    select * from frequency
    union all
    select * from monetary
),

-- Equal values share a score, so the ranges of two scores cannot touch.
crossing as (
    select
        lower_scores.score || ' score ' || cast(lower_scores.value as string)
        || ' reaches into ' || cast(higher_scores.value as string) as problem
    from scores as lower_scores
    inner join scores as higher_scores
        on lower_scores.score = higher_scores.score
        and lower_scores.value < higher_scores.value
    where lower_scores.best >= higher_scores.worst
),

ranges as (
    select
        min(recency_days) as least_recency_days,
        count(*) as buyer_count
    from buyers
),

last_day as (
    select
        min(buyers.recency_score) as lowest_score,
        cast(count(*) as double) / max(ranges.buyer_count) as share
    from buyers
    inner join ranges
        on buyers.recency_days = ranges.least_recency_days
),

newest as (
    select
        'the newest buyers have recency score ' || cast(lowest_score as string)
            as problem
    from last_day
    where lowest_score <> 5 and share < 0.4
)

select * from crossing
union all
select * from newest
