-- One row per customer with a purchase in the window: the nearest segment (with hysteresis
-- perhaps the one of the month start before), the next, how clear the case is, and why. The
-- same SQL for training customers and for new ones.
{%- set previous = none %}
{%- if var('segmentation_hysteresis') > 0 %}
{%- set previous %}
select
    customer_id,
    segment_id
from {{ ref('segment_customer_months') }}
where as_of_date = (
    select max(month_starts.as_of_date)
    from {{ ref('int_month_starts') }} as month_starts
    inner join {{ ref('int_as_of_date') }} as today
        on month_starts.as_of_date < today.as_of_date
)
{%- endset %}
{%- endif %}
{{ customer_segmentation.select_customer_scores(
    ref('int_customer_model_inputs'), with_reasons=true, previous=previous
) }}
