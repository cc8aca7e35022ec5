-- What do the segments see that the classic RFM grid does not, and the other way round?
with

customers as (
    select * from {{ ref('customer_segments') }}
    where segment_kind = 'cluster'
),

cells as (
    select
        segment_id,
        segment_name,
        rfm_segment,
        count(*) as customers,
        sum(monetary) as net_revenue,
        {{ customer_segmentation.percentile('recency_days', 0.5) }}
            as median_recency_days,
        {{ customer_segmentation.percentile('frequency', 0.5) }} as median_frequency,
        {{ customer_segmentation.percentile('monetary', 0.5) }} as median_monetary,
        avg(confidence) as mean_confidence
    from customers
    group by segment_id, segment_name, rfm_segment
),

margins as (
    select
        *,
        sum(customers) over (partition by segment_id) as segment_customers,
        sum(customers) over (partition by rfm_segment) as grid_customers,
        sum(customers) over () as all_customers,
        row_number() over (
            partition by segment_id order by customers desc, rfm_segment asc
        ) as place_in_segment
    from cells
),

compared as (
    select
        segment_id,
        segment_name,
        rfm_segment,
        customers,
        cast(customers as double) / segment_customers as share_of_segment,
        cast(customers as double) / grid_customers as share_of_rfm_segment,
        -- Above 1: more customers than if the two had nothing to do with each other.
        cast(customers as double) * all_customers / segment_customers / grid_customers
            as lift,
        place_in_segment = 1 as is_main_rfm_segment,
        net_revenue,
        median_recency_days,
        median_frequency,
        median_monetary,
        mean_confidence
    from margins
)

select * from compared
order by segment_id asc, customers desc, rfm_segment asc
