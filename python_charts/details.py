"""Tables of the page, in HTML: what a chart would not say as well."""

import html

import pandas as pd

from python_charts.quality import describe_reason
from python_charts.style import (
    FEATURES,
    NO_CLUSTERS,
    Segment,
    describe_feature,
    format_date,
    format_number,
    format_share,
    is_missing,
    list_past_segments,
)
from python_charts.tables import Tables

EMPTY = '<p class="empty">'
METRICS = {
    "segment_psi": "Sizes of the segments (PSI)",
    "share_change": "Share of a segment, change in points",
    "distance_ratio": "Mean distance to the centre, ratio",
    "feature_psi": "Spread of a feature (PSI)",
    "last_date_lag_days": "Days without data before the as-of date",
    "rows_per_day_ratio": "Rows per day, last 7 days, ratio",
    "day_revenue_ratio": "Money of a purchase day, last 30 days, ratio",
}
VERDICTS = {
    "ok": "The model is fresh.",
    "watch": "The model still holds, but watch it.",
    "refit due": "A refit is due.",
}
STATUSES = ["refit due", "watch", "ok"]


def render_counts(tables: Tables) -> str:
    """List every number of segments tried, with the reason for or against it."""
    scores = tables["segment_count_scores"].sort_values("segment_count")
    if scores.empty:
        return ""
    body = [
        [
            f"{int(row['segment_count'])}{' (chosen)' if row['is_chosen'] else ''}",
            _decimals(row["stability"]),
            _decimals(row["worst_jaccard"]),
            _decimals(row["simplified_silhouette"]),
            _decimals(row["silhouette"]),
            format_share(row["smallest_share"]),
            format_share(row["later_spend_explained_share"]),
            escape_cell(row["reason"]),
        ]
        for row in scores.to_dict("records")
    ]
    heads = (
        "Segments|#Stability|#Least stable segment|#Simplified silhouette|#Silhouette|"
        "#Smallest segment|#Later spend explained|Why, or why not"
    )
    strong = [bool(value) for value in scores["is_chosen"]]
    model = find_model(tables)
    says = ""
    if model is not None:
        says = (
            f'<p class="quiet">Model version {model["model_version"]} was fitted as of '
            f"{format_date(model['fitted_as_of_date'])} on "
            f"{int(model['training_customers']):,} customers with "
            f"{int(model['feature_count'])} features: stability "
            f"{_decimals(model['stability'])}, silhouette "
            f"{_decimals(model['silhouette'])}, Davies-Bouldin "
            f"{_decimals(model['davies_bouldin'])}, Calinski-Harabasz "
            f"{format_number(model['calinski_harabasz'])}.</p>\n"
        )
    grids = scores.iloc[0][
        [
            "classic_grid_explained_share",
            "r_rfm_explained_share",
            "putler_explained_share",
        ]
    ]
    says += (
        '<p class="quiet">Reproducibility chooses: inertia falls with every segment and '
        "the silhouette prefers the fewest, so neither can; the silhouette only rules "
        "out a number that splits a group. Later spend explained: fitted as of three "
        "months before the fit, the share of the differences in spend since.</p>\n"
    )
    if not grids.isna().all():
        classic, package, putler = (format_share(share) for share in grids)
        says += (
            f'<p class="quiet">RFM grids explain {classic} (classic), {package} (R '
            f"package rfm) and {putler} (Putler) of it.</p>\n"
        )
    return render_table(heads.split("|"), body, strong) + says


def render_quality(tables: Tables) -> str:
    """List accepted rows and every reason, met or not."""
    quality = tables["transaction_quality"].sort_values("reason_order")
    body = [
        [
            "Accepted"
            if row["status"] == "accepted"
            else html.escape(describe_reason(row["reason"])),
            f"{int(row['row_count']):,}",
            format_share(row["row_share"]),
            "not readable"
            if row["reason"] == "unreadable_amount" and row["row_count"]
            else f"{row['amount']:,.2f}",
        ]
        for row in quality.to_dict("records")
    ]
    strong = [status == "accepted" for status in quality["status"]]
    heads = ["Rows", "#Count", "#Share of all rows", "#Money, shop's currency"]
    return render_table(heads, body, strong)


