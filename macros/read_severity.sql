{# The tests that judge segments, whose severity is a var. #}
{% macro list_severity_tests() %}
    {{- return([
        'smallest_segment', 'largest_segment', 'stability', 'weak_structure',
        'clustered_share', 'borderline_share', 'breaking_change', 'dropped_feature',
        'no_model', 'unmet_override', 'untrue_name', 'untold_spend', 'rejected_rows',
        'shared_transaction_id',
    ]) -}}
{% endmacro %}


{# error or warn: what the user says of a test, else warn. #}
{% macro read_severity(name) %}
    {%- set severities = var('segmentation_test_severities') -%}
    {%- set severity = severities.get(name, 'warn') if severities is mapping else 'warn' -%}
    {{- return(severity if severity in ['error', 'warn'] else 'warn') -}}
{% endmacro %}
