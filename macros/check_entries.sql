{# What the table of rules cannot say: vars that depend on each other, and the names of
   columns that are made of a user's words. #}


{# Attributes, extra columns and the mapping of the customer table. #}
{% macro _check_attributes(problems, values) %}
    {%- set attributes = values.segmentation_demographics -%}
    {%- set extra_columns = values.segmentation_extra_columns -%}
    {#- Columns of the tables that attributes go through, besides the published ones. -#}
    {%- set taken = customer_segmentation.list_segment_columns() + [
        'record_count', 'record_number', 'is_in_transactions', 'purchase_status',
    ] -%}
    {%- for name, attribute in attributes.items() -%}
        {%- set here = customer_segmentation._name_entry('segmentation_demographics', name)
        -%}
        {%- set problem = customer_segmentation._find_attribute_problem(
            attribute, values.segmentation_demographics_weight > 0
        ) -%}
        {%- if problem -%}
            {%- do problems.append(here ~ problem) -%}
        {%- endif -%}
        {%- set column = customer_segmentation.name_attribute(name, attribute) -%}
        {%- if customer_segmentation._check_small_letters(
            problems, 'segmentation_demographics', name
        ) -%}
            {%- do customer_segmentation._check_column_name(
                problems, here, column, taken
            ) -%}
            {%- do customer_segmentation._check_column_name(
                problems, here, name, ['customer_id', 'record_count']
            ) if column != name -%}
        {%- endif -%}
        {%- do taken.append(column) -%}
    {%- endfor -%}
    {%- for name in extra_columns if customer_segmentation._check_small_letters(
        problems, 'segmentation_extra_columns', name
    ) -%}
        {%- do customer_segmentation._check_column_name(
            problems, 'segmentation_extra_columns.' ~ name, name,
            taken + attributes.keys() | list
        ) -%}
    {%- endfor -%}
    {%- do customer_segmentation._check_keys(
        problems, 'segmentation_customer_columns', values.segmentation_customer_columns,
        ['customer_id'] + attributes.keys() | list + extra_columns.keys() | list
    ) -%}
{% endmacro %}


{# The rest of the sentence about an attribute, none when it is fine. #}
{% macro _find_attribute_problem(attribute, is_weighed) %}
    {%- set lowest, highest = attribute.minimum, attribute.maximum -%}
    {%- if attribute.kind == 'ordinal' and not attribute.levels -%}
        {{- return(' is ordinal without levels; list them, lowest first.') -}}
    {%- elif attribute.kind == 'date' and attribute.get('as') != 'age_years' -%}
        {{- return(' is a date; write as: age_years, so that it is read as an age.') -}}
    {%- elif attribute.kind == 'nominal' and not attribute.levels and is_weighed -%}
        {{- return(
            ' is nominal without levels; with segmentation_demographics_weight above 0 they '
            ~ 'must be listed.'
        ) -}}
    {%- elif lowest | default(-1e15) > highest | default(1e15) -%}
        {{- return(
            '.minimum is ' ~ lowest ~ ', but it must not be above its maximum, ' ~ highest
            ~ '.'
        ) -}}
    {%- elif 'format' in attribute
        and (attribute.kind != 'date' or '%' not in attribute.format) -%}
        {{- return(
            '.format is ' ~ customer_segmentation._show(attribute.format) ~ ', but it must '
            ~ "be a strptime format such as '%d-%m-%Y', of an attribute of kind date."
        ) -}}
    {%- endif -%}
{% endmacro %}


{% macro _check_features(problems, values) %}
    {%- set features = values.segmentation_features -%}
    {%- set ours = customer_segmentation.list_feature_columns() -%}
    {#- Columns of the tables that features go through, besides the published ones. -#}
    {%- set taken = customer_segmentation.list_segment_columns() | reject('in', ours) | list
        + ['purchase_status', 'month_start_date', 'largest_deviation'] -%}
    {%- for name, feature in features.items() -%}
        {%- set here = customer_segmentation._name_entry('segmentation_features', name) -%}
        {%- do customer_segmentation._check_column_name(problems, here, name, taken) -%}
        {%- if 'expression' not in feature and name not in ours -%}
            {%- do problems.append(
                here ~ ' is not a column of int_customer_features; give it an '
                ~ 'expression or use one of: ' ~ ours | join(', ') ~ '.'
            ) -%}
        {%- elif 'expression' in feature and name in ours -%}
            {%- do problems.append(
                here ~ ' has an expression but the name of one of our columns; '
                ~ 'give it a name of its own.'
            ) -%}
        {%- endif -%}
        {%- for attribute, reading in values.segmentation_demographics.items()
            if values.segmentation_demographics_weight > 0 -%}
            {%- set column = customer_segmentation.name_attribute(attribute, reading) -%}
            {%- if name in [column, column ~ '_rank']
                or (name | string).startswith(column ~ '_is_level_') -%}
                {%- do problems.append(
                    here ~ ' has the name of a demographic column of the model; give it a '
                    ~ 'name of its own.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not features.values() | selectattr('role', 'equalto', 'core') | list -%}
        {%- do problems.append(
            'segmentation_features has no feature of role core; it must have one.'
        ) -%}
    {%- endif -%}
{% endmacro %}


{# The name of a column that is made of a user's word. #}
{% macro _check_column_name(problems, here, column, taken) %}
    {%- if not modules.re.match('[a-z][a-z0-9_]*\\Z', column | string)
        or column in taken -%}
        {%- do problems.append(
            here ~ ' would be a column named ' ~ customer_segmentation._show(column)
            ~ '; it must be small letters, digits and _, and none of: '
            ~ taken | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
{% endmacro %}


{# Our names are small letters whatever the table writes: true where this one is. Staging
   puts unreadable_ before a name, so no other name may begin like that. #}
{% macro _check_small_letters(problems, name_of_var, name) %}
    {%- set name = name | string -%}
    {%- if name.startswith('unreadable_') -%}
        {%- do problems.append(
            name_of_var ~ ' has ' ~ name ~ ', but no name may begin with unreadable_: '
            ~ 'such columns are ours.'
        ) -%}
        {{- return(false) -}}
    {%- elif modules.re.match('[a-z][a-z0-9_]*\\Z', name) -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set words = modules.re.sub('[^a-z0-9]+', '_', name | lower).strip('_') -%}
    {%- set ours = words if modules.re.match('^[a-z]', words) else 'my_' ~ words -%}
    {%- set quoted = '"' ~ name | replace('"', '""') ~ '"' -%}
    {%- do problems.append(
        '{} has {}, but our names must be small letters, digits and _. Name it {} and map '
        'it: segmentation_customer_columns: {{{}: {}}}.'.format(
            name_of_var, customer_segmentation._show(name), ours, ours,
            name if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', name)
                else "'" ~ quoted | replace("'", "''") ~ "'"
        )
    ) -%}
    {{- return(false) -}}
{% endmacro %}


{# Names stand unquoted in many places, so a word of SQL cannot be one. The user's column
   may have such a name: it is mapped in quotes. #}
{% macro _check_reserved_words(problems, values) %}
    {%- set places = {} -%}
    {%- for place in [
        'segmentation_demographics', 'segmentation_extra_columns', 'segmentation_features',
    ] -%}
        {%- for name in values[place] -%}
            {%- do places.update({name: place}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- Only names that are names go into a query. -#}
    {%- set names = [] if problems else places.keys() | list -%}
    {%- for name in customer_segmentation.find_reserved_words(names) -%}
        {%- set mapping = ' and map it: segmentation_customer_columns: {customer_' ~ name
            ~ ": '\"" ~ name ~ "\"'}" -%}
        {%- do problems.append(
            places[name] ~ '.' ~ name ~ ' would be a column named ' ~ name ~ ', which is a '
            ~ 'word of SQL; give it another name'
            ~ ('' if places[name] == 'segmentation_features' else mapping) ~ '.'
        ) -%}
    {%- endfor -%}
{% endmacro %}
