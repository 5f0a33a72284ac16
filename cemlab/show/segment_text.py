"""Sentences on segments: which there are, how sure, what each needs and is worth, and what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.segment_words import word

_MOST_NAMED = 3
"""Things that a sentence names before it says that there are more."""
_MOST_KINDS = 4
_LEAST_WORD = 0.5
"""Standard deviations from which on a difference is worth a word."""


def behind(grouped: Finding, *, items: Sequence[str], least: Finding, answers: bool) -> Sentence:
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

    Returns
    -------
    Sentence
        Names the items.
    """
    who = " answers are" if answers else " customers are"
    named = numbers.listed(word(name) for name in items)
    tail: list[Part] = [", each known of everybody."] if least.value >= 1 else [", each known of at least ", least, "."]
    return Sentence(grouped, f"{who} grouped by ", Name(named), *tail)


def found_again(kind: str, *, count: Finding, smallest: Finding) -> Sentence:
    """Say which segments there are, and what they may be called.

    Parameters
    ----------
    kind : {"natural", "reproducible", "constructed", "by rule"}
        The verdict.
    count : Finding
        How many segments.
    smallest : Finding
        Similarity of the segment that is found again least; unused for rules.

    Returns
    -------
    Sentence
        The verdict first.
    """
    if kind == "by rule":
        return Sentence(count, " segments follow from a rule: whoever applies it finds them again, whether or not there are such kinds of customers.")  # fmt: skip
    words = {
        "natural": " segments lie apart and are found again in resamples: they are natural.",
        "reproducible": " segments are found again in resamples, but shade into one another: they are reproducible, not natural.",
        "constructed": " segments were asked of customers who do not fall into groups: they are constructed, lines drawn through a crowd.",
    }
    if kind == "constructed":
        return Sentence(count, words[kind])
    return Sentence(count, words[kind][:-1], " (the least stable has a similarity of ", smallest, ").")


def how_many(used: Finding, best: Finding) -> Sentence:
    """Say how many segments the data speak for, and how many the page goes on with.

    Parameters
    ----------
    used, best : Finding
        How many are used, and for how many the BIC is smallest.

    Returns
    -------
    Sentence
        Says so where they differ.
    """
    if best.value == 1:
        return Sentence("The data speak for no more than one group; the page goes on with ", used, " to show what cutting it would give.")  # fmt: skip
    if best.value == used.value:
        return Sentence("The data speak for ", best, " segments.")
    return Sentence("The data speak for ", best, " segments; ", used, " were asked for.")


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
        parts += ["; “" if parts else "“", Name(name), "”: ", Name(_about(items, name, most=_MOST_NAMED))]
    return Sentence(*parts, ".")


def _about(items: pd.DataFrame, name: str, *, most: int) -> str:
    """What a segment has more than the rest, or, where there is nothing, less."""
    rows = items.loc[items["segment"].astype(str) == name].sort_values("estimate", ascending=False, kind="stable")
    more = list(rows.loc[rows["estimate"] >= _LEAST_WORD, "word"].astype(str))
    less = list(rows.loc[rows["estimate"] <= -_LEAST_WORD, "word"].astype(str)[::-1])
    if more:
        return numbers.listed(more[:most])
    return f"less of {numbers.listed(less[:most])}" if less else "like the others"


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
    parts: list[Part] = []
    for each in seen[:_MOST_KINDS]:
        name = each.scope["segment"]
        parts += ["; " if parts else "", each, " “", Name(name), "”"]
        parts += [] if items.empty else [" (", Name(_about(items, name, most=2)), ")"]
    return Sentence(*parts, "; the others are smaller." if len(seen) > _MOST_KINDS else ".")


def stands_out(gaps: Sequence[Finding], levels: Mapping[tuple[str, str], Finding]) -> Sentence:
    """Say what segments differ in beyond what they are made of.

    Parameters
    ----------
    gaps : sequence of Finding
        Standardised differences by ``outcome`` and ``segment``, adjusted in the run's family.
    levels : mapping of (str, str) to Finding
        (Outcome, segment) → its level.

    Returns
    -------
    Sentence
        The largest differences that are flagged, with the levels; or that there is none.
    """
    out = sorted((each for each in gaps if each.flagged and not each.suppressed), key=lambda each: -abs(each.value))
    if not out:
        return Sentence(
            "In what customers say and do, no segment differs from the others by more than chance explains."
        )
    parts: list[Part] = []
    for each in out[:_MOST_NAMED]:
        outcome, segment = each.scope["outcome"], each.scope["segment"]
        level = levels.get((outcome, segment))
        way = "higher" if each.value > 0 else "lower"
        parts += ["; “" if parts else "“", Name(segment), f"” has {way} ", Name(word(outcome)), " than the others"]
        parts += [] if level is None else [" (", level, ")"]
    more = "; more is in the figure" if len(out) > _MOST_NAMED else ""
    return Sentence(*parts, f"{more}.")


