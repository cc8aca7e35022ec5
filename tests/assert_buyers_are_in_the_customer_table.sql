{{ config(severity=customer_segmentation.setting('tests.unmatched_buyers.severity')) }}

-- Where there is a customer table and many buyers have no record in it: ids of both sides
-- that meet nobody, and how many buyers would meet a record if the case of letters and
-- zeros in front did not count.
with

buyers as (
    select customer_id from {{ ref('int_customers') }}
    where is_in_transactions
),

records as (
    select customer_id from {{ ref('stg_customers') }}
),

unmatched_buyers as (
    select
        buyers.customer_id,
        lower(ltrim(buyers.customer_id, '0')) as folded_id,
        row_number() over (order by buyers.customer_id) as place
    from buyers
    left join records
        on buyers.customer_id = records.customer_id
    where records.customer_id is null
),

unmatched_records as (
    select
        records.customer_id,
        lower(ltrim(records.customer_id, '0')) as folded_id,
        row_number() over (order by records.customer_id) as place
    from records
    left join buyers
        on records.customer_id = buyers.customer_id
    where buyers.customer_id is null
),

would_meet as (
    select count(*) as would_meet_count
    from unmatched_buyers
    where unmatched_buyers.folded_id in (
        select unmatched_records.folded_id from unmatched_records
    )
),

unmatched as (
    select
        (select count(*) from buyers) as buyer_count,
        count(*) as unmatched_buyer_count,
        {{ customer_segmentation.join_texts(
            'case when place <= 3 then customer_id end', ', ', 'place'
        ) }} as buyer_examples
    from unmatched_buyers
),

strangers as (
    select
        {{ customer_segmentation.join_texts(
            'case when place <= 3 then customer_id end', ', ', 'place'
        ) }} as record_examples
    from unmatched_records
)

select
    unmatched.unmatched_buyer_count,
    unmatched.buyer_count,
    unmatched.buyer_examples,
    strangers.record_examples,
    would_meet.would_meet_count
from unmatched
cross join strangers
cross join would_meet
where
    exists (select 1 from records)
    and unmatched.unmatched_buyer_count
    > {{ customer_segmentation.setting('tests.unmatched_buyers.maximum_share') }}
    * unmatched.buyer_count
