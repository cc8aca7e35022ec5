{# How each mapped column of one of the two tables was read: the column of staging, the SQL
   of its value and of the text that could not be read (none where any text is a value),
   and what mends it. is_needed: a row without a value cannot be used either. #}
{% macro list_column_readings(table_name) %}
    {%- set readings = [] -%}
    {%- if table_name == 'transactions' -%}
        {%- for column in customer_segmentation.list_transaction_columns() -%}
            {%- set unreadable = none -%}
            {%- if column in ['quantity', 'discount_amount'] -%}
                {%- set unreadable = 'unreadable_' ~ column -%}
            {%- elif column in ['amount', 'ordered_at'] -%}
                {%- set unreadable = customer_segmentation.keep_unreadable(
                    'raw_' ~ column, column
                ) -%}
            {%- endif -%}
            {%- do readings.append({
                'column': column,
                'unreadable': unreadable,
                'mend': customer_segmentation._mend_transaction_column(column)
                    if unreadable else '',
                'is_needed': column in ['amount', 'ordered_at'],
            }) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do readings.append({'column': 'customer_id', 'unreadable': none, 'mend': ''}) -%}
        {%- for attribute in customer_segmentation.list_attributes() -%}
            {%- do readings.append({
                'column': attribute.source,
                'unreadable': none if attribute.is_free_text
                    else 'unreadable_' ~ attribute.source,
                'mend': customer_segmentation._mend_attribute(attribute),
            }) -%}
        {%- endfor -%}
        {%- for column, data_type in customer_segmentation.list_extra_columns().items() -%}
            {%- do readings.append({
                'column': column,
                'unreadable': none if data_type == 'string' else 'unreadable_' ~ column,
                'mend': 'set segmentation_extra_columns.' ~ column ~ ' to the type that '
                    ~ 'its values have, or turn them into ' ~ data_type
                    ~ ' in segmentation_customer_columns.' ~ column,
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(readings) -}}
{% endmacro %}


{% macro _mend_transaction_column(column) %}
    {%- set mapping = 'segmentation_transaction_columns.' ~ column -%}
    {%- set format = var('segmentation_timestamp_format') -%}
    {%- if column == 'ordered_at' -%}
        {{- return(
            (
                'set segmentation_timestamp_format to the format of your dates, such as '
                ~ "'%d/%m/%Y'" if format is none
                else 'correct segmentation_timestamp_format, which is ' ~ format
            ) ~ ', or map ' ~ mapping ~ ' to a date'
        ) -}}
    {%- endif -%}
    {{- return(
        'map ' ~ mapping ~ " to a number, such as replace(" ~ column ~ ", ',', '.')"
    ) -}}
{% endmacro %}


{% macro _mend_attribute(attribute) %}
    {%- set reading = 'segmentation_demographics.' ~ attribute.source -%}
    {%- set mapping = 'segmentation_customer_columns.' ~ attribute.source -%}
    {%- set bounds = [] -%}
    {%- for bound in ['minimum', 'maximum'] if attribute[bound] is not none -%}
        {%- do bounds.append(bound ~ ' ' ~ attribute[bound]) -%}
    {%- endfor -%}
    {%- set bounds = (
        ', or widen its bounds (' ~ bounds | join(', ') ~ ')' if bounds else ''
    ) -%}
    {%- if attribute.is_free_text -%}
        {{- return('') -}}
    {%- elif attribute.kind == 'date' -%}
        {{- return(
            (
                "add format: '%d-%m-%Y', or whatever your dates are, to " ~ reading
                if attribute.format is none
                else 'correct ' ~ reading ~ '.format, which is ' ~ attribute.format
            ) ~ bounds | replace('its bounds', 'the bounds of the age')
        ) -}}
    {%- elif attribute.kind == 'number' -%}
        {{- return(
            'map ' ~ mapping ~ ' to a number, such as regexp_replace('
            ~ attribute.source ~ ", '[^0-9.]', '', 'g')" ~ bounds
        ) -}}
    {%- elif attribute.kind == 'boolean' -%}
        {{- return(
            'map ' ~ mapping ~ ' to true or false, such as ' ~ attribute.source
            ~ " = 'member'"
        ) -}}
    {%- endif -%}
    {{- return(
        'list the values of your table in ' ~ reading ~ '.levels, or add those that say '
        ~ 'nothing to segmentation_unknown_values'
    ) -}}
{% endmacro %}


{# Texts as examples: in quotes, since the spaces at an end may be what is wrong. #}
{% macro quote_example(text) -%}
    '"' || left({{ text }}, 40) || '"'
{%- endmacro %}


{# After staging: a column that mostly cannot be read is a wrong mapping, not dirty data.
   The build stops here and what was published stays. Rows beside the user's filter do not
   count. #}
{% macro check_column_quality(table_name) %}
    {%- if execute -%}
        {%- set readings = customer_segmentation.list_column_readings(table_name)
            | selectattr('unreadable') | list -%}
        {%- set rows = (
            '(select * from ' ~ this
            ~ (" where rejection_reason is null or rejection_reason <> 'filtered'"
                if table_name == 'transactions' else '') ~ ') as input_rows'
        ) -%}
        {%- set counts = ['count(*)'] -%}
        {%- for reading in readings -%}
            {%- do counts.append('count(' ~ reading.column ~ ')') -%}
            {%- do counts.append('count(' ~ reading.unreadable ~ ')') -%}
        {%- endfor -%}
        {%- set counted = run_query(
            'select ' ~ counts | join(', ') ~ ' from ' ~ rows
        ).rows[0] -%}
        {%- set maximum = customer_segmentation.setting('tests.unreadable_column.maximum_share') -%}
        {%- set problems = [] -%}
        {%- for reading in readings -%}
            {%- set known = counted[loop.index * 2 - 1] | int -%}
            {%- set unreadable = counted[loop.index * 2] | int -%}
            {%- set filled = known + unreadable -%}
            {%- if reading.is_needed -%}
                {%- set filled = counted[0] | int -%}
                {%- set unreadable = filled - known -%}
            {%- endif -%}
            {%- if unreadable > maximum * filled -%}
                {%- set examples = run_query(
                    'select ' ~ customer_segmentation.quote_example(reading.unreadable)
                    ~ ' from ' ~ rows ~ ' where ' ~ reading.unreadable
                    ~ ' is not null group by 1 order by count(*) desc, 1 limit 3'
                ).columns[0].values() | join(', ') -%}
                {%- do customer_segmentation._say_unreadable(
                    problems, table_name, reading.column, unreadable, filled,
                    reading.is_needed, examples, reading.mend
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{# The same over int_column_quality, where ages are known: a date can be read and be no
   birthday of a customer. #}
{% macro check_all_columns() %}
    {%- if execute -%}
        {%- set maximum = customer_segmentation.setting('tests.unreadable_column.maximum_share') -%}
        {%- set counted = run_query(
            'select table_name, column_name, unreadable_count, '
            ~ "row_count - unknown_count, coalesce(examples, ''), mend from " ~ this
            ~ " where unreadable_share > "
            ~ maximum ~ ' order by table_name, column_name'
        ) -%}
        {%- set problems = [] -%}
        {%- for row in counted.rows -%}
            {%- do customer_segmentation._say_unreadable(
                problems, row[0], row[1], row[2] | int, row[3] | int, false, row[4], row[5]
            ) -%}
        {%- endfor -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{# Names the var and not its value: that may hold a ref, which a hook cannot resolve. #}
{% macro _say_unreadable(
    problems, table_name, column, unreadable, filled, is_needed, examples, mend
) %}
    {%- do problems.append(
        'segmentation_' ~ table_name ~ ': ' ~ column ~ ' cannot be read in '
        ~ unreadable ~ ' of ' ~ filled ~ (' rows' if is_needed else ' filled rows')
        ~ ' (' ~ (100 * unreadable / filled) | round(1) ~ ' %)'
        ~ (', for example ' ~ examples if examples else ', which are empty'
            if is_needed else '')
        ~ '; allowed is a share of '
        ~ customer_segmentation.setting('tests.unreadable_column.maximum_share')
        ~ ' (segmentation_tests.unreadable_column.maximum_share): ' ~ mend ~ '.'
    ) -%}
{% endmacro %}
