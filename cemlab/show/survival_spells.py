"""What an answer on staying and leaving rests on: how many relationships, of whom, and how they ended."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cemlab.core.results import Estimates, Finding, Name, Part, Quote, Sentence
from cemlab.show.survival_axes import start_of
from cemlab.show.survival_text import span


def spells_behind(
    used: Finding,
    events: Finding,
    *,
    unfinished: Finding | None = None,
    early: Finding | None = None,
    start: float = 0.0,
    clock: str = "months",
) -> tuple[Sentence, ...]:
    """Say how many relationships count, and how many of them ended.

    Parameters
    ----------
    used, events : Finding
        Counts.
    unfinished : Finding, optional
        Those of `events` that ended in the unfinished month.
    early : Finding, optional
        Further ends, of relationships that are left out for it: in their first month, which was not over.
    start : float, default 0
        Time from which curves speak; above 0 with late entry.
    clock : {"months", "days"}
        Unit of `start`.

    Returns
    -------
    tuple of Sentence
        Names both counts, ends that the clock cannot place, and what a later start means.
    """
    seen: list[Part] = [", of which ", events, " churned"]
    if events.value in (0, used.value):
        seen = [", none of which churned"] if not events.value else [", all of which churned"]
    last = unfinished is not None and unfinished.value > 0
    seen += [", of which ", unfinished, " in the unfinished month"] if unfinished is not None and last else []
    said = [Sentence("The answer rests on ", used, " relationships", *seen, ".")]
    if last:
        said.append(Sentence("Curves follow those who churned in the unfinished month to their last complete month."))
    if early is not None and early.value:
        said.append(Sentence("Another ", early, " churned in a first month that was not complete, and are left out."))
    if start > 0:
        said.append(
            Sentence(
                "Curves start at ",
                span(start, clock=clock),
                " and speak of those still there then; the parameter “given” sets another start.",
            )
        )
    return tuple(said)


def left_for(shares: Sequence[Finding], *, cause: str, start: float = 0.0, clock: str) -> Sentence:
    """Say what share has left for one cause after each of several times.

    Parameters
    ----------
    shares : sequence of Finding
        Cumulative incidences, with ``cause`` and ``duration`` in the scope; of other causes too.
    cause : str
        The one to speak of.
    start : float, default 0
        Time from which curves speak.
    clock : {"months", "days"}
        Unit of the times.

    Returns
    -------
    Sentence
        The last two times that are followed.
    """
    known = [each for each in shares if each.scope["cause"] == cause and math.isfinite(each.value)][-2:]
    if not known:
        return Sentence(
            "How many left for “", Name(cause), "” cannot be told: follow-up ends before the first of these times."
        )
    parts: list[Part] = (
        ["Of those still there after ", span(start, clock=clock), ", "] if start > 0 else ["Of those who begin, "]
    )
    lead: list[Part] = ["have left for “", Name(cause), "” "]
    for place, share in enumerate(known):
        parts += [" and "] if place else []
        parts += [
            share,
            " ",
            *lead[: 0 if place else None],
            "after ",
            span(share.scope["duration"], clock=clock),
        ]
        parts += [" (between ", Quote(share, "interval"), ")"] if math.isfinite(share.ci_low) else []
    return Sentence(*parts, ".")


def several_spells(clusters: Finding | None, largest: Finding | None = None, *, unit: str) -> list[Sentence]:
    """Say that one customer or account has several relationships, and what is made of it.

    Parameters
    ----------
    clusters : Finding or None
        How many customers or accounts have the relationships; None where nobody has two.
    largest : Finding, optional
        Share of the relationships that the largest has, where it is large.
    unit : {"customer", "account"}
        What the relationships cluster by.

    Returns
    -------
    list of Sentence
        One, or none.
    """
    if clusters is None:
        return []
    parts: list[Part] = [
        "All relationships of the lab belong to ",
        clusters,
        Name(f" {unit}s"),
        "; intervals and tests take those of one ",
        Name(unit),
        " as related",
    ]
    parts += ["; the largest has ", largest, " of them"] if largest else []
    return [Sentence(*parts, ".")]


def times_told(asked: Sequence[float], curve: Estimates) -> list[float]:
    """Return the times after which shares are told: as asked, or as long after the curve's start where it starts later.

    Parameters
    ----------
    asked : sequence of float
        In the unit of the durations.
    curve : Estimates
        From ``stats.survival.kaplan_meier``, without groups.

    Returns
    -------
    list of float
        The times asked for where one of them lies within the curve or it starts at 0.
    """
    start = start_of(curve)
    end = float(curve.parts["groups"]["end"].max())
    within = any(start < time <= end for time in asked)
    return list(asked) if within or not start else [start + time for time in asked]