def worth(levels: Sequence[Finding], *, currency: str, what: str, differs: bool) -> Sentence:
    """Say what customers of the segments are worth.

    Parameters
    ----------
    levels : sequence of Finding
        Mean value by ``segment``.
    currency : str
        ISO code.
    what : str
        The column.
    differs : bool
        Whether any segment stands out.

    Returns
    -------
    Sentence
        The highest and the lowest, or that chance could explain the gap.
    """
    seen = sorted(
        (each for each in levels if not each.suppressed and math.isfinite(each.value)), key=lambda each: -each.value
    )
    if len(seen) < 2:
        return Sentence("What the segments are worth is withheld: too few customers.")
    first, last = seen[0], seen[-1]
    parts: list[Part] = [
        "A customer of “", Name(first.scope["segment"]), "” is worth ", Name(currency), " ", first, ", one of “",
        Name(last.scope["segment"]), "” ", last, " (", Name(word(what)), ")",
    ]  # fmt: skip
    return Sentence(*parts, "." if differs else "; chance could explain the gap.")


def stays(shares: Sequence[Finding], *, months: float) -> Sentence:
    """Say what share of each segment is still there after a time.

    Parameters
    ----------
    shares : sequence of Finding
        One per segment.
    months : float
        After how many.

    Returns
    -------
    Sentence
        The highest and the lowest with their intervals.
    """
    seen = sorted(
        (each for each in shares if not each.suppressed and math.isfinite(each.value)), key=lambda each: -each.value
    )
    if len(seen) < 2:
        return Sentence("How long the segments stay cannot be told: too few were followed as long.")
    first, last = seen[0], seen[-1]
    apart = first.ci_low > last.ci_high
    told: list[Part] = []
    for at, each in enumerate((first, last)):
        told += [
            " and " if at else "",
            each,
            " of “",
            Name(each.scope["segment"]),
            "” (between ",
            Quote(each, "interval"),
            ")",
        ]
    tail = "." if apart else ": chance could explain the gap."
    return Sentence("After ", Name(f"{months:g} months"), " ", *told, f" are still there{tail}")


def simple_split(verdicts: Mapping[str, pd.DataFrame]) -> Sentence:
    """Say whether the segments foretell more than a simple split.

    Parameters
    ----------
    verdicts : mapping of str to pandas.DataFrame
        Later outcome → the part ``verdict`` of ``stats.segments.beats``: ``keep``, ``beaten``.

    Returns
    -------
    Sentence
        Names the outcomes; keep the simple one where none is better told.
    """
    better = [word(name) for name, each in verdicts.items() if bool(each["beaten"].iloc[0])]
    if not better:
        named = numbers.listed(word(name) for name in verdicts)
        return Sentence(
            "Later ", Name(named), " are foretold as well by a simple split: for that, keep the simple one."
        )
    rest = [word(name) for name in verdicts if word(name) not in better]
    tail: list[Part] = [" For ", Name(numbers.listed(rest)), " keep the simple one."] if rest else []
    return Sentence(
        "These segments foretell later ", Name(numbers.listed(better)), " better than any simple split.", *tail
    )


def by_rule() -> Sentence:
    """Say that the segments are themselves rules.

    Returns
    -------
    Sentence
        Without numbers.
    """
    return Sentence("The segments are rules: everyone is in exactly the one whose rule holds, the first from the top.")


def rules(right: Finding, largest: Finding) -> Sentence:
    """Say how well plain rules assign customers.

    Parameters
    ----------
    right : Finding
        Share assigned rightly, held out.
    largest : Finding
        Share that putting everyone into the largest segment would get right.

    Returns
    -------
    Sentence
        Both shares.
    """
    return Sentence("Plain rules put ", right, " of customers where the model does (between ", Quote(right, "interval"),
                    "); putting everyone into the largest segment would get ", largest, " right.")  # fmt: skip


def urgent(n: Finding, stake: Finding, *, currency: str, what: str) -> Sentence:
    """Say for how many customers attention is urgent.

    Parameters
    ----------
    n : Finding
        Customers of high value and high risk.
    stake : Finding
        Their value with its interval.
    currency : str
        ISO code.
    what : str
        The column that tells risk.

    Returns
    -------
    Sentence
        Both.
    """
    if n.suppressed or stake.suppressed:
        return Sentence("How many customers need attention now is withheld: too few.")
    risky = {"last_nps_group": "detractors by their last answer", "recency_days": "silent for long"}.get(
        what, "likely to leave"
    )
    return Sentence(n, f" customers of high value are {risky}: ", Name(currency), " ", stake, " is at stake (between ",
                    Quote(stake, "interval"), ").")  # fmt: skip


def certainty(kind: str, smallest: Finding | None) -> tuple[Sentence, ...]:
    """Say how sure the segments are.

    Parameters
    ----------
    kind : str
        The verdict.
    smallest : Finding or None
        Similarity of the segment that is found again least; None for rules.

    Returns
    -------
    tuple of Sentence
        For the fold below the answer.
    """
    if smallest is None:
        return (Sentence("Groups by rule have no sampling error of their own: their sizes and figures have."),)
    means = {
        "natural": "They are found again, lie apart, and fewer of them would not do.",
        "reproducible": "They are found again, but customers between them could as well be in the other.",
        "constructed": "Another sample of the same customers would give other segments.",
    }
    return (
        Sentence("In resamples the least stable segment has a similarity of ", smallest, ", where the same segment would have one. ", means[kind]),
        Sentence("Figures of segments are corrected for customers who are put into the wrong one; intervals hold the doubt about the classes too.")
        if kind != "constructed"
        else Sentence("Figures are those of the customers as they were assigned, not of kinds of customers."),
    )  # fmt: skip
