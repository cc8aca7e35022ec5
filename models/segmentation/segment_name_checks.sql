-- One row per segment of the model in use that has customers: for which share of them the
-- claim of its name is true today.
with

scores as (
    select * from {{ ref('segment_customer_scores') }}
),

claims as (
    select * from {{ ref('int_customer_claims') }}
),

names as (
    select * from {{ ref('segment_names') }}
),

checked as (
    select
        names.model_version,
        names.segment_id,
        case
            when
                case names.claim_key
                    {%- for claim in customer_segmentation.list_name_claims() %}
                    when '{{ claim.key }}' then claims.is_{{ claim.key }}
                    {%- endfor %}
                    else claims.frequency between names.frequency_from
                        and names.frequency_up_to
                    and claims.recency_days between names.recency_from
                        and names.recency_up_to
                end
                and (
                    names.suffix_fact is null
                    or case names.suffix_fact
                        when 'average_order_value' then claims.average_order_value
                        when 'recency_days' then claims.recency_days
                        when 'frequency' then claims.frequency
                        when 'monetary' then claims.monetary
                        else claims.tenure_days
                    end between coalesce(names.suffix_from, -1e15)
                    and coalesce(names.suffix_below, 1e15)
                )
                then 1
            else 0
        end as is_true
    from scores
    inner join claims
        on scores.customer_id = claims.customer_id
    inner join names
        on scores.model_version = names.model_version
        and scores.segment_id = names.segment_id
)

select
    model_version,
    segment_id,
    count(*) as customers,
    cast(sum(is_true) as double) / count(*) as name_holds_share
from checked
group by model_version, segment_id
