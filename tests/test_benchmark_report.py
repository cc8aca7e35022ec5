"""The benchmark's report says what was measured."""

import json
import sys
from xml.etree import ElementTree

import bench
import pytest
import report
from conftest import PROJECT, measure

FOLDER = PROJECT / "benchmarks"


def make_result(lines: int, cpu_seconds: dict[str, float]) -> dict:
    runs = {
        name: {"cpu_seconds": cost, "wall_seconds": 1, "peak_gigabytes": 0.5}
        for name, cost in cpu_seconds.items()
    }
    texts = {"machine": "2 cores", "versions": "duckdb 2"}
    return {"lines": lines, "customers": lines // 10, "runs": runs} | texts


def test_the_committed_report_is_made_from_the_committed_results(tmp_path):
    report.write_report(json.loads((FOLDER / "results.json").read_text()), tmp_path)
    for name in ("RESULTS.md", "cost.svg"):
        assert (tmp_path / name).read_text() == (FOLDER / name).read_text()


def test_every_contender_is_in_the_report():
    ours = {"full_build", "build_without_history", "next_day_build"}
    assert set(report.CONTENDERS) == ours | set(bench.OTHERS)


def test_ratios_compare_with_bare_sql_and_with_the_notebook():
    costs = {"full_build": 60.0, "bare_sql": 20.0, "pandas_notebook": 80.0}
    text = report.format_size("1m", make_result(1_000_000, costs))
    assert f"| {report.CONTENDERS['full_build'][0]} | 60 | 1 | 0.5 | 3 | 0.75 |" in text


def test_a_skipped_contender_says_why_and_is_not_drawn():
    result = make_result(1_000_000, {"full_build": 60.0})
    result["runs"]["bare_sql"] = {"skipped": "It is not installed."}
    label = report.CONTENDERS["bare_sql"][0]
    assert f"| {label} | skipped: It is not installed." in report.format_size(
        "1m", result
    )
    assert label not in report.draw_cost({"1m": result})


def test_the_chart_has_a_point_per_size_and_a_higher_one_costs_more():
    results = {
        "10m": make_result(10_000_000, {"full_build": 200.0, "bare_sql": 20.0}),
        "1m": make_result(1_000_000, {"full_build": 40.0, "bare_sql": 2.0}),
    }
    picture = ElementTree.fromstring(report.draw_cost(results))
    circles = [
        (float(circle.get("cx")), float(circle.get("cy")))
        for circle in picture.iter("{http://www.w3.org/2000/svg}circle")
        if circle.get("fill") == report.CONTENDERS["full_build"][1]
    ]
    small, large, _ = circles
    assert small[0] < large[0]
    assert small[1] > large[1]


def test_processor_time_and_memory_are_those_of_the_process():
    work = "x = bytearray(200_000_000); sum(i * i for i in range(3_000_000))"
    cost = measure([sys.executable, "-c", work])
    assert cost["cpu_seconds"] > 0.05
    assert 0.2 < cost["peak_gigabytes"] < 0.4


def test_a_failed_process_is_no_measurement():
    with pytest.raises(RuntimeError, match="ended with status 3"):
        bench.run_process([sys.executable, "-c", "exit(3)"])


def test_what_is_not_installed_or_too_large_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setitem(
        bench.OTHERS, "bare_sql", (tmp_path / "no_python", "duckdb", "100m")
    )
    for name, size, why in (
        ("bare_sql", "1m", "duckdb is not installed"),
        ("pandas_notebook", "100m", "not run beyond 10m"),
    ):
        assert why in bench.run_other(name, size, tmp_path, tmp_path)["skipped"]
