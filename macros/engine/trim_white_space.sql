{# A text without white space at its ends: spaces, tabs, line breaks, no-break spaces and
   their kin, which copies from a page or a spreadsheet bring along. #}
{% macro trim_white_space(text) -%}
    {{- return(
        adapter.dispatch('trim_white_space', 'customer_segmentation')(text)
    ) -}}
{%- endmacro %}


{% macro spark__trim_white_space(text) -%}
    regexp_replace({{ text }}, '(?U)^\\s+|\\s+$', '')
{%- endmacro %}


{% macro duckdb__trim_white_space(text) -%}
    {#- \s is ASCII only here, \p{Z} are the separators of Unicode; the rest are vertical
        tab, next line and byte order mark. -#}
    {%- set space = '[\\s\\p{Z}\\x0B\\x{85}\\x{FEFF}]' -%}
    regexp_replace({{ text }}, '^{{ space }}+|{{ space }}+$', '', 'g')
{%- endmacro %}
