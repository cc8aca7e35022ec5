{# The run's first step: every var is read and every problem told at once, in one
   sentence each: the var, its value, what is allowed. Then the engine is asked whether it
   can read the relations, the mappings, the filter and the features of the user's own. #}
{% macro check_config() %}
    {#- Rendered outside `execute`, so that dbt sees the refs inside the vars. -#}
    {%- set relations = {} -%}
    {%- for name in [
        'segmentation_transactions', 'segmentation_customers',
        'segmentation_name_overrides',
    ] -%}
        {%- do relations.update({name: customer_segmentation.input_relation(name)}) -%}
    {%- endfor -%}
    {%- if execute -%}
        {%- set values = customer_segmentation.read_var_values(relations) -%}
        {%- set problems = customer_segmentation.find_unknown_vars(
            invocation_args_dict.get('vars') or {},
            customer_segmentation.read_project_file()
        ) -%}
        {%- do customer_segmentation._check_collisions(problems) -%}
        {%- do problems.extend(customer_segmentation.find_problems(values)) -%}
        {%- do customer_segmentation._check_publish_mode(problems) -%}
        {%- if not problems -%}
            {%- do problems.extend(customer_segmentation.find_engine_problems(values)) -%}
            {#- dbt builds a ref: staging checks it as soon as it is there. -#}
            {%- for name, relation in relations.items()
                if relation is not none
                    and not customer_segmentation._is_node(relation) -%}
                {%- do problems.extend(customer_segmentation.find_relation_problems(
                    name, relation, values
                )) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do customer_segmentation._raise(problems) -%}
    {%- endif -%}
{% endmacro %}


{% macro _raise(problems) %}
    {%- if problems -%}
        {{- exceptions.raise_compiler_error(problems | join('\n  ')) -}}
    {%- endif -%}
{% endmacro %}


{# A misspelt var must not be ignored: not on the command line, not in the project's own
   dbt_project.yml, for all packages or for ours. #}
{% macro find_unknown_vars(command_line, project) %}
    {%- set known = customer_segmentation.list_rules().keys() | list -%}
    {%- set problems = [] -%}
    {%- do customer_segmentation._check_names(problems, command_line, '', known) -%}
    {%- set scopes = (project.get('vars') or {}) if project is mapping else {} -%}
    {%- set here = ' in dbt_project.yml' -%}
    {%- for scope, members in scopes.items() -%}
        {%- if scope == 'customer_segmentation' and members is mapping -%}
            {%- do customer_segmentation._check_names(problems, members, here, known) -%}
        {%- elif scope in known or scope != project.name -%}
            {%- do customer_segmentation._check_names(
                problems, {scope: members}, here, known
            ) -%}
        {%- elif members is mapping -%}
            {%- for name in members if name in known -%}
                {%- do problems.append(
                    name ~ here ~ ' stands under ' ~ scope ~ ', where this package does '
                    ~ 'not see it; write it directly under vars.'
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{% macro _check_names(problems, given, here, known) %}
    {%- set former = customer_segmentation.list_former_vars() -%}
    {%- for name, value in given.items()
        if (name | string).startswith('segmentation_') and name not in known -%}
        {%- set nearest = customer_segmentation._find_nearest(name, known) -%}
        {%- do problems.append(
            name ~ here ~ (
                former[name] | replace('VALUE', customer_segmentation._show(value))
                if name in former
                else ' is not a var of this project; did you mean ' ~ nearest ~ '?'
                if nearest
                else ' is not a var of this project; there are: ' ~ known | join(', ') ~ '.'
            )
        ) -%}
    {%- endfor -%}
{% endmacro %}


{# What became of the vars of 0.2 and before, with VALUE for the value given. #}
{% macro list_former_vars() %}
    {%- set former = {
        'segmentation_test_severities': ' is now the severity of each test; write '
            ~ 'segmentation_tests: {stability: {severity: error}}.',
        'segmentation_maximum_rejected_shares': ' is now segmentation_tests.rejected_for, '
            ~ 'and all_reasons is segmentation_tests.rejected_rows.from_share; write '
            ~ 'segmentation_tests: {rejected_for: {duplicate: 0.1}}.',
        'segmentation_minimum_stability': ' is gone; the test of stability asks for '
            ~ 'segmentation_model.k_minimum_stability.',
    } -%}
    {%- set rules = customer_segmentation.list_rules() -%}
    {%- for group, prefix in [['model', ''], ['drift', 'drift_']] -%}
        {%- for entry in rules['segmentation_' ~ group].fields -%}
            {%- do former.update({
                'segmentation_' ~ prefix ~ entry: ' is now segmentation_' ~ group ~ '.'
                    ~ entry ~ '; write segmentation_' ~ group ~ ': {' ~ entry ~ ': VALUE}.'
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for test, rule in rules.segmentation_tests.fields.items() -%}
        {%- for entry, field in rule.fields.items() if 'formerly' in field -%}
            {%- do former.update({
                field.formerly: ' is now segmentation_tests.' ~ test ~ '.' ~ entry
                    ~ '; write segmentation_tests: {' ~ test ~ ': {' ~ entry ~ ': VALUE}}.'
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(former) -}}
{% endmacro %}


{# The known name that shares most pairs of letters, if it shares at least half of them. #}
{% macro _find_nearest(name, known) %}
    {%- set best = namespace(name=none, likeness=0.5) -%}
    {%- set pairs = customer_segmentation._list_pairs(name) -%}
    {%- for other in known -%}
        {%- set others = customer_segmentation._list_pairs(other) -%}
        {%- set likeness = 2 * others | select('in', pairs) | list | length
            / ((pairs | length + others | length) or 1) -%}
        {%- if likeness > best.likeness -%}
            {%- set best.name = other -%}
            {%- set best.likeness = likeness -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(best.name) -}}
{% endmacro %}


{% macro _list_pairs(name) %}
    {%- set text = '_' ~ (name | string).removeprefix('segmentation_') -%}
    {%- set pairs = [] -%}
    {%- for place in range(1, text | length) -%}
        {%- do pairs.append(text[place - 1:place + 1]) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
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
            'base_transactions', 'base_customers', 'segment_directory',
            'assert_name_overrides_are_met',
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


{# Who may read the published files: their owner always writes them. #}
{% macro _check_publish_mode(problems) %}
    {%- set modes = ['600', '640', '644', '660', '664', '666'] -%}
    {%- set mode = env_var('SEGMENTATION_PUBLISH_MODE', '') or '600' -%}
    {%- if mode not in modes -%}
        {%- do problems.append(
            'The environment variable SEGMENTATION_PUBLISH_MODE is ' ~ mode
            ~ ', but it must be one of ' ~ modes | join(', ')
            ~ ': 600 lets only the owner read the published files, 640 the group too, '
            ~ '644 everybody.'
        ) -%}
    {%- endif -%}
{% endmacro %}
