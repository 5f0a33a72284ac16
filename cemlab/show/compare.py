"""What is said of comparisons: one way for every study, by their outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from cemlab.core.results import Finding, Name, Outcome
from cemlab.show import say
from cemlab.show.say import Message, Slot

_NOTHING = Name("")
_TOLD: tuple[tuple[str, tuple[Outcome, ...]], ...] = (
    ("large", ("large",)),
    ("significant", ("significant",)),
    ("small", ("small",)),
    ("quiet", ("not significant",)),
    ("untested", ("not testable", "not estimable")),
)
"""What a sentence speaks of → the outcomes that it holds, the strongest first."""


def compared(
    id: str,
    found: Iterable[Finding],
    /,
    *,
    one: str | Callable[[Finding], Message],
    at_ends: bool = True,
    **slots: Slot,
) -> Message:
    """Return a message on comparisons, which speaks of the strongest outcome that there is.

    Parameters
    ----------
    id : str
        Of the message. It chooses by ``$state``: large (flagged), significant (size not certain), small (too small to
        matter), quiet (not significant), untested, or withheld; and has the slots ``named`` (one message for each of the
        comparisons that it names), ``more`` (how many further ones have that outcome), ``strongest`` (the first of
        them), ``untested`` (how many could not be tested or estimated), ``least`` and ``most`` (the smallest and the largest of the smallest detectable differences) and ``why``
        (the reason of what could not be tested).
    found : iterable of Finding
        Adjusted in the run's family.
    one : str or callable
        Message that names one of them, in its slot ``one``; or what makes a message of one.
    at_ends : bool, default True
        True to name the lowest and the highest; False to name the three largest.
    **slots : slot
        Further slots, of both messages.

    Returns
    -------
    Message
        To be said. Groups of which the level is missing are named only where there is no other.
    """
    every = list(found)
    state, chosen = next(
        ((state, held) for state, outcomes in _TOLD if (held := say.ranked(every, *outcomes))), ("withheld", [])
    )
    chosen = say.of_known_groups(chosen) or chosen
    named = say.ends(chosen) if at_ends else chosen[:3]
    powered = sorted((each for each in chosen if math.isfinite(each.mde)), key=lambda each: each.mde)
    return say.message(
        id,
        state=state,
        named=say.each(one, named, **slots) if isinstance(one, str) else [one(each) for each in named],
        more=len(chosen) - len(named),
        strongest=chosen[0] if chosen else _NOTHING,
        least=powered[0] if powered else _NOTHING,
        most=powered[-1] if powered else _NOTHING,
        untested=sum(each.outcome in ("not testable", "not estimable") for each in every),
        why=Name(next((each.reason for each in chosen if each.reason), "")),
        **slots,
    )


def all_of(groups: Iterable[Sequence[Finding]]) -> list[Finding]:
    """Return the comparisons of all groupings that have at least two groups to compare.

    Parameters
    ----------
    groups : iterable of sequence of Finding
        One per grouping.

    Returns
    -------
    list of Finding
        In order.
    """
    return [each for found in groups if sum(not one.suppressed for one in found) > 1 for each in found]
