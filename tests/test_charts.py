"""What the page shows: the tables' numbers, in one order, safe to open."""

import hashlib
import html
import json
import math
import os
import re
import stat
import subprocess
import sys
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import measure

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from python_charts import exploration, overview, segments  # noqa: E402
from python_charts.parts import Report  # noqa: E402
from python_charts.report import build_figures, render_page, write_report  # noqa: E402
from python_charts.style import (  # noqa: E402
    CLUSTER_COLOURS,
    RULE_COLOURS,
    Numbers,
    list_segments,
)
from python_charts.tables import MARTS, MissingTableError, load_tables  # noqa: E402

EVIL = """<script>alert("1")</script> & 'Füchse' 🦊 %{x}"""
VENDOR = PROJECT / "python_charts" / "vendor"

# Small tables with the columns that the page uses; Evil becomes EVIL. Segment 5 is in the
# history only, -1 and -2 are rule segments.
TABLES = {
    "report_findings": """
finding_rank,finding,level,sentence,figure,figure_unit,segment_id,source_table
2,money_at_risk,watch,Evil is late.,1234.5,money,2,segment_profiles
1,revenue_carrier,info,Champions bring most.,0.56,share,1,segment_profiles
""",
    "segment_profiles": """
segment_id,segment_name,segment_kind,evidence,name_claim,recommended_action,name_holds_share,model_version,customers,customer_share,net_revenue,revenue_share,median_average_order_value,window_start_date,as_of_date
-2,Returns only,rule,6 of <b>all</b>,c -2,act -2,1,,20,0.2,-80,-0.01,,2025-01-01,2026-01-01
-1,No purchases yet,rule,10 of all,c -1,act -1,1,,10,0.1,0,0,,2025-01-01,2026-01-01
1,Champions,cluster,median 9,c 1,act 1,0.84,3,10,0.1,5000,0.56,70.5,2025-01-01,2026-01-01
2,Evil,cluster,median 2,c 2,act 2,0.4,3,20,0.2,2000,0.25,9,2025-01-01,2026-01-01
4,Lost,cluster,median 1,c 4,act 4,0.9,3,40,0.4,1200,0.2,5,2025-01-01,2026-01-01
""",
    "segment_feature_profiles": """
segment_id,feature,feature_role,known_customers,percentile_05,lower_quartile,median,upper_quartile,percentile_95,standardised_mean
4,recency_days,core,40,4,20,40,60,120,-0.5
2,recency_days,core,20,2,10,20,30,60,-0.5
1,recency_days,core,10,1,5,10,15,30,5
1,<25 basket,secondary,10,-1,5,10,15,30,0.2
2,<25 basket,secondary,20,0,5,10,15,30,0.2
1,units,profile,10,1,5,10,15,30,
""",
    "segment_map": """
customer_id,segment_id,horizontal,vertical,horizontal_variance_share,vertical_variance_share
secret-1-0,1,0.1,0,0.62,0.19
secret-1-1,1,1.1,-1,0.62,0.19
secret-1-2,1,2.1,-2,0.62,0.19
secret-2-0,2,0.2,0,0.62,0.19
""",
    "recency_frequency_grid": "recency_score,frequency_score,customers,net_revenue\n"
    + "\n".join(f"{r},{f},{r},{100 * r * f}" for r in range(1, 6) for f in range(1, 6)),
    "segment_demographics": """
segment_id,attribute,attribute_value,value_order,customers,share_of_known,lift,coverage,is_suppressed
1,age,<25,1,40,0.4,2,0.75,False
1,age,25+,2,60,0.6,0.5,0.75,False
2,age,<25,1,,,,0.5,True
2,age,25+,2,90,0.9,,0.5,False
4,size,1,1,,,,,True
""",
    "segment_rules": """
segment_id,segment_name,rule,customers,rule_customers,coverage,precision,fidelity
4,Lost,,40,0,0,,0.87
2,Evil,a < '<i>',20,10,0.45,0.9,0.87
1,Champions,(recency_days <= 9 and monetary > 5) or (frequency >= 7),10,12,0.91,0.76,0.87
""",
    "segment_months": """
as_of_date,segment_id,segment_name,segment_kind,customers,customer_change,customer_share,net_revenue,is_comparable
2026-01-01,1,Champions,cluster,25,-5,0.5,1,True
2026-01-01,5,Gone,cluster,0,-10,0,0,True
2026-01-01,2,Evil,cluster,25,15,0.5,9,True
2025-12-01,1,Champions,cluster,30,,0.75,2,False
2025-12-01,5,Gone,cluster,10,,0.25,2,False
2025-12-01,2,Evil,cluster,0,,0,0,False
""",
    "segment_moves": """
from_date,to_date,from_segment_id,to_segment_id,customers,net_revenue_before,net_revenue_after
2025-12-01,2026-01-01,1,1,25,250,260
2025-12-01,2026-01-01,1,2,5,50,40
2025-12-01,2026-01-01,,2,9,0,90
""",
    "segment_forward_value": """
as_of_date,horizon_months,segmentation,group_name,customers,mean_future_net_revenue,buyer_share,group_count,explained_share,is_in_sample
2025-09-01,3,segments,Champions,20,1237,0.75,2,0.5,True
2025-09-01,3,segments,Evil,21,620,0.25,2,0.5,True
2025-10-01,3,segments,Champions,30,90.5,0.5,2,0.4,False
2025-09-01,3,rfm_grid,Hibernating,41,7,0.5,2,0.25,True
""",
    "feature_histograms": """
feature,scale,transform,bin,customers,lower_bound,upper_bound
monetary,raw,log1p,0,60,0,10
monetary,raw,log1p,1,10,10,20
monetary,transformed,log1p,0,70,0,3
""",
    "feature_correlations": """
feature,other_feature,customers,correlation
frequency,monetary,70,0.8
monetary,frequency,70,0.8
monetary,monetary,70,1
frequency,frequency,70,1
""",
    "revenue_concentration": """
twentieth,customers,customers_so_far_share,net_revenue,revenue_so_far_share
1,1,0.05,500,0.5
4,3,0.2,400,0.9
20,16,1,100,1
""",
    "cohort_retention": """
cohort_month,months_since,cohort_customers,customers,retained_share,net_revenue
2025-10-01,0,30,30,1,9
2025-10-01,1,30,15,0.5,9
2025-11-01,1,3,3,1,9
""",
    "sales_calendar": """
order_month,weekday,days,purchase_days,net_revenue
2025-12-01,1,2,10,100
2025-12-01,6,1,9,100
2026-01-01,1,1,2,100
""",
    "column_quality": """
table_name,column_name,row_count,unknown_count,unreadable_count,unreadable_share
customers,age,100,25,0,0
customers,clean,100,0,0,0
""",
    "transaction_quality": """
status,reason,reason_order,row_count,amount,row_share
accepted,accepted,0,95,5000.25,0.95
rejected,filtered,1,0,0,0
rejected,duplicate,8,5,30.5,0.05
""",
    "segment_count_scores": """
segment_count,inertia,silhouette,stability,worst_jaccard,smallest_share,later_spend_explained_share,is_chosen,reason
4,996,0.4,0.48,0.6,0.05,0.3,False,reason <4> & more
5,995,0.5,0.6,0.6,0.05,0.3,True,reason <5> & more
""",
    "segment_evaluation": """
model_version,refit_reason,model_status,segment_count,training_customers,davies_bouldin,calinski_harabasz,silhouette,stability,fitted_as_of_date
3,no model yet,ok,3,70,1.1,88,0.4,0.9,2026-01-01
""",
    "segment_drift": """
as_of_date,model_version,metric,subject,status,hint,value,watch_from,refit_from
2025-12-01,3,overall,all,watch,Old.,1,,
2026-01-01,3,overall,all,watch,Look <at> it.,1,,
2026-01-01,3,feature_psi,monetary,ok,As in training.,0.03,0.1,0.25
2026-01-01,3,share_change,Evil,watch,Odd & far.,-0.07,0.05,0.1
""",
}


