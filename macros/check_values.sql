{# What is wrong with these values of vars, one sentence each: the var, its value, what is
   allowed. It reads nothing but its argument and asks the engine only about words, so that
   a test can check a hundred values in one run. #}
{% macro find_problems(values) %}
    {%- set problems = [] -%}
    {%- for name, rule in customer_segmentation.list_rules().items() -%}
        {%- do customer_segmentation._check_value(problems, name, rule, values[name]) -%}
    {%- endfor -%}
    {#- What follows compares vars with each other and takes their shape for granted. -#}
    {%- if not problems -%}
        {%- do customer_segmentation._check_attributes(problems, values) -%}
        {%- do customer_segmentation._check_customer_columns(problems, values) -%}
        {%- do customer_segmentation._check_features(problems, values) -%}
        {%- do customer_segmentation._check_reserved_words(problems, values) -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{# One value against one rule; the entries of a mapping against theirs. #}
{% macro _check_value(problems, name, rule, value) %}
    {%- set fields = rule.get('fields') -%}
    {%- if rule.type == 'mapping' and value is mapping -%}
        {%- for key, entry in value.items() -%}
            {%- if 'keys' in rule and key not in rule['keys'] -%}
                {%- do customer_segmentation._add_unknown_key(
                    problems, name, key, rule['keys']
                ) -%}
            {%- else -%}
                {%- do customer_segmentation._check_value(
                    problems, customer_segmentation._name_entry(name, key), rule.entry, entry
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- elif rule.type in ['record', 'settings'] and value is mapping -%}
        {%- for key in value if key not in fields -%}
            {%- do customer_segmentation._add_unknown_key(problems, name, key, fields) -%}
        {%- endfor -%}
        {%- for key, field in fields.items()
            if key in value or not (field.optional or rule.type == 'settings') -%}
            {%- do customer_segmentation._check_value(
                problems, name ~ '.' ~ key, field, value.get(key)
            ) -%}
        {%- endfor -%}
    {%- elif not customer_segmentation._is_allowed(rule, value) -%}
        {%- do problems.append(
            customer_segmentation._write_problem(name, rule, value)
        ) -%}
    {%- endif -%}
{% endmacro %}


{% macro _add_unknown_key(problems, name, key, known) %}
    {%- set nearest = customer_segmentation._find_nearest(key, known) -%}
    {%- do problems.append(
        name ~ ' has the key ' ~ customer_segmentation._show(key) ~ '; '
        ~ ('did you mean ' ~ nearest ~ '? There' if nearest else 'there')
        ~ ' are: ' ~ known | join(', ') ~ '.'
    ) -%}
{% endmacro %}


{% macro _name_entry(name, key) %}
    {{- return(name ~ '.' ~ customer_segmentation._show(key)) -}}
{% endmacro %}


{% macro _write_problem(name, rule, value) %}
    {{- return(
        name ~ ' is ' ~ customer_segmentation._show(value) ~ ', but it must be '
        ~ customer_segmentation._write_allowed(rule) ~ '.'
    ) -}}
{% endmacro %}


{% macro _is_allowed(rule, value) %}
    {%- if value is none -%}
        {{- return(rule.nullable or false) -}}
    {%- elif rule.type == 'number' or rule.type == 'whole' -%}
        {{- return(customer_segmentation._is_number_in(rule, value)) -}}
    {%- elif rule.type == 'pair' -%}
        {{- return(
            value is sequence and value is not string and value is not mapping
            and value | length == 2
            and customer_segmentation._is_number_in(rule, value[0])
            and customer_segmentation._is_number_in(rule, value[1])
            and (value[0] < value[1] or (value[0] == value[1] and not rule.different))
        ) -}}
    {%- elif rule.type == 'boolean' -%}
        {{- return(value is boolean) -}}
    {%- elif rule.type == 'choice' -%}
        {{- return(value is string and value in rule.choices) -}}
    {%- elif rule.type == 'date' -%}
        {{- return(customer_segmentation._is_date(value | string)) -}}
    {%- elif rule.type == 'zone' -%}
        {{- return(value is string and value in modules.pytz.all_timezones_set) -}}
    {%- elif rule.type in ['text', 'relation'] -%}
        {{- return(value is string and value | trim | length > 0) -}}
    {%- elif rule.type == 'texts' -%}
        {{- return(customer_segmentation._is_list_of_texts(rule, value)) -}}
    {%- endif -%}
    {#- A mapping or a record that is something else. -#}
    {{- return(false) -}}
{% endmacro %}


{# Bounds are finite, so infinity and NaN are out. #}
{% macro _is_number_in(rule, value) %}
    {{- return(
        (value is integer or (value is float and rule.type != 'whole' and not rule.whole))
        and (value > rule.above if 'above' in rule else value >= rule.lowest)
        and value <= rule.highest
    ) -}}
{% endmacro %}


{# Levels may be numbers and must differ when compared in lower case. #}
{% macro _is_list_of_texts(rule, value) %}
    {%- if value is string or value is mapping or value is not sequence -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- for text in value
        if text is not string and not (rule.numbers and (text is integer or text is float))
    -%}
        {{- return(false) -}}
    {%- endfor -%}
    {%- set texts = value | map('string') | map('trim') | map('lower') | list -%}
    {{- return(not rule.numbers or texts | unique | list | length == texts | length) -}}
{% endmacro %}


{# A day of the calendar. `\Z`, because `$` also stands before a last line break. #}
{% macro _is_date(text) %}
    {%- if not modules.re.match(
        '(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\\Z', text
    ) -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set month = text[5:7] | int -%}
    {%- if month == 12 -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set year = text[:4] | int -%}
    {%- set days_in_month = modules.datetime.date(year, month + 1, 1).toordinal()
        - modules.datetime.date(year, month, 1).toordinal() -%}
    {{- return(text[8:] | int <= days_in_month) -}}
{% endmacro %}


{# What a rule allows, in words. #}
{% macro _write_allowed(rule) %}
    {%- if 'allowed' in rule -%}
        {%- set words = rule.allowed -%}
    {%- elif rule.type == 'relation' -%}
        {%- set words = (
            'the ref, source or table of your data, or a reader such as '
            ~ "read_parquet('orders/*.parquet')"
        ) -%}
    {%- elif rule.type in ['record', 'settings'] -%}
        {%- set words = 'a mapping with: ' ~ rule.fields | join(', ') -%}
    {%- elif rule.type == 'boolean' -%}
        {%- set words = 'one of: true, false' -%}
    {%- elif rule.type == 'choice' -%}
        {%- set words = 'one of: ' ~ rule.choices | join(', ') -%}
    {%- elif rule.type == 'date' -%}
        {%- set words = 'a date written YYYY-MM-DD' -%}
    {%- else -%}
        {%- set words = (
            ('a whole number' if rule.type == 'whole' else 'a number')
            ~ (' above ' ~ rule.above ~ ' up to ' if 'above' in rule
                else ' from ' ~ rule.lowest ~ ' to ')
            ~ rule.highest
        ) -%}
    {%- endif -%}
    {%- if 'example' in rule -%}
        {%- set words = words ~ ', such as ' ~ customer_segmentation._show(rule.example) -%}
    {%- endif -%}
    {{- return(('null or ' if rule.nullable else '') ~ words) -}}
{% endmacro %}


{# A value as the error shows it: on one line, whatever it is. #}
{% macro _show(value) %}
    {%- if value is string and modules.re.match('[^\\x00-\\x1f\\x7f]*[^\\s]\\Z', value) -%}
        {{- return(value) -}}
    {%- endif -%}
    {{- return(tojson(customer_segmentation.write_plainly(value))) -}}
{% endmacro %}


{# A value without what JSON has no word for: YAML reads 2025-01-31 as a date. #}
{% macro write_plainly(value) %}
    {%- if value is mapping -%}
        {%- set entries = {} -%}
        {%- for key, entry in value.items() -%}
            {%- do entries.update({
                key | string: customer_segmentation.write_plainly(entry)
            }) -%}
        {%- endfor -%}
        {{- return(entries) -}}
    {%- elif value is string or value is number or value is none -%}
        {{- return(value) -}}
    {%- elif value is sequence -%}
        {%- set entries = [] -%}
        {%- for entry in value -%}
            {%- do entries.append(customer_segmentation.write_plainly(entry)) -%}
        {%- endfor -%}
        {{- return(entries) -}}
    {%- endif -%}
    {{- return(value | string) -}}
{% endmacro %}
