"""Write what bench.py measured: RESULTS.md, and cost.svg, cost against size."""

import math
from pathlib import Path

# In the order of the report. Colours of Okabe and Ito, told apart by the colour-blind.
CONTENDERS = {
    "full_build": ("Our full build, 12 months of history", "#0072b2"),
    "build_without_history": ("Our build without history", "#56b4e9"),
    "next_day_build": ("Our next-day build", "#009e73"),
    "bare_sql": ("Bare SQL: clean, sum to features", "#000000"),
    "pandas_notebook": ("Notebook: pandas, scikit-learn", "#d55e00"),
    "polars_notebook": ("Notebook: polars, scikit-learn", "#e69f00"),
    "openretailscience_rfm": ("openretailscience: RFM scores", "#cc79a7"),
    "pymc_marketing_rfm": ("pymc-marketing: rfm_summary", "#7f7f7f"),
}
INTRODUCTION = """\
# What a build costs

Written by `make bench SIZE=1m`, `10m` or `100m`; see `bench.py`. Cost is user + system
seconds of the whole process, so that it does not depend on how many cores are free. The
data come from `shop.sql`. All contenders read the same Parquet files, drop unusable rows
and repeated transaction ids, and look at the last 365 days. Our builds also clean customer
records, choose k, name and explain segments, test themselves and publish, and DuckDB may
hold 2.4 GB in them (8 GB at 100m); the RFM libraries only compute or score recency,
frequency and revenue.

![CPU seconds against lines](cost.svg)
"""
BY_HAND = """\
## Once, by hand

Each pair on one machine with two cores and within hours, 2026-11-30.

| | lines | CPU s | wall s | peak GB |
|---|---|---|---|---|
| DuckDB, full build without data tests | 9,425,223 | 440 | 254 | 3.0 |
| Spark 4.3, the same, with a driver of 10 GB | 9,425,223 | 3,200 | 3,213 | 10.6 |
| DuckDB, full build | 10 million | 518 | | |
| DuckDB, full build, `memory_limit` 8 GB | 100 million | 5,653 | | 9.2 |
| DuckDB, full build, `memory_limit` 8 GB | 100 million | 4,253 | 3,131 | 9.3 |
| DuckDB, the next day, old days checked | 100 million | 2,660 | 1,564 | 9.2 |
| `make build` of the demo, after installation | 15,940 | 47 | 44 | |
| the same once more | 15,940 | 29 | 27 | |

So a hundred million cost 10.9 times ten million, and the next day 0.63 of a full build at
that size, 0.69 at ten million. Up to 36 GB were put aside on disk. Inertia of the kept
model over 828,738 customers is 0.014 % above the best of ten fits on all of them.

Spark's wall time, and the full builds of a hundred million, are with other work beside. Of
the 26 marts 25 equal DuckDB's: 907,341 customers in the same segments, money to the cent,
averages within 1e-12. In `customer_segments_monthly` ten of 8,166,773 rows differ in
their confidence, by less than two millionths; a logarithm that the engines round to
different sixth digits would do that.

Spark begins to pay where a machine can no longer hold the tables, or has no time for
them: it takes seven cores to do what one does with DuckDB, which builds a hundred million
lines on a laptop. Or it pays where the tables are on a cluster already.
"""


def format_run(name: str, runs: dict) -> str:
    """Write a contender's row: its cost, and the ratios to bare SQL and notebook."""
    run = runs[name]
    label = CONTENDERS[name][0]
    if "skipped" in run:
        return f"| {label} | skipped: {run['skipped']} |||||"
    ratios = []
    for other in ("bare_sql", "pandas_notebook"):
        cost = runs.get(other, {}).get("cpu_seconds")
        ratios.append(f"{run['cpu_seconds'] / cost:.2g}" if cost else "-")
    return (
        f"| {label} | {run['cpu_seconds']:.0f} | {run['wall_seconds']:.0f} |"
        f" {run['peak_gigabytes']:.1f} | {' | '.join(ratios)} |"
    )