def read(text: str) -> pd.DataFrame:
    rows = pd.read_csv(StringIO(text.strip()))
    for name in rows.columns:
        if name.endswith(("_date", "_month")):
            rows[name] = pd.to_datetime(rows[name])
        elif rows[name].isna().all():
            rows[name] = rows[name].astype(float)
    return rows.replace("Evil", EVIL).replace("Evil is late.", f"{EVIL} is late.")


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {name: read(text) for name, text in TABLES.items()}


def publish(tables: dict[str, pd.DataFrame], folder: Path) -> Path:
    """Write tables as the project publishes them."""
    folder.mkdir(exist_ok=True)
    extra = {"column_quality": {"examples": "secret", "mend": ""}}
    with duckdb.connect(":memory:") as connection:
        for name, table in tables.items():
            connection.register("given", table.assign(**extra.get(name, {})))
            path = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(f"copy (from given) to '{path}'")
    return folder


def run(folder: Path, *arguments: str, **variables) -> subprocess.CompletedProcess:
    """Run the module as ``make build`` does."""
    return subprocess.run(
        [sys.executable, "-m", "python_charts", *arguments],
        cwd=PROJECT,
        env=os.environ | {"SEGMENTATION_PUBLISH_DIR": str(folder)} | variables,
        capture_output=True,
        text=True,
    )


