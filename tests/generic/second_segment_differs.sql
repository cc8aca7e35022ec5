{# Fails where the second nearest segment is missing, the own one, or nearer than it. #}
{% test second_segment_differs(model) %}
select *
from {{ model }}
where
    second_segment_id is null
    or second_segment_id = segment_id
    or confidence < 0
{% endtest %}
