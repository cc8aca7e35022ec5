-- One row per segment a customer can be in today: those of the model in use, the rule
-- segments for customers that cannot be clustered, and the grid for shops without a model.
-- Marketing's own names win.
with

parameters as (
    select * from {{ ref('segment_parameters') }}
),

names as (
    select * from {{ ref('segment_names') }}
),

clusters as (
    select
        names.segment_id,
        names.segment_name,
        'cluster' as segment_kind,
        coalesce(names.claim, 'named by an earlier release') as name_claim,
        names.recommended_action
    from names
    inner join parameters
        on names.model_version = parameters.model_version
),

rule_segments as (
    select
        -1 as segment_id,
        'No purchases yet' as segment_name,
        'rule' as segment_kind,
        'in the customer table, without a transaction' as name_claim,
        'Invite to a first purchase' as recommended_action
    union all
    select
        -2 as segment_id,
        'Returns only' as segment_name,
        'rule' as segment_kind,
        'returns and no purchase' as name_claim,
        'Check the data: returns without a purchase' as recommended_action
    union all
    select
        -4 as segment_id,
        'No paid order' as segment_name,
        'rule' as segment_kind,
        'orders without a price or below the smallest amount that counts' as name_claim,
        'Invite to a first paid purchase' as recommended_action
    union all
    select
        -3 as segment_id,
        'No purchase in the window' as segment_name,
        'rule' as segment_kind,
        'last purchase before the window' as name_claim,
        'One low-cost reactivation mail' as recommended_action
),

grid_segments as (
    select
        segment_id,
        segment_name,
        'rfm_grid' as segment_kind,
        'recency and frequency scores in this cell of the classic grid' as name_claim,
        recommended_action
    from {{ ref('rfm_grid_segments') }}
),

directory as (
    select * from clusters
    union all
    select * from rule_segments
    union all
    select * from grid_segments
),

overrides as (
    select
        cast(segment_id as integer) as segment_id,
        nullif(trim(cast(segment_name as string)), '') as segment_name,
        nullif(trim(cast(recommended_action as string)), '') as recommended_action
    from {{ customer_segmentation.input_relation('segmentation_name_overrides') }}
),

overridden as (
    select
        directory.segment_id,
        coalesce(overrides.segment_name, directory.segment_name) as segment_name,
        directory.segment_kind,
        directory.name_claim,
        coalesce(overrides.recommended_action, directory.recommended_action)
            as recommended_action,
        directory.segment_name as given_segment_name
    from directory
    left join overrides
        on directory.segment_id = overrides.segment_id
)

select * from overridden