def format_size(size: str, result: dict) -> str:
    """Write the section of a size."""
    runs = result["runs"]
    lines = [
        f"## {size}: {result['lines']:,} lines, {result['customers']:,} customers",
        "",
        f"{result['machine']}; {result['versions']}.",
        "",
        "| | CPU s | wall s | peak GB | CPU / bare SQL | CPU / notebook |",
        "|---|---|---|---|---|---|",
        *(format_run(name, runs) for name in CONTENDERS if name in runs),
        "",
    ]
    for name, run in runs.items():
        if "nodes" in run:
            slowest = ", ".join(
                f"{node} {took:.0f}" for node, took in run["nodes"].items()
            )
            lines.append(
                f"- {CONTENDERS[name][0]}, slowest nodes in seconds: {slowest}."
            )
    return "\n".join(lines)


def draw_cost(results: dict) -> str:
    """Draw CPU seconds against lines, both on a log scale, as SVG.

    Parameters
    ----------
    results : dict
        Size to result, as bench.py keeps them.

    Returns
    -------
    str
        The picture; labels stand at the right end of their lines, moved apart.
    """
    points: dict[str, list[tuple[int, float]]] = {}
    for result in sorted(results.values(), key=lambda result: result["lines"]):
        for name, run in result["runs"].items():
            if "skipped" not in run:
                points.setdefault(name, []).append(
                    (result["lines"], run["cpu_seconds"])
                )
    costs = [cost for line in points.values() for _, cost in line]
    low = math.floor(math.log10(max(min(costs), 0.1)))
    high = math.ceil(math.log10(max(costs)))

    def x(lines: int) -> float:
        return 70 + (math.log10(lines) - 6) * 190

    def y(cost: float) -> float:
        return 360 - (math.log10(max(cost, 0.1)) - low) / (high - low) * 320

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 410" role="img"'
        ' font-family="sans-serif" font-size="13">',
        "<title>CPU seconds of each contender against lines, log scales</title>",
        '<rect width="760" height="410" fill="white"/>',
    ]
    for power in range(low, high + 1):
        height = y(10**power)
        parts.append(f'<path d="M70 {height:.0f}H460" stroke="#ddd"/>')
        parts.append(
            f'<text x="62" y="{height + 4:.0f}" text-anchor="end">{10**power:,g} s</text>'
        )
    for lines, label in (
        (10**6, "1 million"),
        (10**7, "10 million"),
        (10**8, "100 million"),
    ):
        parts.append(
            f'<text x="{x(lines):.0f}" y="385" text-anchor="middle">{label}</text>'
        )
    parts.append('<text x="260" y="404" text-anchor="middle">lines</text>')
    parts.append('<text x="62" y="20" text-anchor="end">CPU time</text>')
    floor = 0.0
    for name in sorted(points, key=lambda name: -points[name][-1][1]):
        label, colour = CONTENDERS[name]
        places = [(x(lines), y(cost)) for lines, cost in points[name]]
        path = "L".join(f"{right:.1f} {down:.1f}" for right, down in places)
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        for right, down in places:
            parts.append(
                f'<circle cx="{right:.1f}" cy="{down:.1f}" r="4" fill="{colour}"/>'
            )
        floor = max(places[-1][1] + 4, floor + 17)
        parts.append(f'<circle cx="480" cy="{floor - 4:.0f}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="490" y="{floor:.0f}">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def write_report(results: dict, folder: Path) -> None:
    """Write RESULTS.md and cost.svg into a folder."""
    order = sorted(results, key=lambda size: results[size]["lines"])
    sections = [format_size(size, results[size]) for size in order]
    text = "\n".join([INTRODUCTION, "\n\n".join([*sections, BY_HAND])])
    (folder / "RESULTS.md").write_text(text)
    (folder / "cost.svg").write_text(draw_cost(results))
