-- One row: the folder that this run publishes into. Every target but the project's own has
-- a folder of its own, so that a trial does not replace what people read; a run that leaves
-- rows out publishes nothing.
{%- set target_folder = 'published' if target.name == 'duckdb'
    else 'published/' ~ target.name %}
{%- set folder = env_var('SEGMENTATION_PUBLISH_DIR', '') or target_folder %}
{%- set is_whole = not flags.EMPTY and not customer_segmentation.read_sample() %}

select
    {%- if is_whole %}
    '{{ folder | replace("'", "''") }}' as folder
    {%- else %}
    cast(null as string) as folder
    {%- endif %}