def draw(tables, **changes) -> str:
    """Render the page, without plotly.js, which stands in it once."""
    page = render_page(Report(tables, **changes))
    plotly = (VENDOR / "plotly-cartesian.min.js").read_text()
    assert page.count(plotly) == 1
    return page.replace(plotly, "")


def read_data(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])


def cells(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


# ---- One order, one colour ---------------------------------------------------------


def test_clusters_come_first_by_id_and_rule_segments_are_grey(tables):
    found = [(item.segment_id, item.colour) for item in list_segments(tables)]
    blue, orange, green, pink = CLUSTER_COLOURS[:4]
    # Today's clusters have the first colours, one of the history only the next.
    assert found == [
        *((1, blue), (2, orange), (4, green), (5, pink)),
        *zip((-1, -2), RULE_COLOURS[:2], strict=True),
    ]


def test_twenty_clusters_have_twenty_colours(tables):
    one = tables["segment_profiles"].iloc[[2]]
    tables["segment_profiles"] = pd.concat(
        [one.assign(segment_id=number) for number in range(1, 21)]
    )
    segments = [item for item in list_segments(tables) if item.segment_id > 0]
    assert len({item.colour for item in segments}) == 20


def test_a_segment_has_the_same_colour_in_every_figure(tables):
    report = Report(tables)
    colours = {str(item.segment_id): item.colour for item in report.segments}
    seen = set()
    for name in ("sizes", "map", "months", "distributions"):
        for figure in build_figures(report)[name]:
            for trace in figure.data:
                mark = trace.line if trace.type == "box" else trace.marker
                assert mark.color == colours[trace.meta], name
                seen.add(trace.meta)
    assert seen == {"1", "2", "4", "5", "-1", "-2"}


# ---- Figures and tables show the marts' numbers ------------------------------------


def test_sizes_show_shares_of_customers_and_revenue(tables):
    figure = overview.build_sizes(Report(tables))
    assert [bar.x[0] for bar in figure.data if bar.name == "Champions"] == [0.1, 0.56]
    assert [bar.text[0] for bar in figure.data if bar.name == EVIL] == ["20%", "25%"]
    # The first row is on top, and its name stands above it.
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert figure.layout.annotations[0].text == "Champions"
    assert "net revenue: Champions 10% and 56%; " in figure.layout.meta["alt"]
    assert figure.layout.meta["title"] == "Champions bring most"


def test_revenue_without_a_total_is_a_dash_and_no_bar(tables):
    tables["segment_profiles"]["revenue_share"] = None
    bars = overview.build_sizes(Report(tables)).data
    assert {(bar.x[0], bar.text[0]) for bar in bars[1::2]} == {(0, "–")}


def test_the_segments_come_with_change_money_evidence_and_claim(tables):
    rows = overview.describe_profiles(Report(tables))
    assert list(rows["segment_id"]) == [1, 2, 4, -1, -2]
    assert list(rows["per_customer"]) == [500, 100, 30, 0, -4]
    assert list(rows["change"])[:2] == [-5, 15]
    assert rows["note"].iloc[0] == "Median 9. True for 84%: c 1."
    assert "No longer true for most, only for 40%: c 2" in rows["note"].iloc[1]
    assert rows["note"].iloc[-1] == "6 of <b>all</b>."
    line = re.search('<tr data-segment="1">(.*?)</tr>', draw(tables), re.S)[1]
    assert re.findall(">([^<]+)</td>", line) == [
        *("10", "10%", "-5", "5,000", "56%", "500", "70.5", "act 1")
    ]
    tables["segment_months"]["is_comparable"] = False
    assert overview.describe_profiles(Report(tables))["change"].isna().all()


def test_profiles_show_medians_tinted_by_standardised_means(tables):
    table = segments.tint_profiles(Report(tables))
    # Core, secondary, profile; nobody of a segment has it: a dash.
    assert cells(table) == [
        ["Days since last purchase", "10", "20", "40"],
        ["<25 basket", "10", "10", "–"],
        ["Units", "10", "–", "–"],
    ]
    assert [cell.tint for cell in table.rows[0][1:]] == [2.5, -0.25, -0.25]


def test_boxes_are_the_quartiles_of_the_table(tables):
    recency, basket = segments.build_distributions(Report(tables))
    box = recency.data[1]
    found = [box.lowerfence, box.q1, box.median, box.q3, box.upperfence]
    assert [value[0] for value in found] == [2, 10, 20, 30, 60]
    # A log axis, unless there is a zero or a loss; profile features are left out.
    assert (recency.layout.xaxis.type, basket.layout.xaxis.type) == ("log", None)
    tables["segment_feature_profiles"].loc[0, "percentile_05"] = 0
    assert segments.build_distributions(Report(tables))[0].layout.xaxis.type is None


def test_the_grid_shows_customers_and_money(tables):
    table = segments.tint_recency_frequency(Report(tables))
    assert [(cell.text, cell.note) for cell in table.rows[0][1:3]] == [
        ("5", "500"),
        ("5", "1,000"),
    ]


def test_demographics_show_shares_and_hide_what_the_table_hides(tables):
    # Of segment 4 too few are known in both attributes: nothing of it is shown.
    [age] = segments.tint_demographics(Report(tables))
    assert cells(age) == [
        ["Attribute known", "75%", "50%"],
        ["<25", "40%", "hidden"],
        ["25+", "60%", "90%"],
    ]
    assert [row[1].tint for row in age.rows] == [None, 1, -1]
    assert math.isnan(age.rows[2][2].tint)


def test_months_show_shares_with_the_first_segment_on_top(tables):
    figure = overview.build_sizes_over_time(Report(tables))
    assert {bar.name: list(bar.y) for bar in figure.data} == {
        "Champions": [0.75, 0.5],
        EVIL: [0, 0.5],
        "Gone": [0.25, 0],
    }
    assert figure.data[-1].name == "Champions"
    assert figure.data[-1].hovertext == (
        "Champions, Dec 25: 30",
        "Champions, Jan 26: 25",
    )


def test_later_spend_is_listed_by_month_the_newest_first(tables):
    rows = overview.order_later_spend(Report(tables))
    assert list(rows["key"]) == ["Oct 1, 2025", "Sep 1, 2025", "Sep 1, 2025"]
    assert list(rows["group_name"]) == ["Champions", "Champions", EVIL]


def test_exploration_shows_what_the_marts_say(tables):
    report = Report(tables)
    raw, transformed = exploration.build_histograms(report)
    assert (list(raw.data[0].x), list(raw.data[0].y)) == ([5, 15], [60, 10])
    assert raw.layout.meta["title"] == "Net revenue: most often 0 to 10"
    title = "Net revenue after log1p: most often 0 to 3"
    assert transformed.layout.meta["title"] == title
    assert cells(exploration.tint_correlations(report))[0] == [
        *("Purchase days", "", "0.80")
    ]
    # Small cohorts say more of single customers than of the shop.
    assert [row[:2] for row in cells(exploration.tint_cohorts(report))] == [
        ["Oct 25 (30)", "50%"]
    ]
    days, months = exploration.build_calendar(report)
    assert list(days.data[0].y) == [4, 0, 0, 0, 0, 9, 0]
    assert list(months.data[0].y) == [19, 2]
    assert (
        days.layout.meta["title"] == "Sat has the most purchases of any day of the week"
    )
    title = exploration.build_concentration(report).layout.meta["title"]
    assert title == "The best 20% of the buyers bring 90% of the net revenue"


def test_the_chosen_number_of_segments_is_a_star(tables):
    for figure in exploration.build_counts(Report(tables)):
        assert list(figure.data[0].marker.symbol) == ["circle", "star"]
        assert list(figure.data[0].x) == [4, 5]
    assert figure.layout.meta["title"] == "Inertia (always falls): 995 at the star"


def test_titles_say_what_the_numbers_say(tables):
    page = html.unescape(draw(tables))
    titles = re.findall("<h3>(.*?)</h3>", page)
    for title in (
        "Champions bring most",
        "Champions stand out most: above average in days since last purchase",
        # 18 of 75 customers and 8,100 of 22,500 net revenue have scores of 4 and 5.
        "24% of the buyers are recent and frequent and bring 36% of the net revenue",
        "Two axes keep 81% of what tells customers apart to the model",
        "Champions of Oct 1, 2025 spent most in three months: 90.5 on average",
        "The best 20% of the buyers bring 90% of the net revenue",
        "50% bought again in the month after their first purchase on record",
        "Purchase days and net revenue say the most alike",
        "5 of 100 transaction rows were not accepted",
        "5 segments are in use",
    ):
        assert title in titles
    found = {
        figure.layout.meta["title"]
        for figures in build_figures(Report(tables)).values()
        for figure in figures
    }
    assert f"Days since last purchase: highest for {EVIL}" not in found
    assert "Days since last purchase: highest for Lost" in found
    share = "50% of past buyers"
    assert f"Champions are the largest segment of Jan 26: {share}" in found
    # Below the average by more than any is above it.
    profiles = tables["segment_feature_profiles"]
    profiles.loc[0, "standardised_mean"] = -6
    lost = "Lost stand out most: below average in days since last purchase"
    assert lost in draw(tables)
    # The segments that are shown, and no others.
    assert lost in draw(tables, wanted=("Lost",))
    assert "stand out most" not in draw(tables, wanted=("Returns only",))


def test_sentences_of_the_tables_follow_the_locale():
    says = "Since 2025-12-01 1,234 of 2025 customers brought 9.1 % and 46 % of <2 %>."
    assert Numbers("en").rewrite(says) == (
        "Since Dec 1, 2025 1,234 of 2025 customers brought 9.1% and 46% of <2%>."
    )
    assert Numbers("de_DE").rewrite(says) == (
        "Since 01.12.2025 1.234 of 2025 customers brought 9,1\xa0% and 46\xa0%"
        " of <2\xa0%>."
    )
    assert Numbers().rewrite("Class of 2025-99-99") == "Class of –"


def test_axes_are_in_the_unit_of_the_feature(tables):
    tables["segment_feature_profiles"] = tables["segment_feature_profiles"].replace(
        "<25 basket", "spend_trend"
    )
    axis = segments.build_distributions(Report(tables))[1].layout.xaxis
    found = dict(zip(axis.ticktext, axis.tickvals, strict=True))
    assert found["×1"] == 0 and round(found["÷4"], 4) == -1.3863


def test_the_script_stays_small():
    folder = PROJECT / "python_charts"
    lines = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in folder.iterdir()
        if path.is_file()
    }
    python = [count for name, count in lines.items() if name.endswith(".py")]
    assert sum(python) < 1000
    assert sum(lines.values()) - sum(python) < 500
    assert max(lines.values()) <= 250


