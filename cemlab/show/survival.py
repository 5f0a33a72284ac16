"""Which numbers the sentences, charts and checks on how long customers stay are about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.results import Estimates, Finding, Name
from cemlab.show import compare, curves, say
from cemlab.show import table as tables
from cemlab.show.check import Checked, check
from cemlab.show.say import Label, Message, Slot, Span

MOST_CAUSES = 4
"""Of more causes than these the rarer are drawn as one."""
LEAST_CHANGE = math.log(1.5)
"""Change of a log hazard ratio over the whole time that is worth telling: half as much again."""
MOST_ERROR, MOST_RATIO = 1.5, math.log(1000)
"""A log ratio with a larger standard error, or beyond this, tells nothing."""
_MOST_SHIFT = 0.5
"""Of the width of an interval: what moves a number by more is worth watching."""
_TELLING = ("detractor", "yes")
_NOTHING = Name("")

CAUSE_COLUMNS = (
    tables.text("cause"),
    tables.ratio("duration", label="after", digits=0),
    tables.value(label="left-for"),
    tables.interval(),
    tables.value("overstated", label="overstated"),
)
"""Of shares that each cause took, beside what the other causes taken as lost from sight would claim."""
RATIO_COLUMNS = (
    tables.term(),
    tables.text("level"),
    tables.value(label="hazard-ratio"),
    tables.interval(),
)
"""Of hazard ratios."""
DIFFERENCE_COLUMNS = (
    tables.term("grouping"),
    tables.text("group"),
    tables.value(label="from-others"),
    tables.interval(),
    tables.ratio("duration", label="after", digits=0),
    tables.value("mde"),
    tables.outcome(),
    tables.count(label="spells"),
)
"""Of the greatest differences of groups from all others."""
TEST_COLUMNS = (
    tables.term("grouping"),
    tables.ratio("estimate", label="chi-squared"),
    tables.ratio("df", label="df", digits=0),
    tables.p_value(),
)
"""Of tests of whole curves."""


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
        The times asked for where one of them lies within the curve, or it starts at 0.
    """
    start, end = curves.start_of(curve), float(curve.parts["groups"]["end"].max())
    return list(asked) if not start or any(start < time <= end for time in asked) else [start + time for time in asked]


def stayed(shares: Sequence[Finding], *, start: float, clock: str, brief: bool = False) -> Message:
    """Say what share is left after each of several times.

    Parameters
    ----------
    shares : sequence of Finding
        One per time, with ``duration`` in its scope; NaN where follow-up has ended.
    start : float
        Time from which the curve speaks; above 0 with late entry.
    clock : {"months", "days"}
        Unit of the times.
    brief : bool, default False
        True for the answer of a page: the last two times only.

    Returns
    -------
    Message
        Of the times within follow-up, or that there is none.
    """
    known = [share for share in shares if math.isfinite(share.value)]
    state = "shown" if known else "ended"
    if shares and all(share.suppressed for share in shares):
        state = "withheld"
    elif not known and shares and all(_time(share) <= start for share in shares):
        state = "early"
    named = [say.message("survival-share-one", one=each, at=Span(_time(each), clock)) for each in known]
    unknown = [_time(share) for share in shares if not math.isfinite(share.value)]
    beyond = [Span(time, clock) for time in unknown if time >= start]
    begin: dict[str, Slot] = {"late": bool(start > 0), "start": Span(start, clock), "beyond": beyond}
    return say.message("survival-stayed", state=state, named=named[-2:] if brief else named, **begin)


