-- One row per segment of the model in use that has customers: for which share of them the
-- claim of its name is true today.
with

placements as (
    select * from {{ ref('segment_placements') }}
    where as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
),

claims as (
    select * from {{ ref('int_customer_claims') }}
),

names as (
    select * from {{ ref('segment_names') }}
),

stated as (
    select
        names.model_version,
        names.segment_id,
        names.suffix_from,
        names.suffix_below,
        case
            when names.claim_key = 'described'
                then claims.frequency between names.frequency_from and names.frequency_up_to
                    and claims.recency_days
                    between names.recency_from and names.recency_up_to
            else {{ customer_segmentation.holds_claim('names.claim_key', 'claims')
                | indent(12) }}
        end as is_claim_true,
        case names.suffix_fact
            when 'average_order_value' then claims.average_order_value
            when 'recency_days' then claims.recency_days
            when 'frequency' then claims.frequency
            when 'monetary' then claims.monetary
            when 'tenure_days' then claims.tenure_days
            else 0
        end as suffix_value
    from placements
    inner join claims
        on placements.customer_id = claims.customer_id
    inner join names
        on placements.model_version = names.model_version
        and placements.segment_id = names.segment_id
),

-- A suffix says from one bound to below the next, as in the name's claim.
checked as (
    select
        model_version,
        segment_id,
        case
            when
                is_claim_true
                and suffix_value >= coalesce(suffix_from, -1e15)
                and suffix_value < coalesce(suffix_below, 1e15)
                then 1
            else 0
        end as is_true
    from stated
)

select
    model_version,
    segment_id,
    count(*) as customers,
    cast(sum(is_true) as double) / count(*) as name_holds_share
from checked
group by model_version, segment_id
