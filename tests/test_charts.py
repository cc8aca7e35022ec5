"""What the page of charts shows: the tables' numbers, in one order, safe to open."""

import html
import math
import os
import re
import stat
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from python_charts.charts import (  # noqa: E402
    SECTIONS,
    build_data_quality,
    build_demographics,
    build_feature_distributions,
    build_forward_value,
    build_profile_heatmap,
    build_rfm_scatter,
    build_segment_count_scores,
    build_segment_map,
    build_segment_moves,
    build_segment_sizes,
    build_segments_over_time,
)
from python_charts.details import (  # noqa: E402
    render_drift,
    render_rules,
    render_worth,
)
from python_charts.report import render_page, write_report  # noqa: E402
from python_charts.style import (  # noqa: E402
    CLUSTER_COLOURS,
    RULE_COLOURS,
    count_things,
    format_number,
    format_share,
    format_value,
    list_segments,
)
from python_charts.tables import (  # noqa: E402
    COLUMNS,
    MissingTableError,
    load_tables,
)

EVIL = """<script>alert("1")</script> & 'Füchse' 🦊 %{x}"""
AS_OF = pd.Timestamp("2026-01-01")
CLUSTERS = {1: "Champions", 2: EVIL, 4: "Lost"}
RULES = {-1: "No purchases yet", -2: "Returns only"}


def make_profiles(clusters=CLUSTERS, rules=RULES, **changes) -> pd.DataFrame:
    """Make segment_profiles, in the order of the ids and not of the page."""
    rows = []
    for segment_id, name in sorted({**clusters, **rules}.items()):
        is_rule = segment_id < 0
        rows.append(
            {
                "segment_id": segment_id,
                "segment_name": name,
                "segment_kind": "rule" if is_rule else "cluster",
                "evidence": f"evidence of {segment_id}: 5 % of <b>all</b>",
                "name_claim": f"claim of {segment_id}",
                "recommended_action": f"action for {segment_id}",
                "name_holds_share": 1.0 if is_rule else 0.84,
                "model_version": None if is_rule else 3,
                "customers": 10 * abs(segment_id),
                "customer_share": 0.1 * abs(segment_id),
                "net_revenue": -80.0 if segment_id == -2 else 1000.0 * segment_id,
                "revenue_share": -0.01 if segment_id == -2 else 0.14 * segment_id,
                "borderline_share": None if is_rule else 0.25,
                "window_start_date": pd.Timestamp("2025-01-01"),
                "as_of_date": AS_OF,
            }
        )
    return pd.DataFrame(rows).assign(**changes)


def make_feature_profiles(clusters=CLUSTERS) -> pd.DataFrame:
    """Make segment_feature_profiles; Champions are far above any sensible colour."""
    features = [
        ("tenure_days", "secondary"),
        ("units", "profile"),
        ("recency_days", "core"),
        ("<25 basket", "secondary"),
        ("monetary", "core"),
    ]
    return pd.DataFrame(
        [
            {
                "segment_id": segment_id,
                "feature": feature,
                "feature_role": role,
                "known_customers": 10 * segment_id,
                "mean": 12.0 * segment_id,
                "percentile_05": 1.0 * segment_id,
                "lower_quartile": 5.0 * segment_id,
                "median": 10.0 * segment_id,
                "upper_quartile": 15.0 * segment_id,
                "percentile_95": 30.0 * segment_id,
                "index_to_all": 100.0,
                "standardised_mean": 5.0 if segment_id == 1 else -0.5,
            }
            for segment_id in sorted(clusters, reverse=True)
            for feature, role in features
        ]
    )


def make_map(clusters=CLUSTERS) -> pd.DataFrame:
    """Make segment_map: three customers per segment, one bought today."""
    return pd.DataFrame(
        [
            {
                "customer_id": f"secret-{segment_id}-{number}",
                "segment_id": segment_id,
                "recency_days": number,
                "frequency": number + 1,
                "monetary": 100.0 * number - 50,
                "confidence": 0.5,
                "horizontal": number + segment_id / 10,
                "vertical": -number,
                "horizontal_variance_share": 0.62,
                "vertical_variance_share": 0.19,
            }
            for segment_id in clusters
            for number in range(3)
        ]
    )


def make_counts() -> pd.DataFrame:
    """Make segment_count_scores: 5 of 4, 5, 6 is chosen."""
    return pd.DataFrame(
        [
            {
                "segment_count": count,
                "inertia": 1000.0 - count,
                "silhouette": 0.1 * count,
                "simplified_silhouette": 0.11 * count,
                "stability": 0.12 * count,
                "worst_jaccard": 0.6,
                "smallest_share": 0.05,
                "later_spend_explained_share": 0.3,
                "classic_grid_explained_share": 0.1,
                "r_rfm_explained_share": 0.2,
                "putler_explained_share": None,
                "is_chosen": count == 5,
                "reason": f"reason <{count}> & more",
            }
            for count in (6, 4, 5)
        ]
    )