def test_the_page_shows_findings_rules_drift_and_the_ledger(tables):
    page = html.unescape(draw(tables))
    assert page.index("Champions bring most.") < page.index("is late.")
    assert "<strong>1,234</strong>" in page
    assert "or (frequency >= 7)</code>" in page
    assert "No short rule finds this segment." in page
    assert "Odd & far." in page and "Look <at> it." not in page.split('id="data"')[0]
    for words in ("5,000", "Duplicate", "reason <5> & more", "no model yet"):
        assert words in page
    assert "Filtered" not in page
    tables["segment_drift"]["status"] = "ok"
    assert "Every measure of the newest run is as in training." in draw(tables)


@pytest.mark.parametrize(
    ("locale", "currency", "value", "kind", "text"),
    [
        ("en", None, 12345.6, "money", "12,346"),
        ("en", "USD", 12345.6, "money", "$12,346"),
        ("en", "USD", 5.5, "money", "$5.50"),
        ("de_DE", "EUR", 12345.6, "money", "12.346\xa0€"),
        ("de_DE", "EUR", -2.5e9, "money", "-2,5\xa0Mrd.\xa0€"),
        ("en", None, 1e12, "money", "1T"),
        ("de_DE", None, 0.0207, "share", "2,1\xa0%"),
        ("en", None, 0.4539, "share", "45%"),
        ("en", None, -0.0001, "share", "0%"),
        ("en", None, 0, "change", "0"),
        ("en", None, 4, "change", "+4"),
        ("en", None, 0.7, "factor", "×2.01"),
        ("en", None, -0.7, "factor", "÷2.01"),
        ("de_DE", None, pd.Timestamp("2026-01-31"), "date", "31.01.2026"),
        ("en", None, float("nan"), "money", "–"),
        ("en", None, None, "share", "–"),
    ],
)
def test_numbers_follow_locale_and_currency(locale, currency, value, kind, text):
    assert Numbers(locale, currency).write(value, kind) == text


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


