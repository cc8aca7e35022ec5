-- One row per as-of date with a customer who bought in the window before it: what
-- spend_trend adds to both of the spends that it compares, a tenth of the median spend. It
-- keeps the ratio finite, and quiet for small spenders. Three digits of it count: else one
-- late line would move the trend of everybody at all dates after it.
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
),

tenths as (
    select
        as_of_date,
        greatest(0.1 * cast(median_spend as double), 0.01) as tenth
    from medians
),

scaled as (
    select
        as_of_date,
        tenth,
        power(10, 2 - floor(log10(tenth))) as to_three_digits
    from tenths
)

select
    as_of_date,
    round(tenth * to_three_digits) / to_three_digits as trend_constant
from scaled
