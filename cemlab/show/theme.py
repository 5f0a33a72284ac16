"""Colours, type and strokes that every figure and page shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INK, MUTED, LINE, PAPER = "#1a1d21", "#565d66", "#d5d9de", "#ffffff"
CONTEXT = "#8b939c"
GROUPS: Mapping[str, str] = {
    "promoter": "#00806a",
    "passive": "#8b939c",
    "detractor": "#c2410c",
    "top box": "#00806a",
    "low effort": "#00806a",
    "other": "#8b939c",
}
"""Colour of each group of answers; always shown with the group's name too."""
GREYS: Mapping[str, str] = {
    "promoter": "#4a4f55",
    "passive": "#d5d9de",
    "detractor": "#ffffff",
    "top box": "#4a4f55",
    "low effort": "#4a4f55",
    "other": "#d5d9de",
}
"""The same groups on paper, told apart without colour; detractors are hatched."""
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Okabe-Ito order, safe for colour blindness; more series than these become small multiples."""
BANDS = ("#d6e6f2", "#8bbadb", "#3a86b8", "#0b4f7d")
"""Bands of one number, from low to high: one hue, darker for more."""
AROUND = ("#b35806", "#fdd9b0", "#ffffff", "#b5d8ec", "#1f6fa8")
"""Below the middle is brown, above it blue; the sign is printed too."""
MORE = ("#ffffff", "#b5d8ec", "#1f6fa8")
"""From none to much."""
WIDE_PX, NARROW_PX = 680, 340
TEXT_PX = 12
PAPER_MM = 174
"""Two columns of a journal."""
_PRINT_PT = 8
_PAPER_TEXT = _PRINT_PT * WIDE_PX / (PAPER_MM / 25.4 * 72)

RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.grid": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": TEXT_PX,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 72,
    "figure.facecolor": PAPER,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT_PX,
    "hatch.color": LINE,
    "hatch.linewidth": 1.0,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "savefig.dpi": 72,
    # text stays text, and the same numbers give the same bytes
    "svg.fonttype": "none",
    "svg.hashsalt": "cemlab",
    # a label with two dollar signs is a label, not a formula
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelsize": TEXT_PX,
    "ytick.color": INK,
    "ytick.labelsize": TEXT_PX,
    "ytick.major.size": 0,
}
"""matplotlib settings of every figure; sizes in CSS pixels, since a figure is drawn at 72 dpi."""


PAPER_RC: dict[Any, Any] = RC | {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": _PAPER_TEXT,
    "font.size": _PAPER_TEXT,
    "hatch.color": INK,
    # outlines: a publisher has not our fonts
    "svg.fonttype": "path",
    "xtick.color": INK,
    "xtick.labelsize": _PAPER_TEXT,
    "ytick.labelsize": _PAPER_TEXT,
}
"""matplotlib settings of a figure for a journal: 8 pt once it is `PAPER_MM` wide."""


@dataclass(frozen=True)
class Medium:
    """Where a figure will be seen.

    Attributes
    ----------
    width : float
        Of the drawing, in CSS pixels.
    narrow : bool
        True when labels must be short.
    fills : mapping of str to str
        Colour of each group of answers.
    hatches : mapping of str to str
        Pattern of those that colour does not tell apart.
    rc : dict
        matplotlib settings.
    """

    width: float
    narrow: bool
    fills: Mapping[str, str]
    hatches: Mapping[str, str] = field(default_factory=dict)
    rc: dict[Any, Any] = field(default_factory=lambda: RC)


DESK = Medium(WIDE_PX, narrow=False, fills=GROUPS)
PHONE = Medium(NARROW_PX, narrow=True, fills=GROUPS)
PRINT = Medium(WIDE_PX, narrow=False, fills=GREYS, hatches={"detractor": "////"}, rc=PAPER_RC)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2).

    Parameters
    ----------
    colour : str
        As ``#rrggbb``.

    Returns
    -------
    float
        0 for black to 1 for white.
    """
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2), 1 to 21.

    Parameters
    ----------
    one, other : str
        Colours as ``#rrggbb``.

    Returns
    -------
    float
        1 for equal colours, 21 for black on white.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, *, paper: str, ratio: float = 4.5) -> str:
    """Return `colour`, moved towards black or white until it can be read on `paper`.

    Parameters
    ----------
    colour, paper : str
        As ``#rrggbb``.
    ratio : float, default 4.5
        Smallest contrast.

    Returns
    -------
    str
        The nearest shade in steps of a twentieth that reaches the ratio.

    Examples
    --------
    >>> readable("#ffff00", paper="#ffffff") != "#ffff00"
    True
    """
    target = 0 if luminance(paper) > 0.18 else 255
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    for step in range(21):
        shade = "#" + "".join(f"{round(c + (target - c) * step / 20):02x}" for c in channels)
        if contrast(shade, paper) >= ratio:
            return shade
    return shade
