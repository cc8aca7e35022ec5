-- One row per pair of features of the model: how far both say the same about a customer.
-- Over a sample of the training, on the scale that K-Means sees.
{%- set sample_rows = 10000 %}
with

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

matrix as (
    select
        matrix.customer_id,
        matrix.feature,
        cast(matrix.scaled_value as double) as scaled_value
    from {{ ref('segment_training_matrix') }} as matrix
    inner join parameters
        on matrix.model_version = parameters.model_version
    where matrix.sample_rank <= {{ sample_rows }}
),

pairs as (
    select
        one.feature,
        other.feature as other_feature,
        count(*) as customers,
        {{ customer_segmentation.exact_average('one.scaled_value') }} as mean,
        {{ customer_segmentation.exact_average('other.scaled_value') }} as other_mean,
        {{ customer_segmentation.exact_average('one.scaled_value * one.scaled_value') }}
            as mean_square,
        {{ customer_segmentation.exact_average(
            'other.scaled_value * other.scaled_value'
        ) }} as other_mean_square,
        {{ customer_segmentation.exact_average('one.scaled_value * other.scaled_value') }}
            as mean_product
    from matrix as one
    inner join matrix as other
        on one.customer_id = other.customer_id
    group by one.feature, other.feature
),

correlations as (
    select
        feature,
        other_feature,
        cast(customers as integer) as customers,
        -- A feature that is the same for everybody goes with nothing.
        case
            when mean_square - mean * mean > 0.000001
                and other_mean_square - other_mean * other_mean > 0.000001
                then least(1.0, greatest(-1.0,
                    (mean_product - mean * other_mean)
                    / sqrt(mean_square - mean * mean)
                    / sqrt(other_mean_square - other_mean * other_mean)
                ))
        end as correlation
    from pairs
)

select * from correlations
