{# Fails where the second nearest segment is missing, the nearest itself, or nearer. #}
{% test second_segment_differs(model) %}
select *
from {{ model }}
where
    second_segment_id is null
    or second_segment_id = segment_id
    or second_distance < distance
{% endtest %}
