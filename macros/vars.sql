{# One rule per var, in the order of dbt_project.yml: what `check_config` allows, which vars
   there are, and which of them decide about a refit.

   type      number, whole, boolean, choice, date, text, texts, zone, pair (two rising
             numbers), relation, mapping (of `keys` or free names to an `entry`), record
             (a mapping with fixed `fields`). A boolean is never a number.
   lowest, highest, above, choices     what is allowed; `null` allows null
   allowed, example                    the words of the error, where the type says too little
   decides_refit                       true, or 'with demographics': only while they weigh #}
{% macro list_var_rules() %}
    {%- set groups = {
        'input': {
            'segmentation_transactions': {'type': 'relation'},
            'segmentation_transaction_columns': {
                'type': 'mapping',
                'keys': customer_segmentation.list_transaction_columns(),
                'entry': {
                    'type': 'text', 'allowed': 'a SQL expression over your columns',
                },
                'allowed': 'a mapping from our column to your SQL expression',
                'example': {'amount': 'net_price * quantity'},
                'decides_refit': true,
            },
            'segmentation_customers': {'type': 'relation', 'null': true},
            'segmentation_customer_columns': {
                'type': 'mapping',
                'entry': {
                    'type': 'text', 'allowed': 'a SQL expression over your columns',
                },
                'allowed': 'a mapping from our column to your SQL expression',
                'example': {'customer_id': 'client_no'},
                'decides_refit': 'with demographics',
            },
            'segmentation_demographics': {
                'type': 'mapping',
                'entry': {'type': 'record', 'fields': {
                    'kind': {
                        'type': 'choice',
                        'choices': ['ordinal', 'nominal', 'number', 'date', 'boolean'],
                    },
                    'levels': {
                        'type': 'texts', 'optional': true, 'numbers': true,
                        'allowed': 'a list of different texts (quote words such as yes)',
                    },
                    'minimum': {
                        'type': 'number', 'lowest': -10 ** 15, 'highest': 10 ** 15,
                        'optional': true,
                    },
                    'maximum': {
                        'type': 'number', 'lowest': -10 ** 15, 'highest': 10 ** 15,
                        'optional': true,
                    },
                    'as': {'type': 'choice', 'choices': ['age_years'], 'optional': true},
                    'format': {
                        'type': 'text', 'optional': true, 'allowed': 'a strptime format',
                        'example': '%d/%m/%Y',
                    },
                }},
                'allowed': 'a mapping from an attribute to its reading, {} for none',
                'example': {'gender': {'kind': 'nominal'}},
            },
            'segmentation_unknown_values': {
                'type': 'texts', 'allowed': 'a list of texts', 'example': ['n/a'],
                'decides_refit': 'with demographics',
            },
            'segmentation_extra_columns': {
                'type': 'mapping',
                'entry': {'type': 'choice', 'choices': [
                    'string', 'integer', 'bigint', 'double', 'boolean', 'date',
                    'timestamp',
                ]},
                'allowed': 'a mapping from a column to its type',
                'example': {'loyalty_tier': 'string'},
            },
            'segmentation_customers_without_purchases': {
                'type': 'choice', 'choices': ['include', 'leave_out'],
            },
            'segmentation_timestamp_format': {
                'type': 'text', 'null': true, 'allowed': 'a strptime format',
                'example': '%d/%m/%Y', 'decides_refit': true,
            },
            'segmentation_time_zone': {
                'type': 'zone', 'null': true, 'allowed': 'an IANA time zone',
                'example': 'America/New_York', 'decides_refit': true,
            },
            'segmentation_transaction_filter': {
                'type': 'text', 'null': true,
                'allowed': 'a SQL predicate over the columns of your table',
                'decides_refit': true,
            },
            'segmentation_returns': {
                'type': 'choice', 'choices': ['net', 'ignore'], 'decides_refit': true,
            },
            'segmentation_duplicates': {
                'type': 'choice', 'choices': ['keep', 'drop_exact', 'by_transaction_id'],
                'decides_refit': true,
            },
            'segmentation_minimum_order_amount': {
                'type': 'number', 'lowest': 0, 'highest': 10 ** 12, 'decides_refit': true,
            },
            'segmentation_maximum_unreadable_share': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_maximum_rejected_shares': {
                'type': 'mapping',
                'keys': customer_segmentation.list_rejected_shares().keys() | list,
                'entry': {'type': 'number', 'lowest': 0, 'highest': 1},
                'allowed': 'a mapping from a reason to a share',
                'example': {'duplicate': 0.1},
            },
            'segmentation_earliest_date': {'type': 'date', 'decides_refit': true},
            'segmentation_as_of_date': {'type': 'date', 'null': true},
        },
        'features': {
            'segmentation_lookback_days': {
                'type': 'whole', 'lowest': 30, 'highest': 36500, 'null': true,
                'decides_refit': true,
            },
            'segmentation_features': {
                'type': 'mapping',
                'entry': {'type': 'record', 'fields': {
                    'role': {'type': 'choice', 'choices': ['core', 'secondary']},
                    'transform': {'type': 'choice', 'choices': ['log1p', 'none']},
                    'scale': {
                        'type': 'number', 'above': 0, 'highest': 10 ** 15, 'optional': true,
                    },
                    'expression': {
                        'type': 'text', 'optional': true,
                        'allowed': 'a SQL expression over the features',
                    },
                }},
                'allowed': 'a mapping from a feature to its reading',
                'example': {'monetary': {'role': 'core', 'transform': 'log1p'}},
                'decides_refit': true,
            },
            'segmentation_secondary_share': {
                'type': 'number', 'lowest': 0, 'highest': 0.9, 'decides_refit': true,
            },
            'segmentation_demographics_weight': {
                'type': 'number', 'lowest': 0, 'highest': 0.2, 'decides_refit': true,
            },
            'segmentation_clip': {
                'type': 'number', 'lowest': 1, 'highest': 10, 'decides_refit': true,
            },
        },
        'model': {
            'segmentation_k_range': {
                'type': 'pair', 'lowest': 2, 'highest': 20, 'whole': true,
                'allowed': 'two whole numbers from 2 to 20, the lower first',
                'example': [3, 8], 'decides_refit': true,
            },
            'segmentation_k': {
                'type': 'whole', 'lowest': 2, 'highest': 20, 'null': true,
                'decides_refit': true,
            },
            'segmentation_training_rows': {
                'type': 'whole', 'lowest': 100, 'highest': 1000000000,
                'decides_refit': true,
            },
            'segmentation_minimum_customers': {
                'type': 'whole', 'lowest': 10, 'highest': 1000000000,
            },
            'segmentation_random_seed': {
                'type': 'whole', 'lowest': 0, 'highest': 4294967295, 'decides_refit': true,
            },
            'segmentation_n_init': {
                'type': 'whole', 'lowest': 1, 'highest': 1000, 'decides_refit': true,
            },
            'segmentation_k_sample_rows': {
                'type': 'whole', 'lowest': 100, 'highest': 100000, 'decides_refit': true,
            },
            'segmentation_k_bootstraps': {
                'type': 'whole', 'lowest': 2, 'highest': 1000, 'decides_refit': true,
            },
            'segmentation_k_minimum_share': {
                'type': 'number', 'lowest': 0, 'highest': 0.5, 'decides_refit': true,
            },
            'segmentation_k_minimum_stability': {
                'type': 'number', 'lowest': 0, 'highest': 1, 'decides_refit': true,
            },
            'segmentation_k_minimum_jaccard': {
                'type': 'number', 'lowest': 0, 'highest': 1, 'decides_refit': true,
            },
            'segmentation_refit': {'type': 'boolean'},
            'segmentation_rename': {'type': 'boolean'},
            'segmentation_name_overrides': {'type': 'relation'},
        },
        'history': {
            'segmentation_history_months': {'type': 'whole', 'lowest': 0, 'highest': 120},
        },
        'result': {
            'segmentation_confidence_bands': {
                'type': 'pair', 'lowest': 0, 'highest': 1, 'different': true,
                'allowed': 'two rising numbers from 0 to 1', 'example': [0.1, 0.3],
            },
            'segmentation_publish_demographics': {'type': 'boolean'},
            'segmentation_minimum_cell_size': {
                'type': 'whole', 'lowest': 1, 'highest': 1000000000,
            },
        },
        'drift': {
            'segmentation_drift_feature_psi': {
                'type': 'pair', 'above': 0, 'highest': 1000,
                'allowed': 'two numbers above 0, watch from and refit due from',
                'example': [0.1, 0.25],
            },
            'segmentation_drift_segment_psi': {
                'type': 'pair', 'above': 0, 'highest': 1000,
                'allowed': 'two numbers above 0, watch from and refit due from',
                'example': [0.05, 0.1],
            },
            'segmentation_drift_share_change': {
                'type': 'pair', 'above': 0, 'highest': 1000,
                'allowed': 'two numbers above 0, watch from and refit due from',
                'example': [0.05, 0.1],
            },
            'segmentation_drift_distance_ratio': {
                'type': 'pair', 'above': 1, 'highest': 1000,
                'allowed': 'two numbers above 1, watch from and refit due from',
                'example': [1.1, 1.25],
            },
            'segmentation_drift_last_date_lag_days': {
                'type': 'whole', 'lowest': 1, 'highest': 36500,
            },
            'segmentation_drift_rows_per_day_ratio': {
                'type': 'number', 'lowest': 1.01, 'highest': 1000000,
            },
            'segmentation_drift_day_revenue_ratio': {
                'type': 'number', 'lowest': 1.01, 'highest': 1000000,
            },
        },
        'tests': {
            'segmentation_test_severities': {
                'type': 'mapping',
                'keys': customer_segmentation.list_severity_tests(),
                'entry': {'type': 'choice', 'choices': ['error', 'warn']},
                'allowed': 'a mapping from a test to error or warn',
                'example': {'stability': 'error'},
            },
            'segmentation_breaking_change_share': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_minimum_segment_share': {
                'type': 'number', 'lowest': 0, 'highest': 0.5,
            },
            'segmentation_maximum_segment_share': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_minimum_stability': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_minimum_clustered_share': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_maximum_borderline_share': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_maximum_unmatched_buyer_share': {
                'type': 'number', 'lowest': 0, 'highest': 1,
            },
            'segmentation_maximum_date_gap_days': {
                'type': 'whole', 'lowest': 1, 'highest': 36500,
            },
        },
    } -%}
    {%- set rules = {} -%}
    {%- for group, members in groups.items() -%}
        {%- for name, rule in members.items() -%}
            {%- do rules.update({name: dict(rule, group=group)}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(rules) -}}
{% endmacro %}


{# Every var's value in this run; of the relations only those asked for, since a model may
   read no ref that it does not depend on. #}
{% macro read_var_values(relations) %}
    {%- set values = {} -%}
    {%- for name, rule in customer_segmentation.list_var_rules().items()
        if rule.type != 'relation' or name in relations -%}
        {%- do values.update({name: var(name)}) -%}
    {%- endfor -%}
    {{- return(values) -}}
{% endmacro %}
