"""No hidden number of segment_demographics follows from what is published.

dbt compiles the model once. The compiled SQL then runs on made-up shops in a database in
memory. What a reader knows there: the segments' sizes (segment_profiles), how many
customers have a known value in all segments together (customer_quality), and every column
of segment_demographics.
"""

import functools
import itertools
import re
from collections import defaultdict

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build
from in_memory import InMemoryProject
from scipy.optimize import linprog

MINIMUM = 5
VARS = {
    "segmentation_demographics": {
        "region": {"kind": "nominal"},
        "income": {"kind": "number"},
    },
    "segmentation_minimum_cell_size": MINIMUM,
}
SHOPS = 60


@pytest.fixture(scope="module")
def code(tmp_path_factory) -> str:
    """The model's SQL as dbt compiles it, over a table customer_segments."""
    build = Build(tmp_path_factory.mktemp("disclosure"), vars=VARS)
    project = InMemoryProject(build, "segment_demographics")
    compiled = project.find("segment_demographics")["compiled_code"]
    return re.sub(r'\S+\."?customer_segments"?', "customer_segments", compiled)


def publish_from(code: str, customers: pd.DataFrame) -> pd.DataFrame:
    """Run the SQL on customers of (segment_id, region, income)."""
    with duckdb.connect() as connection:
        connection.register("given", customers)
        connection.execute(
            "create table customer_segments as select segment_id,"
            " 'Segment ' || segment_id as segment_name, region,"
            " cast(income as double) as income from given"
        )
        return connection.execute(f"{code} order by all").df()


@pytest.fixture(scope="module")
def publish(code):
    return functools.partial(publish_from, code)


@pytest.fixture(scope="module")
def shops(publish) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The customers of some random shops, and what is published of them."""
    customers = [make_customers(*make_shop(seed)) for seed in range(SHOPS)]
    return [(shop, publish(shop)) for shop in customers]


def make_customers(counts: np.ndarray, unknown: np.ndarray, generator) -> pd.DataFrame:
    """Make customers of a table of segments and regions; incomes are all different."""
    rows = [
        (segment + 1, region)
        for segment, row in enumerate(counts)
        for region, count in zip("ABCDEFGH", row, strict=False)
        for _ in range(count)
    ]
    rows += [
        (segment + 1, "unknown")
        for segment, count in enumerate(unknown)
        for _ in range(count)
    ]
    customers = pd.DataFrame(rows, columns=["segment_id", "region"])
    incomes = generator.lognormal(10, 0.5, len(customers)).round(2)
    incomes[generator.random(len(customers)) < generator.choice([0, 0.2, 0.9])] = None
    return customers.assign(income=incomes)


def make_shop(seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Make customers by segment and region; small, empty and large cells are all common."""
    generator = np.random.default_rng(seed)
    shape = generator.integers(1, 7), generator.integers(1, 6)
    means = generator.choice(
        [0, 1, 3, 5, 8, 40], size=shape, p=[0.1, 0.2, *[0.175] * 4]
    )
    counts = generator.poisson(means)
    # Some segments are small as a whole, in some nobody is known.
    counts[generator.random(shape[0]) < 0.15] //= 8
    unknown = generator.poisson(generator.choice([0, 2, 20]), size=shape[0])
    unknown[counts.sum(axis=1) + unknown == 0] = 1
    return counts, unknown, generator


def bound_cells(shown: pd.DataFrame, sizes: pd.Series, known_total: int):
    """Bound every hidden cell by linear programs over everything that is published.

    A segment has its listed values, what is not listed, and the customers without a
    value. Yields the segment, the value (None: those not listed) and both bounds.
    """
    values = list(dict.fromkeys(shown["attribute_value"]))
    width = len(values) + 2
    cells = {
        (row.segment_id, row.attribute_value): row
        for row in shown.itertuples(index=False)
    }
    bounds, left, right = [], [], []
    total = np.zeros(len(sizes) * width)
    for place, (segment, size) in enumerate(sizes.items()):
        members = slice(place * width, (place + 1) * width)
        known = slice(place * width, (place + 1) * width - 1)
        equation = np.zeros(len(total))
        equation[members] = 1
        left.append(equation)
        right.append(size)
        coverage = cells[segment, values[0]].coverage
        if not pd.isna(coverage):
            equation = np.zeros(len(total))
            equation[known] = 1
            left.append(equation)
            right.append(round(coverage * size))
        total[known] = 1
        for value in values:
            count = cells[segment, value].customers
            bounds.append((0, None) if pd.isna(count) else (count, count))
        bounds += [(0, None), (0, None)]
    left.append(total)
    right.append(known_total)
    for place, segment in enumerate(sizes.index):
        for column, value in enumerate([*values, None]):
            if value is not None and not cells[segment, value].is_suppressed:
                continue
            aim = np.zeros(len(total))
            aim[place * width + column] = 1
            ends = [
                linprog(sign * aim, A_eq=left, b_eq=right, bounds=bounds)
                for sign in (1, -1)
            ]
            assert [end.status for end in ends] == [0, 0], "The tables contradict."
            yield segment, value, ends[0].fun, -ends[1].fun


