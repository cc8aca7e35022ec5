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
