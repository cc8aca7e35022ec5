{# After staging: a date or an amount that mostly cannot be read is a wrong mapping, not
   dirty data, and a shop without one accepted row has nothing to segment. The build stops
   here, with examples, and what was published stays. #}
{% macro check_readable() %}
    {%- if execute and not flags.EMPTY -%}
        {%- set name = customer_segmentation._name_transactions() -%}
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
                    name ~ ': ' ~ column | replace('raw_', '')
                    ~ ' cannot be read in ' ~ rows ~ ' of ' ~ (counts.values() | sum)
                    ~ ' rows, for example ' ~ examples.columns[0].values() | list | tojson
                    ~ '; allowed is a share of ' ~ share
                    ~ ' (segmentation_maximum_unreadable_share): ' ~ hint ~ '.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not problems and 'accepted' not in counts -%}
            {%- set sample = customer_segmentation.read_sample() -%}
            {%- do problems.append(
                name ~ ' has no row that can be used'
                ~ (' from ' ~ sample.start ~ ' until ' ~ sample.end
                    ~ ' (UTC, by --sample)' if sample else '')
                ~ ': ' ~ (tojson(counts) if counts
                    else 'there is none' if sample else 'it is empty') ~ '.'
            ) -%}
        {%- endif -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{# The user's relation in a sentence. Where the var is a ref, reading it here would be a ref
   that dbt does not know of, so its name is taken from the model that may. #}
{% macro _name_transactions() %}
    {%- for node in graph.nodes.values()
        if node.package_name == 'customer_segmentation'
            and node.name == 'base_transactions' -%}
        {%- for id in node.depends_on.nodes -%}
            {{- return(id.split('.')[-1]) -}}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(var('segmentation_transactions')) -}}
{% endmacro %}
