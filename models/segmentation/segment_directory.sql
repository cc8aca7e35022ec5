-- One row per segment a customer can be in today: those of the model in use, and the rule
-- segments for customers that cannot be clustered.
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
        'Invite to a first purchase' as recommended_action
    union all
    select
        -2 as segment_id,
        'Returns only' as segment_name,
        'rule' as segment_kind,
        'Check the data: returns without a purchase' as recommended_action
    union all
    select
        -3 as segment_id,
        'No purchase in the window' as segment_name,
        'rule' as segment_kind,
        'Leave out of paid campaigns; try one reactivation mail' as recommended_action
    union all
    select
        -4 as segment_id,
        'Not clustered' as segment_name,
        'rule' as segment_kind,
        'Too few customers for a model: use rfm_segment' as recommended_action
),

directory as (
    select * from clusters
    union all
    select * from rule_segments
)

select * from directory
