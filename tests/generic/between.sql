{# Fails for values outside the bounds; null passes. #}
{% test between(model, column_name, minimum=none, maximum=none) %}
select {{ column_name }}
from {{ model }}
where
    {% if minimum is not none %}{{ column_name }} < {{ minimum }}{% else %}1 = 0{% endif %}
    or {% if maximum is not none %}{{ column_name }} > {{ maximum }}
    {% else %}1 = 0{% endif %}
{% endtest %}
