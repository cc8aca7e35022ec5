{# After staging: what the rows themselves say against the vars. The build stops here, and
   what was published stays. #}


{# A shop without one accepted row has nothing to segment, and money beyond what the columns
   of the marts hold, decimal(18, 4), would stop the build later without a reason. #}
{% macro check_transactions() %}
    {%- if execute and not flags.EMPTY -%}
        {%- set counts = {} -%}
        {%- set problems = [] -%}
        {%- set counted = run_query(
            "select coalesce(rejection_reason, 'accepted'), count(*),"
            ~ ' coalesce(sum(abs(amount)), 0) from ' ~ this ~ ' group by 1 order by 1'
        ).rows | map('list') | list -%}
        {%- for reason, rows, money in counted -%}
            {%- do counts.update({reason: rows | int}) -%}
            {%- do problems.append(
                'segmentation_transactions: the accepted amounts add up to {:,.0f}, returns '
                'counted as positive; it must be less than 100,000,000,000,000. Leave wrong '
                'amounts out with segmentation_transaction_filter, or map '
                'segmentation_transaction_columns.amount to a larger unit.'.format(
                    money | float
                )
            ) if reason == 'accepted' and money | float >= 1e14 -%}
        {%- endfor -%}
        {%- set sample = customer_segmentation.read_sample() -%}
        {%- do problems.append(
            'segmentation_transactions has no row that can be used{}: {}.'.format(
                ' from {} until {} (UTC, by --sample)'.format(sample.start, sample.end)
                    if sample else '',
                counts | tojson if counts else 'there is none' if sample else 'it is empty'
            )
        ) if 'accepted' not in counts -%}
        {%- do customer_segmentation._raise(problems) -%}
        {%- if customer_segmentation.sees_all_rows() -%}
            {%- do customer_segmentation._check_rejected_shares(counted) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# A reason that takes much of the rows or of the money is a wrong mapping or policy, not
   dirty data. Rows that the user sets aside (filter, dates, returns) do not count. #}
{% macro _check_rejected_shares(counted) %}
    {%- set kept = [] -%}
    {%- for reason, rows, money in counted if reason not in [
        'filtered', 'before_earliest_date', 'after_as_of_date', 'ignored_return'
    ] -%}
        {%- do kept.append({'reason': reason, 'rows': rows | int, 'money': money | float}) -%}
    {%- endfor -%}
    {%- set all_rows = kept | sum(attribute='rows') -%}
    {%- set all_money = kept | sum(attribute='money') -%}
    {%- set problems = [] -%}
    {%- for one in kept
        if one.reason in ['missing_customer', 'duplicate', 'conflicting_transaction_id'] -%}
        {%- set path = 'tests.rejected_for.' ~ one.reason -%}
        {%- set maximum = customer_segmentation.setting(path) -%}
        {%- if one.rows > maximum * all_rows or one.money > maximum * all_money -%}
            {%- do problems.append(
                'segmentation_transactions: {} rejects {:,} of {:,} rows and {:,.2f} of '
                '{:,.2f} in money (returns counted as positive); allowed is a share of '
                '{} (segmentation_{}). {}'.format(
                    one.reason, one.rows, all_rows, one.money, all_money, maximum, path,
                    customer_segmentation._explain_rejected(one.reason)
                )
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do customer_segmentation._raise(problems) -%}
{% endmacro %}


{# Examples, what they look like, and what a user can do. #}
{% macro _explain_rejected(reason) %}
    {%- if reason == 'missing_customer' -%}
        {{- return(
            'Such rows: ' ~ customer_segmentation._show_rejected(reason)
            ~ '. Map customer_id to the id of the customer '
            ~ '(segmentation_transaction_columns), leave lines of guests out with '
            ~ 'segmentation_transaction_filter, or raise the share.'
        ) -}}
    {%- elif var('segmentation_duplicates') == 'drop_exact' -%}
        {{- return(
            'Such rows: ' ~ customer_segmentation._show_rejected(reason)
            ~ '. Each is equal to another row in all columns of your table. If they are '
            ~ 'sales of their own, set segmentation_duplicates: keep; if the table was '
            ~ 'loaded twice, load it once or raise the share.'
        ) -}}
    {%- endif -%}
    {#- Each against the row of its id that stands. -#}
    {%- set pairs = (
        ' from ' ~ this ~ ' as rejected inner join ' ~ this ~ ' as standing'
        ~ ' on rejected.transaction_id = standing.transaction_id'
        ~ ' and standing.rejection_reason is null'
        ~ " where rejected.rejection_reason in ('duplicate', 'conflicting_transaction_id')"
    ) -%}
    {%- set is_other = 'rejected.customer_id <> standing.customer_id' -%}
    {%- set is_return = '(rejected.amount < 0) <> (standing.amount < 0)' -%}
    {%- set signs = [] -%}
    {%- for condition, sign in [
        ('not {} and not {} and rejected.order_date = standing.order_date and '
            '(rejected.amount <> standing.amount or rejected.category is distinct from '
            'standing.category)',
         'differ only in amount or category, so transaction_id looks like the id of an '
            'order: map it as order_id'),
        ('{0}', 'belong to another customer than the row that stands, so transaction_id is '
            'not unique across customers'),
        ('not {0} and {1}', 'are returns under the id of their sale, or the other way round'),
    ] -%}
        {%- set count = run_query(
            'select count(*)' ~ pairs ~ ' and ' ~ condition.format(
                '(' ~ is_other ~ ')', '(' ~ is_return ~ ')'
            )
        ).rows[0][0] | int -%}
        {%- do signs.append(' {:,} rows {}.'.format(count, sign)) if count -%}
    {%- endfor -%}
    {{- return(
        'Of each transaction_id the latest row stands. Such rows: '
        ~ customer_segmentation._show_rejected(reason, pairs) ~ '.' ~ signs | join('')
        ~ ' Set segmentation_duplicates: keep (every row counts) or drop_exact (only '
        ~ 'copies of whole rows go), map transaction_id to the id of a line, or raise the '
        ~ 'share.'
    ) -}}
{% endmacro %}


{# Three rejected rows as texts, next to the row that stands when pairs are given. #}
{% macro _show_rejected(reason, pairs=none) %}
    {%- set show = (
        "coalesce(x.transaction_id || ': ', '')"
        ~ " || coalesce('customer ' || x.customer_id || ', ', '')"
        ~ " || coalesce(cast(x.order_date as string), x.raw_ordered_at, '') || ', '"
        ~ " || coalesce(cast(x.amount as string), x.raw_amount, '')"
    ) -%}
    {%- set result = run_query(
        'select distinct ' ~ show | replace('x.', 'rejected.')
        ~ (" || ' against ' || " ~ show | replace('x.', 'standing.')
            ~ pairs ~ ' and ' if pairs else ' from ' ~ this ~ ' as rejected where ')
        ~ "rejected.rejection_reason = '" ~ reason ~ "' order by 1 limit 3"
    ) -%}
    {{- return(result.columns[0].values() | list | tojson) -}}
{% endmacro %}


{# How each mapped column of one of the two tables was read: the column of staging, the SQL
   of the text that could not be read (none where any text is a value), and what mends it.
   is_needed: a row without a value cannot be used either. #}
{% macro list_column_readings(table_name) %}
    {%- set readings = [] -%}
    {%- if table_name == 'transactions' -%}
        {%- for column in customer_segmentation.list_transaction_columns() -%}
            {%- set is_needed = column in ['amount', 'ordered_at'] -%}
            {%- set is_number = column in ['amount', 'quantity', 'discount_amount'] -%}
            {%- set mapping = 'segmentation_transaction_columns.' ~ column -%}
            {%- set format = var('segmentation_timestamp_format') -%}
            {%- do readings.append({
                'column': column,
                'is_needed': is_needed,
                'unreadable': customer_segmentation.keep_unreadable(
                    'raw_' ~ column, column
                ) if is_needed else 'unreadable_' ~ column if is_number,
                'mend': 'map {} to a number, such as replace({}, \',\', \'.\')'.format(
                    mapping, column
                ) if is_number else (
                    'correct segmentation_timestamp_format, which is ' ~ format if format
                    else 'set segmentation_timestamp_format to the format of your dates, '
                        ~ "such as '%d/%m/%Y'"
                ) ~ ', or map ' ~ mapping ~ ' to a date' if is_needed else '',
            }) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do readings.append({'column': 'customer_id', 'mend': ''}) -%}
        {%- for attribute in customer_segmentation.list_attributes() -%}
            {%- do readings.append({
                'column': attribute.source,
                'unreadable': 'unreadable_' ~ attribute.source
                    if not attribute.is_free_text,
                'mend': customer_segmentation._mend_attribute(attribute),
            }) -%}
        {%- endfor -%}
        {%- for column, data_type in customer_segmentation.list_extra_columns().items() -%}
            {%- do readings.append({
                'column': column,
                'unreadable': 'unreadable_' ~ column if data_type != 'string',
                'mend': 'set segmentation_extra_columns.{0} to the type that its values '
                    'have, or turn them into {1} in segmentation_customer_columns.{0}'
                    .format(column, data_type),
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(readings) -}}
{% endmacro %}


{% macro _mend_attribute(attribute) %}
    {%- set name = attribute.source -%}
    {%- set reading = 'segmentation_demographics.' ~ name -%}
    {%- set mapping = 'map segmentation_customer_columns.' ~ name ~ ' to ' -%}
    {%- set bounds = [] -%}
    {%- for bound in ['minimum', 'maximum'] if attribute[bound] is not none -%}
        {%- do bounds.append(bound ~ ' ' ~ attribute[bound]) -%}
    {%- endfor -%}
    {%- set widen = ', or widen {} (' ~ bounds | join(', ') ~ ')' if bounds else '' -%}
    {{- return(
        '' if attribute.is_free_text
        else (
            'correct ' ~ reading ~ '.format, which is ' ~ attribute.format
            if attribute.format
            else "add format: '%d-%m-%Y', or whatever your dates are, to " ~ reading
        ) ~ widen.format('the bounds of the age') if attribute.kind == 'date'
        else mapping ~ 'a number, such as regexp_replace(' ~ name ~ ", '[^0-9.]', '', 'g')"
            ~ widen.format('its bounds') if attribute.kind == 'number'
        else mapping ~ 'true or false, such as ' ~ name ~ " = 'member'"
            if attribute.kind == 'boolean'
        else 'list the values of your table in ' ~ reading ~ '.levels, or add those that '
            ~ 'say nothing to segmentation_unknown_values'
    ) -}}
{% endmacro %}


{# Texts as examples: in quotes, since the spaces at an end may be what is wrong. #}
{% macro quote_example(text) -%}
    '"' || left({{ text }}, 40) || '"'
{%- endmacro %}


{# A column that mostly cannot be read is a wrong mapping, not dirty data. Rows beside the
   user's filter do not count. #}
{% macro check_column_quality(table_name) %}
    {%- if execute -%}
        {%- set rows = ' from ' ~ this ~ (
            " where coalesce(rejection_reason, '') <> 'filtered'"
            if table_name == 'transactions' else ' where true'
        ) -%}
        {%- set problems = [] -%}
        {%- set readings = customer_segmentation.list_column_readings(table_name)
            | selectattr('unreadable') | list -%}
        {%- set counts = ['count(*)'] -%}
        {%- for reading in readings -%}
            {%- do counts.append('count({}), count({})'.format(
                reading.column, reading.unreadable
            )) -%}
        {%- endfor -%}
        {%- set all_counts = run_query('select ' ~ counts | join(', ') ~ rows).rows[0]
            | map('int') | list -%}
        {%- for reading in readings -%}
            {%- set place = 2 * loop.index0 + 1 -%}
            {%- set counted = [all_counts[0], all_counts[place], all_counts[place + 1]] -%}
            {%- set filled = counted[0] if reading.is_needed else counted[1] + counted[2] -%}
            {%- set unreadable = filled - counted[1] -%}
            {#- To look for examples means to read the texts of all rows. -#}
            {%- set examples = run_query(
                'select {}{} and {} is not null group by 1 order by count(*) desc, 1 limit 3'
                .format(
                    customer_segmentation.quote_example(reading.unreadable), rows,
                    reading.unreadable
                )
            ).columns[0].values() | join(', ')
                if customer_segmentation._is_unreadable(unreadable, filled) -%}
            {%- do customer_segmentation._say_unreadable(
                problems, table_name, reading.column, unreadable, filled, examples,
                reading.mend, reading.is_needed
            ) -%}
        {%- endfor -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{# The same over int_column_quality, where ages are known: a date can be read and be no
   birthday of a customer. #}
{% macro check_all_columns() %}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for row in run_query(
            'select table_name, column_name, unreadable_count, row_count - unknown_count, '
            ~ "coalesce(examples, ''), mend from " ~ this
            ~ ' order by table_name, column_name'
        ).rows -%}
            {%- do customer_segmentation._say_unreadable(
                problems, row[0], row[1], row[2] | int, row[3] | int, row[4], row[5]
            ) -%}
        {%- endfor -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{% macro _is_unreadable(unreadable, filled) %}
    {{- return(
        unreadable
        > customer_segmentation.setting('tests.unreadable_column.maximum_share') * filled
    ) -}}
{% endmacro %}


{# Names the var and not its value: that may hold a ref, which a hook cannot resolve. #}
{% macro _say_unreadable(
    problems, table_name, column, unreadable, filled, examples, mend, is_needed=false
) %}
    {%- set path = 'tests.unreadable_column.maximum_share' -%}
    {%- set maximum = customer_segmentation.setting(path) -%}
    {%- if customer_segmentation._is_unreadable(unreadable, filled) -%}
        {%- do problems.append(
            'segmentation_{}: {} cannot be read in {} of {} {} ({} %){}; allowed is a share '
            'of {} (segmentation_{}): {}.'.format(
                table_name, column, unreadable, filled,
                'rows' if is_needed else 'filled rows',
                (100 * unreadable / filled) | round(1),
                ', for example ' ~ examples if examples
                    else ', which are empty' if is_needed else '',
                maximum, path, mend
            )
        ) -%}
    {%- endif -%}
{% endmacro %}
