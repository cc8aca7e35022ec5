-- One row per feature in use and bin of segment_training_bins: the training customers in
-- it, and today's.
-- Compiled it is long: a column per feature and bin, so that customers are read once.
{%- set features = customer_segmentation.list_model_features()
    | map(attribute='name') | list %}
{%- set tenths = range(1, 10) %}

with

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

all_training_bins as (
    select * from {{ ref('segment_training_bins') }}
),

training_bins as (
    select all_training_bins.*
    from all_training_bins
    inner join parameters
        on all_training_bins.model_version = parameters.model_version
),

inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
    where as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
),

edge_row as (
    select
        {%- for name in features %}
        {%- set outer = loop %}
        {%- for tenth in tenths %}
        max(case when feature = '{{ name }}' and bin = {{ tenth }} then upper_edge end)
            as edge_{{ tenth }}_of_{{ name }}
        {{- ',' if not (loop.last and outer.last) }}
        {%- endfor %}
        {%- endfor %}
    from training_bins
),

-- One pass over all customers, however many features there are.
today_row as (
    select
        count(*) as customers
        {%- for name in features %},
        count(inputs.{{ name }}) as known_of_{{ name }}
        {%- for tenth in tenths %},
        count(case
            when inputs.{{ name }} > edge_row.edge_{{ tenth }}_of_{{ name }} then 1
        end) as above_{{ tenth }}_of_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from inputs
    cross join edge_row
),

today as (
    {%- for name in features %}
    select
        '{{ name }}' as feature,
        customers,
        known_of_{{ name }} as known_customers,
        {%- for tenth in tenths %}
        above_{{ tenth }}_of_{{ name }} as above_{{ tenth }}{{ ',' if not loop.last }}
        {%- endfor %}
    from today_row
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

today_bins as (
    {%- for bin in range(0, 11) %}
    select
        today.feature,
        {{ bin }} as bin,
        today.customers as all_customers,
        {{ customer_segmentation.count_bin('today', bin) }} as customers
    from today
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    training_bins.model_version,
    training_bins.feature,
    training_bins.bin,
    training_bins.upper_edge,
    training_bins.training_customers,
    today_bins.customers,
    cast(training_bins.training_customers as double)
    / sum(training_bins.training_customers) over (partition by training_bins.feature)
        as training_share,
    cast(today_bins.customers as double) / nullif(today_bins.all_customers, 0) as share
from training_bins
inner join today_bins
    on training_bins.feature = today_bins.feature
    and training_bins.bin = today_bins.bin
