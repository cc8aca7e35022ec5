"""The demo shop, whose customers' behaviours are planted and known."""

import csv
import runpy

from conftest import PROJECT
from sklearn.metrics import adjusted_rand_score

TRUTH = PROJECT / "tests" / "data" / "demo_truth.csv"
# The seven behaviours overlap on purpose; K-Means on these features reaches 0.81 at the
# chosen k = 7. Below 0.75 something is broken.
FLOOR = 0.75


def test_segments_find_the_planted_behaviours(demo_build):
    truth = dict(list(csv.reader(TRUTH.open()))[1:])
    rows = demo_build.query(
        "select customer_id, segment_id from customer_segments"
        " where segment_kind = 'cluster' order by customer_id"
    )
    assert len(rows) > 0.9 * len(truth)
    agreement = adjusted_rand_score(
        [truth[customer] for customer, _ in rows], [segment for _, segment in rows]
    )
    assert agreement >= FLOOR


def test_no_model_reads_the_truth():
    for path in [*PROJECT.glob("models/**/*"), *PROJECT.glob("macros/**/*")]:
        if path.is_file() and path.suffix in (".sql", ".py", ".yml"):
            assert "truth" not in path.read_text().lower(), path


def test_names_fit_the_planted_behaviours(demo_build):
    """Most customers of a planted behaviour are in a segment whose name says so."""
    truth = dict(list(csv.reader(TRUTH.open()))[1:])
    segments = dict(
        demo_build.query("select customer_id, segment_name from customer_segments")
    )
    for planted, name in {
        "new": "New customers",
        "at_risk": "At risk",
        "lost": "Lost customers",
        "big_occasional": "Occasional big-basket buyers",
        "frequent_small": "Frequent small-basket buyers",
        "deal_hunters": "Regular customers",
        "champions": "Champions",
    }.items():
        customers = [customer for customer in truth if truth[customer] == planted]
        named = [segments[customer].startswith(name) for customer in customers]
        assert sum(named) / len(named) > 0.75, planted


def test_customers_at_risk_buy_again_less_often_than_those_who_stay(demo_build):
    bought = dict(
        demo_build.query(
            "select group_name, sum(buyer_share * customers) / sum(customers)"
            " from segment_forward_value"
            " where horizon_months = 3 and segmentation = 'segments' group by all"
        )
    )
    assert bought["Lost customers"] < 0.3 < 0.5 < bought["At risk"] < 0.6
    assert min(bought["Champions"], bought["Frequent small-basket buyers"]) > 0.8


def test_the_summary_prints_segments_agreement_and_paths(demo_build, monkeypatch):
    script = runpy.run_path(str(PROJECT / "scripts" / "print_summary.py"))
    text = script["summarise"](demo_build.published)
    for name, customers in demo_build.query(
        "select segment_name, customers from segment_profiles"
    ):
        line = next(line for line in text.splitlines() if line.startswith(name + " "))
        assert f" {customers:,} " in line
    assert "adjusted Rand index) 0.8" in text
    assert str(demo_build.published / "report.html") in text
