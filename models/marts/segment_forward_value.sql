-- One row per month start, horizon, segmentation and group: what its customers spent in
-- the months after, and how much of the difference between customers the grouping explains.
-- The classic grid at the same dates is the yardstick. A month start before the date that
-- the model was fitted as of is in-sample: the fit knew what came after.
{%- set horizons = [1, 3] %}
{%- set ends = {} %}
{%- for horizon in horizons %}
{%- do ends.update({
    horizon: customer_segmentation.add_months('month_starts.as_of_date', horizon)
}) %}
{%- endfor %}
{%- set groups = {'segments': 'segment_name', 'rfm_grid': 'rfm_segment'} %}

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

-- Only horizons that are over: the future has to be known in full.
periods as (
    select
        month_starts.as_of_date
        {%- for horizon in horizons %},
        case
            when {{ ends[horizon] }} <= as_of_date.as_of_date
                then {{ ends[horizon] }}
        end as end_date_{{ horizon }}
        {%- endfor %}
    from {{ ref('int_as_of_dates') }} as month_starts
    cross join as_of_date
    where month_starts.is_month_start
),

spent as (
    select
        periods.as_of_date,
        customer_days.customer_id
        {%- for horizon in horizons %},
        sum(
            case
                when customer_days.order_date < periods.end_date_{{ horizon }}
                    then customer_days.net_revenue
            end
        ) as future_revenue_{{ horizon }},
        max(
            case
                when customer_days.order_date < periods.end_date_{{ horizon }}
                    and customer_days.order_count > 0
                    then 1
                else 0
            end
        ) as has_bought_{{ horizon }}
        {%- endfor %}
    from customer_days
    cross join as_of_date
    inner join periods
        on customer_days.order_date >= periods.as_of_date
        and customer_days.order_date
            < coalesce(periods.end_date_{{ horizons | max }}, as_of_date.as_of_date)
    group by periods.as_of_date, customer_days.customer_id
),

outcomes as (
    select
        months.as_of_date,
        months.segment_name,
        months.rfm_segment
        {%- for horizon in horizons %},
        coalesce(spent.future_revenue_{{ horizon }}, 0) as future_revenue_{{ horizon }},
        coalesce(spent.has_bought_{{ horizon }}, 0) as has_bought_{{ horizon }},
        cast(ln(
            1 + greatest(cast(coalesce(spent.future_revenue_{{ horizon }}, 0) as double), 0)
        ) as decimal(18, 6)) as log_revenue_{{ horizon }}
        {%- endfor %}
    from months
    left join spent
        on months.as_of_date = spent.as_of_date
        and months.customer_id = spent.customer_id
),

-- Every customer is summed up once; what follows are sums of these sums.
summed as (
    select
        as_of_date,
        segment_name,
        rfm_segment,
        count(*) as customers
        {%- for horizon in horizons %},
        sum(future_revenue_{{ horizon }}) as future_revenue_{{ horizon }},
        sum(has_bought_{{ horizon }}) as buyers_{{ horizon }},
        sum(log_revenue_{{ horizon }}) as log_sum_{{ horizon }},
        sum(cast(
            log_revenue_{{ horizon }} * log_revenue_{{ horizon }} as decimal(38, 9)
        )) as log_square_sum_{{ horizon }}
        {%- endfor %}
    from outcomes
    group by as_of_date, segment_name, rfm_segment
),

group_sums as (
    {%- for horizon in horizons %}
    {%- set outer_loop = loop %}
    {%- for segmentation, group in groups.items() %}
    select
        summed.as_of_date,
        {{ horizon }} as horizon_months,
        '{{ segmentation }}' as segmentation,
        summed.{{ group }} as group_name,
        sum(summed.customers) as customers,
        sum(summed.buyers_{{ horizon }}) as buyers,
        sum(summed.future_revenue_{{ horizon }}) as future_revenue,
        cast(sum(summed.log_sum_{{ horizon }}) as double) as log_sum,
        cast(sum(summed.log_square_sum_{{ horizon }}) as double) as log_square_sum
    from summed
    inner join periods
        on summed.as_of_date = periods.as_of_date
        and periods.end_date_{{ horizon }} is not null
    group by summed.as_of_date, summed.{{ group }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {%- endfor %}
    {%- endfor %}
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
