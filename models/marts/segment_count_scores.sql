-- One row per number of segments tried for the newest model version, and why it was chosen
-- or not.
with

choice as (
    select * from {{ ref('segment_count_choice') }}
)

select * from choice
