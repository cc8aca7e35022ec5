{# After staging: a date or an amount that mostly cannot be read is a wrong mapping, not
   dirty data, and a shop without one accepted row has nothing to segment. The build stops
   here, with examples, and what was published stays. #}
{% macro check_readable() %}
    {%- if execute -%}
        {%- set share = var('segmentation_maximum_unreadable_share') -%}
        {%- set counted = run_query(
            "select coalesce(rejection_reason, 'accepted'), count(*) from " ~ this
            ~ " group by 1 order by 1"
        ) -%}
        {%- set counts = {} -%}
        {%- for row in counted.rows -%}
            {%- do counts.update({row[0]: row[1] | int}) -%}
        {%- endfor -%}
        {%- set problems = [] -%}
        {%- for reason, column, hint in [
            ('unreadable_timestamp', 'raw_ordered_at',
             'set segmentation_timestamp_format or map ordered_at to a date'),
            ('unreadable_amount', 'raw_amount',
             'map amount to a number, such as replace(amount, \',\', \'.\')'),
        ] -%}
            {%- set rows = counts.get(reason, 0) -%}
            {%- if rows > share * (counts.values() | sum) -%}
                {%- set examples = run_query(
                    "select distinct " ~ column ~ " from " ~ this
                    ~ " where rejection_reason = '" ~ reason ~ "' order by 1 limit 3"
                ) -%}
                {%- do problems.append(
                    var('segmentation_transactions') ~ ': ' ~ column | replace('raw_', '')
                    ~ ' cannot be read in ' ~ rows ~ ' of ' ~ (counts.values() | sum)
                    ~ ' rows, for example ' ~ examples.columns[0].values() | list | tojson
                    ~ '; allowed is a share of ' ~ share
                    ~ ' (segmentation_maximum_unreadable_share): ' ~ hint ~ '.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not problems and 'accepted' not in counts -%}
            {%- do problems.append(
                var('segmentation_transactions') ~ ' has no row that can be used: '
                ~ (tojson(counts) if counts else 'it is empty') ~ '.'
            ) -%}
        {%- endif -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}
