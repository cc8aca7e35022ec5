-- The reasons of a customer are the features that speak most for the segment against the
-- second one. Worked out feature by feature, apart from the generated scoring SQL, for a
-- part of the training customers.
{%- set features = customer_segmentation.list_reason_features() %}

with

model_inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
    where as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
),

training_customers as (
    select distinct customer_id
    from {{ ref('segment_training_rows') }}
    where sample_rank <= 5000
),

scores as (
    select
        placements.customer_id,
        placements.model_version,
        placements.segment_id,
        placements.second_segment_id,
        customer_reasons.first_reason,
        customer_reasons.second_reason,
        customer_reasons.third_reason
    from {{ ref('segment_placements') }} as placements
    inner join {{ ref('segment_reasons') }} as customer_reasons
        on placements.customer_id = customer_reasons.customer_id
    inner join training_customers
        on placements.customer_id = training_customers.customer_id
    where
        placements.as_of_date
        = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
),

inputs as (
    {%- for name in features %}
    select
        customer_id,
        '{{ name }}' as feature,
        cast({{ name }} as double) as transformed_value
    from model_inputs
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

scales as (
    select * from {{ ref('segment_scales') }}
    where is_used
),

centroids as (
    select * from {{ ref('segment_centroids') }}
),

scaled as (
    select
        scores.customer_id,
        scores.model_version,
        scores.segment_id,
        scores.second_segment_id,
        inputs.feature,
        scales.weight * case
            when inputs.transformed_value is null then 0
            when inputs.transformed_value - scales.mean
                > scales.clip * scales.standard_deviation then scales.clip
            when inputs.transformed_value - scales.mean
                < -scales.clip * scales.standard_deviation then -scales.clip
            else (inputs.transformed_value - scales.mean) / scales.standard_deviation
        end as scaled_value
    from scores
    inner join inputs
        on scores.customer_id = inputs.customer_id
    inner join scales
        on scores.model_version = scales.model_version
        and inputs.feature = scales.feature
),

contributions as (
    select
        scaled.customer_id,
        scaled.feature,
        power(scaled.scaled_value - second_centroids.centroid, 2)
        - power(scaled.scaled_value - own_centroids.centroid, 2) as contribution
    from scaled
    inner join centroids as own_centroids
        on scaled.model_version = own_centroids.model_version
        and scaled.segment_id = own_centroids.segment_id
        and scaled.feature = own_centroids.feature
    inner join centroids as second_centroids
        on scaled.model_version = second_centroids.model_version
        and scaled.second_segment_id = second_centroids.segment_id
        and scaled.feature = second_centroids.feature
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id order by contribution desc, feature asc
        ) as place
    from contributions
),

reasons as (
    select
        customer_id,
        1 as place,
        first_reason as reason
    from scores
    union all
    select
        customer_id,
        2 as place,
        second_reason as reason
    from scores
    union all
    select
        customer_id,
        3 as place,
        third_reason as reason
    from scores
),

-- Rounding may order two features that speak equally: what they say is compared.
compared as (
    select
        reasons.customer_id,
        reasons.place,
        reasons.reason,
        told.contribution,
        coalesce(ranked.contribution, 0) as expected_contribution
    from reasons
    left join ranked
        on reasons.customer_id = ranked.customer_id
        and reasons.place = ranked.place
    left join contributions as told
        on reasons.customer_id = told.customer_id
        and reasons.reason = told.feature
),

wrong as (
    select
        'not the feature that speaks most' as problem,
        customer_id,
        place
    from compared
    where
        (reason is null and expected_contribution > 0.000000001)
        or (
            reason is not null
            and (
                contribution is null
                or contribution <= -0.000000001
                or abs(contribution - expected_contribution) > 0.000000001
            )
        )
),

repeated as (
    select
        'named twice' as problem,
        customer_id,
        max(place) as place
    from reasons
    where reason is not null
    group by customer_id, reason
    having count(*) > 1
)

select * from wrong
union all
select * from repeated
