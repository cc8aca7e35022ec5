{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version, sampled customer and feature: the customer as seen three
-- months before the fit, on the version's scale, and what the customer spent since. It
-- holds no ids. Empty when the data reach back less than six months.
{%- set features = customer_segmentation.list_model_features() | map(attribute='name')
    | list %}
{%- set random_seed = customer_segmentation.setting('model.random_seed') %}

with

versions as (
    select * from {{ ref('segment_model_versions') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

scales as (
    select * from {{ ref('segment_scales') }}
    where is_used
),

latest as (
    select max(model_version) as model_version from versions
    having max(model_version) is not null
),

backtest_dates as (
    select
        latest.model_version,
        dates.as_of_date,
        as_of_date.as_of_date as end_date
    from {{ ref('int_as_of_dates') }} as dates
    cross join as_of_date
    cross join latest
    where dates.is_backtest
),

inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
),

rfm_scores as (
    select * from {{ ref('int_customer_rfm_scores') }}
),

later as (
    select
        customer_days.customer_id,
        sum(customer_days.net_revenue) as net_revenue,
        max(case when customer_days.order_count > 0 then 1 else 0 end) as has_bought
    from {{ ref('int_customer_days') }} as customer_days
    inner join backtest_dates
        on customer_days.order_date >= backtest_dates.as_of_date
        and customer_days.order_date < backtest_dates.end_date
    group by customer_days.customer_id
),

-- A hash of the id draws the sample, as for the training rows.
sampled as (
    select
        inputs.*,
        backtest_dates.model_version,
        cast(row_number() over (
            order by
                {{ dbt.hash("inputs.customer_id || '-" ~ random_seed ~ "'") }},
                inputs.customer_id
        ) as integer) as sample_rank
    from inputs
    inner join backtest_dates
        on inputs.as_of_date = backtest_dates.as_of_date
),

outcomes as (
    select
        sampled.*,
        rfm_scores.rfm_segment,
        rfm_scores.recency_score,
        rfm_scores.frequency_score,
        rfm_scores.monetary_score,
        coalesce(later.has_bought, 0) as has_bought_later,
        cast(ln(1 + greatest(cast(coalesce(later.net_revenue, 0) as double), 0))
            as decimal(18, 6)) as log_later_revenue
    from sampled
    inner join rfm_scores
        on sampled.as_of_date = rfm_scores.as_of_date
        and sampled.customer_id = rfm_scores.customer_id
    left join later
        on sampled.customer_id = later.customer_id
    where sampled.sample_rank <= {{ customer_segmentation.setting('model.k_sample_rows') }}
),

valued as (
    {%- for name in features %}
    select
        model_version,
        sample_rank,
        '{{ name }}' as feature,
        {{ name }} as transformed_value,
        rfm_segment,
        recency_score,
        frequency_score,
        monetary_score,
        has_bought_later,
        log_later_revenue
    from outcomes
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    valued.model_version,
    valued.sample_rank,
    valued.feature,
    valued.rfm_segment,
    valued.recency_score,
    valued.frequency_score,
    valued.monetary_score,
    valued.has_bought_later,
    valued.log_later_revenue,
    cast({{ customer_segmentation.scale_value(
        'valued.transformed_value', 'scales.mean', 'scales.standard_deviation',
        'scales.clip', 'scales.weight'
    ) }} as decimal(18, 10)) as scaled_value
from valued
inner join scales
    on valued.model_version = scales.model_version
    and valued.feature = scales.feature
