{# Fails where the second nearest segment is missing, the own one, or nearer than the
   nearest or, unless the customer is kept from it, than the own one. #}
{% test second_segment_differs(model) %}
select *
from {{ model }}
where
    second_segment_id is null
    or second_segment_id = segment_id
    or second_distance < nearest_distance
    or (second_distance < distance and second_segment_id <> nearest_segment_id)
{% endtest %}
