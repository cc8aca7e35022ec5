"""Every chart of the page: under which heading it stands, and how it is read.

A builder takes the published tables and returns a Plotly figure. It is pure and draws
what the marts say; where there is nothing to draw, the figure has no trace and one
annotation, the sentence that explains why. Positions stand on numeric axes with texts
as ticks, so that equal or number-like names cannot merge.
"""

from collections.abc import Callable
from typing import NamedTuple

import plotly.graph_objects as go

from python_charts.customers import build_rfm_scatter, build_segment_map
from python_charts.demographics import build_demographics
from python_charts.quality import build_data_quality, build_segment_count_scores
from python_charts.segments import (
    build_feature_distributions,
    build_profile_heatmap,
    build_segment_sizes,
)
from python_charts.tables import Tables


class Section(NamedTuple):
    """A heading of the page, how to read its chart."""

    anchor: str
    heading: str
    lead: str
    build: Callable[[Tables], go.Figure]


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
        "A sample of the clustered customers, one mark each; a larger mark is more net "
        "revenue. Click a name in the legend to hide a segment, double-click to see it "
        "alone.",
        build_rfm_scatter,
    ),
    Section(
        "map",
        "Map of customers",
        "The same sample, flattened from all features of the model to two dimensions "
        "(principal components): customers near each other look alike to the model. "
        "What overlaps here may still be apart in the dimensions left out.",
        build_segment_map,
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
        "Each number is a share of the segment's customers whose attribute is known; "
        "the first row says how many that are. Colour compares with all customers "
        "known. Hidden cells have no customer or too few to be shown (fewer than the "
        "project's minimum cell size, 30 unless changed). A dash: the attribute is not "
        "known for any customer of the segment.",
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
