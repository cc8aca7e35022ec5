-- One row per month start, horizon, segmentation and group: what its customers spent in
-- the months after, and how much of the difference between customers the grouping explains.
-- The classic grid at the same dates is the yardstick. A month start before the date that
-- the model was fitted as of is in-sample: the fit knew what came after.
with

months as (
    select * from {{ ref('customer_segments_monthly') }}
    where segment_kind = 'cluster'
),

model_versions as (
    select * from {{ ref('segment_model_versions') }}
),

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

horizons as (
    {%- for horizon in [1, 3] %}
    select {{ horizon }} as horizon_months
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Only horizons that are over: the future has to be known in full.
periods as (
    select
        month_starts.as_of_date,
        horizons.horizon_months,
        cast({{ dbt.dateadd(
            'month', 'horizons.horizon_months', 'month_starts.as_of_date'
        ) }} as date) as end_date
    from {{ ref('int_as_of_dates') }} as month_starts
    cross join horizons
    cross join as_of_date
    where
        month_starts.is_month_start
        and cast({{ dbt.dateadd(
            'month', 'horizons.horizon_months', 'month_starts.as_of_date'
        ) }} as date) <= as_of_date.as_of_date
),

spent as (
    select
        periods.as_of_date,
        periods.horizon_months,
        customer_days.customer_id,
        sum(customer_days.net_revenue) as future_revenue,
        max(case when customer_days.order_count > 0 then 1 else 0 end) as has_bought
    from periods
    inner join customer_days
        on periods.as_of_date <= customer_days.order_date
        and periods.end_date > customer_days.order_date
    group by periods.as_of_date, periods.horizon_months, customer_days.customer_id
),

outcomes as (
    select
        periods.as_of_date,
        periods.horizon_months,
        months.segment_name,
        months.rfm_segment,
        coalesce(spent.future_revenue, 0) as future_revenue,
        coalesce(spent.has_bought, 0) as has_bought,
        cast(ln(1 + greatest(cast(coalesce(spent.future_revenue, 0) as double), 0))
            as decimal(18, 6)) as log_revenue
    from periods
    inner join months
        on periods.as_of_date = months.as_of_date
    left join spent
        on periods.as_of_date = spent.as_of_date
        and periods.horizon_months = spent.horizon_months
        and months.customer_id = spent.customer_id
),

grouped_outcomes as (
    select
        as_of_date,
        horizon_months,
        'segments' as segmentation,
        segment_name as group_name,
        future_revenue,
        has_bought,
        log_revenue
    from outcomes
    union all
    select
        as_of_date,
        horizon_months,
        'rfm_grid' as segmentation,
        rfm_segment as group_name,
        future_revenue,
        has_bought,
        log_revenue
    from outcomes
),

group_sums as (
    select
        as_of_date,
        horizon_months,
        segmentation,
        group_name,
        count(*) as customers,
        sum(has_bought) as buyers,
        sum(future_revenue) as future_revenue,
        cast(sum(log_revenue) as double) as log_sum,
        cast(sum(cast(log_revenue * log_revenue as decimal(38, 9))) as double)
            as log_square_sum
    from grouped_outcomes
    group by as_of_date, horizon_months, segmentation, group_name
),

-- Explained: the sum of squares between groups over the total sum of squares.
explained as (
    select
        as_of_date,
        horizon_months,
        segmentation,
        cast(count(*) as integer) as group_count,
        {{ customer_segmentation.exact_sum('log_sum * log_sum / customers') }}
            as between_term,
        {{ customer_segmentation.exact_sum('log_sum') }} as log_sum,
        {{ customer_segmentation.exact_sum('log_square_sum') }} as log_square_sum,
        sum(customers) as customers
    from group_sums
    group by as_of_date, horizon_months, segmentation
),

-- A month start is scored with one model version.
fits as (
    select
        months.as_of_date,
        max(model_versions.as_of_date) as fitted_as_of_date
    from months
    inner join model_versions
        on months.model_version = model_versions.model_version
    group by months.as_of_date
),

value as (
    select
        group_sums.as_of_date,
        cast(group_sums.horizon_months as integer) as horizon_months,
        group_sums.segmentation,
        group_sums.group_name,
        cast(group_sums.customers as integer) as customers,
        cast(group_sums.future_revenue as decimal(18, 4)) as future_net_revenue,
        cast(group_sums.future_revenue as double) / group_sums.customers
            as mean_future_net_revenue,
        cast(group_sums.buyers as double) / group_sums.customers as buyer_share,
        explained.group_count,
        case
            when explained.log_square_sum
                - explained.log_sum * explained.log_sum / explained.customers > 0.000001
                then (
                    explained.between_term
                    - explained.log_sum * explained.log_sum / explained.customers
                ) / (
                    explained.log_square_sum
                    - explained.log_sum * explained.log_sum / explained.customers
                )
        end as explained_share,
        group_sums.as_of_date < fits.fitted_as_of_date as is_in_sample
    from group_sums
    inner join fits
        on group_sums.as_of_date = fits.as_of_date
    inner join explained
        on group_sums.as_of_date = explained.as_of_date
        and group_sums.horizon_months = explained.horizon_months
        and group_sums.segmentation = explained.segmentation
)

select * from value
