-- One row per feature in use and bin of segment_training_bins: the training customers in
-- it, and today's.
-- Compiled it is long: a column per feature and bin, so that customers are read once.
{%- set features = customer_segmentation.list_model_features()
    | map(attribute='name') | list %}
{%- set tenths = range(1, 10) %}
{%- set counts = ['known_customers'] %}
{%- for tenth in tenths %}
{%- do counts.append('above_' ~ tenth) %}
{%- endfor %}

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
        count(inputs.{{ name }}) as known_customers_of_{{ name }}
        {%- for tenth in tenths %},
        count(case
            when inputs.{{ name }} > edge_row.edge_{{ tenth }}_of_{{ name }} then 1
        end) as above_{{ tenth }}_of_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from inputs
    cross join edge_row
),

-- What was counted of a bin's feature, beside the bin. A union of features and bins would
-- be shorter, but Spark would count all customers for each part of it.
counted as (
    select
        training_bins.*,
        today_row.customers,
        {%- for column in counts %}
        case training_bins.feature
            {%- for name in features %}
            when '{{ name }}' then today_row.{{ column }}_of_{{ name }}
            {%- endfor %}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from training_bins
    cross join today_row
    where
        training_bins.feature in (
            {%- for name in features %}
            '{{ name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
),

today_bins as (
    select
        counted.model_version,
        counted.feature,
        counted.bin,
        counted.upper_edge,
        counted.training_customers,
        counted.customers as all_customers,
        {{ customer_segmentation.count_bin('counted', 'counted.bin') }} as customers
    from counted
)

select
    model_version,
    feature,
    bin,
    upper_edge,
    training_customers,
    customers,
    cast(training_customers as double)
    / sum(training_customers) over (partition by feature) as training_share,
    cast(customers as double) / nullif(all_customers, 0) as share
from today_bins
