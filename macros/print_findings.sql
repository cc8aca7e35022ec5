{# After the run: what a test of ours found, in its own words (its column finding). dbt
   itself says only how many rows a test gave. #}
{% macro print_findings() %}
    {%- if execute -%}
        {%- for result in results
            if result.node.package_name == 'customer_segmentation'
                and result.node.name.startswith('assert_')
                and result.status in ['warn', 'fail'] -%}
            {%- set found = run_query(
                'select * from (' ~ result.node.compiled_code ~ '\n) as found limit 1'
            ) -%}
            {%- if 'finding' in found.column_names -%}
                {%- do log(
                    result.node.name ~ ': ' ~ found.columns['finding'].values()[0],
                    info=true
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{# After the run: where its time went. Stages run side by side, so that together they can be
   longer than the run. #}
{% macro print_seconds() %}
    {%- if execute -%}
        {%- set seconds = {} -%}
        {%- for result in results if result.node.package_name == 'customer_segmentation' -%}
            {%- set stage = result.node.fqn[1] if result.node.resource_type == 'model'
                else result.node.resource_type ~ 's' -%}
            {%- do seconds.update({
                stage: seconds.get(stage, 0) + result.execution_time
            }) -%}
        {%- endfor -%}
        {%- set parts = [] -%}
        {%- for stage in [
            'seeds', 'staging', 'intermediate', 'training', 'scoring', 'marts', 'tests',
            'unit_tests', 'publishing'
        ] if stage in seconds -%}
            {%- do parts.append(
                '{} {:,.1f}'.format(stage | replace('_', ' '), seconds[stage])
            ) -%}
        {%- endfor -%}
        {%- do log('Seconds by stage: ' ~ parts | join(', ') ~ '.', info=true) if parts -%}
    {%- endif -%}
{% endmacro %}
