{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version: how many rows came in a day, and what a purchase day was
-- worth, in the window the version was fitted on. Kept with the version.
with

versions as (
    select * from {{ ref('segment_model_versions') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

pace as (
    select
        versions.model_version,
        cast(sum(customer_days.line_count) as double)
        / nullif(versions.history_days, 0) as rows_per_day,
        {{ customer_segmentation.percentile(
            'case when customer_days.order_count > 0 '
            ~ 'then customer_days.net_revenue end', 0.5
        ) }} as median_day_revenue
    from versions
    inner join customer_days
        on versions.window_start_date <= customer_days.order_date
        and versions.as_of_date > customer_days.order_date
    group by versions.model_version, versions.history_days
)

select * from pace
