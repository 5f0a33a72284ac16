"""What could overturn an answer: each check in words, with its verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.losses import Lost
from cemlab.show.text.mixes import disagree, moved_by_mix

State = Literal["holds", "watch", "overturns"]
_FEWEST_CLUSTERS, _FEW_CLUSTERS, _LARGE_CLUSTER = 10, 30, 0.1
"""Clusters below which there is no interval, and below which it is rough; share of the largest that makes it rough."""

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
        f"{first_name}: between ",
        Quote(first, "interval"),
        f". {second_name}: between ",
        Quote(second, "interval"),
        ".",
    )
    return Check(title, (words,), "holds" if moved <= width / 10 else "watch")


def unscored_answers(score: Finding, bounds: Finding, unscored: Finding, *, lost: Lost | None = None) -> Check:
    """Say how far answers without a score could move the result.

    Parameters
    ----------
    score : Finding
        The score with its interval.
    bounds : Finding
        The score with its bounds as interval, from ``stats.nps.missing_bounds``.
    unscored : Finding
        How many answers gave no score.
    lost : Lost, optional
        Answers with an unusable score.

    Returns
    -------
    Check
        Holds when none is missing, or the bounds lie inside the interval; watch otherwise; overturns when so
        many have an unusable score that none is reported.
    """
    title = "Answers without a score"
    if lost is not None and lost.unusable.value:
        return _with_lost(score, bounds, unscored, lost)
    if unscored.value == 0:
        return Check(title, (Sentence("Every answer gave a score."),), "holds")
    if score.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    words = Sentence(
        unscored,
        " answers gave no score. Had all of them chosen one end of the scale, or the other, the score would lie"
        " between ",
        Quote(bounds, "interval"),
        ".",
    )
    inside = score.ci_low <= bounds.ci_low and bounds.ci_high <= score.ci_high
    return Check(title, (words,), "holds" if inside else "watch")


def _with_lost(score: Finding, bounds: Finding, unscored: Finding, lost: Lost) -> Check:
    """As `unscored_answers`, where some answers have an unusable score."""
    title = "Answers without a usable score"
    silent = (", and ", unscored, " gave none") if unscored.value else ()
    words = Sentence(lost.unusable, " of ", lost.given, " answers have a score that could not be used", *silent, ".")
    if lost.withheld:
        return Check(title, (words,), "overturns")
    if score.suppressed:
        return Check(title, (words, _WITHHELD), "watch")
    reach = Sentence(
        "Had all of them chosen one end of the scale, or the other, the score would lie between ",
        Quote(bounds, "interval"),
        ".",
    )
    inside = score.ci_low <= bounds.ci_low and bounds.ci_high <= score.ci_high
    return Check(title, (words, reach), "holds" if inside else "watch")


def repeated_answers(answers: Finding, customers: Finding, *, named: bool = True) -> Check:
    """Say whether some customers count more than once.

    Parameters
    ----------
    answers, customers : Finding
        How many answers, from how many customers.
    named : bool, default True
        False where answers do not say whose they are.

    Returns
    -------
    Check
        Holds: intervals allow for it; to be watched where it cannot be known.
    """
    title = "Customers who answered more than once"
    if not named:
        words = Sentence("Answers do not say whose they are: whether somebody answered twice cannot be known.")
        return Check(title, (words,), "watch")
    if answers.value <= customers.value:
        return Check(title, (Sentence("Each answer comes from another customer."),), "holds")
    words = Sentence(
        answers,
        " answers come from ",
        customers,
        " customers. Intervals on this page allow for it: they rest on the totals of each customer, or of each declared"
        " cluster.",
    )
    return Check(title, (words,), "holds")


def few_clusters(clusters: Finding, largest: Finding) -> Check:
    """Say whether the answers come from enough sampling clusters for an interval.

    Parameters
    ----------
    clusters : Finding
        How many.
    largest : Finding
        The share of answers that the largest one holds.

    Returns
    -------
    Check
        Overturns below 10 clusters, watch below 30 or where one holds more than a tenth.
    """
    large = largest.value > _LARGE_CLUSTER
    state: State = (
        "overturns"
        if clusters.value < _FEWEST_CLUSTERS
        else "watch"
        if clusters.value < _FEW_CLUSTERS or large
        else "holds"
    )
    verdict = {"holds": ".", "watch": ": the interval is rough.", "overturns": ": too few for an interval."}[state]
    part = ("; the largest holds ", largest, " of the answers") if large else ()
    told = " independent sources: declared clusters, or customers where there are none"
    words = Sentence("The answers come from ", clusters, told, *part, verdict)
    return Check("How many independent sources there are", (words,), state)


def cut_points(rules: Sequence[Finding], *, score: Finding) -> Check:
    """Say how far the score moves when a cut point of the scale is moved by one.

    Parameters
    ----------
    rules : sequence of Finding
        The score under each other rule, with ``rule`` in its scope.
    score : Finding
        The score as defined.

    Returns
    -------
    Check
        Watch where a rule moves the score out of its interval, which it mostly does: compare only scores with the same
        cut points.
    """
    title = "Where the scale is cut"
    if score.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    ordered = sorted(rules, key=lambda rule: rule.value)
    low, high = ordered[0], ordered[-1]
    words = Sentence(
        "Moving one cut by one code gives between ",
        low,
        " (",
        Name(low.scope["rule"]),
        ") and ",
        high,
        " (",
        Name(high.scope["rule"]),
        "). The level is a matter of definition: compare it only with scores that are cut alike.",
    )
    inside = score.ci_low <= low.value and high.value <= score.ci_high
    return Check(title, (words,), "holds" if inside else "watch")


def late_answers(
    in_time: Finding,
    late: Finding,
    *,
    score: Finding,
    days: int,
    arrived: Sequence[Finding] = (),
    period: str = "month",
) -> Check:
    """Say what the score would be without answers that came late, and how many are still to come.

    Parameters
    ----------
    in_time : Finding
        The score of answers within `days` of their invitation.
    late : Finding
        How many came later.
    score : Finding
        The score of all.
    days : int
        After the invitation.
    arrived : sequence of Finding
        Of the last periods of invitations, the share of answers that had come, where that is not all.
    period : {"week", "month", "quarter", "year"}
        Length of a period.

    Returns
    -------
    Check
        Holds when the score of those in time lies inside the interval of all.
    """
    title = "Answers that came late"
    if score.suppressed or in_time.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    words = Sentence(
        late,
        " answers came more than ",
        Name(str(days)),
        " days after their invitation; without them the score is ",
        in_time,
        ".",
    )
    told = (words, _still_to_come(arrived, period)) if arrived else (words,)
    return Check(title, told, "holds" if score.ci_low <= in_time.value <= score.ci_high else "watch")


def _still_to_come(arrived: Sequence[Finding], period: str) -> Sentence:
    """How much of what the last invitations will bring is here; an answer counts on its own day, so nothing is restated."""
    parts: list[str | Finding | Name | Quote] = []
    for place, share in enumerate(arrived):
        sent_in = Name(numbers.period_name(share.period, period=period))
        known: list[str | Finding | Name | Quote] = [share, " (between ", Quote(share, "interval"), ")"]
        if place:
            parts += ["; of those of ", sent_in, " ", *known]
        else:
            parts += ["Of the answers that invitations of ", sent_in, " will bring, an estimated ", *known, " had come"]
    return Sentence(
        *parts, ". The rest will count in the periods in which they are given: a period that is over does not change."
    )


def incomplete_periods(count: Finding) -> Check:
    """Say that some periods are not over.

    Parameters
    ----------
    count : Finding
        How many.

    Returns
    -------
    Check
        Watch where there are any: they are hatched and compared with nothing.
    """
    title = "Periods that are not complete"
    if not count.value:
        return Check(title, (Sentence("All periods are complete."),), "holds")
    one = count.value == 1
    words = Sentence(
        count, " period is" if one else " periods are", " not complete: hatched, and compared with nothing."
    )
    return Check(title, (words,), "watch")


def weights(plain: Finding, difference: Finding) -> Check:
    """Say whether the answer depends on the weights.

    Parameters
    ----------
    plain : Finding
        The same answers, each counted once.
    difference : Finding
        Weighted minus unweighted, with its paired test.

    Returns
    -------
    Check
        Overturns when the two differ significantly; to be watched where that cannot be tested; holds otherwise.
    """
    title = "Weights"
    if plain.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    words = Sentence(
        "Each answer counted once, the score would be ",
        plain,
        ". Weights are taken as they are given, without error of their own.",
    )
    if math.isnan(difference.p_value):
        return Check(title, (words,), "watch")
    return Check(title, (words,), "overturns" if difference.p_value < 1 - difference.level else "holds")


def change_of_mix(line: Finding | None, parts: Mapping[str, Sequence[Finding]]) -> Check:
    """Say whether the trend holds at a constant mix of segments.

    Parameters
    ----------
    line : Finding or None
        The raw trend.
    parts : mapping of str to sequence of Finding
        What the segments are → the trend at a constant mix and the part of the mix, adjusted in the run's family.

    Returns
    -------
    Check
        Overturns where raw trend and constant mix disagree; to be watched where the mix moved the score, or
        nothing could be tested.
    """
    title = "Change of mix"
    subject = moved_by_mix(parts)
    if subject:
        constant, mix = parts[subject]
        words = Sentence(
            "The trend is ",
            Quote(constant, "precise"),
            " at a constant mix of answers by ",
            Name(subject),
            " (between ",
            Quote(constant, "interval"),
            "); the change of mix adds ",
            Quote(mix, "precise"),
            " (between ",
            Quote(mix, "interval"),
            ").",
        )
        return Check(title, (words,), "overturns" if disagree(line, constant) else "watch")
    if not any(each.outcome == "not significant" for found in parts.values() for each in found[1:]):
        return Check(title, (Sentence("Whether the mix of answers moved the score could not be tested."),), "watch")
    words = Sentence("No change of mix by ", Name(numbers.listed(parts)), " moves the trend significantly.")
    return Check(title, (words,), "holds")


def silent_customers() -> Check:
    """Say that those who did not answer are not heard.

    Returns
    -------
    Check
        Always to be watched: answers alone cannot tell.
    """
    words = Sentence(
        "This page speaks of those who answered. Whether the silent would say the same cannot be known from answers"
        " alone."
    )
    return Check("Customers who did not answer", (words,), "watch")