def test_the_page_loads_nothing_and_its_plotly_is_the_one_of_the_checksum(tables):
    page = draw(tables)
    reader = Reader()
    reader.feed(page)
    assert all(load.startswith(("#", "data:,")) for load in reader.loads)
    assert not re.search(r"https?://|@import|url\(", page)
    name = "plotly-cartesian.min.js"
    digest = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
    assert f"{digest}  {name}\n" in (VENDOR / "SHA256SUMS").read_text()
    assert "MIT License" in (VENDOR / "plotly-LICENSE").read_text()


def test_every_chart_says_in_words_what_it_shows(tables):
    says = re.findall('role="img" aria-label="(.*?)"', html.unescape(draw(tables)))
    figures = [*sum(build_figures(Report(tables)).values(), [])]
    assert len(says) == len(figures) > 10
    assert all(len(text) > 20 for text in says)


def test_text_from_data_stays_text(tables):
    page = draw(tables)
    reader = Reader()
    reader.feed(page)
    # The data, plotly.js (taken out above) and the script.
    assert reader.tags.count("script") == 3
    assert "<script>alert" not in page and "<b>all</b>" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;" in page
    # Plotly reads some tags in texts: none is left for it.
    for figures in build_figures(Report(tables)).values():
        for figure in figures:
            texts = [note.text for note in figure.layout.annotations]
            texts += [text for trace in figure.data for text in trace.hovertext or ()]
            assert not re.search("<[^b]|<b[^r]", "".join(texts))


