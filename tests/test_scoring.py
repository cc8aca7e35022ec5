"""The scoring SQL against scikit-learn on real shops, and against numpy on made-up ones."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

SHOPS = ("demo", "complete_journey", "cdnow", "ta_feng")
TABLES = 200
ROWS = 40
# How the demo's model sees its features; the scoring is compiled for them.
FEATURES = (
    "recency_days",
    "frequency",
    "monetary",
    "average_order_value",
    "tenure_days",
    "discount_share",
    "spend_trend",
)
WATCHED = 4  # the first ones tell an outlier by themselves
SLOTS = 8


@pytest.fixture(scope="module")
def build_shop(request):
    return lambda name: request.getfixturevalue(f"{name}_build")


def scale(values: np.ndarray, mean, deviation, clip, weight) -> np.ndarray:
    """Standardise, cut, put unknowns at the mean and weigh; a column per feature."""
    standardised = np.clip((values - mean) / deviation, -clip, clip)
    return weight * np.where(np.isnan(standardised), 0.0, standardised)


@pytest.mark.parametrize("name", SHOPS)
def test_every_customer_is_where_scikit_learn_predicts(build_shop, name):
    build = build_shop(name)
    newest = "model_version = (select max(model_version) from segment_centroids)"
    scales = (
        build.table(f"select * from segment_scales where {newest} and is_used")
        .set_index("feature")
        .sort_index()
    )
    centroids = (
        build.table(f"select * from segment_centroids where {newest}")
        .pivot(index="segment_id", columns="feature", values="centroid")
        .sort_index()[list(scales.index)]
    )
    inputs = (
        build.table(
            "select * from int_customer_model_inputs"
            " where as_of_date = (select as_of_date from int_as_of_date)"
        )
        .set_index("customer_id")
        .sort_index()[list(scales.index)]
        .astype("float64")
    )
    ours = (
        build.table(
            "select * from segment_placements where segment_id > 0"
            " and as_of_date = (select as_of_date from int_as_of_date)"
        )
        .set_index("customer_id")
        .sort_index()
    )
    assert list(ours.index) == list(inputs.index)
    assert len(ours) > 1000

    values = scale(
        inputs.to_numpy(),
        *(scales[column].to_numpy() for column in ("mean", "standard_deviation")),
        *(scales[column].to_numpy() for column in ("clip", "weight")),
    )
    places = np.ascontiguousarray(centroids.to_numpy())
    # Fitted on its own centroids it keeps them; put in place once more for the last bit.
    k_means = KMeans(len(places), init=places, n_init=1).fit(places)
    k_means.cluster_centers_ = places
    predicted = k_means.predict(values)

    ids = centroids.index.to_numpy()
    assert (ours["segment_id"].to_numpy() == ids[predicted]).all()
    distances = k_means.transform(values)
    order = np.argsort(distances, axis=1, kind="stable")
    assert (ours["second_segment_id"].to_numpy() == ids[order[:, 1]]).all()
    # Without scikit-learn's shortcut for distances, which loses digits.
    gaps = np.sqrt(((values[:, None] - places[None]) ** 2).sum(axis=2))
    two = np.sort(gaps, axis=1)[:, :2]
    np.testing.assert_allclose(ours["distance"], two[:, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        ours["confidence"], 1 - two[:, 0] / two[:, 1], rtol=0, atol=1e-9
    )


def make_table(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Make a model and customers; half of them on a grid, where distances are equal."""
    width = len(FEATURES)
    k = int(generator.integers(2, SLOTS + 1))
    on_grid = generator.random() < 0.5
    if on_grid:
        mean = np.zeros(width)
        deviation = np.ones(width)
        weight = generator.choice([0.5, 1.0], width)
        places = generator.integers(-2, 3, (k, width)) * weight
        values = generator.integers(-3, 4, (ROWS, width)).astype(float)
    else:
        mean = generator.normal(0, 5, width).round(3)
        deviation = generator.uniform(0.01, 9, width).round(3)
        weight = generator.uniform(0.2, 1, width)
        places = generator.normal(0, 1, (k, width)) * weight
        values = mean + deviation * generator.standard_t(2, (ROWS, width))
    # A centroid twice: the lower id has the customers.
    if generator.random() < 0.3:
        places[-1] = places[0]
    unused = generator.random(width) < 0.2
    weight[unused], deviation[unused], places[:, unused] = 0, 1, 0
    huge = generator.random(values.shape) < 0.03
    values[huge] = generator.choice([-1e11, 1e11, 123456789012.0], huge.sum())
    values = values.round(6)
    values[generator.random(values.shape) < 0.1] = np.nan
    values[0] = np.nan
    return {
        "ids": np.sort(generator.choice(np.arange(1, 100), k, replace=False)),
        "limits": generator.uniform(0.5, 4, k),
        "clip": float(generator.choice([2, 3, 4])),
        "mean": mean,
        "deviation": deviation,
        "weight": weight,
        "places": places,
        "values": values,
    }


