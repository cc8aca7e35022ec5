{# What the engine says against each query without running it, none where it can be run:
   kind ('missing': there is no such table or file, 'column', 'types', 'other'), text,
   the column that is missing, and what to do if we know it. Other engines are not asked:
   there the run itself stops with the engine's words. #}
{% macro find_query_errors(queries) %}
    {{- return(
        adapter.dispatch('find_query_errors', 'customer_segmentation')(queries)
    ) -}}
{% endmacro %}


{% macro default__find_query_errors(queries) %}
    {{- return([none] * queries | length) -}}
{% endmacro %}


{# Only whether a table is there: what else is wrong stops the run. #}
{% macro spark__find_query_errors(queries) %}
    {%- set errors = [] -%}
    {%- for query in queries -%}
        {%- set named = modules.re.match('select \\* from `?(\\w+)`?[.]`?(\\w+)`?$', query) -%}
        {%- set is_missing = named and adapter.get_relation(
            database=none, schema=named[1], identifier=named[2]
        ) is none -%}
        {%- do errors.append({'kind': 'missing', 'text': 'There is no such table'}
            if is_missing else none) -%}
    {%- endfor -%}
    {{- return(errors) -}}
{% endmacro %}


{# json_serialize_plan plans a query and returns the error as JSON instead of raising it;
   describe makes the plan short and free of what cannot be serialised. #}
{% macro duckdb__find_query_errors(queries) %}
    {%- set errors = [] -%}
    {%- if queries -%}
        {%- set asked = [] -%}
        {%- for query in queries -%}
            {%- do asked.append(
                'select ' ~ loop.index ~ " as place, cast(json_serialize_plan('from (describe "
                ~ query | replace("'", "''") ~ "\n)') as json) as answer"
            ) -%}
        {%- endfor -%}
        {%- set answers = run_query(
            'select '
            ~ "answer ->> '$.error_message', answer ->> '$.error_type', "
            ~ "answer ->> '$.error_subtype', answer ->> '$.type', answer ->> '$.name' "
            ~ 'from (' ~ asked | join(' union all ') ~ ') order by place'
        ) -%}
        {%- for answer in answers.rows -%}
            {%- do errors.append(
                customer_segmentation._read_duckdb_error(answer) if answer[0] else none
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(errors) -}}
{% endmacro %}


{% macro _read_duckdb_error(answer) %}
    {%- set message, error_type, subtype, entry, name = answer.values() -%}
    {%- set kind = (
        'missing' if 'No files found' in message or 'because schema' in message
            or (subtype == 'MISSING_ENTRY' and entry == 'Table')
        else 'column' if subtype == 'COLUMN_NOT_FOUND' and name
        else 'types' if 'explicit type casts' in message
        else 'other'
    ) -%}
    {#- The first paragraph, without a line of the user's data and lists of candidates. -#}
    {%- set text = modules.re.split(
        '\\n\\n|\\n\\s*(?:Candidate|Possible|The search space|The currently)',
        modules.re.sub('Original Line:[^\\n]*\\n', '', message)
    )[0] | replace('\n', ' ') | trim -%}
    {%- if error_type == 'internal' -%}
        {%- set text = 'It cannot be planned; it may have a parameter ($1 or ?)' -%}
    {%- endif -%}
    {%- set file = modules.re.search('\\n\\s*file = ([^\\n]*)', message) -%}
    {%- set hints = [] -%}
    {%- for pattern, hint in [
        ['not utf-8 encoded',
         "it is not UTF-8; name its encoding in read_csv, such as encoding='utf-16' or "
         ~ "encoding='latin-1', or save it as UTF-8"],
        ['not latin-1 encoded|not support the encoding',
         'a file from Windows is often in cp1252, which is not Latin-1; save it as UTF-8, '
         ~ 'such as with iconv -f cp1252 -t utf-8, and leave encoding out'],
        ['(?i)parquet file|magic bytes',
         'it is cut off or no Parquet file; fetch it again, or read it with read_csv'],
        ['sniffing file',
         'is it a CSV file? If so, name delim and quote in read_csv'],
    ] if modules.re.search(pattern, message) -%}
        {%- do hints.append(hint) -%}
    {%- endfor -%}
    {{- return({
        'kind': kind,
        'text': text ~ (' (file ' ~ file[1] ~ ')' if file and file[1] not in text else ''),
        'column': name if kind == 'column' else none,
        'hint': hints[0] if hints else none,
    }) -}}
{% endmacro %}
