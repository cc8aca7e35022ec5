-- One row per month start: a fingerprint of the data it sees and of the rules it is looked
-- at with. A month whose fingerprint is another one has to be scored again.
{%- set demographics = customer_segmentation.list_demographic_features() %}
{%- set rules = [
    customer_segmentation.select_customer_features('month_starts'),
    customer_segmentation.select_model_inputs('features'),
    customer_segmentation.select_rfm_scores('features'),
] %}
{%- if execute %}
{%- set scoring = graph.nodes['model.customer_segmentation.segment_customer_months'] %}
{%- do rules.append(scoring.checksum.checksum) %}
{%- endif %}

with

month_starts as (
    select * from {{ ref('int_month_starts') }}
),

customer_days as (
    select * from {{ ref('int_customer_days') }}
),

category_days as (
    select * from {{ ref('int_customer_category_days') }}
),

{%- if demographics %}

-- A month start sees the attributes of the customers who had come by then.
first_days as (
    select
        customer_id,
        min(order_date) as order_date
    from customer_days
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

-- Every row is hashed once, whole: whatever a feature reads is in it.
day_hashes as (
    {%- for relation in ['customer_days', 'category_days']
        + (['weighted_demographics'] if demographics else []) %}
    select
        order_date,
        count(*) as row_count,
        {{ customer_segmentation.hash_sum(relation) }} as row_hash
    from {{ relation }}
    group by order_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

fingerprints as (
    select
        month_starts.as_of_date,
        month_starts.window_start_date,
        month_starts.first_order_date,
        cast(month_starts.window_start_date as string)
        || '/' || cast(sum(day_hashes.row_count) as string)
        || '/' || cast(sum(day_hashes.row_hash) as string)
        || '/{{ local_md5(rules | join) }}' as data_fingerprint
    from month_starts
    inner join day_hashes
        on month_starts.as_of_date > day_hashes.order_date
    group by
        month_starts.as_of_date,
        month_starts.window_start_date,
        month_starts.first_order_date
)

select * from fingerprints