def score_by_hand(made: dict[str, np.ndarray]) -> list[tuple]:
    """Score every customer: id, second id, the distances, confidence, outlier or not."""
    scaled = scale(
        made["values"], made["mean"], made["deviation"], made["clip"], made["weight"]
    )
    deviations = np.abs((made["values"] - made["mean"]) / made["deviation"])
    rows = []
    for row, deviation in zip(scaled, deviations[:, :WATCHED], strict=True):
        distances = [float(np.linalg.norm(row - place)) for place in made["places"]]
        near, far = sorted(range(len(distances)), key=lambda i: (distances[i], i))[:2]
        rows.append(
            (
                int(made["ids"][near]),
                int(made["ids"][far]),
                distances[near],
                distances[far],
                1 - distances[near] / distances[far] if distances[far] > 0 else 0.0,
                bool((deviation > 4).any() or distances[near] > made["limits"][near]),
            )
        )
    return rows


def lay_out(made: dict[str, np.ndarray]) -> dict[str, float | int | bool]:
    """Lay a made-up model out as the row of segment_parameters, unused slots left out."""
    row = {"model_version": 1, "clip": made["clip"], "is_fitted": True}
    for column, name in enumerate(FEATURES):
        for kind in ("mean", "deviation", "weight"):
            row[f"{kind}_of_{name}"] = float(made[kind][column])
    for slot in range(1, len(made["ids"]) + 1):
        row[f"segment_id_{slot}"] = int(made["ids"][slot - 1])
        row[f"distance_limit_{slot}"] = float(made["limits"][slot - 1])
        for column, name in enumerate(FEATURES):
            row[f"centroid_{slot}_of_{name}"] = float(made["places"][slot - 1, column])
    return row


def test_scores_of_made_up_tables_equal_numpy(build_shop):
    build = build_shop("demo")
    compiled = build.target / "compiled" / "customer_segmentation" / "models"
    scoring = (compiled / "scoring" / "segment_placements.sql").read_text()
    generator = np.random.default_rng(20261124)
    tied = clipped = 0
    with duckdb.connect() as connection:
        # The compiled SQL names its database: here it is one in memory.
        connection.execute(f"attach '{build.database}' as built (read_only)")
        connection.execute("attach ':memory:' as segmentation")
        for name in (
            "int_customer_model_inputs",
            "int_customer_rfm_scores",
            "segment_directory",
            "segment_parameters",
            "segment_placement_rules",
        ):
            connection.execute(
                f"create table segmentation.main.{name} as"
                f" select * from built.main.{name} limit 0"
            )
        connection.execute(
            "insert into segmentation.main.segment_placement_rules"
            " values (date '2026-01-01', 1, 'any')"
        )
        for _ in range(TABLES):
            made = make_table(generator)
            customers = pd.DataFrame(made["values"], columns=list(FEATURES))
            customers["customer_id"] = [f"{row:03d}" for row in range(ROWS)]
            customers["as_of_date"] = date(2026, 1, 1)
            parameters = pd.DataFrame([lay_out(made)])
            for name, frame in (
                ("int_customer_rfm_scores", customers[["as_of_date", "customer_id"]]),
                ("int_customer_model_inputs", customers),
                ("segment_parameters", parameters),
            ):
                connection.execute(f"truncate segmentation.main.{name}")
                # A missing number arrives as null, not as NaN.
                connection.register("frame", frame.astype(object).where(frame.notna()))
                connection.execute(
                    f"insert into segmentation.main.{name} by name select * from frame"
                )
            ours = connection.execute(
                "select segment_id, second_segment_id, distance, confidence,"
                f" is_outlier from ({scoring}) order by customer_id"
            ).fetchall()
            expected = score_by_hand(made)
            assert [row[:2] for row in ours] == [row[:2] for row in expected]
            np.testing.assert_allclose(
                [row[2:4] for row in ours],
                [(row[2], row[4]) for row in expected],
                rtol=0,
                atol=1e-9,
            )
            assert [row[4] for row in ours] == [row[5] for row in expected]
            tied += sum(row[2] == row[3] for row in expected)
            clipped += int((np.abs(made["values"]) >= 1e11).sum())
    # The cases meant to be there are there.
    assert tied > 100
    assert clipped > 100
