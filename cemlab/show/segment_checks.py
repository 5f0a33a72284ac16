"""What could overturn segments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.checks import Check, State
from cemlab.show.segment_words import word

_SAME_GROUPS, _LIKE_GROUPS = 0.65, 0.3
"""Adjusted Rand index from which two ways give much the same groups, and somewhat the same."""
_SURE, _UNSURE = 0.85, 0.7
"""Mean probability of the assigned class."""
_FULL, _SCANT = 0.9, 0.5
"""Share known of an item."""
_OFTEN = 0.5
"""Share of starts that arrive at the same segments from which on a search is settled."""
_DOUBTS: Mapping[str, str] = {
    "one scale": "one scale separates customers as well: these are steps on it, not kinds",
    "one crowd": "one crowd without groups would be divided as clearly: these are parts of it, not kinds",
    "one group": "the data speak for no more than one group: these are cuts through it",
}
_TRIED: Mapping[str, str] = {
    "classes": "Neither one scale nor two items that go together explain the customers as well.",
    "mixture": (
        "One scale does not explain the customers as well, and one crowd without groups would not be divided as"
        " clearly."
    ),
    "k-means": "One crowd without groups would not be divided as clearly.",
}
SCALE = "one means the same groups, zero no more than chance (adjusted Rand index)"
"""What an agreement is measured on."""


def unlike(settled: bool, doubt: str = "", pair: Sequence[str] = ()) -> tuple[Part, ...]:
    """Return what segments lack that are reproducible and no more.

    Parameters
    ----------
    settled : bool
        Whether the data speak for that many segments and no more.
    doubt : str, default ""
        What explains the customers as well: "one scale", "pair", "one crowd", "one group", or nothing.
    pair : sequence of str, default ()
        The items of a pair.

    Returns
    -------
    tuple of str and Name
        To follow "but".
    """
    if doubt == "pair":
        named = (Name(f"“{word(name)}”") for name in pair[:2])
        first, second = named
        return (
            first,
            " and ",
            second,
            " go together beyond what the segments explain, and that makes segments by itself",
        )
    if doubt in _DOUBTS:
        return (_DOUBTS[doubt],)
    return ("shade into one another" if settled else "the data do not settle on that number",)


def found_again(
    kind: str, smallest: Finding, *, settled: bool = True, doubt: str = "", pair: Sequence[str] = ()
) -> Check:
    """Say whether the segments would be found again.

    Parameters
    ----------
    kind : {"natural", "reproducible", "constructed"}
        The verdict.
    smallest : Finding
        Similarity of the segment that is found again least.
    settled, doubt, pair : as in `unlike`
        See there.

    Returns
    -------
    Check
        Overturns where they are constructed.
    """
    means: dict[str, tuple[Part, ...]] = {
        "natural": ("they lie apart and are found again, and no simpler model that was tried explains them",),
        "reproducible": ("they are found again, but ", *unlike(settled, doubt, pair)),
        "constructed": (
            ("not all of them would be found again",) if doubt != "one group" else ("they are cuts through one group",)
        ),
    }
    words = Sentence(
        "In resamples the segment that is found again least has a similarity of ",
        smallest,
        f". The segments are {kind}: ",
        *means[kind],
        ".",
    )
    states: dict[str, State] = {"natural": "holds", "reproducible": "watch", "constructed": "overturns"}
    return Check("Other customers of the same kind", (words,), states[kind])


def simpler_explanation(doubt: str, pair: Sequence[str] = (), *, method: str = "classes") -> Check:
    """Say whether something simpler than kinds of customers explains the segments.

    Parameters
    ----------
    doubt, pair : as in `unlike`
        See there.
    method : {"classes", "mixture", "k-means"}, default "classes"
        How segments were sought: it decides what could be tried.

    Returns
    -------
    Check
        Overturns where something does.
    """
    title = "Something simpler than kinds of customers"
    if not doubt:
        tried = Sentence(_TRIED[method])
        return Check(title, (tried,), "holds")
    advice: list[Part] = (
        [". Leave one of the two out of ", Name("items"), " and run the study again."] if doubt == "pair" else ["."]
    )
    known = Sentence("Kinds of customers are not shown: ", *unlike(True, doubt, pair), *advice)
    return Check(title, (known,), "overturns")


def other_starts(found: Finding, starts: Finding) -> Check:
    """Say how often the best solution was found.

    Parameters
    ----------
    found, starts : Finding
        Starts that found it, and all.

    Returns
    -------
    Check
        To be watched unless at least half of them did.
    """
    words = Sentence(found, " of ", starts, " random starts arrived at the same segments.")
    often = found.value > 1 and found.value >= _OFTEN * starts.value
    return Check("Another start of the search", (words,), "holds" if often else "watch")


def all_told(told: Finding, count: Finding, *, right: Finding, largest: Finding, counted: str = "customers") -> Check:
    """Say whether plain rules reach every segment.

    Parameters
    ----------
    told : Finding
        Segments to which some rule leads.
    count : Finding
        Segments.
    right : Finding
        Share assigned rightly, held out.
    largest : Finding
        Share that putting everyone into the largest segment would get right.
    counted : str, default "customers"
        What the segments hold.

    Returns
    -------
    Check
        Holds only where rules reach every segment and assign most of them rightly.
    """
    words = Sentence(
        "Rules reach ", told, " of ", count, " segments and put ", right, f" of {counted} where the model does."
    )
    every = told.value >= count.value and right.ci_low > largest.value
    return Check("Plain rules instead of the model", (words,), "holds" if every and right.value >= _SURE else "watch")


def other_method(agreement: Finding | None, *, method: str = "k-means") -> Check:
    """Compare the segments with those of another method.

    Parameters
    ----------
    agreement : Finding or None
        Adjusted Rand index; None where items are no numbers of customers.
    method : str, default "k-means"
        The other method.

    Returns
    -------
    Check
        Overturns where they hardly agree.
    """
    title = "Another method"
    if agreement is None:
        return Check(
            title,
            (
                Sentence(
                    "The other method, k-means, needs numbers of customers; these items are none, so it was not tried."
                ),
            ),
            "watch",
        )
    state: State = (
        "holds" if agreement.value >= _SAME_GROUPS else "watch" if agreement.value >= _LIKE_GROUPS else "overturns"
    )
    words = Sentence(
        f"Against {method}, asked for as many, the agreement is ",
        agreement,
        " (between ",
        Quote(agreement, "interval"),
        f"): {SCALE}.",
    )
    return Check(title, (words,), state)


def surely_assigned(certainty: Finding) -> Check:
    """Say how surely customers are assigned.

    Parameters
    ----------
    certainty : Finding
        Mean probability of the assigned segment.

    Returns
    -------
    Check
        Overturns where a good part of customers may be in another one.
    """
    state: State = "holds" if certainty.value >= _SURE else "watch" if certainty.value >= _UNSURE else "overturns"
    words = Sentence("Customers are in the segment they are put into with a probability of ", certainty, " on average.")
    return Check("Customers put into the wrong segment", (words,), state)


def incomplete(item: str, share: Finding) -> Check:
    """Say how much is known of the item that is known least.

    Parameters
    ----------
    item : str
        Which.
    share : Finding
        Of how many it is known.

    Returns
    -------
    Check
        Overturns below one half.
    """
    title = "Customers of whom something is not known"
    if share.value >= 1:
        return Check(title, (Sentence("Every item is known of everybody."),), "holds")
    state: State = "holds" if share.value >= _FULL else "watch" if share.value >= _SCANT else "overturns"
    words = Sentence(
        "Least is known of ",
        Name(word(item)),
        ": of ",
        Quote(share, "precise"),
        ". Customers without it are grouped by the rest, which assumes that it is missing by chance: if those who do"
        " not answer differ, that alone can make or hide a segment.",
    )
    return Check(title, (words,), state)


def same_later(agreement: Finding | None, *, days: int, dated: bool) -> Check:
    """Say whether customers stay in their segments.

    Parameters
    ----------
    agreement : Finding or None
        Adjusted Rand index of then and now; None where it cannot be told.
    days : int
        How long before.
    dated : bool
        Whether the items are known as of an earlier day at all.

    Returns
    -------
    Check
        To be watched where many move, or nobody can tell.
    """
    title = "The same customers at another time"
    if agreement is None or not math.isfinite(agreement.value):
        why = "the items carry no day of their own" if not dated else "no earlier day can be looked at"
        return Check(title, (Sentence(f"Whether customers stay in their segments cannot be told: {why}."),), "watch")
    state: State = "holds" if agreement.value >= _SAME_GROUPS else "watch"
    words = Sentence(
        "The agreement of segments of ", Name(f"{days} days"), " before with those of now is ", agreement, f": {SCALE}."
    )
    return Check(title, (words,), state)


def beats_simple(better: list[str], asked: list[str], *, dated: bool = True) -> Check:
    """Say whether a simpler split would do.

    Parameters
    ----------
    better, asked : list of str
        Later outcomes that the segments foretell better, and all.
    dated : bool, default True
        Whether every item is known as of an earlier day.

    Returns
    -------
    Check
        To be watched where there is none.
    """
    title = "A simpler split"
    if not dated:
        return Check(
            title,
            (
                Sentence(
                    "Whether the segments tell later outcomes better than a simple split cannot be asked: items carry"
                    " no day, and may have changed on leaving."
                ),
            ),
            "watch",
        )
    if not asked:
        return Check(title, (Sentence("No later time was there to compare on."),), "watch")
    if better:
        named = numbers.listed(word(name) for name in better)
        return Check(
            title,
            (Sentence("The segments foretell ", Name(named), " better than the simple splits that were tried."),),
            "holds",
        )
    return Check(
        title,
        (
            Sentence(
                "That the segments foretell more of what comes later than simple splits do is not shown: they describe."
            ),
        ),
        "watch",
    )


def independent_outcomes(corrected: bool) -> Check:
    """Say what the correction for classification error assumes.

    Parameters
    ----------
    corrected : bool
        Whether figures are corrected.

    Returns
    -------
    Check
        To be watched either way: data cannot show what it assumes, and without it segments look too much alike.
    """
    title = "What the correction assumes"
    if not corrected:
        alike = Sentence(
            "Figures are those of customers as assigned: who was put into the wrong segment makes segments look more"
            " alike than they are."
        )
        return Check("Figures that are not corrected", (alike,), "watch")
    words = Sentence(
        "Figures are corrected as if what is told of a segment depended on the items through the segment alone."
    )
    return Check(title, (words,), "watch")
