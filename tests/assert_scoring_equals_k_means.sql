-- The segment that K-Means gave a training customer is the one nearest to it, and on the
-- build that fitted the model the scoring SQL gives it to every training customer too.
with

assignments as (
    select * from {{ ref('segment_training_assignments') }}
),

training_scores as (
    select * from {{ ref('segment_training_scores') }}
),

versions as (
    select * from {{ ref('segment_model_versions') }}
),

placements as (
    select * from {{ ref('segment_placements') }}
    where
        as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
        and segment_id > 0
),

matrix as (
    select * from {{ ref('segment_training_rows') }}
),

inputs as (
    select * from {{ ref('int_customer_model_inputs') }}
    where as_of_date = (select today.as_of_date from {{ ref('int_as_of_date') }} as today)
),

-- Training customers whose features are today what they were at the fit.
unchanged as (
    select
        matrix.model_version,
        matrix.customer_id
    from matrix
    inner join inputs
        on matrix.customer_id = inputs.customer_id
    where matrix.transformed_value is not null
    group by matrix.model_version, matrix.customer_id
    having
        {%- for feature in customer_segmentation.list_model_features() %}
        coalesce(max(case when matrix.feature = '{{ feature.name }}'
            then matrix.transformed_value end), -1)
        = coalesce(max(inputs.{{ feature.name }}), -1)
        {{ 'and' if not loop.last }}
        {%- endfor %}
),

by_distance as (
    select
        'by distance' as comparison,
        customer_id
    from training_scores
    where segment_id <> nearest_segment_id
),

by_scoring as (
    select
        'by scoring' as comparison,
        assignments.customer_id
    from assignments
    inner join unchanged
        on assignments.model_version = unchanged.model_version
        and assignments.customer_id = unchanged.customer_id
    inner join placements
        on assignments.model_version = placements.model_version
        and assignments.customer_id = placements.customer_id
    where assignments.segment_id <> placements.segment_id
),

not_scored as (
    select
        'not scored' as comparison,
        inputs.customer_id
    from inputs
    inner join versions
        on versions.model_version = (select max(model_version) from assignments)
    left join placements
        on inputs.customer_id = placements.customer_id
    where placements.segment_id is null
)

select * from by_distance
union all
select * from by_scoring
union all
select * from not_scored
