-- One row per customer of a sample of the training customers: where to draw the customer.
{%- set sample_rows = 1500 %}

with

matrix as (
    select * from {{ ref('segment_training_matrix') }}
    where sample_rank <= {{ sample_rows }}
),

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

all_axes as (
    select * from {{ ref('segment_map_axes') }}
),

axes as (
    select all_axes.*
    from all_axes
    inner join parameters
        on all_axes.model_version = parameters.model_version
),

customers as (
    select * from {{ ref('customer_segments') }}
    where segment_kind = 'cluster'
),

coordinates as (
    select
        matrix.customer_id,
        {{ customer_segmentation.exact_sum(
            '(cast(matrix.scaled_value as double) - axes.center)'
            ~ ' * axes.horizontal_loading'
        ) }} as horizontal,
        {{ customer_segmentation.exact_sum(
            '(cast(matrix.scaled_value as double) - axes.center)'
            ~ ' * axes.vertical_loading'
        ) }} as vertical,
        max(axes.horizontal_variance_share) as horizontal_variance_share,
        max(axes.vertical_variance_share) as vertical_variance_share
    from matrix
    inner join axes
        on matrix.model_version = axes.model_version
        and matrix.feature = axes.feature
    group by matrix.customer_id
),

points as (
    select
        coordinates.customer_id,
        customers.segment_id,
        customers.segment_name,
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        customers.confidence,
        coordinates.horizontal,
        coordinates.vertical,
        coordinates.horizontal_variance_share,
        coordinates.vertical_variance_share
    from coordinates
    inner join customers
        on coordinates.customer_id = customers.customer_id
)

select * from points
