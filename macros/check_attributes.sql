{# How one attribute is read: its bounds and its format. #}
{% macro _check_reading(problems, here, attribute) %}
    {%- set minimum = attribute.get('minimum') -%}
    {%- set maximum = attribute.get('maximum') -%}
    {%- if minimum is number and maximum is number and minimum > maximum -%}
        {%- do problems.append(
            here ~ '.minimum is ' ~ minimum ~ ', which is above its maximum, ' ~ maximum
            ~ ': no value could lie between them.'
        ) -%}
    {%- endif -%}
    {%- set format = attribute.get('format') -%}
    {%- if format is not none and (
        attribute.kind != 'date' or format is not string or '%' not in format
    ) -%}
        {%- do problems.append(
            here ~ '.format is ' ~ tojson(format) ~ ', but it must be a strptime format '
            ~ "such as '%d-%m-%Y', of an attribute of kind date."
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
    {%- elif not modules.re.match('^[a-z][a-z0-9_]*$', name) -%}
        {%- set words = modules.re.sub('[^a-z0-9]+', '_', name | lower).strip('_') -%}
        {%- set ours = words if modules.re.match('^[a-z]', words) else 'my_' ~ words -%}
        {%- set quoted = '"' ~ name | replace('"', '""') ~ '"' -%}
        {%- set theirs = (
            name if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', name)
            else "'" ~ quoted | replace("'", "''") ~ "'"
        ) -%}
        {%- do problems.append(
            name_of_var ~ ' has ' ~ name ~ ', but our names must be small letters, digits '
            ~ 'and _. Name it ' ~ ours ~ ' and map it: segmentation_customer_columns: {'
            ~ ours ~ ': ' ~ theirs ~ '}.'
        ) -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return(true) -}}
{% endmacro %}
