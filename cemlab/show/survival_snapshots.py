"""What is said of a snapshot: that it is one, what it leaves open, and what share left in its window."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show.checks import Check
from cemlab.show.survival_text import span


def told(left: Finding, ends: Finding, *, day: str, shortest: int, readable: bool) -> tuple[Sentence, ...]:
    """Say that a lab is a snapshot, what that leaves open, and what share left in its window.

    Parameters
    ----------
    left : Finding
        The share of those present who left.
    ends : Finding
        How many did.
    day : str
        On which all ends fall.
    shortest : int
        Whole months of the shortest relationship.
    readable : bool
        Whether a curve is shown all the same, on a condition.

    Returns
    -------
    tuple of Sentence
        The first things a reader must know.
    """
    missing = (
        Sentence("Customers who left earlier may be missing, so it does not show how long customers stay.")
        if readable
        else Sentence(
            "Nobody in it stayed for less than ",
            span(shortest, clock="months"),
            ": customers who left earlier are missing, so it does not show how long customers stay.",
        )
    )
    share: list[Part] = ["Of those present, ", left, " churned in its window"]
    share += [" (between ", Quote(left, "interval"), ")"] if math.isfinite(left.ci_low) else []
    return (
        Sentence("This lab is a snapshot: all ", ends, " recorded ends fall on one day, ", Name(day), "."),
        missing,
        Sentence(*share, "."),
    )


def without_curve(shortest: int) -> str:
    """Return why a snapshot gets no curve, where a question is left out.

    Parameters
    ----------
    shortest : int
        Whole months of the shortest relationship.

    Returns
    -------
    str
        And what to do about it.
    """
    return (
        f"The lab is a snapshot, and nobody in it stayed for less than {span(shortest, clock='months').text}: customers"
        " who left earlier are missing. Map the days on which relationships really ended, or `observed_from`."
    )


def on_condition() -> Sentence:
    """Say on what condition the curve of a snapshot may be read.

    Returns
    -------
    Sentence
        Stands before its shares.
    """
    return Sentence(
        "The curve holds only if nobody who left earlier is missing from the snapshot, which the lab cannot show."
    )


def when_compared(times: Iterable[float], *, clock: str, snapshot: bool) -> str:
    """Return which share of groups is compared, for a caption.

    Parameters
    ----------
    times : iterable of float
        When the share of each group is compared.
    clock : {"months", "days"}
        Their unit.
    snapshot : bool
        True for the shares retained in the window of a snapshot.

    Returns
    -------
    str
        Such as ``share still there after 12 months``.

    Examples
    --------
    >>> when_compared([12, 12], clock="months", snapshot=False), when_compared([3, 12], clock="months", snapshot=False)
    ('share still there after 12 months', 'share still there when it differs most')
    """
    if snapshot:
        return "share retained in the snapshot"
    first, *others = sorted({float(time) for time in times})
    return "share still there " + ("when it differs most" if others else f"after {span(first, clock=clock).text}")


def earlier_ends(*, readable: bool) -> Check:
    """Say that a snapshot cannot show whether those who left earlier are in it.

    Parameters
    ----------
    readable : bool
        Whether a curve is shown all the same.

    Returns
    -------
    Check
        Always to be watched.
    """
    words = "Nothing says from when on each was observed. Customers who left before the snapshot may be missing"
    more = ", and the curve would then be too high." if readable else ", so no curve is shown."
    return Check("Customers who left before the snapshot", (Sentence(f"{words}{more}"),), "watch")
