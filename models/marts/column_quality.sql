-- One row per table and mapped column that may be published: what of it is unreadable.
with

columns_counted as (
    select * from {{ ref('int_column_quality') }}
),

quality as (
    select
        table_name,
        column_name,
        examples,
        mend,
        row_count,
        unknown_count,
        unreadable_count,
        unreadable_share
    from columns_counted
    {%- if not var('segmentation_publish_demographics') %}
    where table_name = 'transactions' or column_name = 'customer_id'
    {%- endif %}
)

select * from quality