def render_worth(tables: Tables) -> str:
    """List what each segment's customers spent in the newest complete three months."""
    value = tables["segment_forward_value"]
    if value.empty:
        return ""
    rows = value[(value["horizon_months"] == 3) & (value["segmentation"] == "segments")]
    if rows.empty:
        return f"{EMPTY}No month start has three whole months behind it yet.</p>"
    newest = rows["as_of_date"].max()
    found = {
        str(row["group_name"]): row
        for row in rows[rows["as_of_date"] == newest].to_dict("records")
    }
    segments = {segment.name: segment for segment in list_past_segments(tables)}
    names = [name for name in segments if name in found]
    names += sorted(set(found) - set(names))
    body = [
        [
            _name(segments.get(name), name),
            f"{int(found[name]['customers']):,}",
            format_number(found[name]["mean_future_net_revenue"]),
            format_share(found[name]["buyer_share"]),
        ]
        for name in names
    ]
    end = pd.Timestamp(newest) + pd.DateOffset(months=3) - pd.Timedelta(days=1)
    heads = (
        "Segment on that day|#Customers then|#Mean net revenue of a customer|"
        "#Share who bought"
    )
    return (
        f"<h3>What customers placed on {format_date(newest)} did in the three months "
        f"to {format_date(end)}</h3>\n"
        + render_table(heads.split("|"), body, name_column=True)
    )


def render_rules(tables: Tables) -> str:
    """List the rule of each segment, and how well it finds the segment's customers."""
    rules = tables["segment_rules"]
    if rules.empty:
        return f"{EMPTY}{NO_CLUSTERS}</p>"
    found = rules.set_index("segment_id").to_dict("index")
    body = []
    for segment in list_past_segments(tables):
        row = found.get(segment.segment_id)
        if row is None:
            continue
        rule = "No short rule finds this segment."
        if not pd.isna(row["rule"]):
            # A line per clause reads better, and is the same SQL.
            rule = html.escape(str(row["rule"])).replace(") or (", ")\nor (")
            rule = "</span> and <span>".join(rule.split(" and "))
            rule = f"<code><span>{rule}</span></code>".replace(
                "\nor (", "</span>\n<span>or ("
            )
        body.append(
            [
                _name(segment, segment.name),
                rule,
                f"{int(row['customers']):,}",
                f"{int(row['rule_customers']):,}",
                format_share(row["coverage"]),
                format_share(row["precision"]),
            ]
        )
    heads = "Segment|Rule|#Customers|#Found by the rule|#Coverage|#Precision"
    fidelity = rules["fidelity"].max()
    says = ""
    if not is_missing(fidelity):
        says = (
            f"<p>Together the rules place {format_share(fidelity)} of the clustered "
            "customers as the model does.</p>\n"
        )
    return says + render_table(heads.split("|"), body, name_column=True)


def find_drift(tables: Tables) -> dict | None:
    """Return the overall row of the newest run, if there is one."""
    run = _list_newest_run(tables["segment_drift"])
    rows = run[run["metric"] == "overall"]
    return None if rows.empty else rows.iloc[-1].to_dict()


def render_drift(tables: Tables) -> str:
    """Say whether the model still fits, and list the metrics, the worst first."""
    drift = find_drift(tables)
    if drift is None:
        return f"{EMPTY}There is no model whose freshness could be measured.</p>"
    status = str(drift["status"])
    kind = {"ok": "ok", "watch": "watch"}.get(status, "warning")
    hint = "" if status == "ok" else f" {escape_cell(drift['hint'])}"
    history = tables["segment_drift"]
    before = _list_newest_run(history[history["as_of_date"] < drift["as_of_date"]])
    before = before[before["metric"] == "overall"]
    past = (
        "It is the first run."
        if before.empty
        else f"The run before, as of {format_date(before['as_of_date'].iloc[-1])}, said: "
        f"{escape_cell(before['status'].iloc[-1])}."
    )
    model = find_model(tables)
    if model is not None and model["fitted_as_of_date"] == drift["as_of_date"]:
        past += (
            " The model was fitted as of the same day, so customers are mostly compared "
            "with themselves: the next run will say more."
        )
    run = _list_newest_run(history)
    rows = _sort_metrics(run[run["metric"] != "overall"], tables)
    calm = sum(row["status"] == "ok" for row in rows)
    says = (
        f'<p class="{kind}"><strong>{VERDICTS.get(status, escape_cell(status))}</strong>'
        f"{hint} As of {format_date(drift['as_of_date'])}, {calm} of {len(rows)} "
        f"metrics are ok. {past}</p>\n"
    )
    body = [
        [
            html.escape(METRICS.get(row["metric"], str(row["metric"]))),
            html.escape(_name_subject(row)),
            "ok"
            if row["status"] == "ok"
            else f"<strong>{escape_cell(row['status'])}</strong>",
            _measure(row, "value"),
            _measure(row, "training_value"),
            _measure(row, "current_value"),
            _measure(row, "watch_from"),
            _measure(row, "refit_from"),
            "" if row["status"] == "ok" else escape_cell(row["hint"]),
        ]
        for row in rows
    ]
    heads = [
        "Metric",
        "Of",
        "Status",
        "#Value",
        "#In training",
        "#Now",
        "#Watch from",
        "#Refit from",
        "What to make of it",
    ]
    if calm == len(rows):
        heads, body = heads[:-1], [row[:-1] for row in body]
    return says + render_table(heads, body)


