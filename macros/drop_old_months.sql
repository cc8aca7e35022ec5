{# Rows outside the history window are deleted, or a deleted customer would stay in them.
   Not with --empty: no month start is known then, and the history is kept. #}
{% macro drop_old_months() %}
{%- if not flags.EMPTY %}
delete from {{ this }}
where as_of_date not in (select as_of_date from {{ ref('int_month_starts') }})
{%- endif %}
{% endmacro %}
