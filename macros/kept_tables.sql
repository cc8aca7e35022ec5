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


{# Pre-hook of stg_transaction_rows: deletes the batches (buckets of customers of a day) that
   have other rows by now, or none. The model then reads the batches that it does not hold. #}
{% macro delete_changed_batches() %}
    {%- set raw_rows = ref('base_transactions') -%}
    {%- set changed_batches -%}
        select 1
        from ({{ customer_segmentation.select_batches(this) }}) as kept_batches
        left join ({{ customer_segmentation.select_batches(raw_rows) }}) as raw_batches
            on kept_batches.row_day = raw_batches.row_day
            and kept_batches.row_bucket = raw_batches.row_bucket
            and kept_batches.row_count = raw_batches.row_count
            and kept_batches.row_hash = raw_batches.row_hash
        where
            raw_batches.row_day is null
            and kept_batches.row_day = {{ this }}.row_day
            and kept_batches.row_bucket = {{ this }}.row_bucket
    {%- endset -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(this, 'exists (' ~ changed_batches ~ ')') -}}
    {%- endif -%}
{% endmacro %}


{# The batches of a relation of transaction rows, each with a number for its rows in whatever
   order. #}
{% macro select_batches(relation) -%}
select
    row_day,
    row_bucket,
    count(*) as row_count,
    sum(cast(row_hash as decimal(38, 0))) as row_hash
from {{ relation }}
group by row_day, row_bucket
{%- endmacro %}


{# Pre-hook: deletes the rows of batches that have other transactions by now, or none. #}
{% macro delete_changed_days() %}
    {%- set batches = ref('int_transaction_batches') -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(
            this,
            'not exists (select 1 from ' ~ batches ~ ' as batches'
            ~ ' where batches.order_date = ' ~ this ~ '.order_date'
            ~ ' and batches.customer_bucket = ' ~ this ~ '.customer_bucket'
            ~ ' and batches.batch_fingerprint = ' ~ this ~ '.batch_fingerprint)'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Pre-hook: deletes the rows of dates that are no longer looked from, or that have another
   fingerprint by now than the model `dates` says. The rows of a release before 0.3 have none. #}
{% macro delete_other_dates(dates, fingerprint) %}
    {%- set is_of_other_date -%}
        not exists (
            select 1 from {{ ref(dates) }} as dates
            where
                dates.as_of_date = {{ this }}.as_of_date
                and dates.{{ fingerprint }} = {{ this }}.{{ fingerprint }}
        )
    {%- endset -%}
    {%- if is_incremental() and not flags.EMPTY -%}
        {{- customer_segmentation.delete_rows(
            this, is_of_other_date if customer_segmentation._holds_hashes() else 'true'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Pre-hook, after that which deletes dates: deletes the rows of customers whose days before
   the newest date are not those that the rows were made of. Who has the same days before
   that date has the same before older ones. #}
{% macro delete_changed_customers() %}
    {%- set newest_date -%}
        (select max(newest.as_of_date) from {{ this }} as newest)
    {%- endset -%}
    {%- set changed_customers -%}
        select coalesce(kept_rows.customer_id, seen_days.customer_id) as customer_id
        from (
            select kept.customer_id, kept.days_hash
            from {{ this }} as kept
            where kept.as_of_date = {{ newest_date }}
        ) as kept_rows
        full join (
            select days.customer_id, cast(sum(days.lines_hash) as decimal(38, 0)) as days_hash
            from {{ ref('int_customer_days') }} as days
            where days.order_date < {{ newest_date }}
            group by days.customer_id
        ) as seen_days
            on kept_rows.customer_id = seen_days.customer_id
        where
            kept_rows.days_hash is null
            or seen_days.days_hash is null
            or kept_rows.days_hash <> seen_days.days_hash
    {%- endset -%}
    {%- if is_incremental() and not flags.EMPTY
        and customer_segmentation._holds_hashes() -%}
        {{- customer_segmentation.delete_rows(
            this, 'customer_id in (' ~ changed_customers ~ ')'
        ) -}}
    {%- endif -%}
{% endmacro %}


{# Does the calling table say what its rows were made of? #}
{% macro _holds_hashes() %}
    {{- return('days_hash' in (
        adapter.get_columns_in_relation(this) | map(attribute='name') | list
    )) -}}
{% endmacro %}


{# The batches of int_transaction_batches, as `batches`, that the calling table does not
   hold. #}
{% macro where_not_kept() -%}
{%- if is_incremental() -%}
where not exists (
    select 1
    from (select distinct order_date, customer_bucket from {{ this }}) as kept
    where
        kept.order_date = batches.order_date
        and kept.customer_bucket = batches.customer_bucket
)
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
    {{- return(customer_segmentation.hash_rules(['stg_transaction_rows'], rules)) -}}
{% endmacro %}


{# A hash of the SQL of models and of what else decides about their rows: rows that were kept
   with another one are made anew. #}
{% macro hash_rules(models, others) %}
    {%- set rules = others | list -%}
    {%- for name in models if execute -%}
        {%- set node = graph.nodes['model.customer_segmentation.' ~ name] -%}
        {%- do rules.append(node.checksum.checksum) -%}
    {%- endfor -%}
    {{- return(local_md5(rules | join('|'))) -}}
{% endmacro %}
