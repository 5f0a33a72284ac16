"""Sentences made of findings, so that they stay true when the parameters change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers


def level(finding: Finding, *, subject: str) -> Sentence:
    """Say how high something is, and between which limits.

    Parameters
    ----------
    finding : Finding
        A level with its interval.
    subject : str
        What it is the level of, such as ``The NPS of Botanic``.

    Returns
    -------
    Sentence
        "… is 53 points: the sample puts it between 52 and 55 points."
    """
    if finding.suppressed:
        return Sentence(Name(subject), " is withheld: fewer customers answered than may be shown.")
    return Sentence(Name(subject), " is ", finding, ": the sample puts it between ", Quote(finding, "interval"), ".")


def answers_behind(answers: Finding, unscored: Finding) -> Sentence:
    """Say how many answers count and how many were left out for want of a score.

    Parameters
    ----------
    answers, unscored : Finding
        Counts of rows.

    Returns
    -------
    Sentence
        Names both counts.
    """
    if unscored.value == 0:
        return Sentence("It rests on ", answers, " answers; none had to be left out for want of a score.")
    return Sentence("It rests on ", answers, " answers; ", unscored, " more gave no score and do not count.")


def shape(promoters: Finding, passives: Finding, detractors: Finding) -> Sentence:
    """Say what the score is made of.

    Parameters
    ----------
    promoters, passives, detractors : Finding
        Shares of the answers.

    Returns
    -------
    Sentence
        "62 % are promoters, 29 % passives and 9 % detractors."
    """
    if promoters.suppressed:
        return Sentence("The shares are withheld: fewer customers answered than may be shown.")
    return Sentence(promoters, " are promoters, ", passives, " passives and ", detractors, " detractors.")


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
            f"No {period} differs from the one before by more than chance explains", *_would_have_shown(changes), "."
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
        ]
    more = f"; further {period}s stand out too" if len(flagged) > 3 else ""
    return Sentence(*parts, f"{more}. Estimates picked because they stand out tend to be too large.")


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
            "No ", Name(subject), " differs from the rest by more than chance explains", *_would_have_shown(compared), "."
        )  # fmt: skip
    # the two ends say most; the others stand in the figure
    ends = flagged if len(flagged) < 3 else [flagged[0], flagged[-1]]
    parts: list[Part] = []
    for found in ends:
        direction = "higher" if found.value > 0 else "lower"
        name = Name(", ".join(found.scope.values()))
        parts += ["; " if parts else "", name, " scores ", Quote(found, "magnitude"), f" {direction} than the rest"]
        parts += [" (difference between ", Quote(found, "interval"), ")"]
    more: tuple[Part, ...] = ("; more groups by ", Name(subject), " stand out") if len(flagged) > 2 else ()
    return Sentence(*parts, *more, ".")


def all_groups(compared: Mapping[str, Sequence[Finding]]) -> tuple[Sentence, ...]:
    """Say in short which groups differ from the rest, over all ways to group customers.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one difference per group.

    Returns
    -------
    tuple of Sentence
        One for each grouping in which a group is flagged, one that names the others, and one that
        names those with fewer than two groups to compare.
    """
    comparable = {
        subject: found for subject, found in compared.items() if sum(not each.suppressed for each in found) > 1
    }
    flagged = {subject: found for subject, found in comparable.items() if any(each.flagged for each in found)}
    quiet = [subject for subject in comparable if subject not in flagged]
    said = [groups(found, subject=subject) for subject, found in flagged.items()]
    if quiet:
        said.append(
            Sentence(
                "No group by ", Name(numbers.listed(quiet)), " differs from the rest by more than chance explains."
            )
        )
    alone = [subject for subject in compared if subject not in comparable]
    if alone:
        said.append(Sentence("There are no two groups by ", Name(numbers.listed(alone)), " large enough to compare."))
    return tuple(said)


def undated() -> Sentence:
    """Say that no course over time can be shown.

    Returns
    -------
    Sentence
        For a lab whose answers carry no day.
    """
    return Sentence("These answers carry no date, so their course over time cannot be shown.")


def no_groups() -> Sentence:
    """Say that no groups were compared.

    Returns
    -------
    Sentence
        For a run without segment columns.
    """
    return Sentence("No groups were compared: neither this run nor the lab names a column to compare customers by.")


def certainty(finding: Finding) -> tuple[Sentence, ...]:
    """Say what the interval means.

    Parameters
    ----------
    finding : Finding
        A level with its interval.

    Returns
    -------
    tuple of Sentence
        In plain words, for the fold below the answer.
    """
    if finding.suppressed:
        return (Sentence("With so few customers no interval may be shown."),)
    return (
        Sentence(
            "The interval, between ", Quote(finding, "interval"), ", is computed so that in ", Quote(finding, "level"),
            " of surveys like this one it holds the score that all customers of this kind would give.",
        ),
        Sentence("It covers chance in who happened to answer. It does not cover customers who differ because they stayed silent."),
    )  # fmt: skip


def _would_have_shown(comparisons: Sequence[Finding]) -> tuple[Part, ...]:
    """Return the words on the smallest difference that every one of these would have shown."""
    powered = [comparison for comparison in comparisons if math.isfinite(comparison.mde)]
    if not powered:
        return ()
    return (" (a true difference of ", Quote(max(powered, key=lambda comparison: comparison.mde), "mde"),
            " would have been seen in each, four times out of five)")  # fmt: skip