def test_csv_runs_nothing_in_a_spreadsheet(tables):
    tables["segment_profiles"]["segment_name"] = ["=1+1", "-1", "@x", "a=1", "\t=1"]
    rows = pd.read_csv(StringIO(read_data(draw(tables))["csv"]["segment_profiles"]))
    assert list(rows["segment_name"]) == ["'=1+1", "'-1", "'@x", "a=1", "'\t=1"]
    assert rows["net_revenue"].min() == -80


def test_single_customers_are_on_the_page_only_if_asked_for(tables, tmp_path):
    folder = publish(tables, tmp_path / "published")
    ids = set(tables["segment_map"]["customer_id"])
    page = folder / "report.html"
    for arguments, expected in (((), set()), (("--customers",), ids), ((), set())):
        assert run(folder, *arguments).returncode == 0
        found = set(re.findall(r"secret(?:-\d-\d)?", page.read_text(encoding="utf-8")))
        assert found == expected
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
    mark = segments.build_map(Report(load_tables(folder))).data[0]
    assert (list(mark.x), list(mark.y)) == ([1.1], [-1])
    assert (mark.error_x.array[0], mark.error_x.arrayminus[0]) == (0.5, 0.5)


def test_no_customer_of_the_demo_is_on_its_small_page(demo_build):
    page = draw(load_tables(demo_build.published))
    ids = {name for (name,) in demo_build.query("select customer_id from segment_map")}
    assert len(ids) > 1000
    assert not set(re.findall(r"[\w-]+", page)) & ids


