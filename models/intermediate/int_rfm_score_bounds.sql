-- One row per as-of date, measure and score that anybody has: the lowest value with the
-- score. Scores come from where a value stands among all customers of the date with a
-- purchase in the window; equal values get the middle of their ranks, so that identical
-- customers are never split. Counting values first spares sorting every customer.
with

features as (
    select * from {{ ref('int_customer_features') }}
    where purchase_status = 'purchases'
),

value_counts as (
    {%- for measure, value in customer_segmentation.list_rfm_measures().items() %}
    select
        as_of_date,
        '{{ measure }}' as measure,
        cast({{ value }} as decimal(18, 4)) as measure_value,
        count(*) as customers
    from features
    group by as_of_date, {{ value }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

standings as (
    select
        *,
        sum(customers) over (
            partition by as_of_date, measure
            order by measure_value asc
        ) as customers_up_to_here,
        sum(customers) over (partition by as_of_date, measure) as all_customers
    from value_counts
),

scored as (
    select
        *,
        cast(floor(
            5 * (customers_up_to_here - cast(customers as double) / 2) / all_customers
        ) as integer) + 1 as score
    from standings
),

bounds as (
    select
        as_of_date,
        measure,
        score,
        min(measure_value) as lowest_value
    from scored
    group by as_of_date, measure, score
)

select * from bounds
