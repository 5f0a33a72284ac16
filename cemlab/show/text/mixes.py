"""Whether a score moved, or the mix of those who answered: what must stand beside a trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.show.text.moves import moved
from cemlab.show.text.outcomes import alone


def moved_by_mix(parts: Mapping[str, Sequence[Finding]]) -> str:
    """Return the segments whose change of mix moved the score most.

    Parameters
    ----------
    parts : mapping of str to sequence of Finding
        What the segments are → the trend at a constant mix and the part of the mix, adjusted in the run's family.

    Returns
    -------
    str
        Empty where no part of the mix is significant.
    """
    moved = {
        subject: found[1] for subject, found in parts.items() if found and found[1].outcome in ("large", "significant")
    }
    return max(moved, key=lambda subject: abs(moved[subject].value), default="")


def disagree(line: Finding | None, constant: Finding) -> bool:
    """Return whether a trend and the same trend at a constant mix say different things.

    Parameters
    ----------
    line : Finding or None
        The raw trend.
    constant : Finding
        At a constant mix.

    Returns
    -------
    bool
        True where only one of them is larger than the floor, or both are in different directions.
    """
    large = [each is not None and each.outcome == "large" for each in (line, constant)]
    return large[0] != large[1] or bool(large[0] and line is not None and line.value * constant.value < 0)


def with_mix(
    said: Sentence, line: Finding | None, parts: Mapping[str, Sequence[Finding]], *, period: str
) -> list[Sentence]:
    """Return what is said of how a score moved, with what the mix of answers has to do with it.

    Parameters
    ----------
    said : Sentence
        Without the mix, such as `moves.moved`.
    line : Finding or None
        The raw trend.
    parts : mapping of str to sequence of Finding
        As for `moved_by_mix`.
    period : str
        Length of a step.

    Returns
    -------
    list of Sentence
        The same where no change of mix is significant. Else the mix is named, and the trend at a constant mix;
        where the two disagree the mix comes first.
    """
    subject = moved_by_mix(parts)
    if not subject:
        return [said]
    constant, mix = parts[subject]
    word = "raised" if mix.value > 0 else "lowered"
    change = Sentence(
        "The mix of answers by ",
        Name(subject),
        f" changed over the complete {period}s, which alone {word} the score by ",
        Quote(mix, "magnitude"),
        " (between ",
        Quote(mix, "interval"),
        ").",
    )
    return (
        [change, at_constant_mix(constant), said]
        if disagree(line, constant)
        else [said, change, at_constant_mix(constant)]
    )


def course_in_short(
    line: Finding | None, steps_found: Sequence[Finding], parts: Mapping[str, Sequence[Finding]], *, period: str
) -> list[Sentence]:
    """Say in short how the score moved and what its mix has to do with it, for the answer of a page.

    Parameters
    ----------
    line, steps_found : as in `moves.moved`
        See there.
    parts : mapping of str to sequence of Finding
        As for `with_mix`.
    period : str
        Length of a step.

    Returns
    -------
    list of Sentence
        As `with_mix`.
    """
    return with_mix(moved(line, steps_found, period=period), line, parts, period=period)


def at_constant_mix(constant: Finding) -> Sentence:
    """Say how a score moved at a constant mix.

    Parameters
    ----------
    constant : Finding
        The trend, adjusted in the run's family.

    Returns
    -------
    Sentence
        Rose and fell only of a flagged one.
    """
    if constant.outcome != "large":
        return alone(constant, subject=["At a constant mix its linear trend"])
    word = "rose" if constant.value > 0 else "fell"
    return Sentence(
        f"At a constant mix it {word} by ",
        Quote(constant, "magnitude"),
        " (change between ",
        Quote(constant, "interval"),
        ").",
    )
