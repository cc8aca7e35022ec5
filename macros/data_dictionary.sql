{# What the manifest of this run says of the columns of the marts, attributes of the user's
   included, in the order of the tables and their columns. #}
{% macro list_mart_columns() %}
    {%- set columns = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='name')
        if node.resource_type == 'model' and node.package_name == 'customer_segmentation'
        and node.fqn[1] == 'marts' -%}
        {%- set declared = node.columns.values() | list -%}
        {%- set attributes = customer_segmentation.list_attribute_columns()
            if node.name == 'customer_segments' else [] -%}
        {%- for column in declared + attributes -%}
            {%- set meta = column.get('meta', {}) -%}
            {%- do columns.append({
                'table_name': node.name,
                'column_name': column.name,
                'column_number': loop.index,
                'data_type': column.data_type,
                'unit': column.get('unit') or meta.get('unit')
                    or customer_segmentation.name_unit(column.name, column.data_type),
                'description': column.description | replace('\n', ' ') | trim,
                'is_personal': loop.index > declared | length
                    or meta.get('contains_pii', false),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}


{# The unit of a number, by the end of its name; none for texts, dates and booleans. Where
   the name does not tell, the meta of the column does. #}
{% macro name_unit(name, data_type) %}
    {%- set units = {
        'id': ['_id'],
        'position': ['_version', '_order', '_rank', '_number', 'bin'],
        'days': ['days', 'frequency'],
        'months': ['months', 'months_since'],
        'share, 0 to 1': ['_share', '_rate', 'confidence', 'coverage', 'precision',
            'fidelity', 'share_of_known'],
        'score, 1 to 5': ['_score'],
        'count': ['_count', 'units'],
        'customers': ['customers'],
        'money': ['monetary', '_revenue', '_order_value'],
        'index': ['silhouette', 'inertia', '_bouldin', '_harabasz', 'stability', '_jaccard'],
    } -%}
    {%- if data_type.startswith('decimal') -%}
        {{- return('money') -}}
    {%- endif -%}
    {%- for unit, endings in units.items() if data_type in ['int', 'bigint', 'double'] -%}
        {%- for ending in endings if name.endswith(ending) -%}
            {{- return(unit) -}}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}


{# A text as SQL has it. #}
{% macro quote_text(text) -%}
    {{ 'null' if text is none else "'" ~ text | replace("'", "''") ~ "'" }}
{%- endmacro %}
