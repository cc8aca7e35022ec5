"""What MetricFlow answers is what SQL over the tables says."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Build

MF = Path(sys.executable).parent / "mf"
pytestmark = pytest.mark.skipif(
    not MF.exists(), reason="dbt-metricflow is not installed"
)
SEGMENT, MONTH = "segment__segment_name", "metric_time__month"


@pytest.fixture(scope="module")
def project(demo_build, tmp_path_factory) -> Path:
    """What mf reads of a project: its settings, and what dbt has parsed."""
    folder = tmp_path_factory.mktemp("metrics")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(demo_build.project / name, folder / name)
    (folder / "target").mkdir()
    shutil.copy(demo_build.target / "semantic_manifest.json", folder / "target")
    return folder


def ask(build: Build, project: Path, metrics: list[str], group_by: list[str]):
    """Let mf answer as a table in the order of its groups."""
    answer = project / "answer.csv"
    asked = ["--metrics", ",".join(metrics), "--group-by", ",".join(group_by)]
    done = subprocess.run(
        [MF, "query", *asked, "--quiet", "--csv", answer],
        cwd=project,
        env=build.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = pd.read_csv(answer)
    if MONTH in table:
        table[MONTH] = pd.to_datetime(table[MONTH])
    return table[group_by + metrics].sort_values(group_by, ignore_index=True)


def expect(build: Build, sql: str, table: pd.DataFrame) -> None:
    expected = build.table(sql)
    expected.columns = table.columns
    assert len(table) > 0
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_segments_of_today(demo_build, project):
    table = ask(
        demo_build,
        project,
        ["customers", "net_revenue", "average_purchase", "customer_share"],
        [SEGMENT],
    )
    expect(
        demo_build,
        "select segment_name, count(*), cast(sum(monetary) as double),"
        " cast(sum(monetary) as double) / nullif(sum(frequency), 0),"
        " count(*) / sum(count(*)) over ()"
        " from customer_segments group by segment_name order by segment_name",
        table,
    )


def test_segments_by_month(demo_build, project):
    table = ask(
        demo_build,
        project,
        [
            "monthly_customers",
            "monthly_net_revenue",
            "monthly_average_purchase",
            "monthly_customer_share",
        ],
        [MONTH, SEGMENT],
    )
    expect(
        demo_build,
        "select as_of_date::timestamp, segment_name, count(*),"
        " cast(sum(monetary) as double),"
        " cast(sum(monetary) as double) / nullif(sum(frequency), 0),"
        " count(*) / sum(count(*)) over (partition by as_of_date)"
        " from customer_segments_monthly group by as_of_date, segment_name"
        " order by as_of_date, segment_name",
        table,
    )


def test_month_starts_are_not_added_up(demo_build, project):
    table = ask(demo_build, project, ["monthly_customers"], ["metric_time__year"])
    expect(
        demo_build,
        "select strftime(date_trunc('year', as_of_date), '%Y-%m-%d %H:%M:%S'),"
        " count(*) filter (as_of_date = last_month_start) from ("
        "  select as_of_date, max(as_of_date) over ("
        "   partition by year(as_of_date)) as last_month_start"
        "  from customer_segments_monthly) group by 1 order by 1",
        table,
    )
