{# Deleting and updating rows of a kept table, as hooks. Parquet tables on Spark can do
   neither: there the rows that stay are written anew, by the workers, and only when there is
   a row to change. A condition names the table in full where it has a subquery. #}

{# `partition` is what the table is replaced by (see replaced_partition), a column or a list of
   them: all rows of one value meet the condition, or none do. #}
{% macro delete_rows(relation, condition, partition=none) %}
    {{- return(adapter.dispatch('delete_rows', 'customer_segmentation')(
        relation, condition, partition
    )) -}}
{% endmacro %}


{% macro default__delete_rows(relation, condition, partition) %}
delete from {{ relation }}
where {{ condition }}
{% endmacro %}


{% macro spark__delete_rows(relation, condition, partition) %}
    {%- if not execute -%}
    {%- elif partition -%}
        {%- set columns = [partition] if partition is string else partition -%}
        {%- set texts = [] -%}
        {%- for column in columns -%}
            {%- do texts.append('cast({} as string)'.format(column)) -%}
        {%- endfor -%}
        {%- for row in run_query(
            'select distinct {} from {} where {}'.format(
                texts | join(', '), relation, condition
            )
        ).rows -%}
            {%- set values = [] -%}
            {%- for column in columns -%}
                {%- do values.append("{} = '{}'".format(column, row[loop.index0])) -%}
            {%- endfor -%}
            {%- do run_query('alter table {} drop partition ({})'.format(
                relation, values | join(', ')
            )) -%}
        {%- endfor -%}
    {%- elif run_query(
        'select 1 from {} where {} limit 1'.format(relation, condition)
    ).rows -%}
        {%- do customer_segmentation._write_anew(
            relation, 'select * from {} where not coalesce({}, false)'.format(
                relation, condition
            )
        ) -%}
    {%- endif -%}
{% endmacro %}


{# `changes` is column to expression. #}
{% macro update_rows(relation, changes, condition) %}
    {{- return(adapter.dispatch('update_rows', 'customer_segmentation')(
        relation, changes, condition
    )) -}}
{% endmacro %}


{% macro default__update_rows(relation, changes, condition) %}
update {{ relation }}
set
    {%- for column, expression in changes.items() %}
    {{ column }} = {{ expression }}{{ ',' if not loop.last }}
    {%- endfor %}
where {{ condition }}
{% endmacro %}


{% macro spark__update_rows(relation, changes, condition) %}
    {%- if execute and run_query(
        'select 1 from {} where {} limit 1'.format(relation, condition)
    ).rows -%}
        {%- set columns = [] -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do columns.append(
                'cast({} as {}) as {}'.format(
                    changes[column.name], column.dtype, column.name
                ) if column.name in changes else column.name
            ) -%}
        {%- endfor -%}
        {%- do customer_segmentation._write_anew(
            relation,
            'select * from {0} where not coalesce({1}, false) union all '
            'select {2} from {0} where {1}'.format(relation, condition, columns | join(', '))
        ) -%}
    {%- endif -%}
{% endmacro %}


{# A table cannot be overwritten while it is read, so its new rows are set aside first. #}
{% macro _write_anew(relation, query) %}
    {%- set aside = relation.incorporate(
        path={'identifier': relation.identifier ~ '__rewritten'}
    ) -%}
    {%- do run_query('drop table if exists ' ~ aside) -%}
    {%- do run_query('create table ' ~ aside ~ ' using parquet as ' ~ query) -%}
    {%- do run_query('insert overwrite table ' ~ relation ~ ' select * from ' ~ aside) -%}
    {%- do run_query('drop table ' ~ aside) -%}
{% endmacro %}
