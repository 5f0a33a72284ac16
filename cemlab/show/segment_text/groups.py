"""Sentences on which segments there are, how sure, and what each is about."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.segment_checks import unlike
from cemlab.show.segment_words import word

_MOST_NAMED = 3
"""Things that a sentence names before it says that there are more."""
_MOST_KINDS, _FEW_KINDS = 4, 3
_LEAST_WORD = 0.3
"""Standard deviations from which on a difference is worth a word."""


def behind(
    grouped: Finding, *, items: Sequence[str], least: Finding, answers: bool, bought: Finding | None = None
) -> Sentence:
    """Say who is grouped, and on what.

    Parameters
    ----------
    grouped : Finding
        How many have at least one of the items.
    items : sequence of str
        What they are grouped by.
    least : Finding
        Share known of the item that is known least.
    answers : bool
        True where answers are grouped: nobody knows whose they are.
    bought : Finding, optional
        How many transactions the value rests on.

    Returns
    -------
    Sentence
        Names the items.
    """
    who = " answers are" if answers else " customers are"
    named = numbers.listed(word(name) for name in items)
    tail: list[Part] = (
        [", each known of everybody."]
        if least.value >= 1
        else [", each known of at least ", Quote(least, "precise"), "."]
    )
    rests: list[Part] = [" It rests on ", bought, " transactions."] if bought else []
    return Sentence(grouped, f"{who} grouped by ", Name(named), *tail, *rests)


def found_again(
    kind: str,
    *,
    count: Finding,
    smallest: Finding,
    settled: bool = True,
    doubt: str = "",
    pair: Sequence[str] = (),
    gaps: bool = False,
) -> Sentence:
    """Say which segments there are, and what they may be called.

    Parameters
    ----------
    kind : {"natural", "reproducible", "constructed", "by rule"}
        The verdict.
    count : Finding
        How many segments.
    smallest : Finding
        Similarity of the segment that is found again least; unused for rules.
    settled : bool, default True
        Whether the data speak for that many segments and no more.
    doubt : str, default ""
        What explains the customers as well: "one scale", "pair", "one crowd", "one group", or nothing.
    pair : sequence of str, default ()
        The items of a pair.
    gaps : bool, default False
        Whether answers are missing that were skipped.

    Returns
    -------
    Sentence
        The verdict first, and what it assumes.
    """
    if kind == "by rule":
        return Sentence(
            count,
            " segments follow from a rule: whoever applies it finds them again, whether or not there are such kinds of"
            " customers.",
        )
    if kind == "constructed" and doubt == "one group":
        return Sentence(
            count,
            " segments were drawn through one group: they are constructed, even where other samples would be cut in the"
            " same places.",
        )
    if kind == "constructed":
        return Sentence(
            count,
            " segments were drawn, and not all of them would be found again: they are constructed, lines through a"
            " crowd.",
        )
    least: list[Part] = [" (the least stable has a similarity of ", smallest, ")."]
    tail = [" This assumes that answers are missing by chance, given the others."] if gaps else []
    if kind == "natural":
        return Sentence(count, " segments lie apart and are found again in resamples: they are natural", *least, *tail)
    why: tuple[Part, ...] = unlike(settled, doubt, pair)
    return Sentence(
        count,
        " segments are found again in resamples, but ",
        *why,
        ". They are reproducible, not natural",
        *least,
        *tail,
    )


def how_many(used: Finding, best: Finding, *, most: int, method: str = "classes") -> Sentence:
    """Say how many segments the data speak for, and how many the page goes on with.

    Parameters
    ----------
    used, best : Finding
        How many are used, and how many the criterion prefers: the smallest BIC, or of k-means the prediction strength.
    most : int
        How many were tried.
    method : {"classes", "mixture", "k-means"}, default "classes"
        How they were sought.

    Returns
    -------
    Sentence
        Says so where they differ.
    """
    if best.value == 1:
        return Sentence(
            "The data speak for no more than one group; the page goes on with ",
            used,
            " to show what cutting it would give.",
        )
    if method == "k-means":
        return _foretold(used, best, most=most)
    if best.value == most:
        return Sentence(
            "Each further segment that was tried fits better, up to ", best, ": no number of segments stands out."
        )
    if best.value == used.value:
        return Sentence("The data speak for ", best, " segments.")
    return Sentence("The data speak for ", best, " segments; ", used, " were asked for.")


def _foretold(used: Finding, best: Finding, *, most: int) -> Sentence:
    """Of k-means: how many clusters one half of the customers foretells in the other."""
    words = " clusters are found again when one half of the customers foretells the other"
    if best.value == most:
        return Sentence("As many as ", best, f"{words}, the most that were tried.")
    if best.value == used.value:
        return Sentence(best, f"{words}; more are not.")
    return Sentence(best, f"{words}, more are not; ", used, " were asked for.")


def sizes(found: Sequence[Finding]) -> Sentence:
    """Say how large the segments are.

    Parameters
    ----------
    found : sequence of Finding
        One share per segment.

    Returns
    -------
    Sentence
        The largest and the smallest with their intervals.
    """
    seen = sorted((each for each in found if not each.suppressed), key=lambda each: -each.value)
    if not seen:
        return Sentence("Every segment is too small to be shown.")
    ends = seen if len(seen) == 1 else [seen[0], seen[-1]]
    parts: list[Part] = []
    for at, each in enumerate(ends):
        parts += [
            "; the smallest is “" if at else "The largest segment is “",
            Name(each.scope["segment"]),
            "” with ",
            each,
        ]
        parts += [" (between ", Quote(each, "interval"), ")"]
    return Sentence(*parts, ".")


def set_apart(items: pd.DataFrame, *, order: Sequence[str]) -> Sentence:
    """Say in words what each segment is about.

    Parameters
    ----------
    items : pandas.DataFrame
        From ``stats.segments.contrasts``: ``segment``, ``word``, ``estimate``.
    order : sequence of str
        Segments in the order in which they are told.

    Returns
    -------
    Sentence
        For each what it has more than the rest; where there is nothing, less.
    """
    parts: list[Part] = []
    for name in order:
        parts += [
            "; “" if parts else "“",
            Name(name),
            "”: ",
            Name(_about(items, name, most=_MOST_NAMED if len(order) <= _FEW_KINDS else 2)),
        ]
    return Sentence(*parts, ".")


def _about(items: pd.DataFrame, name: str, *, most: int) -> str:
    """What a segment has more than the rest, or, where there is nothing, less."""
    return numbers.listed((_told(items, name) or ["like the others"])[:most])


def _besides(items: pd.DataFrame, name: str, *, most: int) -> str:
    """What a segment has that its name does not say already."""
    told = _told(items, name)[:most]
    rest = [each for each in told if each.lower() not in name.lower()]
    return "also " * (len(rest) < len(told)) + numbers.listed(rest) if rest else ""


def _told(items: pd.DataFrame, name: str) -> list[str]:
    rows = items.loc[items["segment"].astype(str) == name].sort_values("estimate", ascending=False, kind="stable")
    rows = rows.loc[~rows["estimate"].round(3).duplicated()]
    more = list(rows.loc[rows["estimate"] >= _LEAST_WORD, "word"].astype(str))
    less = [_less(each) for each in rows.loc[rows["estimate"] <= -_LEAST_WORD, "word"].astype(str)[::-1]]
    return more or less


def _less(told: str) -> str:
    for high, low in (("high ", "low "), ("many ", "few ")):
        if told.startswith(high):
            return low + told.removeprefix(high)
        if told.startswith(low):
            return f"not {told}"
    return f"less {told}"


def kinds(found: Sequence[Finding], items: pd.DataFrame) -> Sentence:
    """Say in one breath which segments there are, how large, and what each is about.

    Parameters
    ----------
    found : sequence of Finding
        One share per segment.
    items : pandas.DataFrame
        From ``stats.segments.contrasts``; empty for rules.

    Returns
    -------
    Sentence
        At most four segments; the smaller ones are counted as others.
    """
    seen = sorted((each for each in found if not each.suppressed), key=lambda each: -each.value)
    if not seen:
        return Sentence("Every segment is too small to be shown.")
    parts: list[Part] = []
    for each in seen[:_MOST_KINDS]:
        name = each.scope["segment"]
        parts += ["; " if parts else "", each, "" if parts else " are", " “", Name(name), "”"]
        besides = "" if items.empty else _besides(items, name, most=2)
        parts += [" (", Name(besides), ")"] if besides else []
    return Sentence(*parts, "; the others are smaller." if len(seen) > _MOST_KINDS else ".")