def left_for(shares: Sequence[Finding], *, cause: str, start: float, clock: str) -> Message:
    """Say what share has left for one cause.

    Parameters
    ----------
    shares : sequence of Finding
        Cumulative incidences, with ``cause`` and ``duration`` in the scope; of other causes too.
    cause : str
        The one to speak of.
    start : float
        Time from which curves speak.
    clock : {"months", "days"}
        Unit of the times.

    Returns
    -------
    Message
        Of the last two times that are followed.
    """
    known = [each for each in shares if each.scope["cause"] == cause and math.isfinite(each.value)][-2:]
    named = [say.message("survival-share-one", one=each, at=Span(_time(each), clock)) for each in known]
    begin: dict[str, Slot] = {"late": bool(start > 0), "start": Span(start, clock)}
    return say.message("survival-left-for", named=named, cause=Name(cause), **begin)


def half_left(found: Finding, *, clock: str) -> Message:
    """Say when half of those who begin have left.

    Parameters
    ----------
    found : Finding
        The median time; NaN where it is not reached.
    clock : {"months", "days"}
        Its unit.

    Returns
    -------
    Message
        With its limits; an open one is named as such.
    """
    if found.suppressed or not math.isfinite(found.value):
        state = "withheld" if found.suppressed else "unreached"
    elif found.ci_low == found.value == found.ci_high:
        state = "exact"
    else:
        state = "shown" if math.isfinite(found.ci_high) else "open"
    ends = {"at": Span(found.value, clock), "least": Span(found.ci_low, clock)}
    return say.message("survival-median", state=state, half=found, **ends)


def by_cause(shares: Sequence[Finding], *, clock: str, brief: bool = False) -> Message:
    """Say for which causes customers have left by a time, the most frequent first.

    Parameters
    ----------
    shares : sequence of Finding
        One per cause at one time, with ``cause`` and ``duration`` in the scope.
    clock : {"months", "days"}
        Unit of the time.
    brief : bool, default False
        True for the answer of a page: without intervals.

    Returns
    -------
    Message
        At most three causes.
    """
    known = sorted((share for share in shares if math.isfinite(share.value)), key=lambda share: -share.value)
    at = Span(_time(known[0]), clock) if known else _NOTHING
    one = "survival-cause-brief" if brief else "survival-cause-one"
    named = [say.message(one, one=each, cause=Name(each.scope["cause"])) for each in known[:3]]
    return say.message("survival-causes", named=named, at=at, more=max(len(known) - 3, 0))


