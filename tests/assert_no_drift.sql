{{ config(severity='warn') }}

-- Signals of this run that say the model is too far from its training. First rule out a
-- data fault (the hint of the overall row); then refit when two runs in a row say so.
with

drift as (
    select * from {{ ref('segment_drift') }}
),

as_of_date as (
    select * from {{ ref('int_as_of_date') }}
),

parameters as (
    select model_version from {{ ref('segment_parameters') }}
)

select drift.*
from drift
inner join as_of_date
    on drift.as_of_date = as_of_date.as_of_date
inner join parameters
    on drift.model_version = parameters.model_version
where drift.status = 'refit due'
