{{ config(materialized='incremental', full_refresh=false) }}

-- One row per model version, feature in use and bin: the training customers in it. Bins end
-- at the tenths of the training. A value that fills several tenths is several edges at
-- once: the bins between them are empty. Bin 0 holds the unknown. Kept with the version.
-- Compiled it is long: a column per bin.
{%- set tenths = range(1, 10) %}

with

scales as (
    select * from {{ ref('segment_scales') }}
    where
        is_used
        and model_version {{ customer_segmentation.is_new_version() }}
),

all_training_rows as (
    select * from {{ ref('segment_training_rows') }}
),

training_rows as (
    select
        all_training_rows.model_version,
        all_training_rows.feature,
        all_training_rows.transformed_value
    from all_training_rows
    inner join scales
        on all_training_rows.model_version = scales.model_version
        and all_training_rows.feature = scales.feature
),

ranked as (
    select
        model_version,
        feature,
        transformed_value,
        count(*) over (partition by model_version, feature) as known_customers,
        count(*) over (
            partition by model_version, feature
            order by transformed_value
            range between unbounded preceding and current row
        ) as customers_up_to
    from training_rows
    where transformed_value is not null
),

-- The smallest training value that so many tenths of the customers do not exceed.
edges as (
    select
        model_version,
        feature,
        {%- for tenth in tenths %}
        min(case
            when 10 * customers_up_to >= {{ tenth }} * known_customers
                then transformed_value
        end) as edge_{{ tenth }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ranked
    group by model_version, feature
),

training as (
    select
        training_rows.model_version,
        training_rows.feature,
        count(*) as customers,
        count(training_rows.transformed_value) as known_customers,
        {%- for tenth in tenths %}
        max(edges.edge_{{ tenth }}) as edge_{{ tenth }},
        count(case when training_rows.transformed_value > edges.edge_{{ tenth }} then 1 end)
            as above_{{ tenth }}{{ ',' if not loop.last }}
        {%- endfor %}
    from training_rows
    left join edges
        on training_rows.model_version = edges.model_version
        and training_rows.feature = edges.feature
    group by training_rows.model_version, training_rows.feature
),

bins as (
    {%- for bin in range(0, 11) %}
    select {{ bin }} as bin
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    training.model_version,
    training.feature,
    bins.bin,
    case bins.bin
        {%- for tenth in tenths %}
        when {{ tenth }} then training.edge_{{ tenth }}
        {%- endfor %}
    end as upper_edge,
    {{ customer_segmentation.count_bin('training', 'bins.bin') }} as training_customers
from training
cross join bins
