"""Sentences on how good a prediction is and whether it can be believed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from cemlab.core.results import Estimates, Finding, Name, Part, Quote, Sentence
from cemlab.show import hazard_tables, numbers
from cemlab.show.text.outcomes import is_missing, none_significant, of_known_groups, only_missing, with_outcome

_MOST = 3


def no_later_time(because: str, *, brief: bool = False) -> Sentence:
    """Say that no prediction can be judged, and why.

    Parameters
    ----------
    because : str
        From ``prepare.cells.no_later_time``.
    brief : bool, default False
        Without what to do about it.

    Returns
    -------
    Sentence
        The first thing a reader must know.
    """
    reason = because.partition(": ")[2] or because
    if brief:
        # the answer is read by those who set no parameters; the section names the parameter to change
        reason = re.sub(r"`horizon_days` (\d+)", r"a horizon of \1 days", f"{reason.partition('. ')[0].rstrip('.')}.")
    return Sentence("This lab cannot show whether churn can be predicted: ", Name(reason))


def behind(days: int, live: Finding, left: Finding, *, horizon: str) -> Sentence:
    """Say on how much later time the prediction was judged.

    Parameters
    ----------
    days : int
        Judged days.
    live, left : Finding
        Customers at those days, and how many of them left within the horizon.
    horizon : str
        How far ahead, in words.

    Returns
    -------
    Sentence
        Counts, each customer once per judged day.
    """
    when = f"{days} evaluation dates" if days > 1 else "one evaluation date"
    return Sentence(
        "Each model was trained on earlier data and evaluated on the ",
        Name(horizon),
        " after ",
        Name(when),
        ": ",
        live,
        " customers, of whom ",
        left,
        " left (a customer counts once per date).",
    )


def kept_out(leaking: Sequence[str], reasons: Mapping[str, str]) -> Sentence:
    """Say which covariates give the answer away.

    Parameters
    ----------
    leaking : sequence of str
        Columns.
    reasons : mapping of str to str
        Column → why, in words.

    Returns
    -------
    Sentence
        Names each, or says that there is none.
    """
    if not leaking:
        return Sentence("No evidence of data leakage: no column ranks churned customers too well to be true.")
    told = "; ".join(f"“{hazard_tables.named(name)}” {reasons.get(name, 'leaks the outcome')}" for name in leaking)
    return Sentence(Name(told), " and was excluded." if len(leaking) == 1 else "; all of these were excluded.")


def discontinued(leaks: Estimates) -> tuple[Sentence, ...]:
    """Name the levels that look like a leak and are none, because they ceased.

    Parameters
    ----------
    leaks : Estimates
        From ``stats.diagnostics.leakage``.

    Returns
    -------
    tuple of Sentence
        Empty where there are none.
    """
    levels = leaks.parts["levels"]
    ceased = levels[(levels["kind"] == "discontinued") & (levels["n"] >= leaks.min_n)]
    if not len(ceased):
        return ()
    pairs = zip(ceased["term"], ceased["level"], strict=True)
    names = numbers.listed(f"“{hazard_tables.named(term)}: {level}”" for term, level in list(pairs)[:_MOST])
    return (
        Sentence(
            "No present customer has ",
            Name(names),
            ": it seems to be discontinued, which is no reason to exclude the column.",
        ),
    )


def unjudged(skipped: Finding) -> tuple[Sentence, ...]:
    """Say how many customers of the judged days could not be scored.

    Parameters
    ----------
    skipped : Finding
        Their number.

    Returns
    -------
    tuple of Sentence
        Empty where there are none.
    """
    if not skipped.value:
        return ()
    words = " customer of the evaluation dates has" if skipped.value == 1 else " customers of the evaluation dates have"
    return (
        Sentence(
            skipped,
            words,
            " a level that is not in the training data, so they have no score and are not counted below.",
        ),
    )


def calibration(ratio: Finding, *, horizon: str, differing: Sequence[Finding] = ()) -> Sentence:
    """Say whether as many left as predicted.

    Parameters
    ----------
    ratio : Finding
        Observed over expected.
    horizon : str
        How far ahead, in words.
    differing : sequence of Finding
        The same per judged day, where they differ significantly.

    Returns
    -------
    Sentence
        With its interval; "as predicted" only where one lies inside.
    """
    if ratio.suppressed or not math.isfinite(ratio.value):
        return Sentence("Whether predictions are well calibrated cannot be told: too few customers left.")
    if differing:
        lowest, highest = _range(differing)
        return Sentence(
            "Not on every evaluation date: for each customer predicted to leave within ",
            Name(horizon),
            ", ",
            lowest,
            " left after one date and ",
            highest,
            " after another. Over dates like these it is ",
            ratio,
            " (between ",
            Quote(ratio, "interval"),
            ").",
        )
    if believable(ratio):
        return Sentence(
            "Yes, overall: ",
            ratio,
            " customers left for each one predicted to leave within ",
            Name(horizon),
            " (between ",
            Quote(ratio, "interval"),
            ").",
        )
    direction = "more" if ratio.value > 1 else "fewer"
    return Sentence(
        f"No: {direction} left than predicted, ",
        ratio,
        " for each one predicted to leave within ",
        Name(horizon),
        " (between ",
        Quote(ratio, "interval"),
        ").",
    )


def _range(daily: Sequence[Finding]) -> tuple[Finding, Finding]:
    """Return the day on which fewest left for each leaver predicted, and the one on which most did."""
    told = sorted((each for each in daily if math.isfinite(each.value)), key=lambda each: each.value)
    return told[0], told[-1]


def calibration_in_short(ratio: Finding, *, differing: Sequence[Finding] = ()) -> Sentence:
    """Say in one sentence of the answer whether as many left as predicted.

    Parameters
    ----------
    ratio : Finding
        Observed over expected.
    differing : sequence of Finding
        The same per judged day, where they differ significantly.

    Returns
    -------
    Sentence
        With its interval.
    """
    if ratio.suppressed or not math.isfinite(ratio.value):
        return Sentence("Whether predictions are well calibrated cannot be told: too few customers left.")
    if differing:
        lowest, highest = _range(differing)
        return Sentence(
            "For each customer predicted to leave, ",
            lowest,
            " to ",
            highest,
            " left, by evaluation date: sizes of risks are rough.",
        )
    how = (
        "Predictions are well calibrated"
        if believable(ratio)
        else "More left than predicted"
        if ratio.value > 1
        else "Fewer left than predicted"
    )
    return Sentence(f"{how}: ", ratio, " left for each one predicted (between ", Quote(ratio, "interval"), ").")


def believable(ratio: Finding) -> bool:
    """Return whether observed over expected holds one within its interval.

    Parameters
    ----------
    ratio : Finding
        Observed over expected.

    Returns
    -------
    bool
        True without an interval.
    """
    return not (math.isfinite(ratio.ci_low) and not ratio.ci_low <= 1 <= ratio.ci_high)


def segments_off(found: Sequence[Finding]) -> Sentence:
    """Say for which segments predicted shares do not come true.

    Parameters
    ----------
    found : sequence of Finding
        Observed over expected per segment, adjusted in the run's family.

    Returns
    -------
    Sentence
        Names those that stand out, at most three, or says that none does.
    """
    off = sorted(with_outcome(found, "large"), key=lambda each: -abs(math.log(each.value)))
    if not off:
        verb = "has an observed / predicted ratio that differs significantly from one"
        return none_significant(found, subject="segment", verb=verb, named=lambda each: (Name(_segment_of(each)),))
    missing, off = (
        list(dict.fromkeys(name for each in off for name in each.scope if is_missing(each.scope[name]))),
        of_known_groups(off),
    )
    if not off:
        shown = "No segment is shown to have an observed / predicted ratio other than one"
        return only_missing([hazard_tables.named(name) for name in missing], shown=shown)
    parts: list[Part] = []
    for place, each in enumerate(off[:_MOST]):
        parts += [
            "; " if place else "",
            "for ",
            Name(_segment_of(each)),
            " ",
            each,
            " left for each one predicted (between ",
            Quote(each, "interval"),
            ")",
        ]
    more = "; further ones are in the figure" if len(off) > _MOST else ""
    return Sentence("Not for every segment: ", *(part for part in parts if part != ""), f"{more}.")


def _segment_of(each: Finding) -> str:
    return ", ".join(value for key, value in each.scope.items() if key not in ("horizon", "measure"))


def within_snapshot(auc: Finding) -> Sentence:
    """Say how well covariates rank customers who left above those who are still here, within one snapshot.

    Parameters
    ----------
    auc : Finding
        Cross-fitted over customers.

    Returns
    -------
    Sentence
        Labelled as not on later time.
    """
    return Sentence(
        "Within this snapshot, not on later data, a model of the columns ranks a customer who left above one who is"
        " still here ",
        auc,
        " of the time (between ",
        Quote(auc, "interval"),
        "). Each customer was scored by a model that had not seen them.",
    )


def certainty(auc: Finding) -> tuple[Sentence, ...]:
    """Say what the interval covers and what it does not.

    Parameters
    ----------
    auc : Finding
        Area under the curve.

    Returns
    -------
    tuple of Sentence
        For the fold below the answer.
    """
    if not math.isfinite(auc.ci_low):
        return (Sentence("With so few customers no interval may be given."),)
    return (
        Sentence(
            "The interval, between ",
            Quote(auc, "interval"),
            ", is computed by leaving out one group of customers at a time (jackknife). Intervals "
            "like it hold the true value in ",
            Quote(auc, "level"),
            " of cases.",
        ),
        Sentence(
            "It does not cover changes of the market, of prices or of what the company does for customers after the"
            " last evaluation date. A risk assumes that things go on as they did then, including contacts at that time."
        ),
    )
