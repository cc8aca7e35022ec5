-- One row per mart: where it is, and the columns that its file is sorted by, which are its
-- key if it has one. Made of every mart, so it runs when all their tests have passed.
{%- set keys = {
    'customer_segments': 'customer_id',
    'segment_profiles': 'segment_id',
    'segment_feature_profiles': 'segment_id, feature',
    'segment_rules': 'segment_id',
    'segment_demographics': 'segment_id, attribute, value_order',
    'segment_count_scores': 'segment_count',
    'segment_evaluation': 'model_version',
    'customer_segments_monthly': 'as_of_date, customer_id',
    'segment_migrations': 'as_of_date, from_segment_name, to_segment_id',
    'segment_forward_value': 'as_of_date, horizon_months, segmentation, group_name',
    'segment_drift': 'as_of_date, model_version, metric, subject',
    'segment_months': 'as_of_date, segment_id',
    'report_findings': 'finding_rank',
    'recency_frequency_grid': 'recency_score, frequency_score',
    'revenue_concentration': 'twentieth',
    'cohort_retention': 'cohort_month, months_since',
    'sales_calendar': 'order_month, weekday',
    'feature_correlations': 'feature, other_feature',
    'feature_histograms': 'feature, scale, bin',
    'segment_map': 'customer_id',
    'column_quality': 'table_name, column_name',
    'customer_quality': 'attribute, fact',
    'transaction_quality': 'reason_order',
    'data_dictionary': 'table_name, column_number',
} %}
{%- set orders_without_key = {
    'segment_moves': 'from_date, to_date, from_segment_id, to_segment_id',
    'rejected_transactions': 'rejection_reason, customer_id, transaction_id, order_id, '
        ~ 'raw_ordered_at, raw_amount',
} %}

with

tables (
    table_number, table_name, database_name, schema_name, identifier, sort_columns, has_key
) as (
    values
    {%- for name, order in dict(keys, **orders_without_key).items() %}
    (
        {{- loop.index }}, '{{ name }}', '{{ ref(name).database }}',
        {{- " '" ~ ref(name).schema }}', '{{ ref(name).identifier }}',
        {{- " '" ~ order }}', {{ 'true' if name in keys else 'false' -}}
    ){{ ',' if not loop.last }}
    {%- endfor %}
)

select * from tables
