"""Every chart of the page: under which heading it stands, and how it is read.

A builder takes the published tables and returns a Plotly figure. It is pure and draws
what the marts say; where there is nothing to draw, the figure has no trace and one
annotation, the sentence that explains why. Positions stand on numeric axes with texts
as ticks, so that equal or number-like names cannot merge.
"""

from collections.abc import Callable
from typing import NamedTuple

import plotly.graph_objects as go

from python_charts.customers import (
    build_rfm_scatter,
    build_segment_map,
    describe_rfm_scatter,
    describe_segment_map,
)
from python_charts.demographics import build_demographics, describe_demographics
from python_charts.history import (
    build_forward_value,
    build_segment_moves,
    build_segments_over_time,
)
from python_charts.quality import build_data_quality, build_segment_count_scores
from python_charts.segments import (
    build_feature_distributions,
    build_profile_heatmap,
    build_segment_sizes,
)
from python_charts.tables import Tables


class Section(NamedTuple):
    """A heading of the page, how to read its chart; some have only a table."""

    anchor: str
    heading: str
    lead: str | Callable[[Tables], str]
    build: Callable[[Tables], go.Figure] | None


SECTIONS = [
    Section(
        "sizes",
        "Sizes and revenue",
        "A segment whose full bar is longer than its pale one spends more than its "
        "number of customers would suggest.",
        build_segment_sizes,
    ),
    Section(
        "profiles",
        "Segment profiles",
        "Core features weigh most in the model, secondary ones little. Numbers are "
        "medians in the feature's own unit; blue is above, brown below the "
        "average clustered customer, in standard deviations (sd). A long time since "
        "the last purchase is blue too: colour is not praise. A spend trend of ×2 "
        "is twice the spend of the 90 days before, ÷2 is half of it.",
        build_profile_heatmap,
    ),
    Section(
        "distributions",
        "Feature distributions",
        "Half of a segment's customers lie inside its box, the line is the median, and "
        "nine in ten lie between the whiskers. Boxes that overlap much do not tell "
        "segments apart.",
        build_feature_distributions,
    ),
    Section(
        "rfm",
        "Recency, frequency, revenue",
        describe_rfm_scatter,
        build_rfm_scatter,
    ),
    Section(
        "map",
        "Map of segments",
        describe_segment_map,
        build_segment_map,
    ),
    Section(
        "history",
        "Segments over time",
        "Everybody with a purchase or return before a month start, placed by today's "
        "model on what was known then. Where the data begin less than a window before, "
        "customers look newer and smaller than they were: there the best segments grow "
        "with the data, not with the shop.",
        build_segments_over_time,
    ),
    Section(
        "moves",
        "Who moved last",
        "A row is a segment a month before, a column the segment at the newest month "
        "start. Each cell: customers, and below it their net revenue in the window then. "
        "Grey stayed; the darker the blue, the larger the part of its row that moved. "
        "New customers have no colour and no part in the share that stayed.",
        build_segment_moves,
    ),
    Section(
        "worth",
        "What segments say about later spend",
        "Customers placed on a month start, and what they spent afterwards. If all "
        "customers of a segment spent alike, segments would explain 100 % of the "
        "variance of later spend (on a log scale); groups drawn by lot explain about "
        "0 %. The classic "
        "RFM grid sorts the same customers by recency and frequency scores, usually "
        "into more groups. Open marks: the model was fitted later and had seen this "
        "spend, so its share is flattering and no forecast. Filled marks: it had not.",
        build_forward_value,
    ),
    Section(
        "rules",
        "How to rebuild a segment",
        "For a CRM or mailing tool that cannot run the model: a condition on the columns "
        "of customer_segments, for customers of the clusters. Coverage is the share "
        "of the segment's customers the rule finds; precision the share of those found "
        "who are in the segment.",
        None,
    ),
    Section(
        "freshness",
        "Is the model still fresh",
        "Today's customers against those the model was fitted on. A stability index "
        "(PSI) of 0 means spread as in training. PSIs of recency and tenure, and the "
        "checks of the newest data, never call for a refit by themselves.",
        None,
    ),
    Section(
        "count",
        "Number of segments",
        "The largest number is chosen that is about as reproducible as the best and "
        "whose segments are large and separate enough.",
        build_segment_count_scores,
    ),
    Section(
        "demographics",
        "Demographics",
        describe_demographics,
        build_demographics,
    ),
    Section(
        "quality",
        "Data quality",
        "No row is dropped in silence: each one is either accepted or counted here "
        "under the first reason against it.",
        build_data_quality,
    ),
]
