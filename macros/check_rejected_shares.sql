{# After staging: a reason that takes much of the rows or of the money is a wrong mapping
   or policy, not dirty data. The build stops here, with examples and the choices there
   are, and what was published stays. Rows that the user sets aside (filter, dates,
   returns) do not count. #}
{% macro check_rejected_shares() %}
    {%- if execute and customer_segmentation.sees_all_rows() -%}
        {%- set counted = run_query(
            "select coalesce(rejection_reason, 'accepted'), count(*),"
            ~ " coalesce(sum(abs(amount)), 0) from " ~ this
            ~ " where coalesce(rejection_reason, 'accepted') not in ('filtered',"
            ~ " 'before_earliest_date', 'after_as_of_date', 'ignored_return')"
            ~ " group by 1 order by 1"
        ) -%}
        {%- set all_rows = counted.columns[1].values() | map('int') | sum -%}
        {%- set all_money = counted.columns[2].values() | map('float') | sum -%}
        {%- set problems = [] -%}
        {%- for row in counted.rows
            if row[0] in ['missing_customer', 'duplicate', 'conflicting_transaction_id'] -%}
            {%- set maximum = customer_segmentation.setting('tests.rejected_for.' ~ row[0]) -%}
            {%- set money = row[2] | float -%}
            {%- if row[1] > maximum * all_rows or money > maximum * all_money -%}
                {%- do problems.append(
                    'segmentation_transactions: ' ~ row[0] ~ ' rejects '
                    ~ '{:,}'.format(row[1] | int) ~ ' of ' ~ '{:,}'.format(all_rows)
                    ~ ' rows and ' ~ '{:,.2f}'.format(money) ~ ' of '
                    ~ '{:,.2f}'.format(all_money)
                    ~ ' in money (returns counted as positive); allowed is a share of '
                    ~ maximum ~ ' (segmentation_tests.rejected_for.' ~ row[0]
                    ~ '). ' ~ customer_segmentation._explain_rejected(row[0])
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
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
    {%- set is_return = '(rejected.amount < 0) <> (standing.amount < 0)' -%}
    {%- set kinds = run_query(
        'select'
        ~ ' count(case when rejected.customer_id <> standing.customer_id then 1 end),'
        ~ ' count(case when rejected.customer_id = standing.customer_id and ' ~ is_return
        ~ ' then 1 end),'
        ~ ' count(case when rejected.customer_id = standing.customer_id'
        ~ ' and rejected.order_date = standing.order_date and not ' ~ is_return
        ~ ' and (rejected.amount <> standing.amount'
        ~ ' or rejected.category is distinct from standing.category) then 1 end)'
        ~ pairs
    ).rows[0] -%}
    {%- set signs = [] -%}
    {%- for count, sign in [
        (kinds[2], 'differ only in amount or category, so transaction_id looks like the '
            ~ 'id of an order: map it as order_id'),
        (kinds[0], 'belong to another customer than the row that stands, so '
            ~ 'transaction_id is not unique across customers'),
        (kinds[1], 'are returns under the id of their sale, or the other way round'),
    ] if count > 0 -%}
        {%- do signs.append(' ' ~ '{:,}'.format(count | int) ~ ' rows ' ~ sign ~ '.') -%}
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
