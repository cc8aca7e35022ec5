{# Months outside the history are not kept: what is not shown must not linger, or a deleted
   customer would stay in it. #}
{% macro drop_old_months() %}
delete from {{ this }}
where as_of_date not in (select as_of_date from {{ ref('int_month_starts') }})
{% endmacro %}
