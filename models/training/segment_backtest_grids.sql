-- One row per model version and RFM grid: how much of the difference in spend of the three
-- months before the fit the grid explains, scored as of three months before the fit.
{#- Bounds of the scores, first match: Putler's of R and the mean of F and M, in the order
    of its own table; those of the R package rfm 0.3 of R, F and M. -#}
{%- set putler = [
    [4, 5, 4, 5], [2, 5, 3, 5], [3, 5, 1, 3], [4, 5, 0, 1], [3, 4, 0, 1], [2, 3, 2, 3],
    [2, 3, 0, 2], [0, 2, 2, 5], [0, 1, 4, 5], [1, 2, 1, 2], [0, 2, 0, 2],
] %}
{%- set r_rfm = [
    [5, 5, 5, 5, 5, 5], [3, 5, 3, 5, 2, 5], [2, 4, 2, 4, 2, 4], [3, 4, 1, 3, 3, 5],
    [4, 5, 1, 3, 1, 5], [1, 2, 3, 4, 4, 5], [1, 2, 2, 5, 4, 5], [1, 3, 3, 5, 3, 5],
    [2, 3, 1, 3, 1, 4], [1, 1, 1, 5, 1, 5],
] %}

with

customers as (
    select distinct
        model_version,
        sample_rank,
        rfm_segment,
        recency_score,
        frequency_score,
        monetary_score,
        log_later_revenue
    from {{ ref('segment_backtest_rows') }}
),

gridded as (
    select
        model_version,
        'classic' as grid,
        rfm_segment as cell,
        log_later_revenue
    from customers
    union all
    select
        model_version,
        'putler' as grid,
        case
            {%- for r_from, r_to, fm_from, fm_to in putler %}
            when
                recency_score between {{ r_from }} and {{ r_to }}
                and (frequency_score + monetary_score) / 2.0
                    between {{ fm_from }} and {{ fm_to }}
                then '{{ loop.index }}'
            {%- endfor %}
            else 'none'
        end as cell,
        log_later_revenue
    from customers
    union all
    select
        model_version,
        'r_rfm' as grid,
        case
            {%- for r_from, r_to, f_from, f_to, m_from, m_to in r_rfm %}
            when
                recency_score between {{ r_from }} and {{ r_to }}
                and frequency_score between {{ f_from }} and {{ f_to }}
                and monetary_score between {{ m_from }} and {{ m_to }}
                then '{{ loop.index }}'
            {%- endfor %}
            else 'none'
        end as cell,
        log_later_revenue
    from customers
),

cells as (
    select
        model_version,
        grid,
        cell,
        count(*) as customers,
        cast(sum(log_later_revenue) as double) as log_sum,
        cast(sum(cast(log_later_revenue * log_later_revenue as decimal(38, 9))) as double)
            as log_square_sum
    from gridded
    group by model_version, grid, cell
),

sums as (
    select
        model_version,
        grid,
        cast(count(*) as integer) as cell_count,
        {{ customer_segmentation.exact_sum('log_sum * log_sum / customers') }}
            as between_term,
        {{ customer_segmentation.exact_sum('log_sum') }}
        * {{ customer_segmentation.exact_sum('log_sum') }} / sum(customers)
            as mean_term,
        {{ customer_segmentation.exact_sum('log_square_sum') }} as log_square_sum
    from cells
    group by model_version, grid
)

select
    model_version,
    grid,
    cell_count,
    case
        when log_square_sum - mean_term > 0.000001
            then (between_term - mean_term) / (log_square_sum - mean_term)
    end as explained_share
from sums
