-- One row per feature in use and bin: the training customers in it, and today's. Bins end
-- at the tenths of the training. A value that fills several tenths is several edges at
-- once: the bins between them are empty, then and now. Bin 0 holds the unknown.
{%- set features = customer_segmentation.list_model_features()
    | map(attribute='name') | list %}
{%- set tenths = range(1, 10) %}

with

parameters as (
    select model_version from {{ ref('segment_parameters') }}
),

scales as (
    select * from {{ ref('segment_scales') }}
    where is_used
),

all_training_rows as (
    select * from {{ ref('segment_training_rows') }}
),

inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
),

training_rows as (
    select
        parameters.model_version,
        all_training_rows.feature,
        all_training_rows.transformed_value
    from all_training_rows
    inner join parameters
        on all_training_rows.model_version = parameters.model_version
    inner join scales
        on all_training_rows.model_version = scales.model_version
        and all_training_rows.feature = scales.feature
),

ranked as (
    select
        feature,
        transformed_value,
        count(*) over (partition by feature) as known_customers,
        count(*) over (
            partition by feature
            order by transformed_value
            range between unbounded preceding and current row
        ) as customers_up_to
    from training_rows
    where transformed_value is not null
),

-- The smallest training value that so many tenths of the customers do not exceed.
edges as (
    select
        feature,
        {%- for tenth in tenths %}
        min(case
            when 10 * customers_up_to >= {{ tenth }} * known_customers
                then transformed_value
        end) as edge_{{ tenth }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ranked
    group by feature
),

training as (
    select
        training_rows.model_version,
        training_rows.feature,
        count(*) as customers,
        count(training_rows.transformed_value) as known_customers,
        {%- for tenth in tenths %}
        count(case when training_rows.transformed_value > edges.edge_{{ tenth }} then 1 end)
            as above_{{ tenth }}{{ ',' if not loop.last }}
        {%- endfor %}
    from training_rows
    left join edges
        on training_rows.feature = edges.feature
    group by training_rows.model_version, training_rows.feature
),

edge_row as (
    select
        {%- for name in features %}
        {%- set outer = loop %}
        {%- for tenth in tenths %}
        max(case when feature = '{{ name }}' then edge_{{ tenth }} end)
            as edge_{{ tenth }}_of_{{ name }}
        {{- ',' if not (loop.last and outer.last) }}
        {%- endfor %}
        {%- endfor %}
    from edges
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

bins as (
    {%- for bin in range(0, 11) %}
    select
        training.model_version,
        training.feature,
        {{ bin }} as bin,
        {%- if bin in tenths %}
        edges.edge_{{ bin }} as upper_edge,
        {%- else %}
        cast(null as decimal(18, 6)) as upper_edge,
        {%- endif %}
        {{ customer_segmentation.count_bin('training', bin) }} as training_customers,
        {{ customer_segmentation.count_bin('today', bin) }} as customers,
        training.customers as all_training_customers,
        today.customers as all_customers
    from training
    inner join today
        on training.feature = today.feature
    {%- if bin in tenths %}
    left join edges
        on training.feature = edges.feature
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    model_version,
    feature,
    bin,
    upper_edge,
    training_customers,
    customers,
    cast(training_customers as double) / all_training_customers as training_share,
    cast(customers as double) / nullif(all_customers, 0) as share
from bins
