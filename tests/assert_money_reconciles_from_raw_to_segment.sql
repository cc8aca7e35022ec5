-- Accepted money = customers' money = segments' money, and in the window likewise.
with

accepted as (
    select
        sum(transactions.amount) as lifetime,
        sum(
            case
                when transactions.order_date >= as_of_date.window_start_date
                    then transactions.amount
            end
        ) as in_window
    from {{ ref('stg_transactions') }} as transactions
    cross join {{ ref('int_as_of_date') }} as as_of_date
    where transactions.rejection_reason is null
),

customers as (
    select
        sum(lifetime_net_revenue) as lifetime,
        sum(monetary) as in_window
    from {{ ref('customer_segments') }}
),

segments as (
    select
        sum(lifetime_net_revenue) as lifetime,
        sum(net_revenue) as in_window
    from {{ ref('segment_profiles') }}
)

select
    accepted.lifetime as accepted_lifetime,
    customers.lifetime as customers_lifetime,
    segments.lifetime as segments_lifetime,
    accepted.in_window as accepted_in_window,
    customers.in_window as customers_in_window,
    segments.in_window as segments_in_window
from accepted
cross join customers
cross join segments
where
    coalesce(accepted.lifetime, 0) <> coalesce(customers.lifetime, 0)
    or coalesce(accepted.lifetime, 0) <> coalesce(segments.lifetime, 0)
    or coalesce(accepted.in_window, 0) <> coalesce(customers.in_window, 0)
    or coalesce(accepted.in_window, 0) <> coalesce(segments.in_window, 0)
