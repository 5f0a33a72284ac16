"""What could change the conclusions on a prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import hazard_tables, numbers
from cemlab.show.checks import Check, State
from cemlab.show.prediction_text import believable, useful

_FEWEST, _FEW = 50, 200
"""Leavers below which a judgement is hardly one, and below which it is rough."""
_WITHHELD = Sentence("Too few customers left to tell.")


def comes_true(ratio: Finding, *, differing: Sequence[Finding] = ()) -> Check:
    """Say whether as many left as predicted.

    Parameters
    ----------
    ratio : Finding
        Observed over expected, over all judged days.
    differing : sequence of Finding
        The same per judged day, where they differ significantly.

    Returns
    -------
    Check
        Overturns where the interval does not hold one; to be watched where days differ.
    """
    title = "Predictions are well calibrated"
    if ratio.suppressed or not math.isfinite(ratio.value):
        return Check(title, (_WITHHELD,), "watch")
    words = Sentence(
        "For each churned customer that was predicted, ", ratio, " left (between ", Quote(ratio, "interval"), ")."
    )
    if differing and believable(ratio):
        spread = Sentence("Evaluation dates differ significantly; the interval holds the spread between them.")
        return Check(title, (words, spread), "watch")
    return Check(title, (words,), "holds" if believable(ratio) else "overturns")


def spread_comes_true(slope: Finding) -> Check:
    """Say whether risks differ by as much as what came.

    Parameters
    ----------
    slope : Finding
        Of what came on what was predicted; below one where high risks are too high and low ones too low.

    Returns
    -------
    Check
        To be watched where the interval does not hold one.
    """
    title = "High risks are neither too high nor too low"
    if slope.suppressed or not math.isfinite(slope.value):
        return Check(title, (_WITHHELD,), "watch")
    told: list[Part] = [slope, " (between ", Quote(slope, "interval"), ")"]
    if believable(slope):
        return Check(
            title,
            (Sentence("Where predicted risks differ by one on the log scale, what came differed by ", *told, "."),),
            "holds",
        )
    end = "too high, and the lowest too low" if slope.value < 1 else "too low, and the lowest too high"
    words = Sentence(
        "Where predicted risks differ by one on the log scale, what came differed by ",
        *told,
        f": the highest risks are {end}.",
    )
    return Check(title, (words,), "watch")


def better_than_chance(auc: Finding) -> Check:
    """Say whether the prediction sorts leavers from stayers at all.

    Parameters
    ----------
    auc : Finding
        Area under the curve, over all judged days.

    Returns
    -------
    Check
        Overturns where the interval holds one half.
    """
    title = "Better than chance on later time"
    if auc.suppressed or not math.isfinite(auc.value):
        return Check(title, (_WITHHELD,), "watch")
    words = Sentence(
        "The model ranks a customer who churns above one who stays ",
        auc,
        " of the time (between ",
        Quote(auc, "interval"),
        "; a coin flip would be half).",
    )
    return Check(title, (words,), "holds" if useful(auc) else "overturns")


def enough_leavers(left: Finding) -> Check:
    """Say on how many leavers the judgement rests.

    Parameters
    ----------
    left : Finding
        How many left within the horizon, over all judged days.

    Returns
    -------
    Check
        To be watched where they are few.
    """
    verdict = (
        ""
        if left.value >= _FEW
        else (
            ": few, so a useful model may look useless"
            if left.value >= _FEWEST
            else ": too few to tell a good model from a bad one"
        )
    )
    words = Sentence("The evaluation rests on ", left, f" customers who left{verdict}.")
    return Check(
        "Enough churned customers to evaluate",
        (words,),
        "holds" if left.value >= _FEW else "watch" if left.value >= _FEWEST else "overturns",
    )


def same_customers(moved: Sequence[str]) -> Check:
    """Say whether today's customers are like those of training.

    Parameters
    ----------
    moved : sequence of str
        Covariates whose mix has moved.

    Returns
    -------
    Check
        To be watched where one has.
    """
    title = "Today's customers are like the training data"
    if not moved:
        return Check(title, (Sentence("No evidence that the mix of any column has changed."),), "holds")
    names = numbers.listed(hazard_tables.named(name) for name in moved)
    words = Sentence(
        "The mix has changed for ",
        Name(names),
        ". Risks of levels that were rare in training are less certain than their intervals say.",
    )
    return Check(title, (words,), "watch")


def same_relation(ratio: Finding, *, verdict: str, moved: Sequence[str] = ()) -> Check:
    """Say whether churn on the newest evaluation date goes on as it did.

    Parameters
    ----------
    ratio : Finding
        Observed / predicted ratio on that date.
    verdict : str
        "as predicted", "changed", "season" or "unclear", from ``stats.prediction.relation_by_day``.
    moved : sequence of str
        Columns that no longer go with churn as they did.

    Returns
    -------
    Check
        Overturns where churn has changed: then today's risks cannot be believed. To be watched where it may be
        a season.
    """
    title = "Churn goes on as it did"
    if ratio.suppressed or not math.isfinite(ratio.value):
        return Check(title, (_WITHHELD,), "watch")
    words = {"season": ": a season, as in the year before", "unclear": ": a season or a change"}.get(verdict, "")
    told = [
        Sentence(
            "On the newest evaluation date ",
            ratio,
            " left for each one predicted (between ",
            Quote(ratio, "interval"),
            f"){words}.",
        )
    ]
    if moved:
        names = numbers.listed(f"“{hazard_tables.named(name)}”" for name in moved)
        told.append(Sentence("The relation of ", Name(names), " to churn is not that of the training data."))
    state: State = "overturns" if moved or verdict == "changed" else "holds" if verdict == "as predicted" else "watch"
    return Check(title, tuple(told), state)


def unscored(without: Finding, scored: Finding) -> Check:
    """Say how many of today's customers have no score.

    Parameters
    ----------
    without, scored : Finding
        Counts.

    Returns
    -------
    Check
        To be watched where one in a hundred or more has none.
    """
    title = "Customers without a score"
    if not without.value:
        return Check(title, (Sentence("Every customer who is here has a score."),), "holds")
    words = Sentence(without, " customers who are here have no score; the restricted file says why for each.")
    return Check(title, (words,), "holds" if without.value < 0.01 * scored.value else "watch")


def undated(names: Sequence[str]) -> Check:
    """Say that some covariates carry no day.

    Parameters
    ----------
    names : sequence of str
        Columns.

    Returns
    -------
    Check
        To be watched where there are any: what is said of the past may have been written later.
    """
    title = "What was known at the time"
    if not names:
        return Check(
            title,
            (Sentence("Everything that the models saw was known before the evaluation date."),),
            "holds",
        )
    words = Sentence(
        "No day is recorded on which ",
        Name(numbers.listed(hazard_tables.named(name) for name in names)),
        " became known. If it was filled in later, the skill shown here is too good.",
    )
    return Check(title, (words,), "watch")


def stayers_seen(not_judged: Sequence[Sentence]) -> Check:
    """Say whether those who stayed could be seen on the newest days.

    Parameters
    ----------
    not_judged : sequence of Sentence
        On the days that are not judged (see `prediction_text.not_judged`).

    Returns
    -------
    Check
        To be watched where there are any.
    """
    title = "Those who stay can be seen"
    if not not_judged:
        return Check(
            title,
            (Sentence("On every evaluation date the file holds customers who stayed as well as those who left."),),
            "holds",
        )
    return Check(title, tuple(not_judged), "watch")


def contacts_change_it() -> Check:
    """Say that a risk is of leaving as things went.

    Returns
    -------
    Check
        Always to be watched.
    """
    words = Sentence(
        "A high risk says who is likely to leave, not whom a contact would keep. Those at highest risk may be beyond"
        " keeping, and a contact may remind others of leaving. Test it in a randomised trial."
    )
    return Check("At risk is not the same as can be kept", (words,), "watch")
