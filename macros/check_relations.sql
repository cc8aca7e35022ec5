{# What the engine says against the values that need no table: the formats of dates and the
   features of the user's own. #}
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
        {%- if error is not none -%}
            {%- do problems.append(
                name ~ ' is ' ~ format ~ ', but it must be a strptime format such as '
                ~ '%d/%m/%Y. The database says: ' ~ error.text ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do problems.extend(customer_segmentation.find_feature_problems(values)) -%}
    {{- return(problems) -}}
{% endmacro %}


{# Each expression is bound as int_customer_model_inputs will use it, over no rows. #}
{% macro find_feature_problems(values) %}
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
    {%- set relation = (
        customer_segmentation._select_nothing(columns) ~ ' as features left join '
        ~ customer_segmentation._select_nothing(known) ~ ' as demographics '
        ~ 'on features.customer_id = demographics.customer_id'
    ) -%}
    {%- set expressions = [] -%}
    {%- for name, feature in values.segmentation_features.items()
        if 'expression' in feature -%}
        {%- do expressions.append({
            'where': 'segmentation_features.' ~ name ~ '.expression',
            'text': feature.expression,
            'sql': feature.expression,
            'column': name,
        }) -%}
    {%- endfor -%}
    {%- set problems = customer_segmentation._find_expression_problems(
        expressions, relation, 'int_customer_features joined with the demographics',
        columns.keys() | list + known.keys() | list
    ) -%}
    {%- if not problems -%}
        {%- for expression in expressions -%}
            {%- set type = customer_segmentation.describe_query(
                'select ' ~ expression.sql ~ ' as ' ~ expression.column ~ ' from '
                ~ relation
            )[0][1] -%}
            {%- if type is not none
                and not modules.re.match('(U?\\w*INT|DECIMAL|DOUBLE|FLOAT|BOOL)', type) -%}
                {%- do problems.append(
                    expression.where ~ ' is ' ~ expression.text ~ ', which is of type '
                    ~ type ~ ', but it must be a number.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
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
    {%- set select_all = 'select * from ' ~ relation -%}
    {%- set error = customer_segmentation.find_query_errors([select_all])[0] -%}
    {%- if error is not none -%}
        {{- return([customer_segmentation._write_relation_problem(
            name, values[name], error
        )]) -}}
    {%- endif -%}
    {%- set there = customer_segmentation.describe_query(select_all) -%}
    {%- set needs = customer_segmentation._list_needs(name, values) -%}
    {%- set problems = [] -%}
    {%- for column in needs.columns
        if column not in needs.mapping and column not in there | map('first') | map('lower')
    -%}
        {%- do problems.append(
            name ~ ' is ' ~ values[name] ~ ', which has no column ' ~ column
            ~ (' (needed by segmentation_duplicates: by_transaction_id)'
                if column == 'transaction_id' else '')
            ~ ('; map one in ' ~ needs.mapping_name if needs.mapping_name else '')
            ~ '. It has: ' ~ there | map('first') | join(', ') ~ '.'
        ) -%}
    {%- endfor -%}
    {%- set expressions = [] -%}
    {%- for column, expression in needs.mapping.items() -%}
        {%- do expressions.append({
            'where': needs.mapping_name ~ '.' ~ column,
            'text': expression,
            'sql': expression,
            'column': column,
        }) -%}
    {%- endfor -%}
    {%- if needs.filter is not none -%}
        {%- do expressions.append({
            'where': 'segmentation_transaction_filter',
            'text': needs.filter,
            'sql': 'coalesce((' ~ needs.filter ~ '), false)',
            'column': 'is_wanted',
        }) -%}
    {%- endif -%}
    {%- do problems.extend(customer_segmentation._find_expression_problems(
        expressions, relation, values[name], there | map('first') | list, there
    )) -%}
    {#- To SQL such a name is a number, the same in every row. -#}
    {%- for expression in expressions
        if expression.text | trim in there | map('first')
            and modules.re.match('[0-9]', expression.text | trim) -%}
        {%- do problems.append(
            expression.where ~ ' is ' ~ expression.text ~ ', which is a number and not the '
            ~ "column of that name; write '\"" ~ expression.text | trim ~ "\"'."
        ) -%}
    {%- endfor -%}
    {%- if name == 'segmentation_transactions' and not problems -%}
        {%- set amount = needs.mapping.get('amount', 'amount') -%}
        {%- set type = customer_segmentation.describe_query(
            'select ' ~ amount ~ ' as amount from ' ~ relation
        )[0][1] -%}
        {%- if type == 'BOOLEAN' -%}
            {%- do problems.append(
                'segmentation_transaction_columns.amount is ' ~ amount
                ~ ', which is true or false, but it must be the money of the line.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{# What a relation must have, and what the vars say over it. #}
{% macro _list_needs(name, values) %}
    {%- if name == 'segmentation_transactions' -%}
        {{- return({
            'columns': ['customer_id', 'ordered_at', 'amount'] + (
                ['transaction_id']
                if values.segmentation_duplicates == 'by_transaction_id' else []
            ),
            'mapping_name': 'segmentation_transaction_columns',
            'mapping': values.segmentation_transaction_columns,
            'filter': values.segmentation_transaction_filter,
        }) -}}
    {%- elif name == 'segmentation_customers' -%}
        {{- return({
            'columns': ['customer_id']
                + values.segmentation_demographics.keys() | list
                + values.segmentation_extra_columns.keys() | list,
            'mapping_name': 'segmentation_customer_columns',
            'mapping': values.segmentation_customer_columns,
            'filter': none,
        }) -}}
    {%- endif -%}
    {{- return({
        'columns': ['segment_id', 'segment_name', 'recommended_action'],
        'mapping_name': none,
        'mapping': {},
        'filter': none,
    }) -}}
{% endmacro %}


{% macro _write_relation_problem(name, value, error) %}
    {%- if error.kind == 'missing' -%}
        {{- return(
            name ~ ' is ' ~ value ~ ', but it must be '
            ~ customer_segmentation._write_allowed({'type': 'relation'})
            ~ '; nothing was found there.'
        ) -}}
    {%- endif -%}
    {{- return(
        name ~ ' is ' ~ value ~ ', but it cannot be read'
        ~ (': ' ~ error.hint if error.hint else '')
        ~ '. The database says: ' ~ error.text ~ '.'
    ) -}}
{% endmacro %}


{# The expressions are bound beside the columns of the relation, so that an aggregate is
   refused as well: all at once, and one by one only to say which is wrong. `here` is what
   the sentence calls the relation. #}
{% macro _find_expression_problems(expressions, relation, here, names, there=none) %}
    {%- set problems = [] -%}
    {%- set selected = [] -%}
    {%- for expression in expressions -%}
        {%- do selected.append(expression.sql ~ ' as ' ~ expression.column) -%}
    {%- endfor -%}
    {%- if not selected or customer_segmentation._is_bound(selected, relation, names) -%}
        {{- return(problems) -}}
    {%- endif -%}
    {%- set queries = [] -%}
    {%- for expression in selected -%}
        {%- do queries.append('select *, ' ~ expression ~ ' from ' ~ relation) -%}
    {%- endfor -%}
    {%- set errors = customer_segmentation.find_query_errors(queries) -%}
    {%- for expression in expressions -%}
        {%- set error = errors[loop.index0] -%}
        {%- if error is not none or not customer_segmentation._is_bound(
            [selected[loop.index0]], relation, names
        ) -%}
            {%- do problems.append(
                expression.where ~ ' is ' ~ expression.text ~ ', '
                ~ customer_segmentation._write_expression_error(
                    expression.text, error, here, names, there
                )
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{# Does the engine take the selected expressions, and does each make one column? #}
{% macro _is_bound(selected, relation, names) %}
    {%- set query = 'select *, ' ~ selected | join(', ') ~ ' from ' ~ relation -%}
    {{- return(
        customer_segmentation.find_query_errors([query])[0] is none
        and customer_segmentation.describe_query(query) | length
            == names | length + selected | length
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
        {{- return(
            'but ' ~ here ~ ' has no column ' ~ error.column ~ '. It has: '
            ~ names | join(', ') ~ '.'
        ) -}}
    {%- endif -%}
    {{- return(
        'which the database refuses' ~ (
            ': ' ~ customer_segmentation._suggest_casts(text, there)
            if error.kind == 'types' else ''
        ) ~ '. The database says: ' ~ error.text ~ '. The columns are: '
        ~ names | join(', ') ~ '.'
    ) -}}
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


{# Plain arithmetic over text columns, with the casts it lacks. #}
{% macro _suggest_casts(text, there) %}
    {%- set ours = namespace(text=text) -%}
    {%- if there and modules.re.match('[\\w\\s*/+.()-]+\\Z', text) -%}
        {%- for name, type in there if type == 'VARCHAR' -%}
            {%- set ours.text = modules.re.sub(
                '(?i)\\b(' ~ modules.re.escape(name) ~ ')\\b',
                'try_cast(\\1 as decimal(18, 4))',
                ours.text
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(
        'a column of text must be cast, such as ' ~ (
            ours.text if ours.text != text else 'try_cast(price as decimal(18, 4))'
        )
    ) -}}
{% endmacro %}
