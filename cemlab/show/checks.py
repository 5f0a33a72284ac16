"""What could overturn an answer: each check in words, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cemlab.core.results import Finding, Quote, Sentence

State = Literal["holds", "watch", "overturns"]
_MOST_REPEATS = 1.05
"""Answers per customer above which repeated answers are worth watching."""

_WITHHELD = Sentence("Fewer customers answered than may be shown, so this cannot be told.")


@dataclass(frozen=True)
class Check:
    """One thing that could overturn the answer.

    Attributes
    ----------
    title : str
        What was checked, in a few words.
    sentences : tuple of Sentence
        What came out.
    state : {"holds", "watch", "overturns"}
        Whether the answer stands.
    """

    title: str
    sentences: tuple[Sentence, ...]
    state: State


def other_interval(first: Finding, second: Finding, *, first_name: str, second_name: str) -> Check:
    """Compare two ways to compute the same interval.

    Parameters
    ----------
    first, second : Finding
        The same estimate with two intervals.
    first_name, second_name : str
        Names of the two ways.

    Returns
    -------
    Check
        Holds when no limit moves by more than a tenth of the interval's width; to be watched where
        the estimate is withheld.
    """
    title = "Another way to compute the interval"
    if first.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    width = first.ci_high - first.ci_low
    moved = max(abs(first.ci_low - second.ci_low), abs(first.ci_high - second.ci_high))
    words = Sentence(
        f"{first_name}: between ", Quote(first, "interval"), f". {second_name}: between ", Quote(second, "interval"), "."
    )  # fmt: skip
    return Check(title, (words,), "holds" if moved <= width / 10 else "watch")


def unscored_answers(score: Finding, bounds: Finding, unscored: Finding) -> Check:
    """Say how far answers without a score could move the result.

    Parameters
    ----------
    score : Finding
        The score with its interval.
    bounds : Finding
        The score with its bounds as interval, from ``stats.nps.missing_bounds``.
    unscored : Finding
        How many answers gave no score.

    Returns
    -------
    Check
        Holds when none is missing, or the bounds lie inside the interval; watch otherwise.
    """
    title = "Answers without a score"
    if unscored.value == 0:
        return Check(title, (Sentence("Every answer gave a score."),), "holds")
    if score.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    words = Sentence(
        unscored, " answers gave no score. Had all of them been detractors, or all promoters, the score would lie between ",
        Quote(bounds, "interval"), ".",
    )  # fmt: skip
    inside = score.ci_low <= bounds.ci_low and bounds.ci_high <= score.ci_high
    return Check(title, (words,), "holds" if inside else "watch")


def repeated_answers(answers: Finding, customers: Finding) -> Check:
    """Say whether some customers count more than once.

    Parameters
    ----------
    answers, customers : Finding
        How many answers, from how many customers.

    Returns
    -------
    Check
        Holds up to 1.05 answers per customer; beyond that intervals are too narrow, so watch.
    """
    title = "Customers who answered more than once"
    if answers.value <= customers.value:
        return Check(title, (Sentence("Each answer comes from another customer."),), "holds")
    words = Sentence(
        answers, " answers come from ", customers,
        " customers. Intervals on this page treat each answer as independent of the others, so they are somewhat too narrow.",
    )  # fmt: skip
    return Check(title, (words,), "holds" if answers.value <= _MOST_REPEATS * customers.value else "watch")


def silent_customers() -> Check:
    """Say that those who did not answer are not heard.

    Returns
    -------
    Check
        Always to be watched: answers alone cannot tell.
    """
    words = Sentence(
        "This page speaks of those who answered. Whether the silent would say the same cannot be known from answers alone."
    )
    return Check("Customers who did not answer", (words,), "watch")
