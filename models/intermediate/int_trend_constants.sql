-- One row per as-of date with a customer who bought in the window before it: what
-- spend_trend adds to both of the spends that it compares, a tenth of the median spend. It
-- keeps the ratio finite, and quiet for small spenders.
with

buyers as (
    select
        as_of_date,
        gross_revenue - return_amount as monetary
    from {{ ref('int_customer_sums') }}
    where frequency > 0
),

medians as (
    select
        as_of_date,
        {{ customer_segmentation.percentile('monetary', 0.5) }} as median_spend
    from buyers
    group by as_of_date
)

select
    as_of_date,
    greatest(0.1 * median_spend, 0.01) as trend_constant
from medians
