-- 5 is best: a buyer's score is the fifth that the value stands in, counted from the
-- oldest, rarest and smallest; equal values stand in the middle of their ranks.
{%- set measures = {
    'recency': '-recency_days', 'frequency': 'frequency', 'monetary': 'monetary',
} %}

with

buyers as (
    select * from {{ ref('customer_segments') }}
    where recency_score is not null
),

value_counts as (
    {%- for measure, value in measures.items() %}
    select
        '{{ measure }}' as measure,
        cast({{ value }} as decimal(18, 4)) as measure_value,
        {{ measure }}_score as score,
        count(*) as customers
    from buyers
    group by {{ value }}, {{ measure }}_score
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

standings as (
    select
        *,
        coalesce(sum(customers) over (
            partition by measure
            order by measure_value asc
            rows between unbounded preceding and 1 preceding
        ), 0) as customers_below,
        sum(customers) over (partition by measure) as all_customers,
        count(*) over (partition by measure, measure_value) as score_count
    from value_counts
)

select
    measure,
    measure_value,
    score,
    score_count
from standings
where
    score_count > 1
    or 5 * (2 * customers_below + customers) < 2 * (score - 1) * all_customers
    or 5 * (2 * customers_below + customers) >= 2 * score * all_customers
