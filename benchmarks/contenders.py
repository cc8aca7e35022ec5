"""What else turns the same transactions into customer features or segments.

Each contender runs as a process of its own (see bench.py), reads the Parquet files of
make_shop.py, drops rows it cannot use and repeated transaction ids, looks at the last 365
days, and writes a row per customer to one Parquet file::

    python benchmarks/contenders.py CONTENDER SHOP_FOLDER OUTPUT_FILE AS_OF
"""

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

COLUMNS = [
    "transaction_id",
    "order_id",
    "customer_id",
    "ordered_at",
    "amount",
    "discount_amount",
]
LOOKBACK = timedelta(days=365)
TREND = timedelta(days=90)


def bare_sql(shop: Path, output: Path, as_of: date) -> None:
    """Read, type, keep one row per transaction id, sum to features: DuckDB alone."""
    import duckdb

    database = duckdb.connect()
    database.execute("set threads = 2")
    database.execute("set memory_limit = '6GB'")
    database.execute(f"set temp_directory = '{output}.tmp'")
    database.execute(
        f"""
        create table lines as
        select
            customer_id,
            order_id,
            transaction_id,
            cast(try_cast(ordered_at as timestamp) as date) as order_date,
            try_cast(amount as decimal(18, 4)) as amount,
            try_cast(discount_amount as decimal(18, 4)) as discount
        from read_parquet('{shop}/transactions/*')
        where customer_id is not null
            and try_cast(ordered_at as timestamp) < date '{as_of}'
            and try_cast(amount as decimal(18, 4)) is not null
        """
    )
    database.execute(
        f"""
        copy (
            with

            transactions as (
                select
                    customer_id,
                    any_value(order_id) as order_id,
                    max(order_date) as order_date,
                    max(amount) as amount,
                    max(discount) as discount
                from lines
                group by customer_id, transaction_id
            ),

            days as (
                select
                    customer_id,
                    order_date,
                    count(distinct order_id) as order_count,
                    sum(amount) as net_revenue,
                    sum(discount) as discount,
                    sum(amount) filter (amount > 0) as gross_revenue
                from transactions
                group by customer_id, order_date
            )

            select
                customer_id,
                date '{as_of}' - 1 - max(order_date) filter (gross_revenue > 0)
                    as recency_days,
                count(*) filter (gross_revenue > 0) as frequency,
                sum(net_revenue) as monetary,
                date '{as_of}' - 1 - min(order_date) as tenure_days,
                sum(order_count) as order_count,
                sum(discount) as discount,
                sum(net_revenue) filter (order_date >= date '{as_of - TREND}')
                    as latest_revenue,
                sum(net_revenue) filter (
                    order_date >= date '{as_of - 2 * TREND}'
                    and order_date < date '{as_of - TREND}'
                ) as previous_revenue
            from days
            where order_date >= date '{as_of - LOOKBACK}'
            group by customer_id
            order by customer_id
        ) to '{output}'
        """
    )


def read_with_pandas(shop: Path, as_of: date):
    """Read typed rows, one per transaction id, into a pandas data frame."""
    import pandas as pd

    lines = pd.read_parquet(shop / "transactions", columns=COLUMNS)
    lines["ordered_at"] = pd.to_datetime(
        lines["ordered_at"], format="%Y-%m-%d %H:%M:%S", errors="coerce"
    )
    lines["amount"] = pd.to_numeric(lines["amount"], errors="coerce")
    lines = lines.dropna(subset=["customer_id", "ordered_at", "amount"])
    lines = lines[lines["ordered_at"] < pd.Timestamp(as_of)]
    return lines.drop_duplicates("transaction_id")


