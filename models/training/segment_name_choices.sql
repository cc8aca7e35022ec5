{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version and segment: the most telling claim that holds for the majority
-- of its training customers; no row where none does. Kept with the version.
-- Compiled it is long: every claim of macros/name_claims.sql is a row and a column.
{%- set claims = customer_segmentation.list_name_claims() %}

with

members as (
    select
        assignments.model_version,
        assignments.segment_id,
        customers.*
    from {{ ref('segment_training_assignments') }} as assignments
    inner join {{ ref('int_customer_claims') }} as customers
        on assignments.customer_id = customers.customer_id
    where assignments.model_version {{ customer_segmentation.is_new_version() }}
),

-- Known where at least ten of the customers would have come back at the average share.
outcomes as (
    select * from {{ ref('segment_backtest_outcomes') }}
    where customers * overall_buyer_share >= 10
),

claims as (
    {%- for claim in claims %}
    select
        {{ loop.index }} as claim_order,
        '{{ claim.key }}' as claim_key,
        '{{ claim.name | replace("'", "''") }}' as base_name,
        '{{ claim.claim | replace("'", "''") }}' as claim,
        '{{ claim.action | replace("'", "''") }}' as recommended_action,
        {{ claim.get('lowest_revenue_index', 'null') }} as lowest_revenue_index,
        {{ claim.get('highest_return', 'null') }} as highest_return,
        {{ claim.get('lowest_return', 'null') }} as lowest_return
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sizes as (
    select
        model_version,
        segment_id,
        count(*) as customers,
        {{ customer_segmentation.exact_sum('monetary') }} as revenue
    from members
    group by model_version, segment_id
),

holders as (
    select
        members.model_version,
        members.segment_id,
        claims.claim_key,
        sum(case
            when {{ customer_segmentation.holds_claim('claims.claim_key', 'members')
                | indent(12) }}
                then 1
            else 0
        end) as holders
    from members
    cross join claims
    group by members.model_version, members.segment_id, claims.claim_key
),

shares as (
    select
        holders.model_version,
        holders.segment_id,
        claims.*,
        cast(holders.holders as double) / sizes.customers as holds_share,
        coalesce(
            cast(
                sum(holders.holders) over (
                    partition by holders.model_version, holders.claim_key
                ) - holders.holders as double
            ) / nullif(
                sum(sizes.customers) over (
                    partition by holders.model_version, holders.claim_key
                ) - sizes.customers, 0
            ), 0
        ) as holds_elsewhere_share,
        sizes.revenue / nullif(sum(sizes.revenue) over (
            partition by holders.model_version, holders.claim_key
        ), 0) * sum(sizes.customers) over (
            partition by holders.model_version, holders.claim_key
        ) / sizes.customers as revenue_index,
        outcomes.buyer_share / nullif(outcomes.overall_buyer_share, 0) as return_index
    from holders
    inner join claims
        on holders.claim_key = claims.claim_key
    inner join sizes
        on holders.model_version = sizes.model_version
        and holders.segment_id = sizes.segment_id
    left join outcomes
        on holders.model_version = outcomes.model_version
        and holders.segment_id = outcomes.segment_id
),

eligible as (
    select
        *,
        holds_share - holds_elsewhere_share as telling_share,
        holds_share >= 0.7 as holds_for_most
    from shares
    where
        holds_share >= 0.5
        and (lowest_revenue_index is null or revenue_index >= lowest_revenue_index)
        -- Unknown counts as a little below the average: not enough for `lost`.
        and (highest_return is null or coalesce(return_index, 0.99) < highest_return)
        and (lowest_return is null or coalesce(return_index, 0.99) >= lowest_return)
),

compared as (
    select
        *,
        max(telling_share) over (
            partition by model_version, segment_id, holds_for_most
        ) as best_telling_share
    from eligible
),

-- A claim that holds for seven in ten comes first, then the one that tells the segment
-- apart best; where several are nearly as good, the first of the list.
ranked as (
    select
        *,
        row_number() over (
            partition by model_version, segment_id
            order by
                case when holds_for_most then 0 else 1 end,
                case when telling_share >= best_telling_share - 0.15 then 0 else 1 end,
                claim_order
        ) as claim_rank
    from compared
),

best as (
    select * from ranked
    where claim_rank = 1
)

select
    model_version,
    segment_id,
    claim_key,
    base_name,
    claim,
    recommended_action,
    holds_share,
    telling_share
from best