def check_hidden_cells(
    attribute: str, customers: pd.DataFrame, published: pd.DataFrame, minimum: int
) -> int:
    """Assert that a hidden cell can be anything in a range as wide as the minimum.

    Or as wide as the segment, where that is smaller. The exception says nothing about a
    person: where coverage is 0, nobody's value is known. Values that are not listed stand
    for at least the minimum of customers together, or their number cannot be told. Returns
    how many cells are hidden.
    """
    shown = published[published["attribute"] == attribute]
    if shown.empty:
        return 0
    hidden = 0
    sizes = customers.groupby("segment_id").size()
    known = customers[attribute].replace("unknown", None).notna()
    empty = set(sizes.index) - set(customers["segment_id"][known])
    for segment, value, low, high in bound_cells(shown, sizes, known.sum()):
        if segment in empty:
            continue
        clue = (segment, value, low, high)
        least = min(minimum, sizes[segment])
        if value is None:
            assert high < 0.5 or high > least - 0.5, clue
            continue
        hidden += 1
        assert high - low > least - 0.001, clue
    return hidden


@pytest.mark.parametrize("attribute", ["region", "income"])
def test_no_hidden_cell_can_be_solved_for(attribute, shops):
    assert sum(check_hidden_cells(attribute, *shop, MINIMUM) for shop in shops) > 100


@pytest.mark.parametrize("rule", ["small_cells = 1", "small_customers < 5"])
def test_cells_that_are_not_hidden_along_with_others_are_found(rule, code):
    assert rule in code
    broken = code.replace(rule, "false")
    with pytest.raises(AssertionError):
        for seed in range(SHOPS):
            customers = make_customers(*make_shop(seed))
            published = publish_from(broken, customers)
            check_hidden_cells("region", customers, published, MINIMUM)


def test_lift_follows_from_the_numbers_shown(shops):
    """What follows from the cells that are shown cannot tell anything of the others."""
    compared = 0
    for seed, (_, published) in enumerate(shops):
        shown = published[~published["is_suppressed"]]
        known = shown["customers"] / shown["share_of_known"]
        groups = [shown["attribute"], shown["attribute_value"]]
        share = shown.groupby(groups)["customers"].transform("sum") / known.groupby(
            groups
        ).transform("sum")
        lift = (shown["share_of_known"] / share).where(
            shown.groupby(groups)["customers"].transform("size") > 1
        )
        np.testing.assert_allclose(shown["lift"], lift, rtol=1e-9, err_msg=str(seed))
        compared += lift.notna().sum()
    assert compared > 100


def test_shops_that_differ_in_hidden_cells_publish_the_same_rows(publish):
    """A customer moves from one hidden cell to another, and no published figure moves."""
    compared = 0
    for seed in range(SHOPS):
        counts, unknown, generator = make_shop(seed)

        def publish_regions(table, unknown=unknown, generator=generator):
            published = publish(make_customers(table, unknown, generator))
            published = published[published["attribute"] == "region"]
            return published.reset_index(drop=True).astype({"customers": "Int32"})

        before = publish_regions(counts)
        if before.empty:
            continue
        shown = {
            (row.segment_id, row.attribute_value)
            for row in before.itertuples()
            if not row.is_suppressed
        }
        for segment in range(len(counts)):
            places = [
                place
                for place, region in enumerate("ABCDE"[: counts.shape[1]])
                if (segment + 1, region) not in shown
            ]
            for source, target in itertools.permutations(places, 2):
                table = counts.copy()
                table[segment, source] -= 1
                table[segment, target] += 1
                # Where the customer makes a cell large enough, other cells are hidden.
                if not counts[segment, source] or table[segment, target] >= MINIMUM:
                    continue
                after = publish_regions(table)
                columns = ["segment_id", "attribute_value", "is_suppressed"]
                if not after[columns].equals(before[columns]):
                    continue
                pd.testing.assert_frame_equal(after, before)
                compared += 1
                break
    assert compared > 30


def test_who_knows_the_rule_cannot_tell_small_cells_apart_either(publish):
    """Every small segment of three regions there is, each as a segment of one shop.

    Segments that publish the same are the same to a reader who knows the rule. Among them
    a small hidden cell has every number from its own up to the largest small one.
    """
    counts = np.array(list(itertools.product(range(2 * MINIMUM), repeat=3)))[1:]
    # Region A is the least common, then B.
    counts = np.concatenate([counts, [[200, 300, 400]]])
    customers = make_customers(
        counts, np.zeros(len(counts), int), np.random.default_rng(0)
    )
    published = publish(customers)
    published = published[published["attribute"] == "region"]
    alike = defaultdict(list)
    for segment, rows in published.groupby("segment_id"):
        columns = ["customers", "share_of_known", "lift", "coverage"]
        looks = rows[columns].fillna(-1).to_numpy().tolist()
        alike[counts[segment - 1].sum(), str(looks)].append(segment - 1)
    hidden = published[published["is_suppressed"]]
    hidden = hidden.groupby("segment_id")["attribute_value"].agg(set).to_dict()
    checked = 0
    for segments in alike.values():
        for segment, column in itertools.product(segments, range(3)):
            count = counts[segment, column]
            if "ABC"[column] in hidden.get(segment + 1, ()) and count < MINIMUM:
                largest = min(MINIMUM - 1, counts[segment].sum())
                others = {int(counts[other, column]) for other in segments}
                assert set(range(count, largest + 1)) <= others, counts[segment]
                checked += 1
    assert checked > 500


def test_labels_give_no_value_of_a_customer_away(shops):
    """Incomes are all different here: no label has one of a customer."""
    for customers, published in shops:
        incomes = set(customers["income"].dropna())
        labels = published.loc[published["attribute"] == "income", "attribute_value"]
        for label in labels.unique():
            edges = {float(edge) for edge in re.findall(r"[\d.]+", label)}
            assert edges and not edges & incomes, label
