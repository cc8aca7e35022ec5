{# The run's first step: every var is read and every problem told at once, in one
   sentence each: the var, its value, what is allowed. Then the engine is asked whether it
   can read the relations, the mappings, the filter and the features of the user's own. #}
{% macro check_config() %}
    {#- Rendered outside `execute`, so that dbt sees the refs inside the vars. -#}
    {%- set relations = {} -%}
    {%- for name in ['transactions', 'customers', 'name_overrides'] -%}
        {%- set name = 'segmentation_' ~ name -%}
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
        {%- do customer_segmentation._check_publishing(problems) -%}
        {%- if not problems -%}
            {%- do problems.extend(customer_segmentation.find_engine_problems(values)) -%}
            {#- dbt builds a ref: staging checks it as soon as it is there. -#}
            {%- for name, relation in relations.items() if relation is not none
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
    {%- set problems = [] -%}
    {%- do customer_segmentation._check_names(problems, command_line, '') -%}
    {%- set known = customer_segmentation.list_rules() -%}
    {%- set here = ' in dbt_project.yml' -%}
    {%- for scope, members in ((project or {}).get('vars') or {}).items() -%}
        {%- if scope == 'customer_segmentation' and members is mapping -%}
            {%- do customer_segmentation._check_names(problems, members, here) -%}
        {%- elif scope in known or scope != project.name -%}
            {%- do customer_segmentation._check_names(problems, {scope: members}, here) -%}
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


{% macro _check_names(problems, given, here) %}
    {%- set known = customer_segmentation.list_rules().keys() | list -%}
    {%- for name, value in given.items()
        if (name | string).startswith('segmentation_') and name not in known -%}
        {%- set now = customer_segmentation._say_where_it_is_now(name, value) -%}
        {%- set nearest = customer_segmentation._find_nearest(name, known) -%}
        {%- do problems.append(name ~ here ~ (
            now if now
            else ' is not a var of this project; ' ~ (
                'did you mean ' ~ nearest ~ '?' if nearest
                else 'there are: ' ~ known | join(', ') ~ '.'
            )
        )) -%}
    {%- endfor -%}
{% endmacro %}


{# Where a setting is that was a var of its own in 0.2 and before; none for other names. #}
{% macro _say_where_it_is_now(name, value) %}
    {%- set rules = customer_segmentation.list_rules() -%}
    {%- set word = (name | string).removeprefix('segmentation_') -%}
    {%- set path = {
        'minimum_segment_share': 'tests.smallest_segment.minimum_share',
        'maximum_segment_share': 'tests.largest_segment.maximum_share',
        'minimum_clustered_share': 'tests.clustered_customers.minimum_share',
        'maximum_borderline_share': 'tests.borderline_customers.maximum_share',
        'breaking_change_share': 'tests.breaking_change.maximum_share',
        'maximum_unreadable_share': 'tests.unreadable_column.maximum_share',
        'maximum_unmatched_buyer_share': 'tests.unmatched_buyers.maximum_share',
        'maximum_date_gap_days': 'tests.isolated_last_date.maximum_gap_days',
        'maximum_rejected_shares': 'tests.rejected_for',
        'minimum_stability': 'model.k_minimum_stability',
        'test_severities': 'tests.stability.severity',
    }.get(
        word,
        'model.' ~ word if word in rules.segmentation_model.fields
        else 'drift.' ~ word[6:] if word[6:] in rules.segmentation_drift.fields
        else none
    ) -%}
    {%- if path -%}
        {#- One mapping was for all tests together. -#}
        {%- set shown = namespace(
            text='error' if word == 'test_severities' else customer_segmentation._show(value)
        ) -%}
        {%- for key in path.split('.') | reverse -%}
            {%- set shown.text = '{' ~ key ~ ': ' ~ shown.text ~ '}' -%}
        {%- endfor -%}
        {{- return(
            ' is now segmentation_' ~ path ~ '; write segmentation_'
            ~ shown.text[1:-1] ~ '.'
        ) -}}
    {%- endif -%}
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
    {%- for letter in text[1:] -%}
        {%- do pairs.append(text[loop.index0] ~ letter) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{% endmacro %}


{# Installed as a package: where a model of the installing project has the name of one of
   ours, dbt takes it for ours unless a flag of that project says otherwise. #}
{% macro _check_collisions(problems) %}
    {%- set nodes = graph.nodes.values()
        | selectattr('package_name', 'equalto', 'customer_segmentation') | list -%}
    {%- set ours = nodes | selectattr('resource_type', 'in', ['model', 'seed'])
        | map(attribute='name') | list -%}
    {%- set taken = [] -%}
    {#- Of our nodes only these may read another project's: through a var. -#}
    {%- for node in nodes
        if node.name not in [
            'base_transactions', 'base_customers', 'stg_name_overrides',
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


{# Who may read the published files (their owner always writes them), and how many of
   their versions stay. #}
{% macro _check_publishing(problems) %}
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
    {%- set keep = env_var('SEGMENTATION_PUBLISH_KEEP', '') or '3' -%}
    {%- if not modules.re.match('[1-9][0-9]{0,2}\\Z', keep) -%}
        {%- do problems.append(
            'The environment variable SEGMENTATION_PUBLISH_KEEP is ' ~ keep
            ~ ', but it must be a whole number from 1 to 999: so many published versions '
            ~ 'stay, the new one included.'
        ) -%}
    {%- endif -%}
    {%- set place = var('segmentation_publish_to') -%}
    {%- if place is string -%}
        {%- set attached = customer_segmentation.list_postgres_databases() -%}
        {%- if attached is none -%}
            {%- do problems.append(
                'The var segmentation_publish_to is ' ~ place ~ ', but marts go into '
                ~ 'PostgreSQL from DuckDB only: set it to null and load the published '
                ~ 'Parquet files.'
            ) -%}
        {%- elif place.split('.')[0] not in attached
            or not modules.re.match('\\w+([.]\\w+)?\\Z', place) -%}
            {%- do problems.append(
                'The var segmentation_publish_to is ' ~ place ~ ', but it must be the name '
                ~ 'that the profile attaches a PostgreSQL database as, or that name, a dot '
                ~ 'and a schema. Attached: ' ~ (attached | join(', ') or 'none')
                ~ '. docs/reading.md shows such a profile.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
