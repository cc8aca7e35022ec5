{{ config(materialized='view') }}

-- One row per month start and customer known by then: the segment as the model in use sees
-- it. A view, since the months it shows are kept in segment_customer_months.
with

months as (
    select * from {{ ref('segment_customer_months') }}
),

month_starts as (
    select * from {{ ref('int_month_starts') }}
),

directory as (
    select * from {{ ref('segment_directory') }}
),

named as (
    select
        months.as_of_date,
        months.customer_id,
        months.segment_id,
        directory.segment_name,
        directory.segment_kind,
        months.rfm_segment,
        months.model_version,
        months.confidence,
        months.recency_days,
        months.frequency,
        months.monetary
    from months
    inner join month_starts
        on months.as_of_date = month_starts.as_of_date
    left join directory
        on months.segment_id = directory.segment_id
)

select * from named
