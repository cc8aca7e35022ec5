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
        lower(ltrim(buyers.customer_id, '0')) as folded_id
    from buyers
    left join records
        on buyers.customer_id = records.customer_id
    where records.customer_id is null
),

unmatched_records as (
    select
        records.customer_id,
        lower(ltrim(records.customer_id, '0')) as folded_id
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

counts as (
    select
        (select count(*) from buyers) as buyer_count,
        count(*) as unmatched_buyer_count
    from unmatched_buyers
),

-- Three of each are enough to see how the ids differ.
first_buyers as (
    select customer_id from unmatched_buyers
    order by customer_id asc
    limit 3
),

first_records as (
    select customer_id from unmatched_records
    order by customer_id asc
    limit 3
),

buyer_examples as (
    select
        {{ customer_segmentation.join_texts('customer_id', ', ', 'customer_id') }}
            as buyer_examples
    from first_buyers
),

record_examples as (
    select
        {{ customer_segmentation.join_texts('customer_id', ', ', 'customer_id') }}
            as record_examples
    from first_records
)

select
    counts.unmatched_buyer_count,
    counts.buyer_count,
    buyer_examples.buyer_examples,
    record_examples.record_examples,
    would_meet.would_meet_count
from counts
cross join buyer_examples
cross join record_examples
cross join would_meet
where
    exists (select 1 from records)
    and counts.unmatched_buyer_count
    > {{ customer_segmentation.setting('tests.unmatched_buyers.maximum_share') }}
    * counts.buyer_count
