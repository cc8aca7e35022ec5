{# The column an attribute has in our tables: a date is published as an age. #}
{% macro name_attribute(name, attribute) %}
    {{- return(
        attribute['as'] if attribute is mapping and attribute.kind == 'date'
            and attribute.get('as') else name
    ) -}}
{% endmacro %}


{# The columns of all attributes, each with its reading. #}
{% macro list_attributes() %}
    {%- set attributes = [] -%}
    {%- if not execute -%}
        {#- While parsing, the vars have not been checked yet. -#}
        {{- return(attributes) -}}
    {%- endif -%}
    {%- for name, attribute in var('segmentation_demographics').items() -%}
        {%- set is_number = attribute.kind in ['number', 'date'] -%}
        {%- do attributes.append({
            'source': name,
            'column': customer_segmentation.name_attribute(name, attribute),
            'kind': attribute.kind,
            'levels': attribute.get('levels', []) | map('string') | list,
            'minimum': attribute.get('minimum', 0 if attribute.kind == 'date' else none),
            'maximum': attribute.get('maximum', 120 if attribute.kind == 'date' else none),
            'format': attribute.get('format'),
            'is_number': is_number,
            'is_free_text': attribute.kind == 'nominal' and not attribute.get('levels'),
            'data_type': 'double' if is_number else 'string',
        }) -%}
    {%- endfor -%}
    {{- return(attributes) -}}
{% endmacro %}


{# The attributes that leave the house: all, or none. #}
{% macro list_published_attributes() %}
    {{- return(
        customer_segmentation.list_attributes()
        if var('segmentation_publish_demographics') else []
    ) -}}
{% endmacro %}


{# Further columns of the customer table that are carried along. #}
{% macro list_extra_columns() %}
    {%- set extra = var('segmentation_extra_columns') -%}
    {{- return(extra if execute and extra is mapping else {}) -}}
{% endmacro %}


{# The texts that mean unknown, as a SQL list. #}
{% macro list_unknown_values() -%}
    {%- for value in [''] + var('segmentation_unknown_values') | list -%}
        '{{ value | trim | lower | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# Whether a column says nothing, or one of the texts that mean unknown. #}
{% macro is_unknown(column) -%}
    {{ column }} is null
    or lower({{ customer_segmentation.trim_white_space('cast(' ~ column ~ ' as string)') }})
    in ({{ customer_segmentation.list_unknown_values() }})
{%- endmacro %}


{# A text that is filled but gave no value, as it came; null for all other rows. Only texts
   without a value are compared: DuckDB makes a join of a long list, for every row. #}
{% macro keep_unreadable(column, value) -%}
    {%- set text = 'case when ' ~ value ~ ' is null then ' ~ column ~ ' end' -%}
    case
        when not ({{ customer_segmentation.is_unknown(text) }})
            then cast({{ column }} as string)
    end
{%- endmacro %}


{# A text, cleaned: trimmed, unknowns as null, declared levels in their own spelling,
   anything else than a declared level as null. #}
{% macro clean_text(column, levels) -%}
    {%- set text = customer_segmentation.trim_white_space(
        'cast(' ~ column ~ ' as string)'
    ) -%}
    case
        when {{ customer_segmentation.is_unknown(column) }} then null
        {%- for level in levels %}
        when lower({{ text }}) = '{{ level | lower | replace("'", "''") }}'
            then '{{ level | replace("'", "''") }}'
        {%- endfor %}
        {%- if not levels %}
        else {{ text }}
        {%- endif %}
    end
{%- endmacro %}


{# A number, null outside its bounds and where it cannot be read. #}
{% macro clean_number(expression, minimum, maximum) -%}
    case
        when {{ expression }} between
            {{ minimum if minimum is not none else -1e15 }}
            and {{ maximum if maximum is not none else 1e15 }}
            then {{ expression }}
    end
{%- endmacro %}


{# An attribute as staging reads it from the customer table, null when unknown. #}
{% macro read_attribute(attribute) -%}
    {%- if attribute.kind == 'date' -%}
        cast({{ customer_segmentation.read_timestamp(
            attribute.source, attribute.format
        ) }} as date)
    {%- elif attribute.kind == 'number' -%}
        {{ customer_segmentation.clean_number(
            'try_cast(' ~ attribute.source ~ ' as double)',
            attribute.minimum,
            attribute.maximum
        ) }}
    {%- elif attribute.kind == 'boolean' -%}
        case try_cast({{ attribute.source }} as boolean)
            when true then 'yes'
            when false then 'no'
        end
    {%- else -%}
        {{ customer_segmentation.clean_text(attribute.source, attribute.levels) }}
    {%- endif -%}
{%- endmacro %}


{# Completed years between two dates. #}
{% macro completed_years(birth_date, as_of_date) -%}
    cast(floor((
        (
            year({{ as_of_date }}) * 10000 + month({{ as_of_date }}) * 100
            + day({{ as_of_date }})
        ) - (
            year({{ birth_date }}) * 10000 + month({{ birth_date }}) * 100
            + day({{ birth_date }})
        )
    ) / 10000) as double)
{%- endmacro %}


{# The columns that demographics add to the model: one for a rank or a number, one for
   each declared level of a nominal attribute. Empty when demographics only profile. #}
{% macro list_demographic_features() %}
    {%- set features = [] -%}
    {%- if execute and var('segmentation_demographics_weight') > 0 -%}
        {%- for attribute in customer_segmentation.list_attributes() -%}
            {%- set column = attribute.column -%}
            {%- if attribute.is_number -%}
                {%- do features.append({'name': column, 'expression': column}) -%}
            {%- elif attribute.kind == 'ordinal' or attribute.levels | length == 2
                or attribute.kind == 'boolean' -%}
                {%- set levels = attribute.levels or ['no', 'yes'] -%}
                {%- do features.append({
                    'name': column ~ '_rank',
                    'expression': customer_segmentation._rank_levels(column, levels),
                }) -%}
            {%- else -%}
                {%- for level in attribute.levels -%}
                    {%- do features.append({
                        'name': column ~ '_is_level_' ~ loop.index,
                        'expression': "case when " ~ column ~ " is not null then case when "
                            ~ column ~ " = '" ~ level | replace("'", "''")
                            ~ "' then 1 else 0 end end",
                    }) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(features) -}}
{% endmacro %}


{% macro _rank_levels(column, levels) -%}
    case {{ column }}
        {%- for level in levels %}
        when '{{ level | replace("'", "''") }}' then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}


{# The columns that the user's attributes and extra columns add to customer_segments, as a
   contract has them. #}
{% macro list_attribute_columns() %}
    {%- set columns = [] -%}
    {%- for attribute in customer_segmentation.list_published_attributes() -%}
        {%- set is_age = attribute.kind == 'date' -%}
        {%- do columns.append({
            'name': attribute.column,
            'data_type': attribute.data_type,
            'description': (
                'Age in completed years on the as-of date, from ' ~ attribute.source
                if is_age else 'Attribute of kind ' ~ attribute.kind
            ) ~ ' of your customer table. Null when unknown.',
            'unit': 'years' if is_age
                else 'as in your table' if attribute.is_number,
        }) -%}
    {%- endfor -%}
    {%- if var('segmentation_publish_demographics') -%}
        {%- for name, data_type in customer_segmentation.list_extra_columns().items() -%}
            {%- do columns.append({
                'name': name,
                'data_type': data_type,
                'description': 'Further column of your customer table. Null when it is '
                    ~ 'missing or cannot be read as ' ~ data_type ~ '.',
                'unit': 'as in your table'
                    if data_type not in ['string', 'boolean', 'date', 'timestamp'],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(columns) -}}
{% endmacro %}


{# Adds the user's attributes to the contract of the model that calls it as a pre-hook, so
   that the contract stays enforced whatever the attributes are. #}
{% macro extend_contract_with_attributes() %}
    {%- for column in customer_segmentation.list_attribute_columns() -%}
        {%- do model['columns'].update({column.name: dict(column, constraints=[])}) -%}
    {%- endfor -%}
{% endmacro %}
