"""Sentences on how long customers stay and why they leave, made of findings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.outcomes import Named, in_short, not_flagged, of_known_groups, only_missing, with_outcome

_MOST_GROUPS = 2


def span(time: float | str, *, clock: str) -> Name:
    """Return a length of time in words.

    Parameters
    ----------
    time : float or str
        In the unit of the clock.
    clock : {"months", "days"}
        The unit.

    Returns
    -------
    Name
        Such as ``12 months`` or ``1 day``.

    Examples
    --------
    >>> span("12.0", clock="months").text, span(1, clock="days").text
    ('12 months', '1 day')
    """
    value = float(time)
    return Name(f"{value:g} {clock.removesuffix('s') if value == 1 else clock}")


def still_there(shares: Sequence[Finding], *, start: float = 0.0, clock: str) -> Sentence:
    """Say what share is left after each of several times.

    Parameters
    ----------
    shares : sequence of Finding
        One per time, with ``duration`` in its scope; NaN where follow-up has ended.
    start : float, default 0
        Time from which the curve speaks; above 0 with late entry.
    clock : {"months", "days"}
        Unit of the times.

    Returns
    -------
    Sentence
        Shares with their intervals; times beyond the follow-up are named as such.
    """
    if shares and all(share.suppressed for share in shares):
        return Sentence("The shares are withheld: fewer customers than may be shown.")
    known = [share for share in shares if math.isfinite(share.value)]
    if not known:
        before = bool(shares) and all(float(share.scope["duration"]) <= start for share in shares)
        what = "The curve starts after the last" if before else "Follow-up ends before the first"
        return Sentence(f"{what} of these times.")
    parts: list[Part] = []
    for place, share in enumerate(known):
        if place:
            parts += [_joint(place, len(known)), share, " after "]
        else:
            whose: list[Part] = ["still there after ", span(start, clock=clock)] if start > 0 else ["who begin"]
            parts += ["Of those ", *whose, ", ", share, " are still there after "]
        parts.append(span(share.scope["duration"], clock=clock))
        parts += [" (between ", Quote(share, "interval"), ")"] if math.isfinite(share.ci_low) else []
    unknown = [float(share.scope["duration"]) for share in shares if not math.isfinite(share.value)]
    for what, times in (
        ("the curve starts after", [time for time in unknown if time < start]),
        ("follow-up ends before", [time for time in unknown if time >= start]),
    ):
        parts += [f"; {what} ", Name(numbers.listed(span(time, clock=clock).text for time in times))] if times else []
    return Sentence(*parts, ".")


def _joint(place: int, many: int) -> str:
    return " and " if place == many - 1 else ", "


def median(found: Finding, *, clock: str) -> Sentence:
    """Say when half of those who begin have left.

    Parameters
    ----------
    found : Finding
        The median time; NaN when it is not reached.
    clock : {"months", "days"}
        Its unit.

    Returns
    -------
    Sentence
        With its limits, or that it is not reached; an open limit is named as such.
    """
    if found.suppressed:
        return Sentence("The median is withheld: fewer customers than may be shown.")
    if not math.isfinite(found.value):
        return Sentence("Half of them have not left within the time that can be seen.")
    parts: list[Part] = ["Half have left after ", span(found.value, clock=clock)]
    if found.ci_low == found.value == found.ci_high:
        parts.append(f": on a clock of {clock} chance does not move it")
    elif math.isfinite(found.ci_high):
        parts += [" (between ", Quote(found, "interval"), ")"]
    else:
        parts += [" (at least ", span(found.ci_low, clock=clock), "; the upper limit lies beyond what can be seen)"]
    return Sentence(*parts, ".")


def causes(shares: Sequence[Finding], *, clock: str, brief: bool = False) -> Sentence:
    """Say for which causes customers have left by a time.

    Parameters
    ----------
    shares : sequence of Finding
        One per cause at one time, with ``cause`` and ``duration`` in the scope.
    clock : {"months", "days"}
        Unit of the time.
    brief : bool, default False
        Without intervals.

    Returns
    -------
    Sentence
        The most frequent first.
    """
    known = sorted((share for share in shares if math.isfinite(share.value)), key=lambda share: -share.value)
    if not known:
        return Sentence("Why customers left cannot be shown: too few did.")
    parts: list[Part] = ["After ", span(known[0].scope["duration"], clock=clock), ", "]
    for place, share in enumerate(known):
        parts += [_joint(place, len(known))] if place else []
        parts += ["“", Name(share.scope["cause"]), "” " if place else "” has taken ", share]
        parts += [] if brief else [" (between ", Quote(share, "interval"), ")"]
    return Sentence(*parts, ".")


def overstated(shares: Sequence[Finding], claimed: Sequence[Finding], *, cause: str = "", clock: str) -> Sentence:
    """Say what taking other causes as lost from sight would claim instead.

    Parameters
    ----------
    shares, claimed : sequence of Finding
        What each cause took by one time, and one minus Kaplan–Meier for it, in the same order.
    cause : str, default ""
        Of which cause to speak; empty for the most frequent.
    clock : {"months", "days"}
        Unit of the time.

    Returns
    -------
    Sentence
        Both numbers.

    Raises
    ------
    ParameterError
        When nobody left for the cause asked for.
    """
    pairs = [pair for pair in zip(shares, claimed, strict=True) if cause in ("", pair[0].scope["cause"])]
    if not pairs:
        known = [share.scope["cause"] for share in shares]
        raise ParameterError(
            f"`cause` must be a reason for which a spell ended: {cause!r} is none. {near_miss(cause, known)}"
            f"There are: {', '.join(known) or 'none'}."
        )
    share, naive = max(pairs, key=lambda pair: pair[0].value)
    # the short cut has no interval of its own: it is printed as finely as what it is held against
    as_fine = Quote(naive, "precise" if numbers.finding_digits(share) else "value")
    return Sentence(
        "The usual short cut, one minus Kaplan–Meier with the other reasons taken as lost from sight, would claim ",
        as_fine,
        " instead of ",
        share,
        " for “",
        Name(share.scope["cause"]),
        "” after ",
        span(share.scope["duration"], clock=clock),
        ".",
    )


def groups(
    compared: Mapping[str, Sequence[Finding]],
    *,
    time: float | None = None,
    clock: str,
    cause: str = "",
    snapshot: bool = False,
) -> tuple[Sentence, ...]:
    """Say which groups differ from all others in what share is left, or gone for a cause, over all ways to group.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one difference of shares per group, adjusted in the run's family.
    time : float, optional
        When shares are compared; default each at the time in its scope, at which it differs most.
    clock : {"months", "days"}
        Its unit.
    cause : str, default ""
        Of what has gone for this cause; empty for what is left.
    snapshot : bool, default False
        True where the shares are those retained in the window of a snapshot.

    Returns
    -------
    tuple of Sentence
        One per grouping in which a group is flagged, one on the choice of times, then what was found of the
        other groups (`not_flagged`).
    """
    there: list[Part] = [" ", *_of_whom(cause), " is "]
    there = [" retained is "] if snapshot else there
    begin: list[Part] = ["In the snapshot"]
    if not snapshot:
        begin = ["After ", span(time, clock=clock)] if time is not None else []
    said: list[Sentence] = []
    for subject, found in compared.items():
        after: list[Part] = ["The share of "] if said else [*begin, ", the share of "]
        out = _flagged(found)
        said += [_grouping(subject, out, after=after if begin else [], there=there, clock=clock)] if out else []
    said += [] if begin or not said else [Sentence("Each group is shown at the time at which it differs most.")]
    return (
        *said,
        *not_flagged(compared, rest="the others", named=_namer(compared), what=_so_far(cause, time, clock=clock)),
    )


def groups_in_short(
    compared: Mapping[str, Sequence[Finding]],
    *,
    time: float | None = None,
    clock: str,
    cause: str = "",
    snapshot: bool = False,
    means: Mapping[str, Sequence[Finding]] | None = None,
) -> Sentence:
    """Say which group differs most in the share that is left, for the answer.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        As for `groups`.
    time : float, optional
        When shares are compared; each group at its own time without it.
    clock : {"months", "days"}
        Its unit.
    cause : str, default ""
        The cause that the shares left for; empty for shares still there.
    snapshot : bool, default False
        As for `groups`.
    means : mapping of str to sequence of Finding, optional
        Differences of mean time within view, of the same groups.

    Returns
    -------
    Sentence
        The group furthest from all others with its interval, and the other groupings in which one stands out.
    """
    out = {subject: found for subject, each in compared.items() if (found := _flagged(each))}
    if not out:
        return in_short(compared, rest="the others", named=_namer(compared), what=_so_far(cause, time, clock=clock))
    known = [(name, each) for name, found in out.items() for each in of_known_groups(found)]
    if not known:
        return only_missing(list(out), shown="No group is shown to differ from the others")
    subject, most = max(known, key=lambda pair: abs(pair[1].value))
    also = list(dict.fromkeys(name for name, _ in known if name != subject))
    begin: list[Part] = ["In the snapshot the share retained is "]
    if not snapshot:
        begin = ["After ", span(most.scope["duration"] if time is None else time, clock=clock)]
        begin += [", when it differs most," if time is None else "", " the share ", *_of_whom(cause), " is "]
    return Sentence(
        *(part for part in begin if part != ""),
        Quote(most, "magnitude"),
        f" {'higher' if most.value > 0 else 'lower'} of ",
        *_of(subject, most),
        " than of all others (between ",
        Quote(most, "interval"),
        ")",
        *_on_average(most, (means or {}).get(subject, ())),
        *(("; groups by ", Name(numbers.listed(also)), " differ too") if also else ()),
        ".",
    )


def _of_whom(cause: str) -> list[Part]:
    return ["that has left for “", Name(cause), "”"] if cause else ["still there"]


def _so_far(cause: str, time: float | None, *, clock: str) -> list[Part]:
    """In what groups were compared: at a single time nothing is said of others."""
    when: list[Part] = [" after ", span(time, clock=clock)] if time is not None else []
    return [" in the share that left for “", Name(cause), "”", *when] if cause else []


def _on_average(group: Finding, means: Sequence[Finding]) -> list[Part]:
    """How much longer or shorter the group stays on average, over the time that all groups are followed."""
    key = {name: value for name, value in group.scope.items() if name != "duration"}
    found = next((each for each in means if dict(each.scope) == key and math.isfinite(each.ci_low)), None)
    if found is None:
        return []
    longer = "longer" if found.value > 0 else "shorter"
    words = f" {longer} on average over the time that all groups are followed (between "
    return ["; it stays ", Quote(found, "magnitude"), words, Quote(found, "interval"), ")"]


def _flagged(found: Sequence[Finding]) -> list[Finding]:
    return sorted(with_outcome(found, "large"), key=lambda each: each.value)


def _grouping(subject: str, found: list[Finding], *, after: list[Part], there: list[Part], clock: str) -> Sentence:
    """Name the lowest and the highest group; without words on the time each with its own."""
    ends = found if len(found) <= _MOST_GROUPS else [found[0], found[-1]]
    parts: list[Part] = []
    told = ""
    for each in ends:
        name = _of(subject, each)
        direction = "higher" if each.value > 0 else "lower"
        others = "" if parts else " than that of all others"
        then = "" if after else each.scope["duration"]
        when: list[Part] = ["after " if parts else "After ", span(then, clock=clock), ", "] if then != told else []
        told = then
        own: list[Part] = after or [*when, "the share of "]
        parts += ["; ", *when, "that of ", *name, " is "] if parts else [*own, *name, *there]
        # the sign stands in the interval and its word before it: the reader is told what the interval is of
        parts += [Quote(each, "magnitude"), f" {direction}{others} (difference between ", Quote(each, "interval"), ")"]
    more: tuple[Part, ...] = ("; further groups by ", Name(subject), " differ too") if len(found) > len(ends) else ()
    return Sentence(*parts, *more, ".")


def _namer(compared: Mapping[str, Sequence[Finding]]) -> Named:
    """How a group is named: with the grouping that it is one of."""
    subjects = {id(each): subject for subject, found in compared.items() for each in found}
    return lambda found: _of(subjects[id(found)], found)


def _of(subject: str, found: Finding) -> tuple[Part, ...]:
    """A group with what it is one of: “yes” or “unknown” alone says nothing."""
    return (
        "“",
        Name(", ".join(value for key, value in found.scope.items() if key != "duration")),
        "” (",
        Name(subject),
        ")",
    )


def no_groups() -> Sentence:
    """Say that no groups were compared.

    Returns
    -------
    Sentence
        For a run without segment columns.
    """
    return Sentence("No groups were compared: neither this run nor the lab names a column to compare customers by.")


def certainty(share: Finding) -> tuple[Sentence, ...]:
    """Say what the interval of a share means.

    Parameters
    ----------
    share : Finding
        A share still there, with its interval.

    Returns
    -------
    tuple of Sentence
        In plain words, for the fold below the answer.
    """
    if share.suppressed:
        return (Sentence("With so few customers no interval may be shown."),)
    if not math.isfinite(share.ci_low):
        return (Sentence("Where nobody has left yet, or nobody is followed any more, a share has no interval."),)
    return (
        Sentence(
            "The interval, between ",
            Quote(share, "interval"),
            ", is computed so that in ",
            Quote(share, "level"),
            " of companies like this one it holds the share that customers of this kind would have left in the long"
            " run.",
        ),
        Sentence(
            "It covers chance. It does not cover customers who drop from sight because they are about to leave, nor a"
            " change of the market after the last day."
        ),
    )