def cluster(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Cluster features as a notebook does: logs, scaling, K-Means, silhouette for k."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    revenue = columns["monetary"].clip(min=0)
    matrix = np.column_stack(
        [
            np.log1p(columns["recency_days"] / 30),
            np.log1p(columns["frequency"]),
            np.log1p(revenue),
            np.log1p(revenue / columns["frequency"]),
            columns["tenure_days"],
            columns["discount"]
            / (columns["discount"] + columns["monetary"]).clip(min=0.01),
            np.log1p(columns["latest_revenue"].clip(min=0))
            - np.log1p(columns["previous_revenue"].clip(min=0)),
        ]
    )
    matrix = np.clip(StandardScaler().fit_transform(np.nan_to_num(matrix)), -3, 3)
    scores = {}
    for k in range(4, 9):
        model = KMeans(k, n_init=10, random_state=0).fit(matrix)
        score = silhouette_score(
            matrix, model.labels_, sample_size=min(10_000, len(matrix)), random_state=0
        )
        scores[score] = model.labels_
    return scores[max(scores)]


def pandas_notebook(shop: Path, output: Path, as_of: date) -> None:
    """Work through the usual notebook: pandas, then scikit-learn."""
    import pandas as pd

    today = pd.Timestamp(as_of)
    lines = read_with_pandas(shop, as_of)
    lines = lines[lines["ordered_at"] >= today - LOOKBACK]
    lines = lines.assign(day=lines["ordered_at"].dt.normalize())
    features = (
        lines[lines["amount"] > 0]
        .groupby("customer_id")
        .agg(
            last_day=("day", "max"),
            first_day=("day", "min"),
            frequency=("day", "nunique"),
        )
    )
    customers = lines.groupby("customer_id")
    features["monetary"] = customers["amount"].sum()
    features["discount"] = customers["discount_amount"].sum()
    features["recency_days"] = (today - features["last_day"]).dt.days - 1
    features["tenure_days"] = (today - features["first_day"]).dt.days - 1
    for name, end in (("latest_revenue", today), ("previous_revenue", today - TREND)):
        window = lines[(lines["day"] >= end - TREND) & (lines["day"] < end)]
        revenue = window.groupby("customer_id")["amount"].sum()
        features[name] = revenue.reindex(features.index).fillna(0)
    numbers = features.drop(columns=["last_day", "first_day"])
    features["segment_id"] = cluster(
        {name: numbers[name].to_numpy() for name in numbers}
    )
    profile = features.groupby("segment_id")[["recency_days", "frequency", "monetary"]]
    profile.agg(["mean", "median", "size"])
    features.to_parquet(output)


def polars_notebook(shop: Path, output: Path, as_of: date) -> None:
    """Do the notebook's work with polars instead of pandas, lazily."""
    import polars as pl

    amount, day = pl.col("amount"), pl.col("day")
    lines = (
        pl.scan_parquet(shop / "transactions" / "*.parquet")
        .select(COLUMNS)
        .with_columns(
            pl.col("ordered_at").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False),
            amount.cast(pl.Float64, strict=False),
        )
        .drop_nulls(["customer_id", "ordered_at", "amount"])
        .filter(pl.col("ordered_at") < as_of)
        .unique("transaction_id")
        .with_columns(pl.col("ordered_at").dt.date().alias("day"))
        .filter(day >= as_of - LOOKBACK)
    )
    is_purchase = amount > 0
    last_day = day.filter(is_purchase).max()
    first_day = day.filter(is_purchase).min()
    features = (
        lines.group_by("customer_id")
        .agg(
            ((as_of - last_day).dt.total_days() - 1).alias("recency_days"),
            ((as_of - first_day).dt.total_days() - 1).alias("tenure_days"),
            day.filter(is_purchase).n_unique().alias("frequency"),
            amount.sum().alias("monetary"),
            pl.col("discount_amount").sum().alias("discount"),
            amount.filter(day >= as_of - TREND).sum().alias("latest_revenue"),
            amount.filter((day >= as_of - 2 * TREND) & (day < as_of - TREND))
            .sum()
            .alias("previous_revenue"),
        )
        .filter(pl.col("frequency") > 0)
        .sort("customer_id")
        .collect()
    )
    numbers = features.drop("customer_id")
    segments = cluster({name: numbers[name].to_numpy() for name in numbers.columns})
    features = features.with_columns(pl.Series("segment_id", segments))
    features.group_by("segment_id").agg(
        pl.col("recency_days", "frequency", "monetary").mean().name.suffix("_mean"),
        pl.col("recency_days", "frequency", "monetary").median().name.suffix("_median"),
        pl.len(),
    )
    features.write_parquet(output)


def openretailscience_rfm(shop: Path, output: Path, as_of: date) -> None:
    """Score customers with openretailscience's RFM, lazily on DuckDB through ibis."""
    import ibis
    from openretailscience.segmentation.rfm import RFMSegmentation

    table = ibis.duckdb.connect(threads=2).read_parquet(
        f"{shop}/transactions/*.parquet"
    )
    table = table.select(
        "transaction_id",
        "customer_id",
        transaction_date=table.ordered_at.try_cast("timestamp"),
        unit_spend=table.amount.try_cast("float64"),
    )
    table = table.drop_null(["customer_id", "transaction_date", "unit_spend"])
    table = table.filter(
        table.transaction_date < as_of, table.transaction_date >= as_of - LOOKBACK
    ).distinct(on="transaction_id", keep="first")
    RFMSegmentation(table, current_date=as_of).table.to_parquet(output)


def pymc_marketing_rfm(shop: Path, output: Path, as_of: date) -> None:
    """Summarise purchases with pymc-marketing's rfm_summary."""
    import pandas as pd
    from pymc_marketing.clv.utils import rfm_summary

    lines = read_with_pandas(shop, as_of)
    is_in_window = lines["ordered_at"] >= pd.Timestamp(as_of) - LOOKBACK
    summary = rfm_summary(
        lines[is_in_window & (lines["amount"] > 0)],
        "customer_id",
        "ordered_at",
        "amount",
        observation_period_end=str(as_of - timedelta(days=1)),
        include_first_transaction=True,
    )
    summary.to_parquet(output)


CONTENDERS = {
    contender.__name__: contender
    for contender in (
        bare_sql,
        pandas_notebook,
        polars_notebook,
        openretailscience_rfm,
        pymc_marketing_rfm,
    )
}

if __name__ == "__main__":
    name, folder, file, day = sys.argv[1:]
    CONTENDERS[name](Path(folder), Path(file), date.fromisoformat(day))
