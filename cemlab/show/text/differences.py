"""Which groups differ, what weights do, and what was believed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.outcomes import alone, in_short, not_flagged, of_known_groups, only_missing, with_outcome


def all_groups(compared: Mapping[str, Sequence[Finding]]) -> tuple[Sentence, ...]:
    """Say which groups differ from the rest, over all ways to group answers.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one difference per group, adjusted in the run's family.

    Returns
    -------
    tuple of Sentence
        One for each grouping in which a group is flagged, then what was found of the others (`not_flagged`),
        and one that names groupings with fewer than two groups to compare.
    """
    comparable = {
        subject: found for subject, found in compared.items() if sum(not each.suppressed for each in found) > 1
    }
    said = [_ends(out, subject) for subject, found in comparable.items() if (out := with_outcome(found, "large"))]
    said += not_flagged(comparable, rest="the rest", named=_named)
    alone_in = [subject for subject in compared if subject not in comparable]
    if alone_in:
        said.append(
            Sentence("There are no two groups by ", Name(numbers.listed(alone_in)), " large enough to compare.")
        )
    return tuple(said)


def _ends(flagged: Sequence[Finding], subject: str) -> Sentence:
    """Name the lowest and the highest flagged group."""
    flagged = sorted(flagged, key=lambda found: found.value)
    # the two ends say most; the others stand in the figure
    ends = flagged if len(flagged) < 3 else [flagged[0], flagged[-1]]
    parts: list[Part] = []
    for found in ends:
        direction = "higher" if found.value > 0 else "lower"
        parts += ["; "] if parts else []
        parts += [*_named(found), " scores ", Quote(found, "magnitude"), f" {direction} than the rest"]
        parts += [" (difference between ", Quote(found, "interval"), ")"]
    more: tuple[Part, ...] = ("; further groups by ", Name(subject), " differ too") if len(flagged) > 2 else ()
    return Sentence(*parts, *more, ".")


def standing_out(compared: Mapping[str, Sequence[Finding]]) -> Sentence:
    """Say in short which group scores lowest and highest of those that differ, for the answer of a page.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one difference per group.

    Returns
    -------
    Sentence
        Over all ways to group customers; where none is flagged, the strongest outcome that there is
        (`in_short`). Never of those whose level is missing.
    """
    every = [found for each in compared.values() for found in each]
    flagged = sorted(with_outcome(every, "large"), key=lambda found: found.value)
    if not flagged:
        return in_short(compared, rest="the rest", named=_named)
    missing = [subject for subject, each in compared.items() if with_outcome(each, "large")]
    flagged = of_known_groups(flagged)
    if not flagged:
        return only_missing(missing, shown="No group is shown to differ from the rest")
    parts: list[Part] = []
    low, high = flagged[0], flagged[-1]
    for found, word in [(low, "lowest")] * (low.value < 0) + [(high, "highest")] * (high.value > 0):
        side = "below" if word == "lowest" else "above"
        parts += ["; "] if parts else []
        parts += [
            *_named(found),
            f" scores {word}: ",
            Quote(found, "magnitude"),
            f" {side} all others (difference between ",
            Quote(found, "interval"),
            ")",
        ]
    return Sentence(*parts, ".")


def _named(found: Finding) -> tuple[Part, ...]:
    """A group with what it is one of: “4 to 9” alone could be a score."""
    of = ", ".join(name.replace("_", " ") for name in found.scope)
    return "“", Name(", ".join(found.scope.values())), "” (", Name(of), ")"


def no_groups() -> Sentence:
    """Say that no groups were compared.

    Returns
    -------
    Sentence
        For a run without segment columns.
    """
    return Sentence("No groups were compared: neither this run nor the lab names a column to compare customers by.")


def weighting(weighted: Finding, plain: Finding, difference: Finding) -> Sentence:
    """Say what the weights change.

    Parameters
    ----------
    weighted, plain : Finding
        The same answers with their weights, and each counted once.
    difference : Finding
        Weighted minus unweighted, with its paired test.

    Returns
    -------
    Sentence
        Whether the two differ significantly.
    """
    if weighted.suppressed:
        return Sentence("Fewer customers answered than may be shown, so weighted and unweighted scores are withheld.")
    said: list[Part] = ["Weighted the score is ", Quote(weighted, "precise"), ", unweighted ", Quote(plain, "precise")]
    if not difference.ci_low <= difference.ci_high:
        return Sentence(*said, ". There are too few sampling clusters to test the difference.")
    verdict = (
        "statistically significant" if difference.p_value < 1 - difference.level else "not statistically significant"
    )
    return Sentence(
        *said,
        ". The difference is ",
        verdict,
        " (",
        Quote(difference, "level"),
        " confidence interval: ",
        Quote(difference, "interval"),
        ")",
        ": the result depends on the weights." if difference.p_value < 1 - difference.level else ".",
    )


def weighted_sample(answers: Finding, effective: Finding, largest: Finding) -> Sentence:
    """Say what unequal weights leave of a sample.

    Parameters
    ----------
    answers : Finding
        How many.
    effective : Finding
        Kish's effective sample size.
    largest : Finding
        The largest weight's share of the total weight.

    Returns
    -------
    Sentence
        Names all three; says so where too few customers answered.
    """
    if math.isnan(effective.value):
        return Sentence("What the weights leave of the sample is withheld: fewer customers answered than may be shown.")
    return Sentence(
        "The weights leave ",
        answers,
        " answers an effective sample size of ",
        effective,
        " (Kish); the largest weight is ",
        largest,
        " of the total weight.",
    )


def beliefs(gaps: Sequence[Finding], given: Sequence[Finding]) -> tuple[Sentence, ...]:
    """Say how what is believed compares with what customers gave.

    Parameters
    ----------
    gaps : sequence of Finding
        Believed less given, adjusted in the run's family.
    given : sequence of Finding
        The scores that customers gave, in the same order.

    Returns
    -------
    tuple of Sentence
        Up to three beliefs, the one furthest off first.
    """
    if all(gap.suppressed for gap in gaps):
        return (Sentence("Too few customers answered to hold what is believed against it."),)
    pairs = [(gap, score) for gap, score in zip(gaps, given, strict=True) if not gap.suppressed]
    return tuple(_belief(gap, score) for gap, score in sorted(pairs, key=lambda pair: -abs(pair[0].value))[:3])


def _belief(gap: Finding, score: Finding) -> Sentence:
    about: list[Part] = [] if gap.scope["group"] == "all" else [Name(f" for {gap.scope['group']}")]
    if gap.outcome == "large":
        way = "high" if gap.value > 0 else "low"
        return Sentence(
            "The belief",
            *about,
            " is ",
            Quote(gap, "magnitude"),
            f" too {way} (gap between ",
            Quote(gap, "interval"),
            "): customers gave ",
            score,
            ".",
        )
    return alone(gap, subject=["The gap between the belief", *about, " and what customers gave, ", score, ","])
