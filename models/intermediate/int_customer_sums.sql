{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook=[
        "{{ customer_segmentation.delete_other_dates(
            'int_as_of_dates', 'rules_fingerprint'
        ) }}",
        "{{ customer_segmentation.delete_changed_customers() }}",
    ],
) }}

-- One row per as-of date and customer with an accepted transaction before it: the sums that
-- int_customer_features is made of. A row depends on nothing but the customer's own days
-- before the date, which days_hash sums up. So the dates that are kept miss the customers
-- whose days changed, and no others.
{%- set reads_categories = customer_segmentation.reads_feature('category_count') %}
{%- set not_kept = [
    'not as_of_dates.is_kept', 'as_of_dates.is_kept and not customer_days.is_kept'
] if is_incremental() else ['true'] %}

with

kept as (
    {%- if is_incremental() %}
    select as_of_date, customer_id from {{ this }}
    {%- else %}
    select cast(null as date) as as_of_date, cast(null as string) as customer_id
    where 1 = 0
    {%- endif %}
),

kept_dates as (
    select distinct as_of_date from kept
),

-- Who is known at the newest date is known at each older one that has days of theirs.
kept_customers as (
    select customer_id from kept
    where as_of_date = (select max(kept_dates.as_of_date) from kept_dates)
),

as_of_dates as (
    select
        dates.*,
        kept_dates.as_of_date is not null as is_kept
    from {{ ref('int_as_of_dates') }} as dates
    left join kept_dates
        on dates.as_of_date = kept_dates.as_of_date
),

customer_days as (
    select
        days.*,
        kept_customers.customer_id is not null as is_kept
    from {{ ref('int_customer_days') }} as days
    left join kept_customers
        on days.customer_id = kept_customers.customer_id
),

-- Everything a customer did before the date; the window decides which sums it enters.
days_seen as (
    {%- for condition in not_kept %}
    select
        as_of_dates.as_of_date,
        customer_days.*,
        customer_days.order_date >= as_of_dates.window_start_date as is_in_window,
        customer_days.order_count > 0
            and customer_days.order_date >= as_of_dates.window_start_date
            as is_purchase_in_window
    from customer_days
    inner join as_of_dates
        on customer_days.order_date < as_of_dates.as_of_date
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

summed as (
    select
        as_of_date,
        customer_id,
        min(case when order_count > 0 then order_date end) as first_purchase_date,
        max(case when order_count > 0 then order_date end) as last_purchase_date,
        min(case when is_purchase_in_window then order_date end)
            as first_purchase_in_window_date,
        count(case when is_purchase_in_window then 1 end) as frequency,
        sum(case when is_in_window then order_count end) as order_count,
        sum(case when is_in_window then units end) as units,
        sum(case when is_in_window then gross_revenue end) as gross_revenue,
        sum(case when is_in_window then return_amount end) as return_amount,
        sum(case when is_in_window then discount_amount end) as discount_amount,
        sum(net_revenue) as lifetime_net_revenue,
        sum(return_amount) as lifetime_return_amount,
        sum(
            case
                when order_date >= {{ customer_segmentation.add_days('as_of_date', -90) }}
                    then net_revenue
            end
        ) as last_90_days_revenue,
        sum(
            case
                when order_date >= {{ customer_segmentation.add_days('as_of_date', -180) }}
                    and order_date < {{ customer_segmentation.add_days('as_of_date', -90) }}
                    then net_revenue
            end
        ) as previous_90_days_revenue,
        sum(lines_hash) as days_hash
    from days_seen
    group by as_of_date, customer_id
),

-- Past dates need the number only where the model reads it.
categories as (
    select
        as_of_dates.as_of_date,
        category_days.customer_id,
        count(distinct category_days.category) as category_count
    from {{ ref('int_customer_category_days') }} as category_days
    inner join as_of_dates
        on category_days.order_date < as_of_dates.as_of_date
        and category_days.order_date >= as_of_dates.window_start_date
    {%- if not reads_categories %}
    where as_of_dates.is_today
    {%- endif %}
    group by as_of_dates.as_of_date, category_days.customer_id
)

select
    summed.as_of_date,
    summed.customer_id,
    summed.first_purchase_date,
    summed.last_purchase_date,
    summed.first_purchase_in_window_date,
    cast(summed.frequency as integer) as frequency,
    cast(coalesce(summed.order_count, 0) as integer) as order_count,
    cast(summed.units as decimal(18, 4)) as units,
    cast(coalesce(summed.gross_revenue, 0) as decimal(18, 4)) as gross_revenue,
    cast(coalesce(summed.return_amount, 0) as decimal(18, 4)) as return_amount,
    cast(summed.discount_amount as decimal(18, 4)) as discount_amount,
    cast(coalesce(summed.lifetime_net_revenue, 0) as decimal(18, 4))
        as lifetime_net_revenue,
    cast(coalesce(summed.lifetime_return_amount, 0) as decimal(18, 4))
        as lifetime_return_amount,
    cast(coalesce(summed.last_90_days_revenue, 0) as decimal(18, 4))
        as last_90_days_revenue,
    cast(coalesce(summed.previous_90_days_revenue, 0) as decimal(18, 4))
        as previous_90_days_revenue,
    cast(categories.category_count as integer) as category_count,
    cast(summed.days_hash as decimal(38, 0)) as days_hash,
    as_of_dates.rules_fingerprint
from summed
inner join as_of_dates
    on summed.as_of_date = as_of_dates.as_of_date
left join categories
    on summed.as_of_date = categories.as_of_date
    and summed.customer_id = categories.customer_id
