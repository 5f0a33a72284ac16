"""How a score moved: steps, trend, and an earlier window."""

from __future__ import annotations

from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Outcome, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.outcomes import alone, not_flagged, with_outcome
from cemlab.show.text.power import detectable

PICKED = "Estimates selected for being large tend to be too large."
_BELOW_LARGE: tuple[Outcome, ...] = ("significant", "small", "not significant")


def steps(changes: Sequence[Finding], *, period: str) -> tuple[Sentence, ...]:
    """Say which steps from one period to the next are larger than the floor, and what was found of the others.

    Parameters
    ----------
    changes : sequence of Finding
        One per complete period, adjusted in the run's family.
    period : str
        Length of a step, such as ``month``.

    Returns
    -------
    tuple of Sentence
        Names up to three flagged steps, or says what was found of those that are not flagged (`not_flagged`).
    """
    if all(change.suppressed for change in changes):
        return (Sentence(f"There are no two complete {period}s with enough customers to compare."),)
    flagged = with_outcome(changes, "large")

    def _named(change: Finding) -> tuple[Part, ...]:
        return (Name(numbers.period_name(change.period, period=period)),)

    if not flagged:
        return not_flagged({period: changes}, rest="the one before", named=_named, each="")
    parts: list[Part] = []
    for change in flagged[:3]:
        direction = "rose" if change.value > 0 else "fell"
        parts += [
            "; it " if parts else "It ",
            f"{direction} by ",
            Quote(change, "magnitude"),
            " in ",
            *_named(change),
            " (change between ",
            Quote(change, "interval"),
            ")",
        ]
    more = f"; it changed in further {period}s too" if len(flagged) > 3 else ""
    return (Sentence(*parts, f"{more}. {PICKED}"),)


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
        Rises and falls only of a flagged line.
    """
    if line.outcome != "large":
        return alone(line, subject=[f"The linear trend over all complete {period}s"])
    words = "rises" if line.value > 0 else "falls"
    return Sentence(
        f"A line through all complete {period}s {words} by ",
        Quote(line, "magnitude"),
        " from the first to the last (change between ",
        Quote(line, "interval"),
        ").",
    )


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
        The trend where it is flagged, else the largest flagged step, else the strongest outcome that there is.
    """
    flagged = with_outcome(steps_found, "large")
    if line is not None and line.outcome == "large":
        return Sentence(
            f"Over its complete {period}s it {'rose' if line.value > 0 else 'fell'} by ",
            Quote(line, "magnitude"),
            " (change between ",
            Quote(line, "interval"),
            ").",
        )
    if flagged:
        first = flagged[0]
        return Sentence(
            f"Its clearest step: it {'rose' if first.value > 0 else 'fell'} by ",
            Quote(first, "magnitude"),
            " in ",
            Name(numbers.period_name(first.period, period=period)),
            " (change between ",
            Quote(first, "interval"),
            ").",
        )
    compared = [each for each in (line, *steps_found) if each is not None and not each.suppressed]
    if not compared:
        return Sentence(f"There are too few complete {period}s to say how it moved.")
    return _unmoved(compared, line=line, period=period)


def _unmoved(compared: Sequence[Finding], *, line: Finding | None, period: str) -> Sentence:
    """Say the strongest outcome of a trend and of steps of which none is flagged."""
    strongest = next((found for outcome in _BELOW_LARGE if (found := with_outcome(compared, outcome))), [])
    if line is not None and line in strongest:
        return alone(line, subject=["Its linear trend"], quoted=False)
    if strongest and strongest[0].outcome == "not significant":
        words = f"No change from one {period} to the next is statistically significant"
        return Sentence(words, *detectable(strongest), ".")
    if strongest:
        name = numbers.period_name(strongest[0].period, period=period)
        return alone(strongest[0], subject=["Its change in ", Name(name)])
    return Sentence("Its changes over time could not be tested.")


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
    if change.outcome != "large":
        return alone(change, subject=["The change against ", Name(window)], quoted=not brief)
    between: tuple[Part, ...] = () if brief else ("; the difference lies between ", Quote(change, "interval"))
    word = "rose" if change.value > 0 else "fell"
    return Sentence("Against ", Name(window), f" it {word} by ", Quote(change, "magnitude"), *between, ".")


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
    if change.outcome != "large":
        return alone(change, subject=[*said, "their change"])
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
