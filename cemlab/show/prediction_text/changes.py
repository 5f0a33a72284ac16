"""Sentences on whether churn goes on as it did: a change, a season, a column that no longer predicts as it did, ends recorded late."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.show import hazard_tables, numbers

_MOST = 2


def drifted(ratios: Sequence[Finding], *, compared: bool = True) -> Sentence | None:
    """Say that churn has changed.

    Parameters
    ----------
    ratios : sequence of Finding
        Observed / predicted ratio per evaluation ``day``, oldest first; flagged where churn has changed.
    compared : bool, default True
        False where some date has no span a year before, so that a season is not excluded.

    Returns
    -------
    Sentence or None
        Of the date that is furthest off; None when none is flagged.
    """
    off = [each for each in ratios if each.flagged and each.value > 0]
    if not off:
        return None
    most = max(off, key=lambda each: abs(math.log(each.value)))
    end = (
        "Trust the order of risks, not their size" if compared else "A season cannot be excluded: history is too short"
    )
    return Sentence(
        "Churn has changed: from ",
        Name(most.scope["day"]),
        " on customers left ",
        most,
        " times as fast as predicted (between ",
        Quote(most, "interval"),
        f"). {end}.",
    )


def seasonal(ratios: Sequence[Finding], *, verdicts: Mapping[str, str]) -> Sentence | None:
    """Say that the newest evaluation date is off by a season, or that the data cannot tell.

    Parameters
    ----------
    ratios : sequence of Finding
        As in `drifted`.
    verdicts : mapping of str to str
        Evaluation date → "as predicted", "changed", "season" or "unclear" (`stats.prediction.relation_by_day`).

    Returns
    -------
    Sentence or None
        None where the newest date came out as predicted, or churn has changed.
    """
    if not ratios or verdicts.get(ratios[-1].scope["day"]) not in ("season", "unclear"):
        return None
    newest = ratios[-1]
    if verdicts[newest.scope["day"]] == "season":
        end = "). The same time of the year before was off likewise: this is a season, and no evidence of a change."
    else:
        end = "). The data cannot tell whether that is a season or a change."
    return Sentence(
        "From ",
        Name(newest.scope["day"]),
        " on customers left ",
        newest,
        " times as fast as predicted (between ",
        Quote(newest, "interval"),
        end,
    )


def season_ahead(ratio: Finding, *, predicted: Finding, expected: Finding, horizon: str) -> tuple[Sentence, ...]:
    """Say how many will churn if the time ahead is like the same time last year.

    Parameters
    ----------
    ratio : Finding
        What came in the same time a year ago over what today's model predicts for it.
    predicted, expected : Finding
        Customers who will churn by the model, and these times `ratio`.
    horizon : str
        How far ahead, in words.

    Returns
    -------
    tuple of Sentence
        Empty where the interval of the ratio holds one.
    """
    if not math.isfinite(ratio.ci_low) or ratio.ci_low <= 1 <= ratio.ci_high:
        return ()
    told = Sentence(
        "In the same ",
        Name(horizon),
        " last year customers left ",
        ratio,
        " times as fast as the model predicts (between ",
        Quote(ratio, "interval"),
        "). If the season returns, about ",
        expected,
        " of today's customers will leave, not ",
        predicted,
        ".",
    )
    return (told,)


def columns_moved(levels: Sequence[Finding], *, moved: Sequence[str], day: str) -> Sentence | None:
    """Say which columns no longer go with churn as they did.

    Parameters
    ----------
    levels : sequence of Finding
        Observed / predicted ratio per ``term`` and ``level``, compared with all customers, on the newest
        evaluation date.
    moved : sequence of str
        Columns for which it differs significantly between levels.
    day : str
        That date.

    Returns
    -------
    Sentence or None
        At most two columns, each with the level that is furthest off; None when none has moved.
    """
    told = []
    for name in moved:
        own = [each for each in levels if each.scope["term"] == name and not each.suppressed and each.value > 0]
        told += [max(own, key=lambda each: abs(math.log(each.value)))] if own else []
    if not told:
        return None
    parts: list[str | Name | Finding | Quote] = []
    for place, each in enumerate(told[:_MOST]):
        group = f"“{hazard_tables.named(each.scope['term'])}: {each.scope['level']}”"
        parts += [
            "; " if place else "",
            "customers with ",
            Name(group),
            " left ",
            each,
            " times as often as predicted (between ",
            Quote(each, "interval"),
            ")",
        ]
    return Sentence(
        "Who churns has changed: from ",
        Name(day),
        " on, compared with all customers, ",
        *(part for part in parts if part != ""),
        ". Do not trust the order of risks.",
    )


def changed(
    ratios: Sequence[Finding], *, levels: Sequence[Finding], moved: Sequence[str], compared: bool
) -> list[Sentence]:
    """Say what has changed since training: how many churn, and who.

    Parameters
    ----------
    ratios : sequence of Finding
        Evaluation dates, as for `drifted`.
    levels, moved : as in `columns_moved`
        Columns, on the newest of them.
    compared : bool
        As for `drifted`.

    Returns
    -------
    list of Sentence
        Empty where nothing has.
    """
    day = ratios[-1].scope["day"] if ratios else ""
    told = [drifted(ratios, compared=compared), columns_moved(levels, moved=moved, day=day)]
    return [each for each in told if each]


def unlike(moved: Sequence[str]) -> Sentence | None:
    """Say that today's customers differ from those of training.

    Parameters
    ----------
    moved : sequence of str
        Columns whose mix has moved.

    Returns
    -------
    Sentence or None
        None when none has.
    """
    if not moved:
        return None
    names = numbers.listed(f"“{hazard_tables.named(name)}”" for name in moved)
    return Sentence(
        "Use these risk scores with caution: today's customers differ from the training data on ", Name(names), "."
    )


def alike(horizon: str) -> Sentence:
    """Say that there is no evidence of a change.

    Parameters
    ----------
    horizon : str
        How far ahead, in words.

    Returns
    -------
    Sentence
        Without a number.
    """
    return Sentence(
        "We found no evidence of a change: the mix of customers is that of the training data, and predictions for the"
        " newest ",
        Name(horizon),
        " came true as those before.",
    )


def recorded_late(days: Finding, *, missing: Finding) -> tuple[Sentence, ...]:
    """Say that ends of the newest days are not all recorded yet.

    Parameters
    ----------
    days : Finding
        On how many of the newest days.
    missing : Finding
        About how many ends are not recorded yet.

    Returns
    -------
    tuple of Sentence
        Empty where nothing shows that.
    """
    if not days.value:
        return ()
    return (
        Sentence(
            "Ends seem to be recorded late: those of the newest ",
            days,
            " are incomplete, so evaluation dates lie before them. About ",
            missing,
            " of today's customers have probably left already.",
        ),
    )