def test_the_page_is_cheap_however_many_customers_there_are(demo_build, tmp_path):
    """Of a million customers it reads no more than of the demo's: marts, and a sample."""
    path = tmp_path / "report.html"
    command = [sys.executable, "-m", "python_charts", "--output", str(path)]
    command += ["--input", str(demo_build.published)]
    cost = measure(command)
    assert cost["cpu_seconds"] < 10
    assert cost["peak_gigabytes"] < 0.5
    assert path.stat().st_size < 2.5e6
    tables = load_tables(demo_build.published, with_customers=True)
    of_customers = [name for name in MARTS if "customer_id" in tables[name]]
    assert of_customers == ["segment_map"]
    assert len(tables["segment_map"]) <= 1500


def test_the_same_tables_give_the_same_bytes(tables, tmp_path):
    first = write_report(Report(tables), tmp_path / "page.html").read_bytes()
    assert write_report(Report(tables), tmp_path / "page.html").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


# ---- Shops that lack something -----------------------------------------------------


def test_without_clusters_the_page_says_so(tables):
    kept = {"segment_profiles", "transaction_quality", "report_findings"}
    tables = {
        name: table if name in kept else table.iloc[:0]
        for name, table in tables.items()
    }
    profiles = tables["segment_profiles"]
    tables["segment_profiles"] = profiles[profiles["segment_kind"] == "rule"]
    page = draw(tables)
    assert "<dt>Model version</dt><dd>none</dd>" in page
    assert page.count("the shop has too few customers for a model.") >= 6
    assert page.count("segmentation_history_months above 1") == 3


def test_a_page_of_empty_tables_still_stands(tables):
    page = draw({name: table.iloc[:0] for name, table in tables.items()})
    assert "There are no customers yet." in page
    assert not any(read_data(page)["figures"].values())


def test_huge_and_negative_amounts_are_drawn(tables):
    tables["segment_profiles"]["net_revenue"] = -1e12
    tables["recency_frequency_grid"]["net_revenue"] = -1e12
    page = draw(tables)
    assert "-1T" in page
    assert "NaN" not in page.split('id="data"')[0]


