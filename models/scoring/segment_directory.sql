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

fixed_segments as (
    select * from {{ ref('fixed_segments') }}
),

overrides as (
    select * from {{ ref('stg_name_overrides') }}
),

directory as (
    select
        names.segment_id,
        names.segment_name,
        'cluster' as segment_kind,
        'purchases' as purchase_status,
        coalesce(names.claim, 'named by an earlier release') as name_claim,
        cast(null as string) as evidence,
        names.recommended_action
    from names
    inner join parameters
        on names.model_version = parameters.model_version
    union all
    select
        segment_id,
        segment_name,
        segment_kind,
        purchase_status,
        name_claim,
        evidence,
        recommended_action
    from fixed_segments
),

overridden as (
    select
        directory.segment_id,
        coalesce(overrides.segment_name, directory.segment_name) as segment_name,
        directory.segment_kind,
        directory.purchase_status,
        directory.name_claim,
        directory.evidence,
        coalesce(overrides.recommended_action, directory.recommended_action)
            as recommended_action,
        directory.segment_name as given_segment_name
    from directory
    left join overrides
        on directory.segment_id = overrides.segment_id
)

select * from overridden
