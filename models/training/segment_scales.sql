{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and feature: how a version standardises and weighs it.
{%- set features = customer_segmentation.list_model_features() %}
{%- set secondary_share = customer_segmentation.setting('model.secondary_share') %}
{%- set demographics_share = var('segmentation_demographics_weight') %}

with

training_rows as (
    select * from {{ ref('segment_training_rows') }}
    where model_version {{ customer_segmentation.is_new_version() }}
),

features as (
    {%- for feature in features %}
    select
        '{{ feature.name }}' as feature,
        '{{ feature.role }}' as feature_role,
        '{{ feature.transform }}' as transform,
        cast({{ feature.scale }} as double) as transform_scale
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Unknown values take no part: they are neutral later, at the mean.
means as (
    select
        model_version,
        feature,
        count(transformed_value) as known_count,
        count(*) as row_count,
        cast(sum(transformed_value) as double) / nullif(count(transformed_value), 0)
            as mean
    from training_rows
    group by model_version, feature
),

-- Deviations are rounded before they are squared and summed, so that the sum is exact.
deviations as (
    select
        training_rows.model_version,
        training_rows.feature,
        cast(training_rows.transformed_value as double) - means.mean as deviation
    from training_rows
    inner join means
        on training_rows.model_version = means.model_version
        and training_rows.feature = means.feature
    where training_rows.transformed_value is not null
),

spreads as (
    select
        model_version,
        feature,
        sqrt(
            cast(sum(cast(deviation * deviation as decimal(38, 9))) as double) / count(*)
        ) as standard_deviation
    from deviations
    group by model_version, feature
),

judged as (
    select
        means.model_version,
        means.feature,
        features.feature_role,
        features.transform,
        features.transform_scale,
        coalesce(means.mean, 0) as mean,
        coalesce(spreads.standard_deviation, 0) as standard_deviation,
        cast(means.known_count as double) / means.row_count as known_share,
        -- A feature that is the same for everybody tells nobody apart.
        coalesce(spreads.standard_deviation, 0) > 0.00001 as is_used
    from means
    inner join features
        on means.feature = features.feature
    left join spreads
        on means.model_version = spreads.model_version
        and means.feature = spreads.feature
),

-- What each block of features would weigh with weight 1.
blocks as (
    select
        model_version,
        sum(case when is_used and feature_role = 'core' then 1 else 0 end)
            as core_variance,
        sum(case when is_used and feature_role = 'secondary' then 1 else 0 end)
            as secondary_variance,
        cast(sum(
            case
                when is_used and feature_role = 'demographic'
                    then cast(known_share as decimal(18, 9))
                else 0
            end
        ) as double) as demographic_variance
    from judged
    group by model_version
),

-- The secondary block gets its share of the behaviour's variance, however many features
-- are in it; the demographics get theirs of all.
weights as (
    select
        model_version,
        case
            when secondary_variance = 0 or core_variance = 0 then 1.0
            else least(1.0, sqrt(
                {{ secondary_share }} / (1.0 - {{ secondary_share }})
                * core_variance / secondary_variance
            ))
        end as secondary_weight,
        core_variance,
        secondary_variance,
        demographic_variance
    from blocks
),

block_weights as (
    select
        model_version,
        secondary_weight,
        case
            when demographic_variance = 0 then 0.0
            else sqrt(
                {{ demographics_share }} / (1.0 - {{ demographics_share }})
                * (
                    core_variance
                    + secondary_variance * secondary_weight * secondary_weight
                ) / demographic_variance
            )
        end as demographic_weight
    from weights
)

select
    judged.model_version,
    judged.feature,
    judged.feature_role,
    judged.transform,
    judged.transform_scale,
    judged.mean,
    judged.standard_deviation,
    cast({{ customer_segmentation.setting('model.clip') }} as double) as clip,
    case
        when not judged.is_used then 0.0
        when judged.feature_role = 'core' then 1.0
        when judged.feature_role = 'secondary' then block_weights.secondary_weight
        else block_weights.demographic_weight
    end as weight,
    judged.known_share,
    judged.is_used
from judged
inner join block_weights
    on judged.model_version = block_weights.model_version
