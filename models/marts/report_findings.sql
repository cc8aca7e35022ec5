-- One row per finding, the most important first: the sentences that the report opens with.
{#- Claims of segments whose customers are overdue and may still be won back. -#}
{%- set overdue_claims = [
    'at_risk', 'cannot_lose', 'slipping_high_spend', 'cooling_regular', 'about_to_sleep',
] %}
{%- set say_count, say_share, write_count = customer_segmentation.say_count,
    customer_segmentation.say_share, customer_segmentation.write_count %}

with

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

profiles as (
    select
        profiles.*,
        coalesce(names.claim_key, '') as claim_key
    from {{ ref('segment_profiles') }} as profiles
    left join {{ ref('segment_names') }} as names
        on profiles.model_version = names.model_version
        and profiles.segment_id = names.segment_id
),

evaluations as (
    select evaluations.*
    from {{ ref('segment_evaluation') }} as evaluations
    inner join parameters
        on evaluations.model_version = parameters.model_version
),

drift as (
    select drift_rows.*
    from {{ ref('segment_drift') }} as drift_rows
    inner join as_of_date
        on drift_rows.as_of_date = as_of_date.as_of_date
    inner join parameters
        on drift_rows.model_version = parameters.model_version
),

verdicts as (
    select
        max(case when metric = 'overall' then status end) as status,
        max(case when metric = 'overall' then hint end) as hint,
        avg(case
            when metric = 'overall' then null
            when status = 'ok' then cast(1 as double)
            else 0
        end) as measures_ok
    from drift
    having count(*) > 0
),

newest_months as (
    select
        *,
        rank() over (order by as_of_date desc) as month_rank
    from {{ ref('segment_months') }}
    where previous_as_of_date is not null
),

changes as (
    select
        *,
        row_number() over (order by customer_change desc, segment_id asc) as growth_rank,
        row_number() over (order by customer_change asc, segment_id asc) as loss_rank
    from newest_months
    where month_rank = 1
),

moves as (
    select
        migrations.as_of_date,
        sum(case
            when cast(afters.net_revenue as double) / afters.customers
                > cast(befores.net_revenue as double) / befores.customers
                then migrations.customers
            else 0
        end) as moved_up,
        sum(case
            when cast(afters.net_revenue as double) / afters.customers
                < cast(befores.net_revenue as double) / befores.customers
                then migrations.customers
            else 0
        end) as moved_down
    from {{ ref('segment_migrations') }} as migrations
    inner join changes
        on migrations.as_of_date = changes.as_of_date
        and changes.growth_rank = 1
        and changes.is_comparable
    inner join profiles as befores
        on migrations.from_segment_id = befores.segment_id
    inner join profiles as afters
        on migrations.to_segment_id = afters.segment_id
    group by migrations.as_of_date
),

overdue as (
    select
        {{ customer_segmentation.join_texts('segment_name', ', ', 'segment_id') }}
            as segment_names,
        min(segment_id) as segment_id,
        sum(customers) as customers,
        sum(net_revenue) as net_revenue,
        {{ customer_segmentation.exact_sum('revenue_share') }} as revenue_share
    from profiles
    where
        claim_key in (
            {%- for claim in overdue_claims %}
            '{{ claim }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
        -- About to sleep, at risk, cannot lose them: cells of the classic grid.
        or segment_id in (-17, -18, -19)
),

top_segments as (
    select *
    from profiles
    order by net_revenue desc, segment_id asc
    limit 1
),

rejections as (
    select
        sum(row_count) as row_count,
        {{ customer_segmentation.exact_sum('row_share') }} as row_share
    from {{ ref('transaction_quality') }}
    where status = 'rejected'
),

top_rejections as (
    select *
    from {{ ref('transaction_quality') }}
    where status = 'rejected'
    order by row_count desc, reason_order asc
    limit 1
),

unknown_values as (
    select *
    from {{ ref('customer_quality') }}
    where fact = 'unknown_value'
    order by row_share desc, attribute asc
    limit 1
),

findings as (
    select
        1 as importance,
        'no_model' as finding,
        'warning' as level,
        'There are too few customers for a model: the classic RFM grid stands in.'
            as sentence,
        cast(sum(customers) as double) as figure,
        'count' as figure_unit,
        cast(null as integer) as segment_id,
        'segment_profiles' as source_table
    from profiles
    having max(model_version) is null and sum(customers) > 0
    union all
    select
        2 as importance,
        'weak_structure' as finding,
        'warning' as level,
        'The segments are a convenient grouping, not kinds of customers: no number of '
            || 'segments comes back reliably when the model is fitted again.' as sentence,
        stability as figure,
        'ratio' as figure_unit,
        null as segment_id,
        'segment_evaluation' as source_table
    from evaluations
    where model_status = 'weak_structure'
    union all
    select
        3 as importance,
        'little_foresight' as finding,
        'warning' as level,
        'The segments describe the past: what customers did so far hardly tells their '
            || 'later spend apart.' as sentence,
        later_spend_explained_share as figure,
        'share' as figure_unit,
        null as segment_id,
        'segment_evaluation' as source_table
    from evaluations
    where later_spend_explained_share < 0.02
    union all
    select
        case status when 'refit due' then 4 when 'watch' then 45 else 70 end
            as importance,
        'freshness' as finding,
        case status
            when 'refit due' then 'warning'
            when 'watch' then 'watch'
            else 'good'
        end as level,
        case status
            when 'refit due' then 'A refit of the model is due. ' || hint
            when 'watch' then 'The model still holds, but watch it. ' || hint
            else 'All measures of the model are as in training: no refit is due.'
        end as sentence,
        measures_ok as figure,
        'share' as figure_unit,
        null as segment_id,
        'segment_drift' as source_table
    from verdicts
    union all
    select
        10 as importance,
        'revenue_carrier' as finding,
        'info' as level,
        segment_name || ' are ' || {{ say_share('customer_share') }}
            || ' of the customers and bring ' || {{ say_share('revenue_share') }}
            || ' of the net revenue.' as sentence,
        revenue_share as figure,
        'share' as figure_unit,
        segment_id,
        'segment_profiles' as source_table
    from top_segments
    where revenue_share > 0
    union all
    select
        20 as importance,
        'money_at_risk' as finding,
        'watch' as level,
        {{ say_count('customers', 'customer') }} || ' in overdue segments ('
            || segment_names || ') brought ' || {{ say_share('revenue_share') }}
            || ' of the net revenue in the window.' as sentence,
        cast(net_revenue as double) as figure,
        'money' as figure_unit,
        segment_id,
        'segment_profiles' as source_table
    from overdue
    where net_revenue > 0 and revenue_share > 0
    union all
    select
        case when growth_rank = 1 then 31 else 30 end as importance,
        case when growth_rank = 1 then 'grown_segment' else 'shrunk_segment' end as finding,
        'info' as level,
        segment_name
            || case when growth_rank = 1 then ' grew most' else ' shrank most' end
            || ' since ' || cast(previous_as_of_date as string) || ': '
            || {{ say_count('abs(customer_change)', 'customer') }}
            || case when growth_rank = 1 then ' more and ' else ' fewer and ' end
            || {{ write_count('abs(net_revenue_change)') }}
            || case when net_revenue_change < 0 then ' less' else ' more' end
            || ' net revenue.' as sentence,
        cast(customer_change as double) as figure,
        'change' as figure_unit,
        segment_id,
        'segment_months' as source_table
    from changes
    where
        is_comparable
        and (
            (growth_rank = 1 and customer_change > 0)
            or (loss_rank = 1 and customer_change < 0)
        )
    union all
    select
        40 as importance,
        'moved_up' as finding,
        'info' as level,
        {{ say_count('moved_up', 'customer') }} || ' moved up in the month to '
            || cast(as_of_date as string)
            || ', to a segment that spends more per customer; '
            || {{ write_count('moved_down') }} || ' moved down.' as sentence,
        cast(moved_up as double) as figure,
        'count' as figure_unit,
        null as segment_id,
        'segment_migrations' as source_table
    from moves
    union all
    select
        case when rejections.row_share > 0.05 then 5 else 60 end as importance,
        'rejected_rows' as finding,
        case when rejections.row_share > 0.05 then 'warning' else 'info' end as level,
        {{ say_count('rejections.row_count', 'transaction row') }}
            || ' not accepted, mostly for ' || replace(top_rejections.reason, '_', ' ')
            || ' (' || {{ write_count('top_rejections.row_count') }}
            || ').' as sentence,
        rejections.row_share as figure,
        'share' as figure_unit,
        null as segment_id,
        'transaction_quality' as source_table
    from rejections
    cross join top_rejections
    where rejections.row_count > 0
    union all
    select
        61 as importance,
        'unknown_attribute' as finding,
        'info' as level,
        'No attribute is unknown more often than ' || replace(attribute, '_', ' ')
            || ': for ' || {{ say_count('row_count', 'customer') }}
            || ' of the customer table.' as sentence,
        row_share as figure,
        'share' as figure_unit,
        null as segment_id,
        'customer_quality' as source_table
    from unknown_values
    where row_count > 0
    union all
    select
        62 as importance,
        'short_history' as finding,
        'watch' as level,
        'The data begin inside the window of ' || cast(previous_as_of_date as string)
            || ': months are not compared yet.' as sentence,
        null as figure,
        'count' as figure_unit,
        null as segment_id,
        'segment_months' as source_table
    from changes
    where growth_rank = 1 and not is_comparable
),

ranked as (
    select
        cast(row_number() over (order by findings.importance, findings.finding) as integer)
            as finding_rank,
        findings.finding,
        findings.level,
        findings.sentence,
        findings.figure,
        findings.figure_unit,
        cast(findings.segment_id as integer) as segment_id,
        findings.source_table,
        as_of_date.as_of_date
    from findings
    cross join as_of_date
)

select * from ranked
