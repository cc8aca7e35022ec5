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
    {%- set known = ref('int_known_customers') -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        delete from {{ relation }}
        where
            customer_id not in (select customer_id from {{ known }})
            and exists (select 1 from {{ this }})
    {%- endif -%}
{% endmacro %}


{# The same where a row without its id is only one more of a segment's size. #}
{% macro blank_erased_customers(name) %}
    {%- set relation = ref(name) -%}
    {%- set known = ref('int_known_customers') -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        update {{ relation }} set customer_id = null
        where
            customer_id not in (select customer_id from {{ known }})
            and exists (select 1 from {{ this }})
    {%- endif -%}
{% endmacro %}


{# Deletes months outside the history, and those of a model that is not in use. #}
{% macro delete_old_months() %}
    {%- set month_starts = ref('int_month_starts') -%}
    {%- set parameters = ref('segment_parameters') -%}
    {%- if customer_segmentation.sees_all_rows() -%}
        delete from {{ this }}
        where
            as_of_date not in (select as_of_date from {{ month_starts }})
            or model_version not in (select model_version from {{ parameters }})
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
