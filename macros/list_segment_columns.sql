{# The fixed columns of customer_segments: an attribute of the user's cannot have one of
   these names. #}
{% macro list_segment_columns() %}
    {{- return([
        'customer_id', 'segment_id', 'segment_name', 'segment_kind',
        'second_segment_name',
        'first_reason', 'second_reason', 'third_reason',
        'previous_segment_name', 'segment_changed_on',
        'confidence_band', 'rfm_segment', 'model_version',
        'distance', 'confidence', 'recency_score', 'frequency_score', 'monetary_score',
        'is_outlier', 'is_in_customer_table', 'as_of_date', 'first_purchase_date',
        'last_purchase_date', 'lifetime_net_revenue',
    ] + customer_segmentation.list_feature_columns()) -}}
{% endmacro %}
