{# The run's first step: every var is read and every problem told at once, in one
   sentence each: the var, its value, what is allowed. #}
{% macro check_config() %}
    {#- Rendered outside `execute`, so that dbt sees the refs inside the vars. -#}
    {%- set transactions = customer_segmentation.input_relation(
        'segmentation_transactions'
    ) -%}
    {%- set customers = customer_segmentation.input_relation(
        'segmentation_customers'
    ) -%}
    {%- set overrides = customer_segmentation.input_relation(
        'segmentation_name_overrides'
    ) -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- do customer_segmentation._check_names(problems) -%}
        {%- do customer_segmentation._check_collisions(problems) -%}
        {%- do customer_segmentation._check_choices(problems) -%}
        {%- do customer_segmentation._check_numbers(problems) -%}
        {%- do customer_segmentation._check_rejected_shares(problems) -%}
        {%- do customer_segmentation._check_drift_bounds(problems) -%}
        {%- do customer_segmentation._check_dates(problems) -%}
        {%- do customer_segmentation._check_k(problems) -%}
        {%- do customer_segmentation._check_features(problems) -%}
        {%- do customer_segmentation._check_demographics(problems) -%}
        {%- do customer_segmentation._check_extra_columns(problems) -%}
        {%- do customer_segmentation._check_mappings(problems) -%}
        {%- if not problems -%}
            {%- do customer_segmentation._check_relation(
                problems, 'segmentation_transactions', transactions
            ) -%}
            {%- do customer_segmentation._check_relation(
                problems, 'segmentation_customers', customers
            ) -%}
            {%- do customer_segmentation._check_relation(
                problems, 'segmentation_name_overrides', overrides
            ) -%}
        {%- endif -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{% macro _raise(problems) %}
    {%- if problems -%}
        {{- exceptions.raise_compiler_error(problems | join('\n  ')) -}}
    {%- endif -%}
{% endmacro %}


{% macro _say(problems, name, allowed) %}
    {%- set value = var(name) -%}
    {%- do problems.append(
        name ~ ' is ' ~ (value if value is string else tojson(value))
        ~ ', but it must be ' ~ allowed ~ '.'
    ) -%}
{% endmacro %}


{# Every var there is. A misspelt one on the command line must not be ignored. #}
{% macro list_vars() %}
    {{- return([
        'segmentation_transactions', 'segmentation_transaction_columns',
        'segmentation_customers', 'segmentation_customer_columns',
        'segmentation_demographics', 'segmentation_unknown_values',
        'segmentation_extra_columns', 'segmentation_customers_without_purchases',
        'segmentation_publish_demographics',
        'segmentation_timestamp_format', 'segmentation_time_zone',
        'segmentation_transaction_filter', 'segmentation_returns',
        'segmentation_duplicates', 'segmentation_minimum_order_amount',
        'segmentation_earliest_date', 'segmentation_as_of_date',
        'segmentation_lookback_days', 'segmentation_features',
        'segmentation_secondary_share', 'segmentation_demographics_weight',
        'segmentation_clip', 'segmentation_k_range', 'segmentation_k',
        'segmentation_training_rows', 'segmentation_minimum_customers',
        'segmentation_random_seed', 'segmentation_n_init',
        'segmentation_k_sample_rows', 'segmentation_k_bootstraps',
        'segmentation_k_minimum_share', 'segmentation_k_minimum_jaccard',
        'segmentation_k_stability_margin', 'segmentation_k_silhouette_ratio',
        'segmentation_k_minimum_stability', 'segmentation_refit',
        'segmentation_history_months', 'segmentation_hysteresis',
        'segmentation_rename', 'segmentation_name_overrides',
        'segmentation_breaking_change_share', 'segmentation_test_severities',
        'segmentation_maximum_segment_share', 'segmentation_minimum_stability',
        'segmentation_minimum_clustered_share',
        'segmentation_maximum_borderline_share',
        'segmentation_confidence_bands', 'segmentation_minimum_cell_size',
        'segmentation_drift_feature_psi', 'segmentation_drift_segment_psi',
        'segmentation_drift_share_change', 'segmentation_drift_distance_ratio',
        'segmentation_drift_last_date_lag_days',
        'segmentation_drift_rows_per_day_ratio',
        'segmentation_drift_day_revenue_ratio',
        'segmentation_minimum_segment_share',
        'segmentation_maximum_unreadable_share',
        'segmentation_maximum_rejected_shares',
        'segmentation_maximum_date_gap_days',
    ]) -}}
{% endmacro %}


{% macro _check_names(problems) %}
    {%- set known = customer_segmentation.list_vars() -%}
    {%- for name in invocation_args_dict.get('vars', {}) -%}
        {%- if name.startswith('segmentation_') and name not in known -%}
            {%- do problems.append(
                name ~ ' is not a var of this project; there are: '
                ~ known | join(', ') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{# Installed as a package: where a model of the installing project has the name of one of
   ours, dbt takes it for ours unless a flag of that project says otherwise. #}
{% macro _check_collisions(problems) %}
    {%- set ours = [] -%}
    {%- set taken = [] -%}
    {%- for node in graph.nodes.values()
        if node.package_name == 'customer_segmentation'
            and node.resource_type in ['model', 'seed'] -%}
        {%- do ours.append(node.name) -%}
    {%- endfor -%}
    {#- Of our nodes only these may read another project's: through a var. -#}
    {%- for node in graph.nodes.values()
        if node.package_name == 'customer_segmentation' and node.name not in [
            'base_transactions', 'base_customers', 'segment_model_versions',
            'segment_directory', 'assert_name_overrides_are_met',
        ] -%}
        {%- for id in node.depends_on.nodes
            if id.split('.')[1] != 'customer_segmentation'
                and id.split('.')[2] in ours -%}
            {%- do taken.append(id.split('.')[2]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if taken -%}
        {%- do problems.append(
            'Your project has models with names of ours: '
            ~ taken | unique | sort | join(', ') ~ '. Write into its dbt_project.yml: '
            ~ 'flags: {require_ref_searches_node_package_before_root: true}.'
        ) -%}
    {%- endif -%}
{% endmacro %}


{% macro _check_choices(problems) %}
    {%- set choices = {
        'segmentation_returns': ['net', 'ignore'],
        'segmentation_duplicates': ['keep', 'drop_exact', 'by_transaction_id'],
        'segmentation_customers_without_purchases': ['include', 'leave_out'],
        'segmentation_publish_demographics': [true, false],
        'segmentation_refit': [true, false],
        'segmentation_rename': [true, false],
    } -%}
    {%- for name, allowed in choices.items() -%}
        {%- if var(name) not in allowed
            or (allowed[0] is boolean and var(name) is not boolean) -%}
            {%- do customer_segmentation._say(
                problems, name, 'one of: ' ~ (allowed | join(', ') | lower)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set zone = var('segmentation_time_zone') -%}
    {%- if zone is not none and zone not in modules.pytz.all_timezones_set -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_time_zone',
            'null or an IANA time zone such as America/New_York'
        ) -%}
    {%- endif -%}
    {%- for name in ['segmentation_timestamp_format', 'segmentation_transaction_filter'] -%}
        {%- set value = var(name) -%}
        {%- if value is not none and (value is not string or not value | trim) -%}
            {%- do customer_segmentation._say(
                problems, name,
                'null or ' ~ (
                    "a strptime format such as '%d/%m/%Y'"
                    if name == 'segmentation_timestamp_format'
                    else 'a SQL predicate over the columns of your table'
                )
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set severities = var('segmentation_test_severities') -%}
    {%- if severities is not mapping
        or severities.values() | reject('in', ['error', 'warn']) | list
        or severities.keys()
            | reject('in', customer_segmentation.list_severity_tests()) | list -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_test_severities',
            'a mapping to error or warn from any of: '
            ~ customer_segmentation.list_severity_tests() | join(', ')
        ) -%}
    {%- endif -%}
    {%- set unknown = var('segmentation_unknown_values') -%}
    {%- if unknown is string or unknown is not sequence
        or unknown | select('string') | list | length != unknown | length -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_unknown_values', 'a list of texts'
        ) -%}
    {%- endif -%}
{% endmacro %}


{# name: [lowest, highest, whole numbers only, null allowed] #}
{% macro _check_numbers(problems) %}
    {%- set bounds = {
        'segmentation_minimum_order_amount': [0, none, false, false],
        'segmentation_lookback_days': [30, 36500, true, true],
        'segmentation_secondary_share': [0, 0.9, false, false],
        'segmentation_demographics_weight': [0, 0.2, false, false],
        'segmentation_clip': [1, 10, false, false],
        'segmentation_training_rows': [100, none, true, false],
        'segmentation_minimum_customers': [10, none, true, false],
        'segmentation_random_seed': [0, 4294967295, true, false],
        'segmentation_n_init': [1, 1000, true, false],
        'segmentation_k_sample_rows': [100, 100000, true, false],
        'segmentation_k_bootstraps': [2, 1000, true, false],
        'segmentation_k_minimum_share': [0, 0.5, false, false],
        'segmentation_k_minimum_jaccard': [0, 1, false, false],
        'segmentation_k_stability_margin': [0, 1, false, false],
        'segmentation_k_silhouette_ratio': [0, 1, false, false],
        'segmentation_k_minimum_stability': [0, 1, false, false],
        'segmentation_history_months': [0, 120, true, false],
        'segmentation_hysteresis': [0, 0.5, false, false],
        'segmentation_minimum_cell_size': [1, none, true, false],
        'segmentation_breaking_change_share': [0, 1, false, false],
        'segmentation_drift_last_date_lag_days': [1, none, true, false],
        'segmentation_drift_rows_per_day_ratio': [1.01, none, false, false],
        'segmentation_drift_day_revenue_ratio': [1.01, none, false, false],
        'segmentation_minimum_segment_share': [0, 0.5, false, false],
        'segmentation_maximum_segment_share': [0, 1, false, false],
        'segmentation_minimum_stability': [0, 1, false, false],
        'segmentation_minimum_clustered_share': [0, 1, false, false],
        'segmentation_maximum_borderline_share': [0, 1, false, false],
        'segmentation_maximum_unreadable_share': [0, 1, false, false],
        'segmentation_maximum_date_gap_days': [1, none, true, false],
    } -%}
    {%- for name, bound in bounds.items() -%}
        {%- set value = var(name) -%}
        {%- set is_allowed = (
            bound[3] if value is none
            else (value is integer or (value is float and not bound[2]))
            and value >= bound[0] and (bound[1] is none or value <= bound[1])
        ) -%}
        {%- if not is_allowed -%}
            {%- do customer_segmentation._say(
                problems, name,
                ('null or ' if bound[3] else '')
                ~ ('a whole number' if bound[2] else 'a number')
                ~ (
                    ' of at least ' ~ bound[0] if bound[1] is none
                    else ' from ' ~ bound[0] ~ ' to ' ~ bound[1]
                )
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('segmentation_hysteresis') is number and var('segmentation_hysteresis') > 0
        and var('segmentation_history_months') is integer
        and var('segmentation_history_months') < 2 -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_hysteresis',
            '0 while segmentation_history_months is below 2: it needs the month before'
        ) -%}
    {%- endif -%}
    {%- set bands = var('segmentation_confidence_bands') -%}
    {%- if bands is string or bands is not sequence or bands | length != 2
        or bands | select('number') | list | length != 2
        or not 0 <= bands[0] < bands[1] <= 1 -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_confidence_bands',
            'two rising numbers from 0 to 1, such as [0.1, 0.3]'
        ) -%}
    {%- endif -%}
{% endmacro %}


{# name: [both lie above this, an example] #}
{% macro _check_drift_bounds(problems) %}
    {%- set bounds = {
        'segmentation_drift_feature_psi': [0, '[0.1, 0.25]'],
        'segmentation_drift_segment_psi': [0, '[0.05, 0.1]'],
        'segmentation_drift_share_change': [0, '[0.05, 0.1]'],
        'segmentation_drift_distance_ratio': [1, '[1.1, 1.25]'],
    } -%}
    {%- for name, bound in bounds.items() -%}
        {%- set pair = var(name) -%}
        {%- if pair is string or pair is not sequence or pair is mapping
            or pair | length != 2
            or pair | select('number') | list | length != 2
            or not bound[0] < pair[0] <= pair[1] -%}
            {%- do customer_segmentation._say(
                problems, name,
                'two numbers above ' ~ bound[0] ~ ', watch from and refit due from, such '
                ~ 'as ' ~ bound[1]
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{% macro _check_dates(problems) %}
    {%- for name in ['segmentation_as_of_date', 'segmentation_earliest_date'] -%}
        {%- set value = var(name) -%}
        {%- set is_optional = name == 'segmentation_as_of_date' -%}
        {%- if not (value is none and is_optional)
            and not customer_segmentation._is_date(value | string) -%}
            {%- do customer_segmentation._say(
                problems, name,
                ('null or ' if is_optional else '') ~ 'a date written YYYY-MM-DD'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{% macro _is_date(text) %}
    {%- if not modules.re.match('^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', text)
        or text < '0001-01-01' -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set month = text[5:7] | int -%}
    {%- set days = (
        30 if month in [4, 6, 9, 11]
        else 31 if month != 2
        else 28 + (((1461 * (text[:4] | int)) % 4 == 0
            and (text[:4] | int) % 4 == 0
            and ((text[:4] | int) % 100 != 0 or (text[:4] | int) % 400 == 0)) | int)
    ) -%}
    {{- return(text[8:] | int <= days) -}}
{% endmacro %}


{% macro _check_k(problems) %}
    {%- set k_range = var('segmentation_k_range') -%}
    {%- if k_range is string or k_range is not sequence or k_range | length != 2
        or k_range | select('integer') | list | length != 2
        or not 2 <= k_range[0] <= k_range[1] <= 20 -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_k_range',
            'two whole numbers from 2 to 20, the lower first, such as [4, 8]'
        ) -%}
    {%- endif -%}
    {%- set k = var('segmentation_k') -%}
    {%- if k is not none and (k is not integer or not 2 <= k <= 20) -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_k', 'null or a whole number from 2 to 20'
        ) -%}
    {%- endif -%}
{% endmacro %}


{% macro _check_features(problems) %}
    {%- set features = var('segmentation_features') -%}
    {%- if features is not mapping or not features -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_features', 'a mapping from a feature to its reading'
        ) -%}
    {%- else -%}
        {%- set ours = customer_segmentation.list_feature_columns() -%}
        {%- for name, feature in features.items() -%}
            {%- set here = 'segmentation_features.' ~ name -%}
            {%- if not modules.re.match('^[a-z][a-z0-9_]*$', name | string) -%}
                {%- do problems.append(
                    here ~ ' is not a name; use small letters, digits and _ .'
                ) -%}
            {%- elif feature is not mapping -%}
                {%- do problems.append(
                    here ~ ' is ' ~ tojson(feature)
                    ~ ', but it must be a mapping such as {role: core, transform: log1p}.'
                ) -%}
            {%- else -%}
                {%- for key in feature
                    if key not in ['role', 'transform', 'scale', 'expression'] -%}
                    {%- do problems.append(
                        here ~ ' has the key ' ~ key
                        ~ '; there are: role, transform, scale, expression.'
                    ) -%}
                {%- endfor -%}
                {%- if feature.role not in ['core', 'secondary'] -%}
                    {%- do problems.append(
                        here ~ '.role is ' ~ feature.role
                        ~ ', but it must be one of: core, secondary.'
                    ) -%}
                {%- endif -%}
                {%- if feature.transform not in ['log1p', 'none'] -%}
                    {%- do problems.append(
                        here ~ '.transform is ' ~ feature.transform
                        ~ ', but it must be one of: log1p, none.'
                    ) -%}
                {%- endif -%}
                {%- set scale = feature.get('scale', 1) -%}
                {%- if scale is not number or scale is boolean or scale <= 0 -%}
                    {%- do problems.append(
                        here ~ '.scale is ' ~ scale ~ ', but it must be a number above 0.'
                    ) -%}
                {%- endif -%}
                {%- if 'expression' not in feature and name not in ours -%}
                    {%- do problems.append(
                        here ~ ' is not a column of int_customer_features; give it an '
                        ~ 'expression or use one of: ' ~ ours | join(', ') ~ '.'
                    ) -%}
                {%- elif 'expression' in feature and name in ours -%}
                    {%- do problems.append(
                        here ~ ' has an expression but the name of one of our columns; '
                        ~ 'give it a name of its own.'
                    ) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if features.values() | selectattr('role', 'equalto', 'core') | list
            | length == 0 -%}
            {%- do problems.append(
                'segmentation_features has no feature of role core; it must have one.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro _check_demographics(problems) %}
    {%- set demographics = var('segmentation_demographics') -%}
    {%- if demographics is not mapping -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_demographics',
            'a mapping from an attribute to its reading, {} for none'
        ) -%}
    {%- else -%}
        {%- set taken = customer_segmentation.list_segment_columns() -%}
        {%- for name, attribute in demographics.items() -%}
            {%- set here = 'segmentation_demographics.' ~ name -%}
            {%- if attribute is not mapping
                or attribute.kind not in
                    ['ordinal', 'nominal', 'number', 'date', 'boolean'] -%}
                {%- do problems.append(
                    here ~ ' is ' ~ tojson(attribute) ~ ', but its kind must be one of: '
                    ~ 'ordinal, nominal, number, date, boolean.'
                ) -%}
            {%- else -%}
                {%- for key in attribute
                    if key not in ['kind', 'levels', 'minimum', 'maximum', 'as'] -%}
                    {%- do problems.append(
                        here ~ ' has the key ' ~ key
                        ~ '; there are: kind, levels, minimum, maximum, as.'
                    ) -%}
                {%- endfor -%}
                {%- set levels = attribute.get('levels') -%}
                {%- if attribute.kind == 'ordinal' and not levels -%}
                    {%- do problems.append(
                        here ~ ' is ordinal without levels; list them, lowest first.'
                    ) -%}
                {%- endif -%}
                {%- if levels and (
                    levels is string or levels is not sequence
                    or levels | map('string') | map('lower') | unique | list | length
                        != levels | length
                ) -%}
                    {%- do problems.append(
                        here ~ '.levels is ' ~ tojson(levels)
                        ~ ', but it must be a list of different texts.'
                    ) -%}
                {%- endif -%}
                {%- if attribute.kind == 'date' and attribute.get('as') != 'age_years' -%}
                    {%- do problems.append(
                        here ~ '.as is ' ~ attribute.get('as')
                        ~ ', but a date must be read as: age_years.'
                    ) -%}
                {%- endif -%}
                {%- if attribute.kind == 'nominal' and not levels
                    and var('segmentation_demographics_weight') is number
                    and var('segmentation_demographics_weight') > 0 -%}
                    {%- do problems.append(
                        here ~ ' is nominal without levels; with '
                        ~ 'segmentation_demographics_weight above 0 they must be listed.'
                    ) -%}
                {%- endif -%}
            {%- endif -%}
            {%- set column = customer_segmentation.name_attribute(name, attribute) -%}
            {%- if not modules.re.match('^[a-z][a-z0-9_]*$', column | string)
                or column in taken -%}
                {%- do problems.append(
                    here ~ ' would be a column named ' ~ column
                    ~ '; it must be small letters, digits and _, and none of: '
                    ~ taken | join(', ') ~ '.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{% macro _check_extra_columns(problems) %}
    {%- set extra = var('segmentation_extra_columns') -%}
    {%- if extra is not mapping -%}
        {%- do customer_segmentation._say(
            problems, 'segmentation_extra_columns',
            'a mapping from a column to its type, such as {loyalty_tier: string}'
        ) -%}
    {%- else -%}
        {%- set taken = customer_segmentation.list_segment_columns() -%}
        {%- if var('segmentation_demographics') is mapping -%}
            {%- for name, attribute in var('segmentation_demographics').items() -%}
                {%- do taken.append(
                    customer_segmentation.name_attribute(name, attribute)
                ) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- for name, data_type in extra.items() -%}
            {%- if not modules.re.match('^[a-z][a-z0-9_]*$', name | string)
                or name in taken -%}
                {%- do problems.append(
                    'segmentation_extra_columns has ' ~ name
                    ~ '; it must be small letters, digits and _, and none of: '
                    ~ taken | join(', ') ~ '.'
                ) -%}
            {%- elif data_type not in
                ['string', 'integer', 'bigint', 'double', 'boolean', 'date', 'timestamp']
            -%}
                {%- do problems.append(
                    'segmentation_extra_columns.' ~ name ~ ' is ' ~ tojson(data_type)
                    ~ ', but it must be one of: string, integer, bigint, double, boolean, '
                    ~ 'date, timestamp.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{% macro _check_mappings(problems) %}
    {%- set allowed = {
        'segmentation_transaction_columns':
            customer_segmentation.list_transaction_columns(),
        'segmentation_customer_columns':
            ['customer_id'] + (
                (var('segmentation_demographics') or {}).keys() | list
                if var('segmentation_demographics') is mapping else []
            ) + (
                var('segmentation_extra_columns').keys() | list
                if var('segmentation_extra_columns') is mapping else []
            ),
    } -%}
    {%- for name, columns in allowed.items() -%}
        {%- if var(name) is not mapping -%}
            {%- do customer_segmentation._say(
                problems, name, 'a mapping from our column to your SQL expression'
            ) -%}
        {%- else -%}
            {%- for column, expression in var(name).items() -%}
                {%- if column not in columns -%}
                    {%- do problems.append(
                        name ~ ' maps ' ~ column ~ ', which is not a column of ours; '
                        ~ 'there are: ' ~ columns | join(', ') ~ '.'
                    ) -%}
                {%- elif expression is not string or not expression | trim -%}
                    {%- do problems.append(
                        name ~ '.' ~ column ~ ' is ' ~ tojson(expression)
                        ~ ', but it must be a SQL expression over your columns.'
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{# A relation that no node of this run builds must be there, and be mapped rightly. #}
{% macro _check_relation(problems, name, relation) %}
    {%- if relation is none -%}
        {%- if name != 'segmentation_customers' -%}
            {%- do customer_segmentation._say(
                problems, name, customer_segmentation._relation_words()
            ) -%}
        {%- endif -%}
    {%- elif customer_segmentation._is_node(relation) -%}
        {#- dbt builds it: staging checks its columns as soon as it is there. -#}
    {%- elif not customer_segmentation.relation_exists(relation) -%}
        {%- do customer_segmentation._say(
            problems, name, customer_segmentation._relation_words()
            ~ '; nothing was found there'
        ) -%}
    {%- else -%}
        {%- do customer_segmentation._check_columns(problems, name, relation) -%}
    {%- endif -%}
{% endmacro %}


{% macro _is_node(relation) %}
    {%- for node in graph.nodes.values() if node.relation_name == relation -%}
        {{- return(true) -}}
    {%- endfor -%}
    {{- return(false) -}}
{% endmacro %}


{% macro _relation_words() -%}
    {{- return(
        'the ref, source or table of your data, or a reader such as '
        ~ "read_parquet('orders/*.parquet')"
    ) -}}
{%- endmacro %}


{# Columns that a mapping or a needed default names, against those that are there. #}
{% macro _check_columns(problems, name, relation) %}
    {%- set there = customer_segmentation.list_relation_columns(relation) -%}
    {%- set there_lower = there | map('lower') | list -%}
    {%- if name == 'segmentation_transactions' -%}
        {%- set mapping_name = 'segmentation_transaction_columns' -%}
        {%- set needed = ['customer_id', 'ordered_at', 'amount'] -%}
        {%- if var('segmentation_duplicates') == 'by_transaction_id' -%}
            {%- do needed.append('transaction_id') -%}
        {%- endif -%}
    {%- elif name == 'segmentation_name_overrides' -%}
        {%- set mapping_name = none -%}
        {%- set needed = ['segment_id', 'segment_name', 'recommended_action'] -%}
    {%- else -%}
        {%- set mapping_name = 'segmentation_customer_columns' -%}
        {%- set needed = ['customer_id'] + (
            var('segmentation_demographics').keys() | list
        ) + (var('segmentation_extra_columns').keys() | list) -%}
    {%- endif -%}
    {%- set mapping = var(mapping_name) if mapping_name else {} -%}
    {%- for column in needed if column not in mapping -%}
        {%- if column not in there_lower -%}
            {%- do problems.append(
                name ~ ' is ' ~ var(name) ~ ', which has no column ' ~ column
                ~ (' (needed by segmentation_duplicates: by_transaction_id)'
                    if column == 'transaction_id' else '')
                ~ ('; map one in ' ~ mapping_name if mapping_name else '')
                ~ '. It has: '
                ~ there | join(', ') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set expressions = {} -%}
    {%- for column, expression in mapping.items() -%}
        {%- do expressions.update({mapping_name ~ '.' ~ column: expression}) -%}
    {%- endfor -%}
    {%- if name == 'segmentation_transactions'
        and var('segmentation_transaction_filter') is not none -%}
        {%- do expressions.update({
            'segmentation_transaction_filter': var('segmentation_transaction_filter')
        }) -%}
    {%- endif -%}
    {%- for where, expression in expressions.items() -%}
        {%- set named = customer_segmentation.list_expression_columns(expression) -%}
        {%- if named is none -%}
            {%- do problems.append(
                where ~ ' is ' ~ expression ~ ', but it must be a SQL expression.'
            ) -%}
        {%- else -%}
            {%- for column in named if column | lower not in there_lower -%}
                {%- do problems.append(
                    where ~ ' is ' ~ expression ~ ', but ' ~ var(name)
                    ~ ' has no column ' ~ column ~ '. It has: '
                    ~ there | join(', ') ~ '.'
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
