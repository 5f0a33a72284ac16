"""What could overturn an answer about staying and leaving."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.show import hazard_tables
from cemlab.show.checks import Check
from cemlab.show.survival_text import span

_WITHHELD = Sentence("Fewer customers than may be shown, so this cannot be told.")
_NOT_FOLLOWED = Sentence("Follow-up ends before the time that is compared, so this cannot be told.")
_SAME = 1e-9
_MOST_SHIFT = 0.5
"""Half the width of an interval: what moves a number by more is worth watching."""


def other_clock(share: Finding, other: Finding, *, clock: str, other_clock: str) -> Check:
    """Compare the share that is left by two clocks.

    Parameters
    ----------
    share, other : Finding
        The same share by either clock, with ``duration`` in the scope.
    clock, other_clock : {"months", "days"}
        The clocks.

    Returns
    -------
    Check
        Holds when they differ by no more than half the width of the interval.
    """
    title = "Another clock"
    if share.suppressed or other.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    if not (math.isfinite(share.value) and math.isfinite(other.value)):
        return Check(title, (_NOT_FOLLOWED,), "watch")
    words = Sentence(
        share,
        " are still there after ",
        span(share.scope["duration"], clock=clock),
        f" on the clock of {clock}; ",
        other,
        " after ",
        span(other.scope["duration"], clock=other_clock),
        f" on the clock of {other_clock}.",
    )
    return Check(title, (words,), "holds" if _moved(share, other) <= _MOST_SHIFT else "watch")


def other_ties(ratios: Sequence[Finding], others: Sequence[Finding]) -> Check:
    """Compare the ratio that moves most between two rules for ties.

    Parameters
    ----------
    ratios, others : sequence of Finding
        The same hazard ratios with Efron's and with Breslow's rule, in the same order.

    Returns
    -------
    Check
        Holds when no ratio moves by more than half the width of its interval.
    """
    title = "Another rule for ties"
    pairs = [pair for pair in zip(ratios, others, strict=True) if not pair[0].suppressed]
    if not pairs:
        return Check(title, (_WITHHELD,), "watch")
    most, other = max(pairs, key=lambda pair: _moved(*pair))
    name = hazard_tables.row_name(most.scope["term"], most.scope["level"])
    words = Sentence(
        "The ratio that moves most is that of “",
        Name(name),
        "”: ",
        Quote(most, "precise"),
        " by Efron's rule, ",
        Quote(other, "precise"),
        " by Breslow's.",
    )
    return Check(title, (words,), "holds" if _moved(most, other) <= _MOST_SHIFT else "watch")


def _moved(one: Finding, other: Finding) -> float:
    """Return by how many widths of its interval a number moves."""
    moved = abs(one.value - other.value)
    # where nobody has left there is no interval, and nothing moves
    return moved / (one.ci_high - one.ci_low) if moved > 0 else moved


def late_entry(share: Finding, ignored: Finding | None, *, late: Finding, clock: str) -> Check:
    """Say what ignoring late entry would have claimed.

    Parameters
    ----------
    share : Finding
        The share that is left, late entry respected, with ``duration`` in the scope.
    ignored : Finding or None
        The same with everyone taken as followed from the start; None when nobody entered late.
    late : Finding
        How many entered late.
    clock : {"months", "days"}
        Unit of the time.

    Returns
    -------
    Check
        Holds when nobody entered late, or little hangs on it; to be watched where much does: then records of when
        observation began carry the answer.
    """
    title = "Customers who were there before records begin"
    if not late.value or ignored is None:
        return Check(title, (Sentence("Every relationship was followed from its start."),), "holds")
    if share.suppressed or not math.isfinite(share.value):
        return Check(title, (_WITHHELD if share.suppressed else _NOT_FOLLOWED,), "watch")
    words = Sentence(
        late,
        " relationships began before their end could have been recorded, and count only from then on. Taken as followed"
        " from the start, they would make it ",
        ignored,
        " after ",
        span(share.scope["duration"], clock=clock),
        " instead of ",
        share,
        ".",
    )
    return Check(title, (words,), "holds" if _moved(share, ignored) <= _MOST_SHIFT else "watch")


def lost_from_sight(share: Finding, bounds: Finding, *, clock: str) -> Check:
    """Say how far those whose end was not seen could move the share that is left.

    Parameters
    ----------
    share : Finding
        The share, with ``duration`` in the scope.
    bounds : Finding
        The share with its bounds as interval: had all of them left at once, had all of them stayed.
    clock : {"months", "days"}
        Unit of the time.

    Returns
    -------
    Check
        Holds when the bounds lie inside the interval; watch otherwise, which is the rule where many have begun lately.
    """
    title = "Customers whose end has not been seen"
    if share.suppressed or bounds.suppressed:
        return Check(title, (_WITHHELD,), "watch")
    if not math.isfinite(share.value):
        return Check(title, (_NOT_FOLLOWED,), "watch")
    if bounds.ci_high - bounds.ci_low < _SAME:
        return Check(
            title,
            (Sentence("Nobody was lost from sight before ", span(share.scope["duration"], clock=clock), "."),),
            "holds",
        )
    words = Sentence(
        "Had all who were lost from sight before ",
        span(share.scope["duration"], clock=clock),
        " left at once, or all stayed, the share would lie between ",
        Quote(bounds, "interval"),
        ". The curve takes them to be like those who were followed on.",
    )
    inside = share.ci_low <= bounds.ci_low and bounds.ci_high <= share.ci_high
    return Check(title, (words,), "holds" if inside else "watch")


def undated(names: Sequence[str]) -> Check:
    """Say that some covariates carry no day.

    Parameters
    ----------
    names : sequence of str
        Columns, in words.

    Returns
    -------
    Check
        Holds when there are none; to be watched otherwise.
    """
    title = "What was known only later"
    if not names:
        return Check(
            title, (Sentence("Everything in the model was known before the time that it speaks of."),), "holds"
        )
    words = Sentence(
        "No day is recorded on which ",
        Name(", ".join(names)),
        " became known. If a customer's value changed with leaving, its ratio is too far from one.",
    )
    return Check(title, (words,), "watch")


def causal() -> Check:
    """Say that the model finds associations.

    Returns
    -------
    Check
        Always to be watched.
    """
    words = Sentence(
        "Customers were not given their plan or their complaint by lot. What goes with leaving here need not change it"
        " when it is changed."
    )
    return Check("Association is not effect", (words,), "watch")
