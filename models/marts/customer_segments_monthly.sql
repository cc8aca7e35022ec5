{{ config(materialized='view') }}

-- One row per month start and customer known by then: the segment as the model in use sees
-- it. A view of segment_placements, so that no month is copied.
with

placements as (
    select * from {{ ref('segment_placements') }}
),

month_starts as (
    select * from {{ ref('int_as_of_dates') }}
    where is_month_start
),

directory as (
    select * from {{ ref('segment_directory') }}
),

named as (
    select
        placements.as_of_date,
        placements.customer_id,
        placements.segment_id,
        directory.segment_name,
        directory.segment_kind,
        placements.rfm_segment,
        placements.model_version,
        placements.confidence,
        placements.recency_days,
        placements.frequency,
        cast(placements.monetary as decimal(18, 4)) as monetary
    from placements
    inner join month_starts
        on placements.as_of_date = month_starts.as_of_date
    left join directory
        on placements.segment_id = directory.segment_id
)

select * from named
