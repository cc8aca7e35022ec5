-- One row per segment of the model: a short rule over customer_segments that a CRM can
-- rebuild, and how far it agrees with the model on today's clustered customers.
-- Compiled it is long: a column per feature and bound.
{%- set features = [] %}
{%- for feature in customer_segmentation.list_model_features()
    if feature.name in customer_segmentation.list_feature_columns() %}
    {%- do features.append(feature.name) %}
{%- endfor %}

with

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

all_clause_bounds as (
    select * from {{ ref('segment_rule_clauses') }}
),

clause_bounds as (
    select all_clause_bounds.*
    from all_clause_bounds
    inner join parameters
        on all_clause_bounds.model_version = parameters.model_version
),

directory as (
    select * from {{ ref('segment_directory') }}
    where segment_kind = 'cluster'
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

customers as (
    select * from {{ ref('customer_segments') }}
    where segment_kind = 'cluster'
),

-- A clause in one row: null where a feature has no such bound.
clauses as (
    select
        segment_id,
        clause_number
        {%- for name in features %},
        max(case when feature = '{{ name }}' then above end) as above_{{ name }},
        max(case when feature = '{{ name }}' then up_to end) as up_to_{{ name }}
        {%- endfor %}
    from clause_bounds
    group by segment_id, clause_number
),

-- Every bound in words, each after its `and`; nothing where there is no bound.
worded as (
    select
        segment_id,
        clause_number,
        substr(
            ''
            {%- for name in features %}
            {%- if name in customer_segmentation.list_whole_feature_columns() %}
            || coalesce(' and {{ name }} >= '
                || cast(cast(above_{{ name }} + 1 as bigint) as string), '')
            {%- else %}
            || coalesce(' and {{ name }} > '
                || {{ customer_segmentation.word_number('above_' ~ name) }}, '')
            {%- endif %}
            || coalesce(' and {{ name }} <= '
                || {{ customer_segmentation.word_number('up_to_' ~ name) }}, '')
            {%- endfor %},
            6
        ) as clause
    from clauses
),

rules as (
    select
        segment_id,
        count(*) as clause_count,
        case
            when count(*) = 1 then max(clause)
            else '('
                || {{ customer_segmentation.join_texts(
                    'clause', ') or (', 'clause_number'
                ) }}
                || ')'
        end as rule
    from worded
    group by segment_id
),

-- The clauses are the leaves of a tree: a customer meets one of them, or none where a
-- feature is unknown. An unknown value is not within any bound.
met as (
    select
        customers.segment_id,
        clauses.segment_id as rule_segment_id
    from customers
    cross join clauses
    where
        1 = 1
        {%- for name in features %}
        and coalesce(
            cast(customers.{{ name }} as double) > clauses.above_{{ name }},
            clauses.above_{{ name }} is null
        )
        and coalesce(
            cast(customers.{{ name }} as double) <= clauses.up_to_{{ name }},
            clauses.up_to_{{ name }} is null
        )
        {%- endfor %}
),

met_by_rule as (
    select
        rule_segment_id,
        count(*) as rule_customers,
        count(case when segment_id = rule_segment_id then 1 end) as shared_customers
    from met
    group by rule_segment_id
),

sizes as (
    select
        segment_id,
        count(*) as customers
    from customers
    group by segment_id
),

totals as (
    select
        (select sum(customers) from sizes) as customers,
        (select sum(shared_customers) from met_by_rule) as shared_customers
),

measured as (
    select
        directory.segment_id,
        directory.segment_name,
        rules.rule,
        parameters.model_version,
        cast(coalesce(rules.clause_count, 0) as integer) as clause_count,
        cast(coalesce(sizes.customers, 0) as integer) as customers,
        cast(coalesce(met_by_rule.rule_customers, 0) as integer) as rule_customers,
        cast(coalesce(met_by_rule.shared_customers, 0) as integer) as shared_customers,
        -- A rule that nobody in the segment meets covers nothing of it.
        cast(coalesce(met_by_rule.shared_customers, 0) as double)
        / nullif(sizes.customers, 0) as coverage,
        cast(met_by_rule.shared_customers as double) / met_by_rule.rule_customers
            as precision,
        cast(coalesce(totals.shared_customers, 0) as double)
        / nullif(totals.customers, 0) as fidelity,
        as_of_date.as_of_date
    from directory
    cross join parameters
    cross join totals
    cross join as_of_date
    left join rules
        on directory.segment_id = rules.segment_id
    left join sizes
        on directory.segment_id = sizes.segment_id
    left join met_by_rule
        on directory.segment_id = met_by_rule.rule_segment_id
)

select * from measured
