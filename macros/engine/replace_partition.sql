{# How an incremental model replaces the rows of a date: by a delete and an insert, or on
   Spark by overwriting the partitions that the new rows fall into. #}
{% macro replacing_strategy() %}
    {{- return(adapter.dispatch('replacing_strategy', 'customer_segmentation')()) -}}
{% endmacro %}


{% macro default__replacing_strategy() %}{{ return('delete+insert') }}{% endmacro %}


{% macro spark__replacing_strategy() %}{{ return('insert_overwrite') }}{% endmacro %}


{# The column that the table is partitioned by; none where a delete finds the rows. #}
{% macro replaced_partition(column) %}
    {{- return(
        adapter.dispatch('replaced_partition', 'customer_segmentation')(column)
    ) -}}
{% endmacro %}


{% macro default__replaced_partition(column) %}{{ return(none) }}{% endmacro %}


{% macro spark__replaced_partition(column) %}{{ return(column) }}{% endmacro %}
