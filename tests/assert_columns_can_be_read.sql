{{ config(severity='warn') }}

-- Mapped columns that cannot be read in 1 % or more of their filled rows, with examples and
-- what mends them. Above segmentation_tests.unreadable_column the build has stopped.
select * from {{ ref('int_column_quality') }}
where unreadable_share >= 0.01
