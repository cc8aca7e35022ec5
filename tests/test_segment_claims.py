"""Names are true in any shop: 64 made ones of eight kinds, the demo and three real ones.

``python -m pytest tests/test_segment_claims.py -s`` prints every segment with its name,
claim, share of customers for whom it is true, and action. All shops are built in memory.
"""

import duckdb
import pytest
from conftest import Build, fetch_example, read_example
from in_memory import InMemoryProject
from made_kinds import KINDS, make_transactions

SEEDS = range(1, 9)


REAL = ("demo", "complete_journey", "cdnow", "ta_feng")
MODELS = ("segment_profiles", "segment_count_scores")


def read_segments(name: str, shop: duckdb.DuckDBPyConnection) -> list[dict]:
    """Cluster segments of a shop, with what came of such customers."""
    rows = shop.execute(
        """
        select
            profiles.*,
            outcomes.buyer_share / nullif(outcomes.overall_buyer_share, 0)
                as return_index,
            outcomes.customers * outcomes.overall_buyer_share as expected_buyers
        from segment_profiles as profiles
        left join segment_backtest_outcomes as outcomes using (segment_id)
        where segment_kind = 'cluster'
        order by segment_id
        """
    ).df()
    return [{"shop": name} | row for row in rows.to_dict("records")]


@pytest.fixture(scope="module")
def segments(tmp_path_factory) -> list[dict]:
    """Every cluster segment of every shop."""
    found = []
    made = {
        "segmentation_transactions": "shop_transactions",
        "segmentation_history_months": 0,
        "segmentation_model": {"k_bootstraps": 5},
    }
    project = InMemoryProject(
        Build(tmp_path_factory.mktemp("made"), vars=made), *MODELS
    )
    for kind in KINDS:
        for seed in SEEDS:
            lines = make_transactions(KINDS[kind], seed, customers=600)
            with project.run(shop_transactions=lines) as shop:
                found += read_segments(f"{kind} {seed}", shop)
    for name in REAL:
        if name != "demo":
            fetch_example(name)
        given = read_example(name) | {"segmentation_history_months": 0}
        build = Build(tmp_path_factory.mktemp(name), vars=given)
        with InMemoryProject(build, *MODELS).run() as shop:
            found += read_segments(name, shop)
    return found


def test_every_name_is_true_for_the_majority_of_its_customers(segments):
    for segment in segments:
        print(
            segment["shop"],
            segment["segment_name"],
            f"{segment['name_holds_share']:.0%}",
            segment["name_claim"],
            segment["evidence"],
            segment["recommended_action"],
            sep=" | ",
        )
    assert len({segment["shop"] for segment in segments}) == 64 + len(REAL)
    untrue = [segment for segment in segments if segment["name_holds_share"] < 0.5]
    assert not untrue
    true_for_most = [
        segment for segment in segments if segment["name_holds_share"] >= 0.7
    ]
    assert len(true_for_most) >= 0.95 * len(segments)


def test_two_names_of_a_shop_claim_different_things(segments):
    claims = [(segment["shop"], segment["name_claim"]) for segment in segments]
    described = [
        segment for segment in segments if segment["name_claim"].startswith("as many")
    ]
    assert len(claims) - len(set(claims)) <= len(described)
    names = [(segment["shop"], segment["segment_name"]) for segment in segments]
    assert len(names) == len(set(names))
    assert not [name for _, name in names if "(segment" in name]


def test_no_action_contradicts_the_figures(segments):
    for segment in segments:
        action, index = segment["recommended_action"], segment["return_index"]
        if not segment["expected_buyers"] >= 10:
            index = None
        if "Leave out of paid campaigns" in action:
            assert index is not None and index < 0.5, segment
        if "come back" in action:
            assert index is not None and index >= 1, segment
        if "low-cost" in action.lower() and index is not None:
            assert index < 1, segment
        if "Welcome" in action:
            assert segment["median_tenure_days"] < 90, segment
        if "no discounts" in action:
            assert segment["revenue_share"] > segment["customer_share"], segment


def test_one_time_buyers_are_never_called_regular(segments):
    words = ("regular", "loyal", "frequent", "champions", "repeat", "at risk")
    for segment in segments:
        if segment["median_frequency"] == 1:
            assert not any(word in segment["segment_name"].lower() for word in words)