def render_table(
    heads: list[str],
    body: list[list[str]],
    strong: list[bool] | None = None,
    name_column: bool = False,
) -> str:
    """Render rows of HTML cells; a head that starts with # is a column of numbers."""
    kinds = [' class="number"' if head.startswith("#") else "" for head in heads]
    cells = list(kinds)
    if name_column:
        cells[0] = ' class="name"'
    head = "".join(
        f'<th scope="col"{kind}>{html.escape(text.lstrip("#"))}</th>'
        for kind, text in zip(kinds, heads, strict=True)
    )
    rows = ""
    for number, row in enumerate(body):
        rows += '<tr class="strong">' if strong and strong[number] else "<tr>"
        for kind, cell in zip(cells, row, strict=True):
            rows += f"<td{kind}>{cell}</td>"
        rows += "</tr>\n"
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></div>\n"
    )


def find_model(tables: Tables) -> dict | None:
    """Return the evaluation of the model that placed the customers, if there is one."""
    versions = tables["segment_profiles"]["model_version"].dropna()
    evaluation = tables["segment_evaluation"]
    if versions.empty:
        return None
    rows = evaluation[evaluation["model_version"] == versions.max()]
    return None if rows.empty else rows.iloc[-1].to_dict()


def _decimals(value: float) -> str:
    """Write a score with two decimals."""
    return "–" if pd.isna(value) else f"{value:.2f}"


def escape_cell(value: object) -> str:
    """Escape a text cell, which may be empty."""
    return "" if pd.isna(value) else html.escape(str(value)).replace(" %", "\u00a0%")


def _name(segment: Segment | None, name: str) -> str:
    """Name a segment behind a square in its colour, if it has one."""
    if segment is None:
        return html.escape(name)
    return (
        f'<span class="swatch" style="background:{segment.colour}"></span>'
        + html.escape(segment.name)
    )


def _list_newest_run(drift: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the newest date, and of the newest model on it."""
    rows = drift[drift["as_of_date"] == drift["as_of_date"].max()]
    return rows[rows["model_version"] == rows["model_version"].max()]


def _sort_metrics(run: pd.DataFrame, tables: Tables) -> list[dict]:
    """Put metrics in order: the worst first, then by kind, feature and segment."""
    kinds, features = list(METRICS), list(FEATURES)
    segments = [segment.name for segment in list_past_segments(tables)]

    def rank(values: list[str], value: str) -> int:
        return values.index(value) if value in values else len(values)

    return sorted(
        run.to_dict("records"),
        key=lambda row: (
            rank(STATUSES, row["status"]),
            rank(kinds, row["metric"]),
            rank(features, row["subject"]),
            rank(segments, row["subject"]),
            row["subject"],
        ),
    )


def _name_subject(row: dict) -> str:
    """Name what a metric is about: a feature, a segment, or all customers."""
    if row["metric"] == "feature_psi":
        return describe_feature(str(row["subject"])).label
    return str(row["subject"])


def _measure(row: dict, column: str) -> str:
    """Write a number of a metric in its unit."""
    value, metric = row[column], row["metric"]
    if is_missing(value):
        return "–"
    if column in ("training_value", "current_value"):
        if metric == "share_change":
            return format_share(value)
        return format_number(value)
    if metric == "share_change":
        points = f"{100 * value:.1f}"
        if column != "value":
            return f"±{points}"
        return "0.0" if points in ("0.0", "-0.0") else f"{100 * value:+.1f}"
    if metric == "last_date_lag_days":
        return format_number(value)
    return f"{value:.2f}"


TABLES_BELOW = {
    "worth": render_worth,
    "rules": render_rules,
    "freshness": render_drift,
    "count": render_counts,
    "quality": render_quality,
}
