{# Tables that stay from build to build. #}

{# Appends what belongs to a new model version only: what a version was fitted on does not
   change afterwards. #}
{% macro is_new_version() -%}
    {%- if is_incremental() -%}
        not in (select distinct model_version from {{ this }})
    {%- else -%}
        is not null
    {%- endif -%}
{%- endmacro %}


{# A kept table as the build before left it, none when there is none. Not a ref, since it is
   added to later in this build. #}
{% macro find_kept_table(name) %}
    {%- if not execute -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set node = graph.nodes['model.customer_segmentation.' ~ name] -%}
    {{- return(adapter.get_relation(
        database=node.database, schema=node.schema, identifier=node.alias
    )) -}}
{% endmacro %}


{# --empty and --sample build on no rows or on some: nobody is gone for that. #}
{% macro sees_all_rows() %}
    {{- return(not flags.EMPTY and not customer_segmentation.read_sample()) -}}
{% endmacro %}


{# Post-hooks of segment_parameters. They delete the training rows of customers who are no
   longer in the input. The model itself is kept as sums and means, so it stays the same.
   Nothing is deleted while no model is in use: it may be a feed that broke off. #}
{% macro delete_erased_customers(name) %}
    {%- set relation = ref(name) -%}
    {%- set is_erased = customer_segmentation.is_erased(relation) -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        {{- customer_segmentation.delete_rows(
            relation,
            is_erased ~ ' and exists (select 1 from ' ~ this ~ ')'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# The same where a row without its id is only one more of a segment's size. #}
{% macro blank_erased_customers(name) %}
    {%- set relation = ref(name) -%}
    {%- set is_erased = customer_segmentation.is_erased(relation) -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        {{- customer_segmentation.update_rows(
            relation,
            {'customer_id': 'null'},
            is_erased ~ ' and exists (select 1 from ' ~ this ~ ')'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# `not exists` is a join that is spread over workers; `not in` would have Spark send every
   id to each of them. #}
{% macro is_erased(relation) -%}
    {{ relation }}.customer_id is not null
    and not exists (
        select 1 from {{ ref('int_known_customers') }} as known_customers
        where known_customers.customer_id = {{ relation }}.customer_id
    )
{%- endmacro %}


{# The rows of int_as_of_dates that the calling table does not hold yet, or holds with
   another fingerprint. With a model, also those that it holds with another model version
   than the one in use, which is a column then; none while no model is in use. #}
{% macro select_changed_dates(with_model=false) -%}
select
    as_of_dates.*
    {%- if with_model %},
    parameters.model_version
    {%- endif %}
from {{ ref('int_as_of_dates') }} as as_of_dates
{%- if with_model %}
cross join {{ ref('segment_parameters') }} as parameters
{%- endif %}
{%- if customer_segmentation.has_fingerprints() %}
left join (
    select distinct
        as_of_date,
        {%- if with_model %}
        model_version,
        {%- endif %}
        data_fingerprint
    from {{ this }}
) as kept_dates
    on as_of_dates.as_of_date = kept_dates.as_of_date
    and as_of_dates.data_fingerprint = kept_dates.data_fingerprint
    {%- if with_model %}
    and parameters.model_version = kept_dates.model_version
    {%- endif %}
where kept_dates.as_of_date is null
{%- endif %}
{%- endmacro %}


{# Does the calling table hold rows that could be kept? Those of a release before 0.2 have
   no fingerprint. #}
{% macro has_fingerprints() %}
    {{- return(
        is_incremental() and 'data_fingerprint' in (
            adapter.get_columns_in_relation(this) | map(attribute='name') | list
        )
    ) -}}
{% endmacro %}


{# Is a row of the calling table of a date that is no longer looked from, or that has another
   fingerprint by now? #}
{% macro _is_of_other_date(fingerprint) -%}
    not exists (
        select 1 from {{ ref('int_as_of_dates') }} as as_of_dates
        where
            as_of_dates.as_of_date = {{ this }}.as_of_date
            and as_of_dates.{{ fingerprint }} = {{ this }}.{{ fingerprint }}
    )
{%- endmacro %}


{# Post-hook: deletes the rows of dates that are no longer looked from, or that were seen
   with other data. #}
{% macro delete_other_dates() %}
    {%- set is_of_other_date = customer_segmentation._is_of_other_date('data_fingerprint') -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        {{- customer_segmentation.delete_rows(
            this, is_of_other_date, partition='as_of_date'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Post-hook: deletes the rows of a model that is not in use. #}
{% macro delete_other_versions() %}
    {%- set parameters = ref('segment_parameters') -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        {{- customer_segmentation.delete_rows(
            this,
            'model_version not in (select model_version from ' ~ parameters ~ ')',
            partition='as_of_date'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Pre-hook of segment_drift: deletes the rows of runs that failed or were killed before they
   were published, and those of this run, which come anew. #}
{% macro delete_unpublished_drift() %}
    {%- set runs = ref('unpublished_runs') -%}
    {%- if is_incremental() and customer_segmentation.sees_all_rows() -%}
        {{- customer_segmentation.delete_rows(
            this,
            'exists (select 1 from ' ~ runs ~ ' as runs'
            ~ ' where runs.as_of_date = ' ~ this ~ '.as_of_date'
            ~ ' and runs.model_version = ' ~ this ~ '.model_version)',
            partition=['as_of_date', 'model_version']
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Post-hook of published_files: whatever the database holds is published now. #}
{% macro forget_unpublished_runs() %}
    {%- set runs = customer_segmentation.find_kept_table('unpublished_runs') -%}
    {%- if runs and customer_segmentation.sees_all_rows() -%}
        {{- customer_segmentation.delete_rows(
            runs, 'exists (select 1 from ' ~ this ~ ')', partition='as_of_date'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Share of each version's training customers who are still in the input, out of relations
   `assignments` and `known_customers`. Below a half the model is another shop's, or made
   when customers had other ids. #}
{% macro select_known_shares() -%}
select
    assignments.model_version,
    cast(count(known_customers.customer_id) as double) / count(*) as known_share
from assignments
left join known_customers
    on assignments.customer_id = known_customers.customer_id
group by assignments.model_version
{%- endmacro %}


{# Post-hook of segment_model_versions: until 0.3 a table of its own held the pace of the
   training. Versions of that time take it over. #}
{% macro adopt_kept_pace() %}
    {%- set pace = adapter.get_relation(
        this.database, this.schema, 'segment_training_pace'
    ) if execute -%}
    {%- if pace -%}
        update {{ this }}
        set
            rows_per_day = (
                select kept.rows_per_day from {{ pace }} as kept
                where kept.model_version = {{ this }}.model_version
            ),
            median_day_revenue = (
                select kept.median_day_revenue from {{ pace }} as kept
                where kept.model_version = {{ this }}.model_version
            )
        where rows_per_day is null
    {%- endif -%}
{% endmacro %}


{# Pre-hook of stg_transaction_rows: deletes the days that have other rows by now, or none.
   The model then reads the days that it does not hold. #}
{% macro delete_changed_days() %}
    {%- set raw_rows = ref('base_transactions') -%}
    {%- set changed_days -%}
        select kept_days.row_day
        from ({{ customer_segmentation.select_days(this) }}) as kept_days
        left join ({{ customer_segmentation.select_days(raw_rows) }}) as raw_days
            on kept_days.row_day = raw_days.row_day
            and kept_days.row_count = raw_days.row_count
            and kept_days.row_hash = raw_days.row_hash
        where raw_days.row_day is null
    {%- endset -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(
            this, 'row_day in (' ~ changed_days ~ ')'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# The days of a relation of transaction rows, each with a number for its rows in whatever
   order. #}
{% macro select_days(relation) -%}
select
    row_day,
    count(*) as row_count,
    sum(cast(row_hash as decimal(38, 0))) as row_hash
from {{ relation }}
group by row_day
{%- endmacro %}


{# Pre-hook: deletes the rows of dates that have other transactions by now, or none. #}
{% macro delete_changed_order_dates() %}
    {%- set transaction_days = ref('int_transaction_days') -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(
            this,
            'not exists (select 1 from ' ~ transaction_days ~ ' as transaction_days'
            ~ ' where transaction_days.order_date = ' ~ this ~ '.order_date'
            ~ ' and transaction_days.day_fingerprint = ' ~ this ~ '.day_fingerprint)'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Pre-hook of int_customer_sums: deletes the rows of dates that are no longer looked from, or
   by other rules. #}
{% macro delete_dates_of_other_rules() %}
    {%- set is_of_other_date = customer_segmentation._is_of_other_date('rules_fingerprint') -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(this, is_of_other_date) -}}
    {%- endif -%}
{% endmacro %}


{# Pre-hook of int_customer_sums, after the other: deletes the rows of customers whose days
   before the newest date are not those that it summed up. Who has the same days before that
   date has the same before older ones. #}
{% macro delete_changed_customers() %}
    {%- set newest_date -%}
        (select max(newest.as_of_date) from {{ this }} as newest)
    {%- endset -%}
    {%- set changed_customers -%}
        select coalesce(kept_sums.customer_id, seen_days.customer_id) as customer_id
        from (
            select kept.customer_id, kept.days_hash
            from {{ this }} as kept
            where kept.as_of_date = {{ newest_date }}
        ) as kept_sums
        full join (
            select days.customer_id, cast(sum(days.lines_hash) as decimal(38, 0)) as days_hash
            from {{ ref('int_customer_days') }} as days
            where days.order_date < {{ newest_date }}
            group by days.customer_id
        ) as seen_days
            on kept_sums.customer_id = seen_days.customer_id
        where
            kept_sums.days_hash is null
            or seen_days.days_hash is null
            or kept_sums.days_hash <> seen_days.days_hash
    {%- endset -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(
            this, 'customer_id in (' ~ changed_customers ~ ')'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# The dates of int_transaction_days that the calling table does not hold. #}
{% macro where_not_kept() -%}
{%- if is_incremental() -%}
where order_date not in (select distinct kept.order_date from {{ this }} as kept)
{%- endif -%}
{%- endmacro %}


{# What decides how a transaction row is read, but for the row itself and for whether it is
   before the as-of date. #}
{% macro hash_reading_rules() %}
    {%- set rules = [
        customer_segmentation.read_id('x'), customer_segmentation.clean_text('x', []),
        customer_segmentation.read_timestamp('x', var('segmentation_timestamp_format')),
        customer_segmentation.keep_unreadable('x', 'y'), var('segmentation_time_zone'),
        var('segmentation_earliest_date'), var('segmentation_returns'),
    ] -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.customer_segmentation.stg_transaction_rows'] -%}
        {%- do rules.append(node.checksum.checksum) -%}
    {%- endif -%}
    {{- return(local_md5(rules | join('|'))) -}}
{% endmacro %}
