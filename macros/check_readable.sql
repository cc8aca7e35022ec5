{# After staging: a shop without one accepted row has nothing to segment. The build stops
   here and what was published stays. Columns that cannot be read stop in
   check_column_quality. #}
{% macro check_readable() %}
    {%- if execute and not flags.EMPTY -%}
        {%- set counted = run_query(
            "select coalesce(rejection_reason, 'accepted'), count(*) from " ~ this
            ~ " group by 1 order by 1"
        ) -%}
        {%- set counts = {} -%}
        {%- for row in counted.rows -%}
            {%- do counts.update({row[0]: row[1] | int}) -%}
        {%- endfor -%}
        {%- if 'accepted' not in counts -%}
            {%- set sample = customer_segmentation.read_sample() -%}
            {%- do customer_segmentation._raise([
                'segmentation_transactions has no row that can be used'
                ~ (' from ' ~ sample.start ~ ' until ' ~ sample.end
                    ~ ' (UTC, by --sample)' if sample else '')
                ~ ': ' ~ (tojson(counts) if counts
                    else 'there is none' if sample else 'it is empty') ~ '.'
            ]) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
