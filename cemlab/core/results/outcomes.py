"""The outcome of a comparison: the one place that decides what may be said of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

Outcome = Literal["large", "significant", "small", "not significant", "not testable", "not estimable", "withheld"]


def outcome_of(row: Mapping[Any, Any], *, floor: float) -> Outcome:
    """Return the outcome of one comparison.

    In this order: ``withheld``, too small to publish; ``not estimable``, without an estimate; ``large``,
    flagged: shown to be larger than the floor; ``not testable``, without a p-value; ``not significant``;
    ``small``, significant and the interval inside the floor; ``significant``, not shown to be larger than the
    floor.

    Parameters
    ----------
    row : mapping
        With ``estimate``, ``ci_low``, ``ci_high``, ``p_value``, ``flagged``, ``significant`` and ``suppressed``.
    floor : float
        Materiality floor, in the unit of the estimate.

    Returns
    -------
    {"large", "significant", "small", "not significant", "not testable", "not estimable", "withheld"}
        Exactly one.

    Examples
    --------
    >>> row = {"estimate": 2.0, "ci_low": 1.0, "ci_high": 2.9, "p_value": 1e-4, "significant": True}
    >>> outcome_of(row, floor=3.0), outcome_of({**row, "ci_high": 3.1}, floor=3.0), outcome_of({**row, "flagged": True}, floor=0.5)
    ('small', 'significant', 'large')
    """
    inside = -floor <= _number(row, "ci_low") and _number(row, "ci_high") <= floor
    decided: tuple[tuple[bool, Outcome], ...] = (
        (bool(row.get("suppressed", False)), "withheld"),
        (math.isnan(_number(row, "estimate")), "not estimable"),
        (bool(row.get("flagged", False)), "large"),
        (math.isnan(_number(row, "p_value")), "not testable"),
        (not row.get("significant", False), "not significant"),
        (inside, "small"),
    )
    return next((outcome for holds, outcome in decided if holds), "significant")


def _number(row: Mapping[Any, Any], name: str) -> float:
    value = row.get(name)
    return math.nan if value is None else float(value)
