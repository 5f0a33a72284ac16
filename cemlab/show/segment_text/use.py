"""Sentences on what segments say, do and are worth, how they are told, and what to do."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from cemlab.core.results import Estimates, Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.segment_checks import SCALE, unlike
from cemlab.show.segment_words import word
from cemlab.show.text.outcomes import none_significant, of_known_groups, only_missing, with_outcome

_MOST_NAMED = 3
"""Differences that a sentence names before it says that there are more."""


def stands_out(gaps: Sequence[Finding], levels: Mapping[tuple[str, str], Finding], *, currency: str = "") -> Sentence:
    """Say what segments differ in beyond what they are made of.

    Parameters
    ----------
    gaps : sequence of Finding
        Standardised differences by ``outcome`` and ``segment``, adjusted in the run's family.
    levels : mapping of (str, str) to Finding
        (Outcome, segment) → its level.
    currency : str, default ""
        ISO code that stands before money.

    Returns
    -------
    Sentence
        The largest differences that are flagged, with the levels; or that there is none.
    """
    if not any(math.isfinite(each.p_value) for each in gaps):
        return Sentence("Beyond what the segments are made of, nothing is recorded that they could differ in.")
    # what segments are made of is described, not tested
    asked = [each for each in gaps if each.outcome != "not testable" or each.reason]
    out = with_outcome(asked, "large")
    if not out:
        verb = "differs significantly from the others in what customers say and do"
        return none_significant(asked, subject="segment", verb=verb, named=_gap_of)
    out = of_known_groups(out)
    if not out:
        return only_missing(["segment"], shown="No segment is shown to differ from the others")
    parts: list[Part] = []
    for each in out[:_MOST_NAMED]:
        outcome, segment = each.scope["outcome"], each.scope["segment"]
        level = levels.get((outcome, segment))
        way = "higher" if each.value > 0 else "lower"
        parts += ["; “" if parts else "“", Name(segment), "”, ", Name(word(outcome)), ": "]
        parts += [] if level is None else _in_full(level, currency=currency)
        parts += [f"{way} than the others"]
    more = "; more is in the figure" if len(out) > _MOST_NAMED else ""
    return Sentence(*parts, f"{more}.")


def _gap_of(gap: Finding) -> tuple[Part, ...]:
    return "“", Name(gap.scope["segment"]), "” (", Name(word(gap.scope["outcome"])), ")"


def _in_full(level: Finding, *, currency: str) -> list[Part]:
    """A level with what it is of and its interval."""
    money: list[Part] = [Name(currency), " "] if currency and level.unit == "currency" else []
    held: list[Part] = [" (", *_between(level), ")"] if math.isfinite(level.ci_low) else []
    return [*money, level, *held, ", "]


def _between(found: Finding) -> list[Part]:
    return ["between ", Quote(found, "interval")]


def worth(levels: Sequence[Finding], *, currency: str, what: str, differ: Collection[str]) -> Sentence:
    """Say what customers of the segments are worth.

    Parameters
    ----------
    levels : sequence of Finding
        Mean value by ``segment``.
    currency : str
        ISO code.
    what : str
        The column.
    differ : collection of str
        Segments that stand out.

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
        "A customer of “",
        Name(first.scope["segment"]),
        "” is worth ",
        Name(currency),
        " ",
        first,
        " (",
        *_between(first),
        "), one of “",
        Name(last.scope["segment"]),
        "” ",
        last,
        " (",
        *_between(last),
        "), counted as ",
        Name(word(what)),
    ]
    return Sentence(
        *parts,
        "." if {first.scope["segment"], last.scope["segment"]} & set(differ) else "; chance could explain the gap.",
    )


def stays(shares: Sequence[Finding], *, months: float, by_deeds: bool = False, dated: bool = True) -> Sentence:
    """Say what share of each segment is still there after a time.

    Parameters
    ----------
    shares : sequence of Finding
        One per segment.
    months : float
        After how many.
    by_deeds : bool, default False
        Whether segments are made of what customers did while they stayed: who stayed longer had more time to do it.
    dated : bool, default True
        Whether every item is known as of an earlier day: others may have changed on leaving.

    Returns
    -------
    Sentence
        The highest and the lowest with their intervals; what the gap does not mean.
    """
    seen = sorted(
        (each for each in shares if not each.suppressed and math.isfinite(each.value)), key=lambda each: -each.value
    )
    if len(seen) < 2:
        return Sentence("How long the segments stay cannot be told: too few were followed as long.")
    first, last = seen[0], seen[-1]
    told: list[Part] = []
    for at, each in enumerate((first, last)):
        told += [" and " if at else "", each, " of “", Name(each.scope["segment"]), "”"]
        told += [" (between ", Quote(each, "interval"), ")"] if math.isfinite(each.ci_low) else []
    if not (math.isfinite(first.ci_low) and math.isfinite(last.ci_high)):
        tail = "; how sure the gap is cannot be told."
    else:
        tail = "." if first.ci_low > last.ci_high else ": the intervals overlap, no gap is shown."
    if by_deeds:
        tail += (
            " Segments are made of what customers did while they stayed, so part of any gap is there by construction."
        )
    elif not dated:
        tail += (
            " The items carry no day: they may have changed when customers left, so part or all of any gap may be there"
            " by construction."
        )
    return Sentence("After ", Name(f"{months:g} months"), " ", *told, f" are still there{tail}")


