-- One row per date that customers are looked at from, each seeing the days before it:
-- today, the first days of the months up to it, and three months ago, where a model's
-- segments are tested from. None of the latter two without enough history. A date with
-- another data_fingerprint sees other data or is looked at by other rules: it is computed
-- again. The rules_fingerprint is for what depends on a customer's own days and no others.
-- depends_on: {{ ref('int_customer_demographics') }}
-- depends_on: {{ ref('int_customer_days') }}
{%- set months = var('segmentation_history_months') %}
{%- set demographics = customer_segmentation.list_demographic_features() %}
{%- set own_rules = [
    var('segmentation_minimum_order_amount'),
    customer_segmentation.reads_feature('category_count'),
] %}
{%- set rules = [tojson(customer_segmentation.list_model_features())] %}
{%- if execute %}
{%- set models = 'model.customer_segmentation.' %}
{%- for name in ['int_customer_days', 'int_customer_category_days', 'int_customer_sums'] %}
{%- do own_rules.append(graph.nodes[models ~ name].checksum.checksum) %}
{%- endfor %}
{%- for name in [
    'int_trend_constants', 'int_customer_features', 'int_rfm_score_bounds',
    'int_customer_rfm_scores', 'int_customer_model_inputs', 'segment_placements'
] %}
{%- do rules.append(graph.nodes[models ~ name].checksum.checksum) %}
{%- endfor %}
{%- endif %}

with

today as (
    select * from {{ ref('int_as_of_date') }}
),

transaction_days as (
    select * from {{ ref('int_transaction_days') }}
),

dates as (
    select
        as_of_date,
        'today' as purpose
    from today
    union all
    select
        {{ customer_segmentation.add_months('as_of_date', -3) }} as as_of_date,
        'backtest' as purpose
    from today
    {%- for month in range(months) %}
    union all
    select
        {{ customer_segmentation.add_months(
            'cast(' ~ dbt.date_trunc('month', 'as_of_date') ~ ' as date)', -month
        ) }} as as_of_date,
        'month start' as purpose
    from today
    {%- endfor %}
),

windows as (
    select
        dates.as_of_date,
        {{ customer_segmentation.start_of_window(
            'dates.as_of_date', 'today.first_order_date'
        ) }} as window_start_date,
        today.first_order_date,
        max(case when dates.purpose = 'today' then 1 else 0 end) = 1 as is_today,
        max(case when dates.purpose = 'month start' then 1 else 0 end) = 1
            as is_month_start,
        max(case when dates.purpose = 'backtest' then 1 else 0 end) = 1
        and today.first_order_date
            <= {{ customer_segmentation.add_days('dates.as_of_date', -90) }}
            as is_backtest
    from dates
    cross join today
    group by dates.as_of_date, today.first_order_date
),

{%- if demographics %}

-- A date sees the attributes of the customers who had come by then.
first_days as (
    select
        customer_id,
        min(order_date) as order_date
    from {{ ref('int_customer_days') }}
    group by customer_id
),

weighted_demographics as (
    select
        first_days.customer_id,
        first_days.order_date
        {%- for feature in demographics %},
        {{ feature.expression }} as {{ feature.name }}
        {%- endfor %}
    from first_days
    inner join {{ ref('int_customer_demographics') }} as demographics
        on first_days.customer_id = demographics.customer_id
),

{%- endif %}

-- Rows are hashed whole: whatever a feature reads is in them.
day_hashes as (
    select
        order_date,
        row_count,
        row_hash
    from transaction_days
    {%- if demographics %}
    union all
    select
        order_date,
        count(*) as row_count,
        {{ customer_segmentation.hash_sum('weighted_demographics') }} as row_hash
    from weighted_demographics
    group by order_date
    {%- endif %}
),

fingerprints as (
    select
        windows.as_of_date,
        cast(windows.window_start_date as string)
        || '/' || cast(sum(day_hashes.row_count) as string)
        || '/' || cast(sum(day_hashes.row_hash) as string)
        || '/{{ local_md5((own_rules + rules) | join) }}' as data_fingerprint
    from windows
    inner join day_hashes
        on windows.as_of_date > day_hashes.order_date
    group by windows.as_of_date, windows.window_start_date
)

select
    windows.*,
    -- Only today has a category_count that the model does not read.
    cast(windows.window_start_date as string)
    || '/' || cast(windows.is_today as string)
    || '/{{ local_md5(own_rules | join) }}' as rules_fingerprint,
    fingerprints.data_fingerprint
from windows
inner join fingerprints
    on windows.as_of_date = fingerprints.as_of_date
where windows.is_today or windows.is_month_start or windows.is_backtest