def overstated(shares: Sequence[Finding], claimed: Sequence[Finding], *, cause: str = "") -> Message:
    """Say what taking other causes as lost from sight would claim instead.

    Parameters
    ----------
    shares, claimed : sequence of Finding
        What each cause took by one time, and one minus Kaplan–Meier for it, in the same order.
    cause : str, default ""
        Of which cause to speak; empty for the most frequent.

    Returns
    -------
    Message
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
    return say.message("survival-overstated", share=share, claimed=naive, cause=Name(share.scope["cause"]))


def piled(shares: Estimates) -> Estimates:
    """Return what each cause took as it is drawn, the most frequent first, rare ones added up.

    Parameters
    ----------
    shares : Estimates
        From ``stats.survival.cumulative_incidence``, without groups.

    Returns
    -------
    Estimates
        By ``duration`` and ``cause``, from the start.
    """
    course = curves.from_its_start(shares, first=0.0)
    table = course.table.sort_values("duration")
    last = table.groupby("cause")["estimate"].last().sort_values(ascending=False, kind="stable")
    kept = list(last.index[:MOST_CAUSES])
    rare = table["cause"].map(lambda cause: cause if cause in kept else "…")
    summed = table.assign(cause=rare).groupby(["cause", "duration"], as_index=False)
    together = summed.agg(estimate=("estimate", "sum"), n=("n", "max"), suppressed=("suppressed", "any"))
    order = {cause: at for at, cause in enumerate([*kept, "…"])}
    together = together.sort_values(
        ["cause", "duration"], key=lambda each: each.map(order) if each.name == "cause" else each
    )
    return replace(course, _table=together.reset_index(drop=True))


def with_formulas(curve: Estimates, *, formulas: Mapping[str, Estimates]) -> Estimates:
    """Return a curve and what formulas say beyond its end, for one chart.

    Parameters
    ----------
    curve : Estimates
        From ``stats.survival.kaplan_meier``, without groups.
    formulas : mapping of str to Estimates
        Family → from ``stats.hazards.predicted_formula``, the chosen one first.

    Returns
    -------
    Estimates
        By ``duration`` and ``what``; formulas are dashed and begin where the curve ends, others have no band.
    """
    seen, end = curves.from_its_start(curve).table, float(curve.table["duration"].max())
    frames = [seen.assign(what="observed", dash="-")]
    for name, each in formulas.items():
        beyond = each.table.loc[each.table["duration"] >= end].assign(what=name.replace("_", " "), dash="--")
        if len(frames) > 1:
            beyond = beyond.assign(dash=":", ci_low=math.nan, ci_high=math.nan)
        frames.append(beyond)
    keep = ["duration", "what", "dash", "estimate", "ci_low", "ci_high", "n"]
    table = pd.concat(frames, ignore_index=True).reindex(columns=keep).assign(suppressed=False)
    return replace(curve, _table=table, by=("duration", "what"), parts={})


def formula_times(curve: Estimates, *, until: float) -> list[float]:
    """Return the times at which a formula is asked, from where the curve speaks to where it is asked for.

    Parameters
    ----------
    curve : Estimates
        From ``stats.survival.kaplan_meier``.
    until : float
        The last time, in the unit of the durations.

    Returns
    -------
    list of float
        Sixty, ascending, above the curve's start: a smooth line needs no more.
    """
    return [float(each) for each in np.linspace(curves.start_of(curve), until, 61)[1:]]


def groups(
    compared: Mapping[str, Sequence[Finding]],
    *,
    clock: str,
    time: float | None = None,
    cause: str = "",
    snapshot: bool = False,
    means: Mapping[str, Sequence[Finding]] | None = None,
    brief: bool = False,
) -> Message:
    """Say which groups differ from all others in the share still there, or gone for a cause.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        Grouping → one difference per group, adjusted in the run's family.
    clock : {"months", "days"}
        Unit of the times.
    time : float, optional
        When shares are compared; default each at the time in its scope.
    cause : str, default ""
        Of what has gone for this cause; empty for what is left.
    snapshot : bool, default False
        True where the shares are those retained in the window of a snapshot.
    means : mapping of str to sequence of Finding, optional
        Grouping → differences of mean time within view, of the same groups.
    brief : bool, default False
        True for the answer of a page.

    Returns
    -------
    Message
        By the strongest outcome.
    """
    kind = "snapshot" if snapshot else "gone" if cause else "there"

    def one(found: Finding) -> Message:
        at = Span(_time(found) if time is None and "duration" in found.scope else time or 0.0, clock)
        return say.message("survival-group-one", one=found, at=at, kind=kind, cause=Name(cause))

    every = [each for found in compared.values() for each in found]
    id = "survival-groups-brief" if brief else "survival-groups"
    large = say.ranked(every, "large")
    large = say.of_known_groups(large) or large
    first = one(large[0]) if large else _NOTHING
    mean = _mean_of(large[0], means or {}) if large else _NOTHING
    return compare.compared(id, every, one=one, kind=kind, cause=Name(cause), first=first, mean=mean)


def _mean_of(group: Finding, means: Mapping[str, Sequence[Finding]]) -> Finding | Name:
    """How much longer or shorter a group stays on average, where that is significant by its own interval."""
    key = {name: level for name, level in group.scope.items() if name != "duration"}
    same = (each for found in means.values() for each in found if dict(each.scope) == key)
    return next((each for each in same if each.ci_low > 0 or each.ci_high < 0), _NOTHING)


def telling(ratios: Estimates, *, way: str, terms: Sequence[str]) -> pd.DataFrame:
    """Return the row of each covariate that says most: a detractor, a thing that happened, else the last level.

    Parameters
    ----------
    ratios : Estimates
        Hazard ratios by ``term`` and ``level``.
    way : str
        How the question was asked.
    terms : sequence of str
        The covariates.

    Returns
    -------
    pandas.DataFrame
        At most one row per covariate, with ``way``.
    """
    rows = ratios.table.assign(way=way, told=lambda table: table["level"].isin(_TELLING))
    chosen = [rows.loc[rows["term"].eq(term)].sort_values("told", kind="stable").tail(1) for term in terms]
    return pd.concat(chosen) if chosen else rows.head(0)


def in_ways(asked: Mapping[str, Estimates], *, terms: Sequence[str]) -> Estimates:
    """Return the same question asked in several ways, one panel per covariate.

    Parameters
    ----------
    asked : mapping of str to Estimates
        Way → hazard ratios by ``term`` and ``level``.
    terms : sequence of str
        The covariates.

    Returns
    -------
    Estimates
        By ``term`` and ``way``.
    """
    rows = pd.concat([telling(each, way=way, terms=terms) for way, each in asked.items()], ignore_index=True)
    order = {term: at for at, term in enumerate(terms)}
    rows = rows.sort_values("term", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return replace(next(iter(asked.values())), _table=rows, by=("term", "way"), parts={})


def asked_twice(told: Mapping[str, Sequence[Finding]], *, term: str, reference: str) -> list[Message]:
    """Say what a covariate that changes over time goes with, and what the trap would claim.

    Parameters
    ----------
    told : mapping of str to sequence of Finding
        ``followed``, ``landmark`` and ``trap`` → hazard ratios with ``term`` and ``level`` in the scope.
    term : str
        The covariate.
    reference : str
        Its reference level.

    Returns
    -------
    list of Message
        One; none where no sound way tells of it.
    """
    found = {way: _telling_of(each, term) for way, each in told.items()}
    sound = next((each for way in ("followed", "landmark") if (each := found.get(way)) is not None), None)
    if sound is None:
        return []
    event = sound.scope["level"] == "yes"
    slots: dict[str, Any] = {"trap": found.get("trap") or _NOTHING, "level": Name(sound.scope["level"])}
    return [say.message("survival-way", ratio=sound, term=Label(term), event=event, reference=Name(reference), **slots)]


def _telling_of(found: Sequence[Finding], term: str) -> Finding | None:
    ours = [each for each in found if each.scope["term"] == term and not each.suppressed]
    return next((each for each in ours if each.scope["level"] in _TELLING), ours[-1] if ours else None)


def moving(tests: Sequence[Finding], changes: Mapping[str, float]) -> list[Label]:
    """Return the covariates whose ratio changes over time significantly, and by so much that it matters.

    Parameters
    ----------
    tests : sequence of Finding
        One per ``term``, with p- and q-values; ``(all)`` apart.
    changes : mapping of str to float
        Term → by how much its log hazard ratio moves from the first leaving to the last.

    Returns
    -------
    list of Label
        In a large sample every ratio moves a little: those that move by less than half as much again are not named.
    """
    limit = 1 - next((each.level for each in tests if math.isfinite(each.level)), 0.95)
    judged = {each.scope["term"]: each.q_value if math.isfinite(each.q_value) else each.p_value for each in tests}
    return [
        Label(term)
        for term, p in judged.items()
        if term != "(all)" and p < limit and abs(changes.get(term, 0)) >= LEAST_CHANGE
    ]


def in_slices(tests: Estimates, *, fit: Estimates) -> Estimates:
    """Return hazard ratios in slices of time, of the levels that a fit publishes.

    Parameters
    ----------
    tests : Estimates
        From ``stats.diagnostics.proportional_hazards``, with the part ``effect``.
    fit : Estimates
        The fit that was tested.

    Returns
    -------
    Estimates
        Ratios by ``term``, ``level`` and ``start``; NaN where a slice tells nothing.
    """
    told = fit.table.loc[~fit.table["suppressed"].astype(bool), ["term", "level"]]
    rows = tests.parts["effect"].merge(told, on=["term", "level"])
    sure = (rows["std_error"] <= MOST_ERROR) & (rows["estimate"].abs() <= MOST_RATIO)
    ratios = {name: np.exp(rows[name].where(sure)) for name in ("estimate", "ci_low", "ci_high")}
    rows = rows.assign(**ratios, suppressed=False, n=rows["events"])
    return replace(tests, _table=rows, by=("term", "level", "start"), unit="ratio", parts={})


def associated(
    ratios: Sequence[Finding],
    *,
    references: Mapping[str, str],
    cause: str = "",
    changing: Sequence[Label] = (),
    brief: bool = False,
) -> Message:
    """Say what goes most with leaving.

    Parameters
    ----------
    ratios : sequence of Finding
        Hazard ratios with ``term`` and ``level`` in the scope, adjusted in the run's family.
    references : mapping of str to str
        Term → its reference level; empty for a number.
    cause : str, default ""
        Of leaving for this cause alone; empty for all.
    changing : sequence of Label, default ()
        Covariates whose ratio changes over time.
    brief : bool, default False
        True for the answer of a page.

    Returns
    -------
    Message
        The strongest significant ratio, or that none is. Never of customers whose level is missing.
    """
    flagged = say.ranked(ratios, "large")
    known = say.of_known_groups(flagged)
    large = [each for each in known if not say.is_missing(references.get(each.scope["term"], ""))]
    most = max(large, key=lambda each: abs(math.log(each.value)), default=None)
    term = most.scope["term"] if most else ""
    if most:
        state = "large" if references.get(term) else "number"
    elif flagged:
        state = "missing"
    else:
        state = "quiet" if any(each.outcome == "not significant" for each in ratios) else "untested"
    untested = sum(each.outcome in ("not testable", "not estimable") for each in ratios)
    return say.message(
        "survival-associated-brief" if brief else "survival-associated",
        state=state,
        ratio=most or _NOTHING,
        term=Label(term) if term else _NOTHING,
        level=Name(most.scope["level"]) if most else _NOTHING,
        reference=Name(references.get(term, "")),
        cause=Name(cause),
        changing=list(changing),
        more=max(len(large) - 1, 0),
        untested=untested,
    )


def rate_and_share(rates: Sequence[Finding], shares: Sequence[Finding], *, cause: str) -> Message:
    """Say whether ratios of the rate of a cause and those for the share that it takes agree.

    Parameters
    ----------
    rates, shares : sequence of Finding
        Hazard ratios and subdistribution hazard ratios, with ``term`` and ``level`` in the scope.
    cause : str
        The cause.

    Returns
    -------
    Message
        Of the pair that lies furthest apart; they agree where no second ratio lies outside the interval of the first.
    """
    known = {(each.scope["term"], each.scope["level"]): each for each in shares if math.isfinite(each.value)}
    keyed = [((each.scope["term"], each.scope["level"]), each) for each in rates if math.isfinite(each.value)]
    pairs = [(each, known[key]) for key, each in keyed if key in known]
    if not pairs:
        return say.message(
            "survival-rate-share",
            state="withheld",
            cause=Name(cause),
            **dict.fromkeys(("rate", "share", "term", "level"), _NOTHING),
        )
    rate, share = max(pairs, key=lambda pair: abs(math.log(pair[0].value / pair[1].value)))
    agree = all(one.ci_low <= other.value <= one.ci_high for one, other in pairs)
    slots: dict[str, Slot] = {"term": Label(rate.scope["term"]), "level": Name(rate.scope["level"])}
    return say.message(
        "survival-rate-share", state="agree" if agree else "differ", cause=Name(cause), rate=rate, share=share, **slots
    )


def other_clock(share: Finding, other: Finding, *, clock: str, elsewhere: str) -> Checked:
    """Compare the share that is left by two clocks.

    Parameters
    ----------
    share, other : Finding
        The same share by either clock, with ``duration`` in the scope.
    clock, elsewhere : {"months", "days"}
        The clocks.

    Returns
    -------
    Checked
        Holds when they differ by no more than half the width of the interval.
    """
    spans: dict[str, Any] = {"at": Span(_time(share), clock), "then": Span(_time(other), elsewhere)}
    told = _told(share, other)
    return check(
        "check-clock",
        holds=not told and _moved(share, other) <= _MOST_SHIFT,
        told=told,
        share=share,
        other=other,
        **spans,
    )


def other_ties(ratios: Sequence[Finding], others: Sequence[Finding]) -> Checked:
    """Compare the ratio that moves most between two rules for ties.

    Parameters
    ----------
    ratios, others : sequence of Finding
        The same hazard ratios with Efron's and with Breslow's rule, in the same order.

    Returns
    -------
    Checked
        Holds when no ratio moves by more than half the width of its interval.
    """
    pairs = [pair for pair in zip(ratios, others, strict=True) if not pair[0].suppressed]
    if not pairs:
        return check("check-ties", holds=False, most=_NOTHING, other=_NOTHING, term=_NOTHING)
    most, other = max(pairs, key=lambda pair: _moved(*pair))
    holds = _moved(most, other) <= _MOST_SHIFT
    return check("check-ties", holds=holds, most=most, other=other, term=Label(most.scope["term"]))


def late_entry(share: Finding, ignored: Finding | None, *, late: Finding, clock: str) -> Checked:
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
    Checked
        Holds when nobody entered late, or little hangs on it.
    """
    if not late.value or ignored is None:
        return check("check-late-entry", holds=True, told="none", share=share, ignored=_NOTHING, late=late, at=_NOTHING)
    told, at = _told(share), Span(_time(share), clock)
    holds = not told and _moved(share, ignored) <= _MOST_SHIFT
    return check("check-late-entry", holds=holds, told=told, share=share, ignored=ignored, late=late, at=at)