# ---- The command -------------------------------------------------------------------


def test_the_command_writes_the_page_and_prints_its_path(tables, tmp_path):
    folder = publish(tables, tmp_path / "pub [1] it's")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = run(folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(folder / "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page == render_page(Report(load_tables(folder)))
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_the_command_takes_what_a_reader_wants(tables, tmp_path):
    folder = publish(tables, tmp_path / "published")
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"picture")
    result = run(
        *(tmp_path, "--input", str(folder), "--output", str(tmp_path / "x.html")),
        *("--title", "<Our> shop", "--logo", str(logo), "--locale", "de_DE"),
        *("--currency", "EUR", "--segments", "Champions", "4"),
    )
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<h1>&lt;Our&gt; shop</h1>" in page
    assert 'src="data:image/png;base64,cGljdHVyZQ=="' in page
    assert "5.000\xa0€" in page
    shown = re.findall('data-filter="(.*?)"', page)
    assert shown == ["1", "4"]


def test_help_names_what_a_reader_can_choose(tmp_path):
    help_text = run(tmp_path, "--help").stdout
    options = "input output title logo locale currency segments export customers"
    assert all(f"--{option}" in help_text for option in options.split())


def test_what_cannot_be_done_is_one_sentence(tables, tmp_path):
    folder = publish(tables, tmp_path / "published")
    assert run(folder, "--locale", "xx_YY").stderr.count("\n") == 1
    result = run(folder, "--segments", "Champion")
    assert (result.returncode, result.stderr) == (
        2,
        "There is no segment Champion: there are Champions,"
        f" {EVIL}, Lost, Gone, No purchases yet, Returns only.\n",
    )
    for mart in ("segment_map", "segment_drift"):
        path = folder / f"{mart}.parquet"
        path.unlink()
        result = run(folder)
        assert result.returncode == 2
        assert result.stderr == f"{path} is missing: run `make build` to publish it.\n"
        publish(tables, folder)
    path.write_bytes(b"half a file")
    with pytest.raises(MissingTableError, match=r"cannot be read .*`make build`"):
        load_tables(folder)
    with pytest.raises(
        MissingTableError, match=r"nowhere is missing: run `make build`"
    ):
        load_tables(tmp_path / "nowhere")


def test_a_table_of_another_version_is_one_sentence(tables, tmp_path):
    tables["segment_map"] = tables["segment_map"].drop(columns="vertical")
    result = run(publish(tables, tmp_path / "published"))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "vertical" in result.stderr
    assert "make build" in result.stderr


def test_every_mart_of_the_page_has_a_table_here():
    assert set(TABLES) == set(MARTS)


def test_cohorts_begin_with_everybody_and_hold_all_the_money(demo_build):
    """Returns from before the month of the first purchase belong to no cohort."""
    assert demo_build.query(
        "select sum(customers) filter (months_since = 0), sum(net_revenue)"
        " from cohort_retention"
    ) == demo_build.query(
        "select (select count(first_purchase_date) from customer_segments),"
        " sum(days.net_revenue) from int_customer_days as days"
        " inner join customer_segments as customers using (customer_id)"
        " where days.order_date >= date_trunc('month', customers.first_purchase_date)"
        " and days.order_date < customers.as_of_date"
    )


def test_the_notebook_leads_to_a_list_of_customers(demo_build, monkeypatch):
    monkeypatch.setenv("SEGMENTATION_PUBLISH_DIR", str(demo_build.published))
    notebook = json.loads((PROJECT / "analyses/explore_segments.ipynb").read_text())
    found = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), found)
    assert found["segment_name"] == "At risk"
    assert demo_build.query(
        "select customer_id from customer_segments where segment_name = 'At risk'"
        " and confidence_band = 'clear' order by monetary desc, customer_id limit 50"
    ) == [(name,) for name in found["customers"]["customer_id"]]
    assert 0 < found["customers"]["is_left_out"].sum() < 50
    found["tables"].close()
