{# How an incremental model replaces the rows of a date: by a delete and an insert, or on
   Spark by overwriting the partitions that the new rows fall into. #}
{% macro replacing_strategy() %}
    {{- return(adapter.dispatch('replacing_strategy', 'customer_segmentation')()) -}}
{% endmacro %}


{% macro default__replacing_strategy() %}{{ return('delete+insert') }}{% endmacro %}


{% macro spark__replacing_strategy() %}{{ return('insert_overwrite') }}{% endmacro %}


{# What the table is partitioned by, a column or a list of them; none where a delete finds the
   rows. #}
{% macro replaced_partition(columns) %}
    {{- return(
        adapter.dispatch('replaced_partition', 'customer_segmentation')(columns)
    ) -}}
{% endmacro %}


{% macro default__replaced_partition(columns) %}{{ return(none) }}{% endmacro %}


{% macro spark__replaced_partition(columns) %}{{ return(columns) }}{% endmacro %}
