"""Segments can be told apart by colour-blind readers, and seen on a dark page."""

import itertools

import numpy as np

from python_charts.style import CLUSTER_COLOURS

# Linear RGB as seen without the long or the medium cones (Machado et al. 2009, severity 1).
VISIONS = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
# Linear sRGB to XYZ over the white of D65 (IEC 61966-2-1).
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.9505], [1.0], [1.089]])


def read_linear(colour: str) -> np.ndarray:
    """Read #RRGGBB as linear red, green and blue from 0 to 1."""
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def read_lab(linear: np.ndarray) -> np.ndarray:
    """Turn linear red, green and blue into CIE L*a*b*."""
    scaled = XYZ @ np.clip(linear, 0, 1)
    x, y, z = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_any_two_segments_differ_in_every_vision():
    for vision, matrix in VISIONS.items():
        seen = {c: read_lab(matrix @ read_linear(c)) for c in CLUSTER_COLOURS}
        for one, other in itertools.combinations(CLUSTER_COLOURS, 2):
            distance = np.linalg.norm(seen[one] - seen[other])
            assert distance > 15, (vision, one, other)


def test_the_first_segments_stand_out_on_a_dark_page():
    paper = XYZ[1] @ read_linear("#151B21")
    for colour in CLUSTER_COLOURS[:13]:
        contrast = (XYZ[1] @ read_linear(colour) + 0.05) / (paper + 0.05)
        assert contrast > 3, colour
