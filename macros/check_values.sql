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
        {%- do customer_segmentation._check_features(problems, values) -%}
        {%- do customer_segmentation._check_reserved_words(problems, values) -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{# One value against one rule; the entries of a mapping against theirs. #}
{% macro _check_value(problems, name, rule, value) %}
    {%- if value is not mapping or rule.type not in ['mapping', 'record', 'settings'] -%}
        {%- if not customer_segmentation._is_allowed(rule, value) -%}
            {%- do problems.append('{} is {}, but it must be {}.'.format(
                name, customer_segmentation._show(value),
                customer_segmentation._write_allowed(rule)
            )) -%}
        {%- endif -%}
    {%- else -%}
        {%- set known = rule.fields or rule.get('keys') -%}
        {%- if known -%}
            {%- do customer_segmentation._check_keys(problems, name, value, known) -%}
        {%- endif -%}
        {%- for key, entry in value.items() if not known or key in known -%}
            {%- do customer_segmentation._check_value(
                problems, customer_segmentation._name_entry(name, key),
                rule.fields[key] if rule.fields else rule.entry, entry
            ) -%}
        {%- endfor -%}
        {%- if rule.type == 'record' -%}
            {%- for key, field in rule.fields.items()
                if key not in value and not field.optional -%}
                {%- do customer_segmentation._check_value(
                    problems, name ~ '.' ~ key, field, none
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro _check_keys(problems, name, value, known) %}
    {%- for key in value if key not in known -%}
        {%- set nearest = customer_segmentation._find_nearest(key, known) -%}
        {%- do problems.append('{} has the key {}; {} are: {}.'.format(
            name, customer_segmentation._show(key),
            'did you mean ' ~ nearest ~ '? There' if nearest else 'there',
            known | join(', ')
        )) -%}
    {%- endfor -%}
{% endmacro %}


{% macro _name_entry(name, key) %}
    {{- return(name ~ '.' ~ customer_segmentation._show(key)) -}}
{% endmacro %}


{# A mapping is none of these: its entries are judged instead. #}
{% macro _is_allowed(rule, value) %}
    {%- if value is none -%}
        {{- return(rule.nullable or false) -}}
    {%- elif rule.type in ['number', 'share', 'whole'] -%}
        {{- return(customer_segmentation._is_number_in(rule, value)) -}}
    {%- elif rule.type == 'pair' -%}
        {{- return(
            value is sequence and value is not string and value is not mapping
            and value | length == 2
            and customer_segmentation._is_number_in(rule, value[0])
            and customer_segmentation._is_number_in(rule, value[1])
            and (value[0] < value[1] or (value[0] == value[1] and not rule.different))
        ) -}}
    {%- elif rule.type == 'texts' -%}
        {{- return(customer_segmentation._is_list_of_texts(rule, value)) -}}
    {%- endif -%}
    {{- return(
        (value is boolean) if rule.type == 'boolean'
        else customer_segmentation._is_date(value | string) if rule.type == 'date'
        else value is string and (
            value in rule.choices if rule.type == 'choice'
            else value in modules.pytz.all_timezones_set if rule.type == 'zone'
            else value | trim | length > 0 if rule.type in ['text', 'relation']
            else false
        )
    ) -}}
{% endmacro %}


{# Bounds are finite, so infinity and NaN are out. #}
{% macro _is_number_in(rule, value) %}
    {%- set is_whole = rule.type == 'whole' or rule.whole -%}
    {{- return(
        (value is integer or (value is float and not is_whole))
        and (value > rule.above if 'above' in rule else value >= rule.lowest | default(0))
        and value <= rule.highest | default(1)
    ) -}}
{% endmacro %}


{# Levels may be numbers and must differ when compared in lower case. #}
{% macro _is_list_of_texts(rule, value) %}
    {%- if value is string or value is mapping or value is not sequence -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set others = value | reject('string') | list -%}
    {%- set numbers = others | select('number') | reject('boolean') | list -%}
    {%- set texts = value | map('string') | map('trim') | map('lower') | list -%}
    {{- return(
        others | length == (numbers | length if rule.numbers else 0)
        and (not rule.numbers or texts | unique | list | length == texts | length)
    ) -}}
{% endmacro %}


{# A day of the calendar: counted on from the first, it is in the same month. `\Z`, because
   `$` also stands before a last line break. #}
{% macro _is_date(text) %}
    {%- if not modules.re.match(
        '(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\\Z', text
    ) -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set first = modules.datetime.date(text[:4] | int, text[5:7] | int, 1) -%}
    {%- set day = first + modules.datetime.timedelta(text[8:] | int - 1) -%}
    {{- return(day.month == first.month) -}}
{% endmacro %}


{# What a rule allows, in words. #}
{% macro _write_allowed(rule) %}
    {%- if rule.allowed -%}
        {%- set words = rule.allowed -%}
    {%- elif rule.type == 'relation' -%}
        {%- set words = 'the ref, source or table of your data, or a reader such as '
            ~ "read_parquet('orders/*.parquet')" -%}
    {%- elif rule.fields -%}
        {%- set words = 'a mapping with: ' ~ rule.fields | join(', ') -%}
    {%- elif rule.type == 'date' -%}
        {%- set words = 'a date written YYYY-MM-DD' -%}
    {%- elif rule.type in ['boolean', 'choice'] -%}
        {%- set words = 'one of: ' ~ (rule.choices or ['true', 'false']) | join(', ') -%}
    {%- else -%}
        {%- set words = '{} {} {}'.format(
            'a whole number' if rule.type == 'whole' else 'a number',
            'above ' ~ rule.above ~ ' up to' if 'above' in rule
                else 'from ' ~ rule.lowest | default(0) ~ ' to',
            rule.highest | default(1)
        ) -%}
    {%- endif -%}
    {%- set example = rule.default if rule.type == 'pair' else rule.example -%}
    {{- return(
        ('null or ' if rule.nullable else '') ~ words
        ~ (', such as ' ~ customer_segmentation._show(example) if example else '')
    ) -}}
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