def simple_split(better: Sequence[str], asked: Sequence[str]) -> Sentence:
    """Say whether the segments foretell more than a simple split.

    Parameters
    ----------
    better, asked : sequence of str
        Later outcomes that the segments foretell better than every rival, and all.

    Returns
    -------
    Sentence
        Names the outcomes; keep the simple one where none is better told.
    """
    if not better:
        named = numbers.listed(word(name) for name in asked)
        return Sentence(
            "That these segments foretell later ",
            Name(named),
            " better than a simple split is not shown: for that, keep the simple one.",
        )
    rest = [word(name) for name in asked if name not in better]
    tail: list[Part] = [" For ", Name(numbers.listed(rest)), " keep the simple one."] if rest else []
    return Sentence(
        "These segments foretell later ",
        Name(numbers.listed(word(name) for name in better)),
        " better than every simple split that was tried.",
        *tail,
    )


def moves(turns: Estimates, same: Finding, *, days: str) -> Sentence:
    """Say in which segment customers stay most and least.

    Parameters
    ----------
    turns : Estimates
        From ``stats.segments.transitions`` between ``a``, the earlier, and ``b``, the present.
    same : Finding
        Adjusted Rand index of then and now.
    days : str
        How long lies between, in words.

    Returns
    -------
    Sentence
        The share that is still in the same segment, at most and at least.
    """
    kept = turns.table.loc[(turns.table["a"] == turns.table["b"]) & turns.table["estimate"].notna()]
    lead: list[Part] = [
        "The agreement of segments of ",
        Name(days),
        " before with those of now is ",
        same,
        f", where {SCALE}",
    ]
    if kept.empty:
        return Sentence(*lead, ".")
    found = [Finding.of("stay.moves", turns, where={"a": row["a"], "b": row["b"]}) for row in kept.to_dict("records")]
    most, least = max(found, key=lambda each: each.value), min(found, key=lambda each: each.value)
    parts: list[Part] = ["; of “", Name(most.scope["a"]), "” ", most, " are still in it"]
    parts += [", of “", Name(least.scope["a"]), "” ", least] if len(found) > 1 else []
    return Sentence(*lead, *parts, ".")


def by_rule() -> Sentence:
    """Say that the segments are themselves rules.

    Returns
    -------
    Sentence
        Without numbers.
    """
    return Sentence("The segments are rules: everyone is in exactly the one whose rule holds, the first from the top.")


def rules(right: Finding, largest: Finding, *, counted: str = "customers") -> Sentence:
    """Say how well plain rules assign customers.

    Parameters
    ----------
    right : Finding
        Share assigned rightly, held out.
    largest : Finding
        Share that putting everyone into the largest segment would get right.
    counted : str, default "customers"
        What the segments hold.

    Returns
    -------
    Sentence
        Both shares.
    """
    return Sentence(
        "Plain rules put ",
        right,
        f" of {counted} where the model does (between ",
        Quote(right, "interval"),
        "); putting everyone into the largest segment would get ",
        largest,
        " right.",
    )


def urgent(
    n: Finding, stake: Finding, *, largest: Sequence[Finding] = (), currency: str, what: str, worth: str, days: int
) -> Sentence:
    """Say for how many customers attention is urgent.

    Parameters
    ----------
    n : Finding
        Customers of high value and high risk.
    stake : Finding
        Their value.
    largest : sequence of Finding, default ()
        Share of the largest and of the ten largest of them in it.
    currency : str
        ISO code.
    what : str
        The column that tells risk.
    worth : str
        The column that tells value.
    days : int
        From how many on a customer without a purchase is at risk.

    Returns
    -------
    Sentence
        Both.
    """
    if n.suppressed or stake.suppressed:
        return Sentence("How many customers need attention now is withheld: too few.")
    risky = {
        "last_nps_group": "detractors by their last answer",
        "recency_days": f"without a purchase for {days} days or more",
    }.get(what, "likely to leave")
    tops: list[Part] = (
        ["; the largest for ", largest[0], ", the ten largest for ", largest[1]] if len(largest) > 1 else []
    )
    return Sentence(
        n,
        " customers of high value are ",
        Name(risky),
        ": they stand for ",
        Name(currency),
        " ",
        stake,
        " (",
        Name(word(worth)),
        *tops,
        ").",
    )


def certainty(
    kind: str,
    smallest: Finding | None,
    *,
    corrected: bool,
    settled: bool = True,
    doubt: str = "",
    pair: Sequence[str] = (),
) -> tuple[Sentence, ...]:
    """Say how sure the segments are.

    Parameters
    ----------
    kind : str
        The verdict.
    smallest : Finding or None
        Similarity of the segment that is found again least; None for rules.
    corrected : bool
        Whether figures are corrected for classification error.
    settled : bool, default True
        Whether the data speak for that many segments and no more.
    doubt, pair : as in `segment_text.found_again`
        See there.

    Returns
    -------
    tuple of Sentence
        For the fold below the answer.
    """
    if smallest is None:
        return (Sentence("Groups by rule have no sampling error of their own: their sizes and figures have."),)
    between = ("customers between them could as well be in the other",)
    open_number = ("how many there are is open",)
    why = unlike(settled, doubt, pair) if doubt else between if settled else open_number
    means: dict[str, tuple[Part, ...]] = {
        "natural": (
            (
                "They are found again, lie apart, fewer of them would not do, and no simpler model that was tried"
                " explains them."
            ),
        ),
        "reproducible": ("They are found again, but ", *why, "."),
        "constructed": (
            ("Another sample of the same customers would give other segments.",)
            if doubt != "one group"
            else ("The data speak for no more than one group.",)
        ),
    }
    return (
        Sentence(
            "In resamples the least stable segment has a similarity of ",
            smallest,
            ", where the same segment would have one. ",
            *means[kind],
        ),
        (
            Sentence(
                "Figures of segments are corrected for customers who are put into the wrong one; intervals hold the"
                " doubt about the classes too."
            )
            if corrected
            else Sentence("Figures are those of the customers as they were assigned, not of kinds of customers.")
        ),
    )
