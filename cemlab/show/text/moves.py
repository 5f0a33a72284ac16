"""How a score moved: steps, trend, and an earlier window."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.power import would_have_shown

PICKED = "Estimates picked because they stand out tend to be too large."


def steps(changes: Sequence[Finding], *, period: str) -> Sentence:
    """Say which steps from one period to the next stand out from chance.

    Parameters
    ----------
    changes : sequence of Finding
        One per complete period, adjusted in the run's family.
    period : str
        Length of a step, such as ``month``.

    Returns
    -------
    Sentence
        Names up to three flagged steps, or says what would have been seen.
    """
    changes = [change for change in changes if not change.suppressed]
    if not changes:
        return Sentence(f"There are no two complete {period}s with enough customers to compare.")
    flagged = sorted((change for change in changes if change.flagged), key=lambda change: -abs(change.value))
    if not flagged:
        return Sentence(
            f"No {period} differs from the one before by more than chance explains", *would_have_shown(changes), "."
        )
    parts: list[Part] = []
    for change in flagged[:3]:
        direction = "rose" if change.value > 0 else "fell"
        parts += [
            "; it " if parts else "It ",
            f"{direction} by ",
            Quote(change, "magnitude"),
            " in ",
            Name(numbers.period_name(change.period, period=period)),
            " (change between ",
            Quote(change, "interval"),
            ")",
        ]
    more = f"; further {period}s stand out too" if len(flagged) > 3 else ""
    return Sentence(*parts, f"{more}. {PICKED}")


def trend(line: Finding, *, period: str) -> Sentence:
    """Say whether a straight line through the complete periods rises or falls.

    Parameters
    ----------
    line : Finding
        Change along the line from the first complete period to the last, adjusted in the run's family.
    period : str
        Length of a step, such as ``month``.

    Returns
    -------
    Sentence
        Rose and fell only of a flagged line.
    """
    if line.suppressed:
        return Sentence("Too few customers answered for a trend.")
    if not line.flagged:
        return Sentence(f"A line through all complete {period}s shows no change that this sample could show (it would have shown ",
                        Quote(line, "mde"), ").")  # fmt: skip
    words = "rises" if line.value > 0 else "falls"
    return Sentence(
        f"A line through all complete {period}s {words} by ", Quote(line, "magnitude"), " from the first to the last (change between ",
        Quote(line, "interval"), ").",
    )  # fmt: skip


def moved(line: Finding | None, steps_found: Sequence[Finding], *, period: str) -> Sentence:
    """Say in short how the score moved, for the answer of a page.

    Parameters
    ----------
    line : Finding or None
        The trend, where there is one.
    steps_found : sequence of Finding
        Steps from one complete period to the next.
    period : str
        Length of a step.

    Returns
    -------
    Sentence
        The trend where it is flagged, else the largest flagged step, else that nothing could be shown.
    """
    flagged = sorted((step for step in steps_found if step.flagged), key=lambda step: -abs(step.value))
    if line is not None and line.flagged:
        return Sentence(
            f"Over its complete {period}s it {'rose' if line.value > 0 else 'fell'} by ", Quote(line, "magnitude"), " (change between ",
            Quote(line, "interval"), ").",
        )  # fmt: skip
    if flagged:
        first = flagged[0]
        return Sentence(
            f"Its clearest step: it {'rose' if first.value > 0 else 'fell'} by ", Quote(first, "magnitude"), " in ",
            Name(numbers.period_name(first.period, period=period)), " (change between ", Quote(first, "interval"), ").",
        )  # fmt: skip
    if line is None and not [step for step in steps_found if not step.suppressed]:
        return Sentence(f"There are too few complete {period}s to say how it moved.")
    return Sentence("It shows no movement over time beyond chance.")


def against_window(change: Finding, *, window: str, brief: bool = False) -> Sentence:
    """Say how the score differs from that of an earlier window.

    Parameters
    ----------
    change : Finding
        Later less earlier, adjusted in the run's family.
    window : str
        The earlier window as a reader calls it.
    brief : bool, default False
        True to leave the interval out.

    Returns
    -------
    Sentence
        Rose and fell only of a flagged change.
    """
    if change.suppressed:
        return Sentence(
            "The change against ", Name(window), " is withheld: too few customers answered in one of the windows."
        )
    odd = not change.flagged and not change.ci_low <= 0 <= change.ci_high
    between: tuple[Part, ...] = () if brief or odd else ("; the difference lies between ", Quote(change, "interval"))
    if not change.flagged:
        return Sentence(
            "Against ", Name(window), " there is no change that this sample could show", *_although(change), *between, ".",
        )  # fmt: skip
    word = "rose" if change.value > 0 else "fell"
    return Sentence("Against ", Name(window), f" it {word} by ", Quote(change, "magnitude"), *between, ".")


def _although(change: Finding) -> tuple[Part, ...]:
    """Say what it would have shown, and why an interval without zero is not enough."""
    would: tuple[Part, ...] = (" (it would have shown ", Quote(change, "mde"), ")") if math.isfinite(change.mde) else ()
    if change.ci_low <= 0 <= change.ci_high:
        return would
    return (
        *would,
        ": its interval, between ",
        Quote(change, "interval"),
        ", leaves out zero, but many comparisons were made or the change is small",
    )


def same_people(change: Finding | None) -> Sentence:
    """Say how the answers of those changed who answered in both windows.

    Parameters
    ----------
    change : Finding or None
        Mean change of the same customers; None when nobody answered twice.

    Returns
    -------
    Sentence
        With their number.
    """
    if change is None:
        return Sentence("Nobody answered in both windows, so the two are independent samples.")
    if change.suppressed:
        return Sentence("Too few customers answered in both windows to follow them.")
    said: list[Part] = [Quote(change, "n"), " customers answered in both windows; "]
    if not change.ci_low <= change.ci_high:
        return Sentence(*said, "none of them changed group.")
    if not change.flagged:
        return Sentence(*said, "among them there is no change that this sample could show", *_although(change), ".")
    word = "rose" if change.value > 0 else "fell"
    return Sentence(
        *said,
        f"among them the score {word} by ",
        Quote(change, "magnitude"),
        " (between ",
        Quote(change, "interval"),
        ").",
    )


def undated() -> Sentence:
    """Say that no course over time can be shown.

    Returns
    -------
    Sentence
        For a lab whose answers carry no day.
    """
    return Sentence("These answers carry no date, so their course over time cannot be shown.")
