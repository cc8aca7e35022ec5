{{ config(severity='warn') }}

-- A record of the customer table without an id belongs to nobody: from 1 % of the records
-- on, customer_id is probably mapped to the wrong column.
select
    row_count,
    row_share,
    cast(row_count as string) || ' records of the customer table have no customer_id: map '
    || 'segmentation_customer_columns.customer_id to the id of the customer.' as finding
from {{ ref('customer_quality') }}
where fact = 'missing_id' and row_share >= 0.01
