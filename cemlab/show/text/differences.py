"""Which groups differ, what weights do, and what was believed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.power import would_have_shown


def groups(differences: Sequence[Finding], *, subject: str) -> Sentence:
    """Say which groups differ from the rest.

    Parameters
    ----------
    differences : sequence of Finding
        One per group against all other customers, adjusted in the run's family.
    subject : str
        What the groups are, such as ``region``.

    Returns
    -------
    Sentence
        Names the lowest and the highest flagged group, or says what would have been seen.
    """
    compared = [difference for difference in differences if not difference.suppressed]
    if len(compared) < 2:
        return Sentence("There are no two groups of ", Name(subject), " large enough to compare.")
    flagged = sorted((difference for difference in compared if difference.flagged), key=lambda found: found.value)
    if not flagged:
        return Sentence(
            "No ", Name(subject), " differs from the rest by more than chance explains", *would_have_shown(compared), "."
        )  # fmt: skip
    # the two ends say most; the others stand in the figure
    ends = flagged if len(flagged) < 3 else [flagged[0], flagged[-1]]
    parts: list[Part] = []
    for found in ends:
        direction = "higher" if found.value > 0 else "lower"
        parts += [
            "; " if parts else "",
            *_named(found),
            " scores ",
            Quote(found, "magnitude"),
            f" {direction} than the rest",
        ]
        parts += [" (difference between ", Quote(found, "interval"), ")"]
    more: tuple[Part, ...] = ("; more groups by ", Name(subject), " stand out") if len(flagged) > 2 else ()
    return Sentence(*parts, *more, ".")


def all_groups(compared: Mapping[str, Sequence[Finding]]) -> tuple[Sentence, ...]:
    """Say which groups differ from the rest, over all ways to group answers.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one difference per group.

    Returns
    -------
    tuple of Sentence
        One for each grouping in which a group is flagged, one that names the others and what would have been seen
        in them, and one that names those with fewer than two groups to compare.
    """
    comparable = {
        subject: found for subject, found in compared.items() if sum(not each.suppressed for each in found) > 1
    }
    flagged = {subject: found for subject, found in comparable.items() if any(each.flagged for each in found)}
    quiet = [subject for subject in comparable if subject not in flagged]
    said = [groups(found, subject=subject) for subject, found in flagged.items()]
    if quiet:
        seen = would_have_shown([each for subject in quiet for each in comparable[subject] if not each.suppressed])
        said.append(
            Sentence(
                "No group by ",
                Name(numbers.listed(quiet)),
                " differs from the rest by more than chance explains",
                *seen,
                ".",
            )
        )
    alone = [subject for subject in compared if subject not in comparable]
    if alone:
        said.append(Sentence("There are no two groups by ", Name(numbers.listed(alone)), " large enough to compare."))
    return tuple(said)


def standing_out(compared: Mapping[str, Sequence[Finding]]) -> Sentence:
    """Say in short which group scores lowest and highest of those that differ, for the answer of a page.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one difference per group.

    Returns
    -------
    Sentence
        Over all ways to group customers.
    """
    every = [found for each in compared.values() for found in each if not found.suppressed]
    flagged = sorted((found for found in every if found.flagged), key=lambda found: found.value)
    if len(every) < 2:
        return Sentence("There are no groups large enough to compare.")
    if not flagged:
        by = numbers.listed(subject for subject, found in compared.items() if len(found) > 1)
        return Sentence("No group by ", Name(by), " differs from the rest by more than chance explains.")
    parts: list[Part] = []
    low, high = flagged[0], flagged[-1]
    for found, word in [(low, "lowest")] * (low.value < 0) + [(high, "highest")] * (high.value > 0):
        side = "below" if word == "lowest" else "above"
        parts += ["; " if parts else "", *_named(found), f" scores {word}: ", Quote(found, "magnitude"), f" {side} all others (difference between ",
                  Quote(found, "interval"), ")"]  # fmt: skip
    return Sentence(*(part for part in parts if part != ""), ".")


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
        *said, ". The difference is ", verdict, " (", Quote(difference, "level"), " confidence interval: ", Quote(difference, "interval"), ")",
        ": the result depends on the weights." if difference.p_value < 1 - difference.level else ".",
    )  # fmt: skip


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
        "The weights leave ", answers, " answers an effective sample size of ", effective,
        " (Kish); the largest weight is ", largest, " of the total weight.",
    )  # fmt: skip


def beliefs(gaps: Sequence[Finding], given: Sequence[Finding]) -> Sentence:
    """Say how what is believed compares with what customers gave.

    Parameters
    ----------
    gaps : sequence of Finding
        Believed less given, adjusted in the run's family.
    given : sequence of Finding
        The scores that customers gave, in the same order.

    Returns
    -------
    Sentence
        Up to three beliefs, the one furthest off first.
    """
    pairs = [(gap, score) for gap, score in zip(gaps, given, strict=True) if not gap.suppressed]
    if not pairs:
        return Sentence("Too few customers answered to hold what is believed against it.")
    parts: list[Part] = []
    for gap, score in sorted(pairs, key=lambda pair: -abs(pair[0].value))[:3]:
        about = Name("" if gap.scope["group"] == "all" else f" for {gap.scope['group']}")
        start = "; the belief" if parts else "The belief"
        if gap.flagged:
            parts += [start, about, " is ", Quote(gap, "magnitude"), f" too {'high' if gap.value > 0 else 'low'} (gap between ",
                      Quote(gap, "interval"), "): customers gave ", score]  # fmt: skip
        else:
            parts += [start, about, " cannot be told from what customers gave, ", score]
    return Sentence(*parts, ".")