def make_demographics() -> pd.DataFrame:
    """Make segment_demographics: two ages, one of them hidden for segment 2."""
    columns = [
        *("segment_id", "attribute", "attribute_value", "value_order", "customers"),
        *("share_of_known", "lift", "coverage", "is_suppressed"),
    ]
    rows = [
        (1, "age", "<25", 1, 40, 0.4, 2.0, 0.75, False),
        (1, "age", "25+", 2, 60, 0.6, 0.5, 0.75, False),
        (2, "age", "<25", 1, None, None, None, 0.5, True),
        (2, "age", "25+", 2, 90, 0.9, 1.0, 0.5, False),
        (1, "size", "1", 1, 50, 0.5, 1.0, 0.9, False),
    ]
    return pd.DataFrame(rows, columns=columns).assign(minimum_cell_size=17)


def make_migrations() -> pd.DataFrame:
    """Make segment_migrations: two months; segment 5 has no customers any more."""
    names = {**CLUSTERS, **RULES, 5: "Gone"}
    moves = [
        ("2025-12-01", 1, 1, 30, 300.0, 310.0),
        ("2025-12-01", 5, 5, 10, 50.0, 50.0),
        ("2026-01-01", 1, 1, 25, 250.0, 260.0),
        ("2026-01-01", 1, 2, 5, 50.0, 40.0),
        ("2026-01-01", 5, 2, 10, 50.0, 60.0),
        ("2026-01-01", None, 4, 9, 0.0, 90.0),
        ("2026-01-01", None, -2, 1, 0.0, -5.0),
    ]
    return pd.DataFrame(
        [
            {
                "as_of_date": pd.Timestamp(date),
                "from_segment_id": before,
                "from_segment_name": names.get(before, "Not yet a customer"),
                "to_segment_id": after,
                "to_segment_name": names[after],
                "is_stay": before == after,
                "customers": customers,
                "net_revenue_before": revenue_before,
                "net_revenue_after": revenue_after,
            }
            for date, before, after, customers, revenue_before, revenue_after in moves
        ]
    ).astype({"from_segment_id": "Int32"})


def make_forward_value() -> pd.DataFrame:
    """Make segment_forward_value: the segments explain more, over both horizons."""
    explained = {
        ("2025-09-01", 1): (0.2, 0.1),
        ("2025-10-01", 1): (0.4, 0.3),
        ("2025-09-01", 3): (0.5, 0.25),
    }
    return pd.DataFrame(
        [
            {
                "as_of_date": pd.Timestamp(date),
                "horizon_months": months,
                "segmentation": grouping,
                "group_name": name,
                "customers": 20 + place,
                "mean_future_net_revenue": 1234.0 / (place + 1) + months,
                "buyer_share": 0.75 - 0.5 * place,
                "group_count": 2,
                "explained_share": shares[grouping == "rfm_grid"],
                "is_in_sample": True,
            }
            for (date, months), shares in explained.items()
            for grouping, groups in (
                ("segments", ("Champions", EVIL)),
                ("rfm_grid", ("Loyal", "Hibernating")),
            )
            for place, name in enumerate(groups)
        ]
    )


def make_rules() -> pd.DataFrame:
    """Make segment_rules: one rule of two clauses, one segment without a rule."""
    columns = [
        *("segment_id", "segment_name", "rule", "customers", "rule_customers"),
        *("coverage", "precision", "fidelity"),
    ]
    clauses = "(recency_days <= 9 and monetary > 5) or (frequency >= 7)"
    rows = [
        (4, "Lost", None, 40, 0, 0.0, None, 0.87),
        (2, EVIL, "a < '<i>'", 20, 10, 0.45, 0.9, 0.87),
        (1, "Champions", clauses, 10, 12, 0.91, 0.76, 0.87),
    ]
    return pd.DataFrame(rows, columns=columns)


def make_drift() -> pd.DataFrame:
    """Make segment_drift: calm in the first run, a segment in the newest is watched."""
    columns = [
        *("as_of_date", "metric", "subject", "status", "hint", "training_value"),
        *("current_value", "value", "watch_from", "refit_from"),
    ]
    old = pd.Timestamp("2025-12-01")
    rows = [
        (old, "overall", "all", "ok", "As in training.", None, None, 0, None, None),
        (AS_OF, "overall", "all", "watch", "Look <at> it.", None, None, 1, None, None),
        (AS_OF, "feature_psi", "monetary", "ok", "x", None, None, 0.03, 0.1, 0.25),
        (
            AS_OF,
            "share_change",
            EVIL,
            "watch",
            "Odd & far.",
            0.2,
            0.13,
            -0.07,
            0.05,
            0.1,
        ),
    ]
    return pd.DataFrame(rows, columns=columns).assign(model_version=3)


