"""What a sample could have shown, and what it would take."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence

_MUCH = 1.5
"""Ratio of detectable differences beyond which both ends are told."""
_POWER = Name("80% power")


def detectable(comparisons: Sequence[Finding]) -> tuple[Part, ...]:
    """Return the words on the smallest difference that each of these could have detected.

    Parameters
    ----------
    comparisons : sequence of Finding
        With their detectable differences.

    Returns
    -------
    tuple of str or Quote
        In brackets; nothing where none has one.
    """
    powered = sorted((each for each in comparisons if math.isfinite(each.mde)), key=lambda each: each.mde)
    if not powered:
        return ()
    low, high = powered[0], powered[-1]
    if high.mde <= _MUCH * low.mde:
        return (" (smallest detectable difference ", Quote(high, "mde"), ", ", _POWER, ")")
    return (" (smallest detectable differences from ", Quote(low, "mde"), " to ", Quote(high, "mde"), ", ", _POWER, ")")


def planning(size: Finding, needed: Finding, *, observed: Finding) -> Sentence:
    """Say how many answers it takes to see a difference.

    Parameters
    ----------
    size : Finding
        The difference.
    needed : Finding
        Answers in each of two groups that find it four times out of five.
    observed : Finding
        The answers that there are.

    Returns
    -------
    Sentence
        Compares what is needed with what there is.
    """
    verdict = "is enough for that" if observed.value >= 2 * needed.value else "is not enough for that"
    return Sentence(
        "To see a true difference of ",
        size,
        " between two groups four times out of five takes ",
        needed,
        " answers in each; this sample of ",
        observed,
        f", split in half, {verdict}.",
    )
