{# What the engine says against the values: formats of dates, features of the user's own,
   relations, and what is mapped over them. An expression is {where: the var, text: as the
   user writes it, sql, column: ours}. #}


{# The values that need no table. #}
{% macro find_engine_problems(values) %}
    {%- set formats = {'segmentation_timestamp_format': values.segmentation_timestamp_format}
    -%}
    {%- for name, attribute in values.segmentation_demographics.items() -%}
        {%- do formats.update({
            'segmentation_demographics.' ~ name ~ '.format': attribute.get('format')
        }) -%}
    {%- endfor -%}
    {%- set problems = [] -%}
    {%- for name, format in formats.items() if format is not none -%}
        {%- set error = customer_segmentation.find_query_errors([
            'select ' ~ customer_segmentation.read_timestamp("cast('' as string)", format)
        ])[0] -%}
        {%- do problems.append(
            name ~ ' is ' ~ format ~ ', but it must be a strptime format such as %d/%m/%Y. '
            ~ 'The database says: ' ~ error.text ~ '.'
        ) if error is not none -%}
    {%- endfor -%}
    {{- return(problems + customer_segmentation._find_feature_problems(values)) -}}
{% endmacro %}


{# Each expression is bound as int_customer_model_inputs will use it, over no rows. #}
{% macro _find_feature_problems(values) %}
    {%- set columns = {
        'as_of_date': 'date', 'customer_id': 'string', 'purchase_status': 'string',
    } -%}
    {%- for name in customer_segmentation.list_feature_columns() -%}
        {%- do columns.update({name: 'double'}) -%}
    {%- endfor -%}
    {%- do columns.update({
        'lifetime_net_revenue': 'decimal(38, 4)', 'first_purchase_date': 'date',
        'last_purchase_date': 'date',
    }) -%}
    {%- set known = {'customer_id': 'string'} -%}
    {%- for name, attribute in values.segmentation_demographics.items() -%}
        {%- do known.update({
            customer_segmentation.name_attribute(name, attribute):
                'double' if attribute.kind in ['number', 'date'] else 'string'
        }) -%}
    {%- endfor -%}
    {%- do known.update(values.segmentation_extra_columns) -%}
    {%- do known.update({
        'is_in_customer_table': 'boolean', 'is_in_transactions': 'boolean',
    }) -%}
    {%- set relation = '{} as features left join {} as demographics '
        'on features.customer_id = demographics.customer_id'.format(
            customer_segmentation._select_nothing(columns),
            customer_segmentation._select_nothing(known)
        ) -%}
    {%- set expressions = [] -%}
    {%- for name, feature in values.segmentation_features.items() if feature.expression -%}
        {%- do expressions.append({
            'where': 'segmentation_features.' ~ name ~ '.expression',
            'text': feature.expression, 'sql': feature.expression, 'column': name,
        }) -%}
    {%- endfor -%}
    {%- set problems = customer_segmentation._find_expression_problems(
        expressions, relation, 'int_customer_features joined with the demographics',
        columns.keys() | list + known.keys() | list
    ) -%}
    {%- for expression in ([] if problems else expressions) -%}
        {%- set type = customer_segmentation.describe_query(
            'select ' ~ expression.sql ~ ' as ' ~ expression.column ~ ' from ' ~ relation
        )[0][1] -%}
        {%- do problems.append(
            expression.where ~ ' is ' ~ expression.text ~ ', which is of type ' ~ type
            ~ ', but it must be a number.'
        ) if type and not modules.re.match('(U?\\w*INT|DECIMAL|DOUBLE|FLOAT|BOOL)', type) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{# An empty relation with these columns. #}
{% macro _select_nothing(columns) %}
    {%- set selected = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do selected.append('cast(null as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {{- return('(select ' ~ selected | join(', ') ~ ' where 1 = 0)') -}}
{% endmacro %}


{# What is wrong with a relation and with what is mapped over it, one sentence each. #}
{% macro find_relation_problems(name, relation, values) %}
    {%- set here = name ~ ' is ' ~ values[name] -%}
    {%- set select_all = 'select * from ' ~ relation -%}
    {%- set error = customer_segmentation.find_query_errors([select_all])[0] -%}
    {%- if error is not none -%}
        {{- return([
            here ~ ', but it must be '
            ~ customer_segmentation._write_allowed({'type': 'relation'})
            ~ '; nothing was found there.' if error.kind == 'missing'
            else here ~ ', but it cannot be read' ~ (': ' ~ error.hint if error.hint else '')
            ~ '. The database says: ' ~ error.text ~ '.'
        ]) -}}
    {%- endif -%}
    {%- set there = customer_segmentation.describe_query(select_all) -%}
    {%- set names = there | map('first') | list -%}
    {%- set mapping_name = {
        'segmentation_transactions': 'segmentation_transaction_columns',
        'segmentation_customers': 'segmentation_customer_columns',
    }.get(name) -%}
    {%- set mapping = values[mapping_name] if mapping_name else {} -%}
    {%- set problems = [] -%}
    {%- for column in customer_segmentation._list_needed_columns(name, values)
        if column not in mapping and column not in names | map('lower') -%}
        {%- do problems.append('{}, which has no column {}{}{}. It has: {}.'.format(
            here, column,
            ' (needed by segmentation_duplicates: by_transaction_id)'
                if column == 'transaction_id' else '',
            '; map one in ' ~ mapping_name if mapping_name else '', names | join(', ')
        )) -%}
    {%- endfor -%}
    {%- set expressions = [] -%}
    {%- for column, text in mapping.items() -%}
        {%- do expressions.append({
            'where': mapping_name ~ '.' ~ column, 'text': text, 'sql': text,
            'column': column,
        }) -%}
    {%- endfor -%}
    {%- set filter = values.segmentation_transaction_filter -%}
    {%- do expressions.append({
        'where': 'segmentation_transaction_filter', 'text': filter,
        'sql': 'coalesce((' ~ filter ~ '), false)', 'column': 'is_wanted',
    }) if filter is not none and name == 'segmentation_transactions' -%}
    {%- do problems.extend(customer_segmentation._find_expression_problems(
        expressions, relation, values[name], names, there
    )) -%}
    {#- To SQL such a name is a number, the same in every row. -#}
    {%- for expression in expressions if expression.text | trim in names
        and modules.re.match('[0-9]', expression.text | trim) -%}
        {%- do problems.append(
            "{} is {}, which is a number and not the column of that name; write '\"{}\"'."
            .format(expression.where, expression.text, expression.text | trim)
        ) -%}
    {%- endfor -%}
    {%- if name == 'segmentation_transactions' and not problems -%}
        {%- set amount = mapping.get('amount', 'amount') -%}
        {%- set type = customer_segmentation.describe_query(
            'select ' ~ amount ~ ' as amount from ' ~ relation
        )[0][1] -%}
        {%- do problems.append(
            'segmentation_transaction_columns.amount is ' ~ amount
            ~ ', which is true or false, but it must be the money of the line.'
        ) if type == 'BOOLEAN' -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{% macro _list_needed_columns(name, values) %}
    {{- return(
        ['segment_id', 'segment_name', 'recommended_action']
        if name == 'segmentation_name_overrides'
        else ['customer_id'] + values.segmentation_demographics.keys() | list
            + values.segmentation_extra_columns.keys() | list
        if name == 'segmentation_customers'
        else ['customer_id', 'ordered_at', 'amount'] + (
            ['transaction_id']
            if values.segmentation_duplicates == 'by_transaction_id' else []
        )
    ) -}}
{% endmacro %}


{# The expressions are bound beside the columns of the relation, so that an aggregate is
   refused as well: all at once, and one by one only to say which is wrong. `here` is what
   the sentence calls the relation. #}
{% macro _find_expression_problems(expressions, relation, here, names, there=none) %}
    {%- set problems = [] -%}
    {%- if not customer_segmentation._is_bound(expressions, relation, names) -%}
        {%- for expression in expressions
            if not customer_segmentation._is_bound([expression], relation, names) -%}
            {%- set error = customer_segmentation.find_query_errors(
                [customer_segmentation._select_all_and([expression], relation)]
            )[0] -%}
            {%- do problems.append(
                expression.where ~ ' is ' ~ expression.text ~ ', '
                ~ customer_segmentation._write_expression_error(
                    expression.text, error, here, names, there
                )
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{% macro _select_all_and(expressions, relation) %}
    {%- set selected = ['*'] -%}
    {%- for expression in expressions -%}
        {%- do selected.append(expression.sql ~ ' as ' ~ expression.column) -%}
    {%- endfor -%}
    {{- return('select ' ~ selected | join(', ') ~ ' from ' ~ relation) -}}
{% endmacro %}


{# Does the engine take the selected expressions, and does each make one column? #}
{% macro _is_bound(expressions, relation, names) %}
    {%- set query = customer_segmentation._select_all_and(expressions, relation) -%}
    {{- return(
        customer_segmentation.find_query_errors([query])[0] is none
        and customer_segmentation.describe_query(query) | length
            == names | length + expressions | length
    ) -}}
{% endmacro %}


{% macro _write_expression_error(text, error, here, names, there) %}
    {%- set unquoted = customer_segmentation._find_unquoted(text, names) -%}
    {%- if error is none -%}
        {{- return('but it must be one SQL expression.') -}}
    {%- elif unquoted -%}
        {%- set quoted = '"' ~ unquoted | replace('"', '""') ~ '"' -%}
        {{- return(
            'but the name of a column such as ' ~ unquoted ~ " must be quoted: write '"
            ~ text | replace(unquoted, quoted) | replace("'", "''") ~ "'."
        ) -}}
    {%- elif error.kind == 'column' -%}
        {{- return('but {} has no column {}. It has: {}.'.format(
            here, error.column, names | join(', ')
        )) -}}
    {%- endif -%}
    {{- return('which the database refuses{}. The database says: {}. The columns are: {}.'
        .format(
            ': a column of text must be cast, such as '
                ~ customer_segmentation._suggest_casts(text, there)
                if error.kind == 'types' else '',
            error.text, names | join(', ')
        )) -}}
{% endmacro %}


{# The longest column whose name needs quotes and stands in the text without them. #}
{% macro _find_unquoted(text, names) %}
    {%- set longest = namespace(name='') -%}
    {%- for name in names
        if not modules.re.match('[A-Za-z_][A-Za-z0-9_]*\\Z', name) and name in text
            and '"' ~ name ~ '"' not in text and name | length > longest.name | length -%}
        {%- set longest.name = name -%}
    {%- endfor -%}
    {{- return(longest.name) -}}
{% endmacro %}


{# Plain arithmetic over text columns, with the casts it lacks; else an example. #}
{% macro _suggest_casts(text, there) %}
    {%- set ours = namespace(text=text) -%}
    {%- for name, type in there or [] if type == 'VARCHAR'
        and modules.re.match('[\\w\\s*/+.()-]+\\Z', text) -%}
        {%- set ours.text = modules.re.sub(
            '(?i)\\b(' ~ modules.re.escape(name) ~ ')\\b',
            'try_cast(\\1 as decimal(18, 4))', ours.text
        ) -%}
    {%- endfor -%}
    {{- return(ours.text if ours.text != text else 'try_cast(price as decimal(18, 4))') -}}
{% endmacro %}
