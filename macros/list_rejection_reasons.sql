{# Why a row can be rejected, in the order in which the reasons are tried. #}
{% macro list_rejection_reasons() %}
    {{- return([
        'filtered', 'missing_customer', 'unreadable_timestamp', 'unreadable_amount',
        'before_earliest_date', 'after_as_of_date', 'ignored_return', 'duplicate',
        'conflicting_transaction_id',
    ]) -}}
{% endmacro %}
