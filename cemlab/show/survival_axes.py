"""What figures of durations share: steps thinned to what can be seen, round ticks, labels that keep apart."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cemlab.core.results import Estimates
from cemlab.show import theme

MOST_STEPS = 90
"""More steps than these cannot be told apart at the width of a page."""
_STEPS: Mapping[str, tuple[int, ...]] = {
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120, 240),
    "days": (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730, 1825, 3650),
}


def ticks_below(end: float, *, clock: str, most: int = 7) -> list[float]:
    """Return round times from 0 to an end.

    Parameters
    ----------
    end : float
        The last time; at least 0.
    clock : {"months", "days"}
        Its unit: months fall on years where they can.
    most : int, default 7
        At most so many.

    Returns
    -------
    list of float
        Ascending, the first is 0.

    Examples
    --------
    >>> ticks_below(59, clock="months")
    [0.0, 12.0, 24.0, 36.0, 48.0]
    """
    step = next((step for step in _STEPS[clock] if end / step < most), math.ceil(end / (most - 1)))
    return [float(step * place) for place in range(int(end // step) + 1)]


def start_of(estimates: Estimates) -> float:
    """Return from when on curves speak.

    Parameters
    ----------
    estimates : Estimates
        Curves, with the part ``groups``.

    Returns
    -------
    float
        0 without late entry.
    """
    start = estimates.parts["groups"]["start"].min()
    return 0.0 if pd.isna(start) else float(start)


def course(rows: pd.DataFrame, *, start: float, first: float, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return a step function as it is drawn: from its start, with no more steps than can be seen.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per step, ascending: ``duration``, ``estimate``, ``ci_low``, ``ci_high``.
    start : float
        Where the curve begins.
    first : float
        Its value there.
    columns : sequence of str, optional
        Other values to take along, which begin at `first` too.

    Returns
    -------
    pandas.DataFrame
        ``at``, ``estimate``, ``ci_low``, ``ci_high`` and `columns`; a limit that is not known is the estimate.
    """
    names = ["estimate", "ci_low", "ci_high", *columns]
    values = rows.sort_values("duration").assign(
        ci_low=lambda table: table["ci_low"].fillna(table["estimate"]),
        ci_high=lambda table: table["ci_high"].fillna(table["estimate"]),
    )
    at = np.concatenate([[start], values["duration"].to_numpy(float)])
    whole = np.vstack([np.full((1, len(names)), first), values[names].to_numpy(float)])
    if len(at) > MOST_STEPS:
        seen = np.linspace(at[0], at[-1], MOST_STEPS)
        whole, at = whole[np.searchsorted(at, seen, side="right") - 1], seen
    return pd.DataFrame(whole, columns=names).assign(at=at)


def apart(values: Sequence[float], *, gap: float, low: float = -math.inf) -> list[float]:
    """Return places for labels near their values that keep a gap, in the same order.

    Parameters
    ----------
    values : sequence of float
        Where the labels belong.
    gap : float
        Smallest distance of two labels.
    low : float, optional
        No label lies lower.

    Returns
    -------
    list of float
        The values, moved as little as pushing up and then down needs.

    Examples
    --------
    >>> apart([50, 51, 20], gap=5)
    [48.0, 53.0, 20.0]
    """
    order = np.argsort(values, kind="stable")
    places = np.asarray(values, dtype=float)[order]
    for _ in range(200):
        short_by = gap - np.diff(places)
        if not len(short_by) or short_by.max() <= 1e-9:
            break
        worst = int(short_by.argmax())
        places[worst] -= short_by[worst] / 2
        places[worst + 1] += short_by[worst] / 2
    for place, least in enumerate(places):
        places[place] = max(least, low if place == 0 else places[place - 1] + gap)
    result = np.empty_like(places)
    result[order] = places
    return [round(float(place), 6) for place in result]


def label_right(axes: Axes, name: str, *, at: float, end: tuple[float, float], colour: str) -> None:
    """Name a curve at the right edge, with a thin line from where it ends.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where the curve is.
    name : str
        Of the curve.
    at : float
        Height of the label, in the unit of the axis.
    end : tuple of float
        Last point of the curve.
    colour : str
        Of the curve; the words take a shade that can be read.
    """
    axes.annotate(
        name,
        xy=end,
        xytext=(1.02, at),
        textcoords=axes.get_yaxis_transform(),
        va="center",
        annotation_clip=False,
        color=theme.readable(colour, paper=theme.PAPER),
        # dotted and grey: a line in the curve's own colour would read as its going on
        arrowprops={
            "arrowstyle": "-",
            "color": theme.MUTED,
            "lw": 0.6,
            "linestyle": (0, (1, 2.5)),
            "shrinkA": 1,
            "shrinkB": 0,
        },
    )


def short(name: str, *, most: int) -> str:
    """Return a label on one line, cut between words where it has any.

    Parameters
    ----------
    name : str
        The label.
    most : int
        Letters at most.

    Returns
    -------
    str
        With an ellipsis where it was cut.

    Examples
    --------
    >>> short("Month-to-month contract", most=16)
    'Month-to-month…'
    """
    cut = textwrap.shorten(name, width=most, placeholder="…")
    return cut if cut not in ("", "…") else name[: most - 1] + "…"