def make_quality() -> pd.DataFrame:
    """Make transaction_quality: two reasons met, one not."""
    columns = ["status", "reason", "reason_order", "row_count", "amount", "row_share"]
    rows = [
        ("rejected", "duplicate", 8, 3, 30.5, 0.03),
        ("accepted", "accepted", 0, 95, 5000.25, 0.95),
        ("rejected", "filtered", 1, 0, 0.0, 0.0),
        ("rejected", "unreadable_amount", 4, 2, 0.0, 0.02),
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Make small tables with the columns of the marts."""
    evaluation = {
        "model_version": [3, 2],
        "model_status": ["ok", "weak_structure"],
        "segment_count": [3, 7],
        "training_customers": [70, 50],
        "feature_count": [4, 4],
        "silhouette": [0.4, 0.1],
        "davies_bouldin": [1.1, 2.0],
        "calinski_harabasz": [88.0, 10.0],
        "stability": [0.9, 0.2],
        "later_spend_explained_share": [0.3, None],
        "fitted_as_of_date": [AS_OF, AS_OF],
    }
    return {
        "segment_profiles": make_profiles(),
        "segment_feature_profiles": make_feature_profiles(),
        "segment_map": make_map(),
        "segment_count_scores": make_counts(),
        "segment_evaluation": pd.DataFrame(evaluation),
        "segment_demographics": make_demographics(),
        "segment_migrations": make_migrations(),
        "segment_forward_value": make_forward_value(),
        "segment_rules": make_rules(),
        "segment_drift": make_drift(),
        "transaction_quality": make_quality(),
    }


def publish(tables: dict[str, pd.DataFrame], folder: Path) -> Path:
    """Write tables as the project publishes them."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect(":memory:") as connection:
        for name, table in tables.items():
            connection.register("rows_of_table", table)
            path = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(f"copy (from rows_of_table) to '{path}'")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run the module as ``make build`` does."""
    return subprocess.run(
        [sys.executable, "-m", "python_charts", *arguments],
        cwd=PROJECT,
        env=os.environ | {"SEGMENTATION_PUBLISH_DIR": str(folder)},
        capture_output=True,
        text=True,
    )


def own_part(page: str) -> str:
    """Return the page without plotly.js, which stands in it once."""
    assert page.count(get_plotlyjs()) == 1
    return page.replace(get_plotlyjs(), "")


def trace(figure: go.Figure, name: str):
    """Return the only trace of a name."""
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def sentence(figure: go.Figure) -> str:
    """Return what a figure says in place of a drawing."""
    assert len(figure.data) == 0
    return figure.layout.annotations[0].text


# ---- One order, one colour ---------------------------------------------------------


def test_clusters_come_first_by_id_and_rule_segments_are_grey(tables):
    segments = list_segments(tables)
    assert [segment.segment_id for segment in segments] == [1, 2, 4, -1, -2]
    colours = [segment.colour for segment in segments]
    assert colours == CLUSTER_COLOURS[:3] + RULE_COLOURS[:2]


def test_twenty_clusters_have_twenty_colours():
    clusters = {number: f"Segment {number}" for number in range(1, 21)}
    segments = list_segments({"segment_profiles": make_profiles(clusters)})
    assert len({segment.colour for segment in segments[:20]}) == 20


def test_a_segment_has_the_same_colour_in_every_chart(tables):
    colours = {segment.segment_id: segment.colour for segment in list_segments(tables)}
    clusters = [colours[1], colours[2], colours[4]]
    sizes = build_segment_sizes(tables)
    for name in ("Share of customers", "Share of net revenue"):
        assert list(trace(sizes, name).marker.color) == list(colours.values())
    for build in (build_rfm_scatter, build_segment_map):
        assert [item.marker.color for item in build(tables).data] == clusters
    boxes = build_feature_distributions(tables).data
    assert [box.marker.color for box in boxes[:3]] == clusters
    for figure in (build_profile_heatmap(tables), build_feature_distributions(tables)):
        ticks = figure.layout.yaxis.ticktext
        assert [re.search("color:(#......)", tick)[1] for tick in ticks] == clusters
    ticks = build_demographics(tables).layout.xaxis.ticktext
    assert [re.search("color:(#......)", tick)[1] for tick in ticks] == [
        *colours.values()
    ]
    swatches = re.findall(
        'class="swatch" style="background:(#......)', render_page(tables)
    )
    # The table of segments, of their worth, and of the rules.
    assert swatches == [*colours.values(), *clusters[:2], *clusters]
    history = build_segments_over_time(tables)
    assert trace(history, "Champions").marker.color == colours[1]
    moves = build_segment_moves(tables).layout
    ticks = [*moves.yaxis.ticktext[:1], *moves.xaxis.ticktext]
    assert [re.search("color:(#......)", tick)[1] for tick in ticks] == [
        *(colours[1], *clusters, colours[-2])
    ]


# ---- The charts show the tables' numbers -------------------------------------------


def test_sizes_show_shares_of_customers_and_revenue(tables):
    figure = build_segment_sizes(tables)
    customers = trace(figure, "Share of customers")
    revenue = trace(figure, "Share of net revenue")
    assert list(customers.x) == pytest.approx([0.1, 0.2, 0.4, 0.1, 0.2])
    assert list(revenue.x) == pytest.approx([0.14, 0.28, 0.56, -0.14, -0.01])
    assert trace(figure, "Text of net revenue").text[0].strip() == (
        "14 % of net revenue (1,000)"
    )
    # The first row is on top.
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert "Champions" in figure.layout.yaxis.ticktext[0]


def test_revenue_without_a_total_is_said_and_not_drawn(tables):
    tables["segment_profiles"] = make_profiles(revenue_share=None, net_revenue=0.0)
    figure = build_segment_sizes(tables)
    assert list(trace(figure, "Share of net revenue").x) == [0.0] * 5
    assert "the total is zero" in trace(figure, "Text of net revenue").text[0]


def test_profiles_show_medians_coloured_by_standardised_means(tables):
    figure = build_profile_heatmap(tables)
    heatmap = figure.data[0]
    # Core, secondary, profile; known features before the user's own.
    assert list(figure.layout.xaxis.ticktext) == [
        "Recency (days)",
        "Net revenue",
        "Tenure (days)",
        "&lt;25 basket",
        "Units",
    ]
    assert [row[0] for row in heatmap.z] == [5.0, -0.5, -0.5]
    assert (heatmap.zmin, heatmap.zmax) == (-2, 2)
    assert [row[0] for row in heatmap.text] == ["10", "20", "40"]
    assert "15" in heatmap.hovertext[0][0]


def test_a_feature_nobody_of_a_segment_has_is_a_dash(tables):
    profiles = tables["segment_feature_profiles"]
    gone = (profiles["segment_id"] == 4) & (profiles["feature"] == "units")
    tables["segment_feature_profiles"] = profiles[~gone]
    heatmap = build_profile_heatmap(tables).data[0]
    assert heatmap.z[2][4] is None
    assert heatmap.text[2][4] == "–"


def test_boxes_are_the_quartiles_of_the_table(tables):
    figure = build_feature_distributions(tables)
    # Four features of the model, three clusters each; profile features are left out.
    assert len(figure.data) == 12
    box = figure.data[1]
    found = [box.lowerfence, box.q1, box.median, box.q3, box.upperfence]
    assert [value[0] for value in found] == [2, 10, 20, 30, 60]
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.xaxis.title.text == "days since last purchase (log scale)"


def test_boxes_with_a_zero_or_a_loss_have_a_linear_axis(tables):
    profiles = tables["segment_feature_profiles"]
    profiles["percentile_05"] = -profiles["percentile_05"]
    figure = build_feature_distributions(tables)
    assert figure.layout.xaxis.type is None


def test_scatter_shows_recency_frequency_and_money(tables):
    points = trace(build_rfm_scatter(tables), "Champions")
    assert list(points.x) == [1, 2, 3]
    assert list(points.y) == [1, 2, 3]
    assert list(points.marker.size) == [0, 50, 150]
    axis = build_rfm_scatter(tables).layout.xaxis
    # Drawn one day to the right, and named by the day itself.
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True))[1] == "0"


def test_map_names_the_variance_of_its_axes(tables):
    figure = build_segment_map(tables)
    assert list(trace(figure, "Champions").x) == pytest.approx([0.1, 1.1, 2.1])
    assert "62 % of the variance" in figure.layout.xaxis.title.text
    assert "19 % of the variance" in figure.layout.yaxis.title.text


def test_segments_are_drawn_by_their_medians_and_middle_halves(tables):
    tables["segment_map"] = tables["segment_map"].drop(columns="customer_id")
    mark = trace(build_rfm_scatter(tables), "Champions")
    assert (mark.x, mark.y, mark.marker.size) == ((2,), (2,), (50,))
    assert (mark.error_x.array, mark.error_x.arrayminus) == ((0.5,), (0.5,))
    assert "medians of 3 customers<br>last purchase 1 day ago" in mark.hovertext[0]
    mark = trace(build_segment_map(tables), "Champions")
    assert list(mark.x) == pytest.approx([1.1])
    assert mark.error_y.array == (0.5,)


def test_single_customers_are_on_the_page_only_if_asked_for(tables, tmp_path):
    folder = publish(tables, tmp_path / "published")
    ids = set(tables["segment_map"]["customer_id"])
    page = folder / "report.html"
    for arguments, expected in (((), set()), (("--customers",), ids), ((), set())):
        assert run(folder, *arguments).returncode == 0
        found = set(re.findall(r"secret-\d-\d", page.read_text(encoding="utf-8")))
        assert found == expected
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert len(ids) == 9


def test_no_customer_of_the_demo_is_on_its_page(demo_build):
    folder = demo_build.published
    page = own_part(render_page(load_tables(folder)))
    with_customers = own_part(render_page(load_tables(folder, with_customers=True)))
    ids = [name for (name,) in demo_build.query("select customer_id from segment_map")]
    words = set(re.findall(r"[\w-]+", page))
    assert len(ids) > 1000
    assert not words & set(ids)
    # Nor do marks stand for one each.
    assert sum(len(mark.x) for mark in build_segment_map(load_tables(folder)).data) < 30
    assert set(ids) <= set(re.findall(r"[\w-]+", with_customers))


def test_the_chosen_number_of_segments_is_marked(tables):
    figure = build_segment_count_scores(tables)
    for name in ("inertia", "silhouette", "simplified_silhouette", "stability"):
        scores = trace(figure, name)
        assert list(scores.x) == [4, 5, 6]
        assert list(scores.marker.symbol) == ["circle", "star", "circle"]
    assert list(trace(figure, "silhouette").y) == pytest.approx([0.4, 0.5, 0.6])
    assert "reason &lt;4&gt; &amp; more" in trace(figure, "inertia").hovertext[0]
    assert "5 were chosen" in figure.layout.title.text
    assert {shape.x0 for shape in figure.layout.shapes} == {5}
    assert "5 (chosen)" in render_page(tables)


def test_demographics_show_shares_lift_coverage_and_what_is_hidden(tables):
    shown, neutral = build_demographics(tables).data[:2]
    # Rows: coverage, <25, 25+. Columns: segments 1, 2, 4, -1, -2.
    assert list(shown.text[1][:3]) == ["40 %", "", ""]
    assert shown.z[1][0] == pytest.approx(math.log2(2.0))
    assert shown.z[2][0] == pytest.approx(math.log2(0.5))
    assert "0.50 times" in shown.hovertext[2][0]
    assert list(neutral.text[0]) == ["75 %", "50 %", "0 %", "0 %", "0 %"]
    assert list(neutral.text[1]) == ["", "hidden", "–", "–", "–"]
    assert "lift" not in neutral.hovertext[1][1]
    labels = build_demographics(tables).layout.yaxis.ticktext
    assert list(labels[1:]) == ["&lt;25", "25+"]


def test_demographics_tell_what_is_not_compared_or_too_small_to_cover(tables):
    cells = tables["segment_demographics"]
    cells.loc[0, "lift"] = None
    cells.loc[cells["segment_id"] == 2, "coverage"] = None
    shown, neutral = build_demographics(tables).data[:2]
    assert shown.text[1][0] == "" and neutral.text[1][0] == "40 %"
    assert "no other segment shows it" in neutral.hovertext[1][0]
    assert list(neutral.text[0][:3]) == ["75 %", "hidden", "0 %"]
    cells.loc[cells["segment_id"] == 2, "coverage"] = 0.0
    assert build_demographics(tables).data[1].text[1][1] == "–"


def test_a_value_nobody_has_looks_like_one_that_is_hidden(tables):
    cells = tables["segment_demographics"]
    tables["segment_demographics"] = cells[cells["is_suppressed"] == 0]
    assert build_demographics(tables).data[1].text[1][1] == "hidden"


def test_the_size_of_hidden_cells_is_the_marts(tables):
    assert "fewer than 17 customers" in render_page(tables)
    tables["segment_demographics"]["minimum_cell_size"] = 1
    assert "Hidden cells" not in own_part(render_page(tables))


def test_history_shows_shares_of_the_customers_of_each_month(tables):
    figure = build_segments_over_time(tables)
    assert list(figure.layout.xaxis.ticktext) == ["2025-12", "2026-01"]
    assert list(trace(figure, "Champions").y) == pytest.approx([0.75, 0.5])
    assert list(trace(figure, "Gone").y) == pytest.approx([0.25, 0])
    assert list(trace(figure, "Lost").y) == pytest.approx([0, 0.18])
    for month in range(2):
        assert sum(bar.y[month] for bar in figure.data) == pytest.approx(1)
    # The first segment is drawn last, and so lies on top.
    assert figure.data[-1].name == "Champions"
    assert "25 customers, 50 % of 50" in trace(figure, "Champions").hovertext[1]


def test_a_segment_without_customers_today_has_a_colour_of_its_own(tables):
    colours = [bar.marker.color for bar in build_segments_over_time(tables).data]
    assert (
        trace(build_segments_over_time(tables), "Gone").marker.color
        == (CLUSTER_COLOURS[3])
    )
    assert len(set(colours)) == len(colours)


def test_moves_show_the_newest_month_and_who_stayed(tables):
    figure = build_segment_moves(tables)
    stayed, moved = trace(figure, "stayed"), trace(figure, "moved")
    # Rows: segments 1 and 5, new customers. Columns: 1, 2, 4, -2.
    assert [list(row) for row in stayed.text] == [
        ["25<br>260", "", "", ""],
        ["", "", "", ""],
        ["", "", "", ""],
    ]
    assert [list(row) for row in moved.text] == [
        ["", "5<br>40", "", ""],
        ["", "10<br>60", "", ""],
        ["", "", "9<br>90", "1<br>-5"],
    ]
    assert moved.z[0][1] == pytest.approx(5 / 30)
    assert moved.z[2][2] == 0
    assert "Not yet a customer" in figure.layout.yaxis.ticktext[2]
    # 25 of the 40 known a month before.
    assert "62 % of the customers stayed" in figure.layout.title.text
    assert "2026-01-01" in figure.layout.title.text


def test_worth_shows_the_shares_explained_and_says_who_wins(tables):
    figure = build_forward_value(tables)
    lines = [(line.name, list(line.x), list(line.y)) for line in figure.data]
    assert lines == [
        ("Segments", [0, 1], [0.2, 0.4]),
        ("Classic RFM grid", [0, 1], [0.1, 0.3]),
        ("Segments", [0], [0.5]),
        ("Classic RFM grid", [0], [0.25]),
    ]
    title = re.sub("<.*?>|\\s", " ", figure.layout.title.text)
    assert "Segments explain more of later spend than the classic RFM grid" in title
    assert "30 % against 20 % over 1 month, 50 % against 25 % over 3 months" in title
    assert "fitted on data that include this later spend" in title


def test_worth_compares_where_the_model_had_not_seen_the_spend(tables):
    value = tables["segment_forward_value"]
    value["is_in_sample"] = value["as_of_date"] < pd.Timestamp("2025-10-01")
    figure = build_forward_value(tables)
    assert figure.data[0].marker.symbol == ("circle-open", "circle")
    title = re.sub("<.*?>|\\s", " ", figure.layout.title.text)
    assert "on average 40 % against 30 % over 1 month. " in title
    assert "fitted before this later spend" in title


@pytest.mark.parametrize(
    ("horizons", "words"),
    [
        ([1, 3], "The classic RFM grid explains more of later spend than segments"),
        ([3], "no clear winner"),
        ([], "Segments explain more"),
    ],
)
def test_the_title_says_who_explains_more(tables, horizons, words):
    value = tables["segment_forward_value"]
    other = {"segments": "rfm_grid", "rfm_grid": "segments"}
    turned = value["horizon_months"].isin(horizons)
    value.loc[turned, "segmentation"] = value["segmentation"].map(other)
    title = build_forward_value(tables).layout.title.text
    assert words in title.replace("<br>", " ")


def test_worth_of_the_newest_whole_quarter_is_a_table(tables):
    text = render_worth(tables)
    assert "placed on 2025-09-01" in text
    assert "three months to 2025-11-30" in text
    assert ">20</td>" in text
    assert ">1,237</td>" in text
    assert ">620</td>" in text
    assert ">75 %</td>" in text
    assert "Hibernating" not in text


def test_rules_show_their_sql_and_how_good_they_are(tables):
    text = render_rules(tables)
    (code, evil) = re.findall("<code>(.*?)</code>", text, re.DOTALL)
    plain = html.unescape(re.sub("<.*?>", "", code))
    assert plain.replace("\n", " ") == tables["segment_rules"]["rule"][2]
    assert html.unescape(re.sub("</?span>", "", evil)) == "a < '<i>'"
    assert "<i>" not in text
    assert text.count("87 %") == 1
    for cell in ("91 %", "76 %", "45 %", "90 %", "–"):
        assert f">{cell}</td>" in text
    assert "No short rule finds this segment." in text


@pytest.mark.parametrize(
    ("status", "words"),
    [("ok", "The model is fresh."), ("watch", "watch it."), ("refit due", "is due.")],
)
def test_drift_says_first_whether_the_model_is_fresh(tables, status, words):
    drift = tables["segment_drift"]
    newest = (drift["metric"] == "overall") & (drift["as_of_date"] == AS_OF)
    drift.loc[newest, "status"] = status
    text = render_drift(tables)
    first = text[: text.index("</p>")]
    assert words in first
    assert ("Look &lt;at&gt; it." in first) == (status != "ok")
    assert "1 of 2 metrics are ok" in first
    assert "as of 2025-12-01, said: ok" in first
    assert "compared with themselves" in first
    page = own_part(render_page(tables))
    assert f"<dt>Freshness</dt><dd>{status}</dd>" in page
    assert ("Refit due.</strong>" in page) == (status == "refit due")


def test_drift_lists_the_worst_first_in_their_units(tables):
    rows = re.findall("<tr>(.*?)</tr>", render_drift(tables), re.DOTALL)
    cells = [re.findall("<td.*?>(.*?)</td>", row) for row in rows[1:]]
    assert [row[3:8] for row in cells] == [
        ["-7.0", "20 %", "13 %", "±5.0", "±10.0"],
        ["0.03", "–", "–", "0.10", "0.25"],
    ]
    assert cells[0][1] == html.escape(EVIL)
    assert cells[0][8] == "Odd &amp; far."
    assert cells[1][1:3] == ["Net revenue", "ok"]


def test_hovering_counts_one_day_and_two_days(tables):
    hover = trace(build_rfm_scatter(tables), "Champions").hovertext
    assert "last purchase 0 days ago<br>1 purchase day<br>" in hover[0]
    assert "last purchase 1 day ago<br>2 purchase days<br>" in hover[1]
    assert count_things(1000, "day") == "1,000 days"


def test_ledger_shows_rows_and_money_of_the_reasons_met(tables):
    figure = build_data_quality(tables)
    assert list(figure.layout.yaxis.ticktext) == ["Unreadable amount", "Duplicate"]
    assert list(trace(figure, "row_count").x) == [2, 3]
    assert list(trace(figure, "amount").x) == [0, 30.5]
    assert list(trace(figure, "amount").text) == ["amount not readable", "30.5"]
    page = render_page(tables)
    assert "Left out by the project&#x27;s filter" in page
    assert "5,000.25" in page


def test_header_and_table_say_what_the_tables_say(tables):
    page = own_part(render_page(tables))
    assert "<dd>2026-01-01</dd>" in page
    assert "2025-01-01 to 2025-12-31" in page
    assert "<dt>Customers</dt><dd>100</dd>" in page
    assert "<dd>5,920</dd>" in page
    assert "<dt>Model version</dt><dd>3</dd>" in page
    assert "evidence of -2" in page
    assert "action for 4" in page
    assert "Weak structure" not in page


def test_a_name_says_what_it_claims_and_for_how_many_it_is_true(tables):
    page = own_part(render_page(tables))
    assert "True for 84 %: claim of 4" in page
    assert "claim of -1" not in page
    tables["segment_profiles"]["name_holds_share"] = 0.4
    page = own_part(render_page(tables))
    assert "No longer true for most, only for 40 %: claim of 4" in page


def test_spend_that_behaviour_does_not_foretell_is_a_warning(tables):
    assert "Little foresight" not in own_part(render_page(tables))
    tables["segment_evaluation"]["later_spend_explained_share"] = 0.019
    assert "Little foresight" in own_part(render_page(tables))


def test_a_weak_structure_is_a_warning(tables):
    tables["segment_evaluation"]["model_status"] = "weak_structure"
    assert "Weak structure." in own_part(render_page(tables))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9.5, "9.50"), (9999, "9,999"), (12345, "12.3k"), (999_960, "1.0M")]
    + [(1e12, "1.0T"), (-2e9, "-2.0B"), (None, "–"), (float("nan"), "–")],
)
def test_numbers_are_short(value, text):
    assert format_number(value) == text


def test_shares_and_factors_read_as_words():
    assert format_share(0.4539) == "45 %"
    assert format_share(0.0207) == "2.1 %"
    assert format_share(-0.0001) == "about 0 %"
    assert format_value(98.5, "count") == "99"
    assert format_value(math.log(2), "factor") == "×2.0"
    assert format_value(-math.log(4), "factor") == "÷4.0"


# ---- Safe and self-contained -------------------------------------------------------


class Reader(HTMLParser):
    """Collects tags and what they would load."""

    def __init__(self):
        super().__init__()
        self.tags, self.loads = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.loads += [
            value for name, value in attributes if name in ("src", "href", "data")
        ]


def test_the_page_loads_nothing_and_contains_plotly_once(tables):
    page = own_part(render_page(tables))
    reader = Reader()
    reader.feed(page)
    assert all(load.startswith(("#", "data:,")) for load in reader.loads)
    assert "http" not in re.sub("http://www.w3.org/[^\"']*", "", page)
    assert "@import" not in page
    assert "url(" not in page
    charts = [section for section in SECTIONS if section.build]
    assert page.count('"showSendToCloud": false') == len(charts)


def test_text_from_data_stays_text(tables):
    page = own_part(render_page(tables))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;" in page
    assert "<b>all</b>" not in page
    reader = Reader()
    reader.feed(page)
    # plotly.js (taken out above) and the printing script, then two for each chart.
    assert reader.tags.count("script") <= 2 + 2 * len(SECTIONS)
    for section in SECTIONS:
        if section.build is None:
            continue
        figure = section.build(tables)
        assert "<script" not in str(figure.to_dict())
        assert "<25" not in str(figure.to_dict()).replace("'feature': '<25", "")


def test_names_are_wrapped_and_never_cut(tables):
    name = "Customers who " + "really " * 12 + "buy"
    tables["segment_profiles"] = make_profiles({1: name, 2: "Lost", 4: "New"})
    tick = build_profile_heatmap(tables).layout.yaxis.ticktext[0]
    text = re.sub("<span.*?</span> ", "", tick).replace("<br>", " ")
    assert text == name
    assert max(len(line) for line in tick.split("</span> ")[1].split("<br>")) <= 24


def test_the_same_tables_give_the_same_bytes(tables, tmp_path):
    shuffled = {
        name: table.sample(frac=1, random_state=7) for name, table in tables.items()
    }
    first = write_report(tables, tmp_path).read_bytes()
    assert write_report(shuffled, tmp_path).read_bytes() == first
    for one in (tables, shuffled):
        one["segment_map"] = one["segment_map"].drop(columns="customer_id")
    first = write_report(tables, tmp_path).read_bytes()
    assert write_report(shuffled, tmp_path).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


# ---- Shops that lack something -----------------------------------------------------


def test_without_clusters_the_page_says_so(tables):
    for name in COLUMNS:
        if name not in ("segment_profiles", "transaction_quality"):
            tables[name] = tables[name].iloc[:0]
    tables["segment_profiles"] = make_profiles({}, {-4: "Not clustered"})
    for build in (
        build_profile_heatmap,
        build_feature_distributions,
        build_rfm_scatter,
        build_segment_map,
        build_segments_over_time,
        build_segment_moves,
        build_forward_value,
    ):
        assert "too few customers for a model" in sentence(build(tables))
    assert "too few customers" in sentence(build_segment_count_scores(tables))
    page = own_part(render_page(tables))
    assert "<dt>Model</dt><dd>none</dd>" in page
    assert page.count('class="empty"') == 11
    assert "Freshness" not in page


def test_without_a_history_the_sections_say_so(tables):
    for name in ("segment_migrations", "segment_forward_value"):
        tables[name] = tables[name].iloc[:0]
    for build in (build_segments_over_time, build_segment_moves, build_forward_value):
        assert "segmentation_history_months above 1" in sentence(build(tables))
    assert own_part(render_page(tables)).count('class="empty"') == 3


def test_without_a_whole_horizon_the_section_says_so(tables):
    value = tables["segment_forward_value"]
    tables["segment_forward_value"] = value[value["horizon_months"] == 1]
    assert len(build_forward_value(tables).data) == 2
    assert "No month start has three whole months" in render_worth(tables)
    tables["segment_forward_value"] = value.iloc[:0]
    assert "whole month behind it" in sentence(build_forward_value(tables))
    assert render_worth(tables) == ""


def test_when_everybody_is_new_no_share_stayed(tables):
    moves = tables["segment_migrations"]
    tables["segment_migrations"] = moves[moves["from_segment_id"].isna()]
    assert "all customers were new" in build_segment_moves(tables).layout.title.text


def test_without_customers_and_rows_the_page_still_stands(tables):
    page = own_part(render_page({name: tables[name].iloc[:0] for name in tables}))
    assert "There are no customers yet." in page


def test_without_demographics_the_section_says_so(tables):
    tables["segment_demographics"] = tables["segment_demographics"].iloc[:0]
    assert "No demographic attribute" in sentence(build_demographics(tables))


def test_one_attribute_is_one_panel(tables):
    cells = tables["segment_demographics"]
    tables["segment_demographics"] = cells[cells["attribute"] == "size"]
    assert len(build_demographics(tables).data) == 2


def test_when_no_row_was_rejected_the_section_says_so(tables):
    quality = tables["transaction_quality"]
    tables["transaction_quality"] = quality[quality["status"] == "accepted"]
    assert "all 95 transaction rows were accepted" in sentence(
        build_data_quality(tables)
    )


def test_huge_and_negative_amounts_are_drawn(tables):
    tables["segment_map"]["monetary"] = -1e12
    tables["segment_profiles"] = make_profiles(net_revenue=1e12)
    profiles = tables["segment_feature_profiles"]
    profiles[["median", "percentile_95"]] = 1e12
    tables["segment_migrations"]["net_revenue_after"] = -1e12
    page = render_page(tables)
    assert "1.0T" in page
    assert "NaN" not in own_part(page)


# ---- The command -------------------------------------------------------------------


def test_the_command_writes_the_page_and_prints_its_path(tables, tmp_path):
    folder = publish(tables, tmp_path / "pub [1] it's")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = run(folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(folder / "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page == render_page(load_tables(folder))
    assert {name: (folder / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("mart", ["segment_map", "segment_drift", "segment_rules"])
def test_a_missing_table_is_one_sentence(tables, tmp_path, mart):
    folder = publish(tables, tmp_path / "published")
    path = folder / f"{mart}.parquet"
    path.unlink()
    result = run(folder)
    assert result.returncode == 2
    assert result.stderr == f"{path} is missing: run `make build` to publish it.\n"


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(
        MissingTableError, match=r"nowhere is missing: run `make build`"
    ):
        load_tables(tmp_path / "nowhere")


def test_a_table_of_another_version_is_one_sentence(tables, tmp_path):
    tables["segment_map"] = tables["segment_map"].drop(columns="vertical")
    folder = publish(tables, tmp_path / "published")
    with pytest.raises(MissingTableError, match=r"segment_map.parquet cannot be read"):
        load_tables(folder)
    (folder / "segment_map.parquet").write_bytes(b"half a file")
    with pytest.raises(MissingTableError, match=r"make build"):
        load_tables(folder)
