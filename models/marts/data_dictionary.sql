-- One row per column of a mart, as the manifest of this run describes it.
-- Compiled it is long: a line per column.
{%- set texts = ['table_name', 'column_name', 'data_type', 'unit', 'description'] %}

with

dictionary (
    table_name, column_name, data_type, unit, description, column_number, is_personal
) as (
    values
    {%- for column in customer_segmentation.list_mart_columns() %}
    (
        {%- for text in texts %}
        {{- customer_segmentation.quote_text(column[text]) }},{{ ' ' }}
        {%- endfor %}
        {{- column.column_number }}, {{ column.is_personal | lower -}}
    ){{ ',' if not loop.last }}
    {%- endfor %}
)

select * from dictionary
