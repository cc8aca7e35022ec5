-- Do two ways of segmenting put the same customers together, and which groups moved?
-- The two newest model versions, on the training customers of both; as long as there is
-- only one version, its segments against the classic RFM grid.
with

assignments as (
    select * from {{ ref('segment_training_assignments') }}
),

names as (
    select * from {{ ref('segment_names') }}
),

customers as (
    select * from {{ ref('customer_segments') }}
),

newest as (
    select max(model_version) as model_version from assignments
),

previous as (
    select max(assignments.model_version) as model_version
    from assignments
    inner join newest
        on assignments.model_version < newest.model_version
),

labelled as (
    select
        assignments.model_version,
        assignments.customer_id,
        names.segment_name
    from assignments
    inner join names
        on assignments.model_version = names.model_version
        and assignments.segment_id = names.segment_id
),

pairs as (
    select
        'model version ' || cast(newest.model_version as string) as one_run,
        'model version ' || cast(previous.model_version as string) as other_run,
        one.segment_name as one_label,
        other.segment_name as other_label
    from newest
    cross join previous
    inner join labelled as one
        on newest.model_version = one.model_version
    inner join labelled as other
        on previous.model_version = other.model_version
        and one.customer_id = other.customer_id
    union all
    select
        'model version ' || cast(customers.model_version as string) as one_run,
        'RFM grid' as other_run,
        customers.segment_name as one_label,
        customers.rfm_segment as other_label
    from customers
    cross join previous
    where customers.segment_kind = 'cluster' and previous.model_version is null
),

cells as (
    select
        one_run,
        other_run,
        one_label,
        other_label,
        cast(count(*) as double) as customers
    from pairs
    group by one_run, other_run, one_label, other_label
),

margins as (
    select
        *,
        sum(customers) over (partition by one_label) as one_customers,
        sum(customers) over (partition by other_label) as other_customers,
        sum(customers) over (partition by one_run) as all_customers
    from cells
),

-- Pairs of customers that are together: in both runs, in one, in the other, at all.
counted as (
    select
        max(all_customers) * (max(all_customers) - 1) / 2 as all_pairs,
        sum(customers * (customers - 1) / 2) as pairs_in_both,
        -- Each label's pairs are spread over its cells in proportion.
        sum((one_customers - 1) / 2 * customers) as pairs_in_one,
        sum((other_customers - 1) / 2 * customers) as pairs_in_other
    from margins
),

-- Hubert and Arabie (1985): 1 is the same grouping, 0 what chance would give.
agreement as (
    select
        case
            when (pairs_in_one + pairs_in_other) / 2
                = pairs_in_one * pairs_in_other / nullif(all_pairs, 0)
                then 1.0
            else (pairs_in_both - pairs_in_one * pairs_in_other / nullif(all_pairs, 0))
                / (
                    (pairs_in_one + pairs_in_other) / 2
                    - pairs_in_one * pairs_in_other / nullif(all_pairs, 0)
                )
        end as adjusted_rand_index
    from counted
),

cross_table as (
    select
        margins.one_run,
        margins.other_run,
        margins.one_label,
        margins.other_label,
        cast(margins.customers as bigint) as customers,
        margins.customers / margins.one_customers as share_of_one,
        margins.customers / margins.other_customers as share_of_other,
        agreement.adjusted_rand_index
    from margins
    cross join agreement
)

select * from cross_table
order by one_label asc, customers desc, other_label asc
