"""Which scores a metric takes: the rules that hold answers against their scale."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

OFF_SCALE, BETWEEN_CODES = "the score lies outside its scale", "the score has decimals that its metric does not take"
"""Why the rules on scores leave a row out."""

TENTH = 1e-9
"""How far ten times a score may lie from a whole number for the score to be a tenth."""

METRIC_SCALES: Mapping[str, tuple[int, int]] = {"nps": (0, 10), "csat": (1, 10), "ces": (1, 7)}
"""Lowest and highest code that an answer may have where the lab declares no scale of its own."""


def off_scale(scales: Mapping[str, tuple[int, int]]) -> Callable[[Any], Any]:
    """Return the rule that finds scores outside the scale of their metric.

    Parameters
    ----------
    scales : mapping of str to (int, int)
        Metric → its lowest and highest code.

    Returns
    -------
    callable
        Takes the engine's lazy table and returns a boolean column.
    """
    return lambda table: functools.reduce(
        operator.or_,
        ((table.metric == metric) & ~table.score.between(low, high) for metric, (low, high) in scales.items()),
    )


def between_codes(tenths: Collection[str] = ()) -> Callable[[Any], Any]:
    """Return the rule that finds scores that are not whole, or not in tenths where those are codes.

    Parameters
    ----------
    tenths : collection of str
        Metrics whose codes are tenths.

    Returns
    -------
    callable
        Takes the engine's lazy table and returns a boolean column.
    """

    def _broken(table: Any) -> Any:
        off = table.score % 1 != 0  # floor() would overflow on a number that no whole one can hold
        if not tenths:
            return off
        # ten times a tenth is whole but for rounding
        in_tenths = ((table.score * 10 + 0.5) % 1 - 0.5).abs() < TENTH
        return off & ~(table.metric.isin(list(tenths)) & in_tenths).fill_null(False)

    return _broken