def lost_from_sight(share: Finding, bounds: Finding, *, clock: str) -> Checked:
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
    Checked
        Holds when the bounds lie inside the interval.
    """
    told = _told(share, bounds) or ("none" if bounds.ci_high - bounds.ci_low < 1e-9 else "")
    inside = share.ci_low <= bounds.ci_low and bounds.ci_high <= share.ci_high
    at = Span(_time(share), clock)
    return check("check-lost", holds=told == "none" or (not told and inside), told=told, bounds=bounds, at=at)


def other_formulas(share: Finding, others: Sequence[Finding], *, clock: str) -> Checked:
    """Say what the other formulas would expect beyond follow-up.

    Parameters
    ----------
    share : Finding
        The share by the chosen formula, with ``duration`` in the scope.
    others : sequence of Finding
        The same by the others.
    clock : {"months", "days"}
        Unit of the time.

    Returns
    -------
    Checked
        Holds when all lie inside the interval, which does not cover the choice of formula.
    """
    inside = all(share.ci_low <= each.value <= share.ci_high for each in others)
    return check("check-formula", holds=inside, share=share, others=list(others), at=Span(_time(share), clock))


def _time(found: Finding) -> float:
    return float(found.scope["duration"])


def _told(*found: Finding) -> str:
    """Why shares cannot be compared; empty where they can."""
    if any(each.suppressed for each in found):
        return "withheld"
    return "" if all(math.isfinite(each.value) for each in found) else "unfollowed"


def _moved(one: Finding, other: Finding) -> float:
    """Return by how many widths of its interval a number moves."""
    moved = abs(one.value - other.value)
    # where nobody has left there is no interval, and nothing moves
    return moved / (one.ci_high - one.ci_low) if moved > 0 else moved
