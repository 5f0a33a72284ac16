"""Sentences on what goes with leaving: associations, never effects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import hazard_tables, numbers
from cemlab.show.text.outcomes import is_missing, none_significant, of_known_groups, only_missing, with_outcome

_MOST = 3
LEAST_CHANGE = math.log(1.5)
"""Change of a log hazard ratio over the whole time that is worth telling: half as much again."""


def associations(ratios: Sequence[Finding], *, references: Mapping[str, str], cause: str = "") -> Sentence:
    """Say what goes with leaving, the strongest first.

    Parameters
    ----------
    ratios : sequence of Finding
        Hazard ratios with ``term`` and ``level`` in the scope, adjusted in the run's family.
    references : mapping of str to str
        Term → its reference level; empty for a number.
    cause : str, default ""
        Of leaving for this cause alone; empty for all.

    Returns
    -------
    Sentence
        Significant ratios with their intervals, or that none is, as far as they were tested.
    """
    flagged = sorted(with_outcome(ratios, "large"), key=lambda each: -abs(math.log(each.value)))
    if not flagged:
        return _none(ratios, cause=cause)
    parts: list[Part] = []
    for each in flagged[:_MOST]:
        parts += ["; " if parts else "", *_rate(each, references, cause=cause)]
    more = "; further ones are in the figure" if len(flagged) > _MOST else ""
    return Sentence(
        *(part for part in parts if part != ""),
        f"{more}. This is association: it does not say what would change anything.",
    )


def _none(ratios: Sequence[Finding], *, cause: str) -> Sentence:
    verb = "is significantly associated with churn"
    return none_significant(ratios, subject="covariate in the model", verb=verb, named=_called, what=_so(cause))


def _called(each: Finding) -> tuple[Part, ...]:
    term, level = each.scope["term"], each.scope["level"]
    return ("“", Name(level), "” (", Name(_within(term)), ")") if level else (Name(hazard_tables.named(term)),)


def _so(cause: str) -> tuple[Part, ...]:
    return (" for “", Name(cause), "”") if cause else ()


def _rate(each: Finding, references: Mapping[str, str], *, cause: str = "") -> tuple[Part, ...]:
    term = each.scope["term"]
    against: Part = Name(references[term]) if references.get(term) else "one unit less"
    row = _called(each)
    quoted: tuple[Part, ...] = ("“", against, "”") if references.get(term) else (against,)
    return (
        *row,
        " goes with a rate of leaving",
        *_so(cause),
        " ",
        each,
        " times that of ",
        *quoted,
        " (between ",
        Quote(each, "interval"),
        ")",
    )


def _within(term: str) -> str:
    """A term as it stands within a sentence; abbreviations stay as they are."""
    name = hazard_tables.named(term)
    return name if name[1:2].isupper() else f"{name[:1].lower()}{name[1:]}"


def strongest(
    ratios: Sequence[Finding],
    *,
    references: Mapping[str, str],
    cause: str = "",
    tests: Sequence[Finding] = (),
    changes: Mapping[str, float] | None = None,
) -> Sentence:
    """Say in a few words what goes most with leaving, for the answer.

    Parameters
    ----------
    ratios : sequence of Finding
        Hazard ratios with ``term`` and ``level`` in the scope, adjusted.
    references : mapping of str to str
        Term → its reference level.
    cause : str, default ""
        Of leaving for this cause alone; empty for all.
    tests : sequence of Finding, default ()
        As for `over_time`.
    changes : mapping of str to float, optional
        As for `over_time`.

    Returns
    -------
    Sentence
        One ratio with its interval, or that none is significant; and whose ratio is not the same over the whole
        time, so that an average says little.
    """
    flagged, moving = with_outcome(ratios, "large"), _moving(tests, changes or {})
    named: list[Part] = [Name(numbers.listed(_within(term) for term in moving))]
    if not flagged and moving:
        what: list[Part] = ["How ", *named, " goes with the rate of leaving", *_so(cause), " changes over time"]
        return Sentence(*what, ": no ratio is significant as an average over the whole time.")
    if not flagged:
        return _none(ratios, cause=cause)
    terms = list(dict.fromkeys(_within(each.scope["term"]) for each in flagged))
    flagged = [each for each in of_known_groups(flagged) if not is_missing(references.get(each.scope["term"], ""))]
    if not flagged:
        return only_missing(terms, shown="No covariate in the model is shown to go with churn")
    most = max(flagged, key=lambda each: abs(math.log(each.value)))
    more: list[Part] = ["; the ratio of ", *named, " changes over time and is an average"] if moving else []
    return Sentence(*_rate(most, references, cause=cause), *more, ".")


def both(rates: Sequence[Finding], shares: Sequence[Finding], *, cause: str, references: Mapping[str, str]) -> Sentence:
    """Say how a ratio of the rate of a cause and one for the share that it takes compare.

    Parameters
    ----------
    rates : sequence of Finding
        Hazard ratios of the cause, with ``term`` and ``level`` in the scope.
    shares : sequence of Finding
        Subdistribution hazard ratios of the same covariates.
    cause : str
        The cause.
    references : mapping of str to str
        Term → its reference level.

    Returns
    -------
    Sentence
        The pair that lies furthest apart, or that all agree: no second ratio outside the interval of the first.
    """
    known = {(each.scope["term"], each.scope["level"]): each for each in shares if math.isfinite(each.value)}
    pairs = [
        (each, known[key])
        for each in rates
        if math.isfinite(each.value) and (key := (each.scope["term"], each.scope["level"])) in known
    ]
    if not pairs:
        return Sentence("No ratio of “", Name(cause), "” may be shown.")
    rate, share = max(pairs, key=lambda pair: abs(math.log(pair[0].value / pair[1].value)))
    if all(one.ci_low <= other.value <= one.ci_high for one, other in pairs):
        return Sentence(
            "The ratios for the share that “",
            Name(cause),
            "” takes in the end agree with those of its rate: none lies outside their intervals.",
        )
    return Sentence(
        *_rate(rate, references, cause=cause),
        "; for the share that this takes in the end the ratio is ",
        share,
        " (between ",
        Quote(share, "interval"),
        "). Of all such pairs these two lie furthest apart.",
    )


def over_time(tests: Sequence[Finding], *, changes: Mapping[str, float]) -> Sentence:
    """Say which effects change as the relationship grows older.

    Parameters
    ----------
    tests : sequence of Finding
        One per term (``term`` in the scope; ``(all)`` apart), with p-values, and q-values over the terms.
    changes : mapping of str to float
        Term → by how much its log hazard ratio moves from the first leaving to the last.

    Returns
    -------
    Sentence
        Names those that move by more than chance explains and by `LEAST_CHANGE`; in a large sample every ratio
        moves a little.
    """
    names = numbers.listed(hazard_tables.named(term) for term in _moving(tests, changes))
    if not names:
        return Sentence("No ratio changes over time by more than chance explains and by so much that it would matter.")
    return Sentence(
        "The ratio of ",
        Name(names),
        " is not the same over the whole time: read it as an average, and see its course below.",
    )


def _moving(tests: Sequence[Finding], changes: Mapping[str, float]) -> list[str]:
    """Terms whose ratio changes over time significantly, and by so much that it matters."""
    judged = {
        each.scope["term"]: each.q_value if math.isfinite(each.q_value) else each.p_value
        for each in tests
        if each.scope["term"] != "(all)"
    }
    limit = 1 - _level(tests[0]) if tests else 0.0
    return [term for term, p in judged.items() if p < limit and abs(changes.get(term, 0.0)) >= LEAST_CHANGE]


def _level(finding: Finding) -> float:
    return finding.level if math.isfinite(finding.level) else 0.95


def ways(
    asked: Mapping[str, Sequence[Finding]], *, term: str, traps: Sequence[str], reference: str, cause: str = ""
) -> Sentence | None:
    """Say what the same question gives in several ways, and which one is wrong.

    Parameters
    ----------
    asked : mapping of str to sequence of Finding
        Way to ask, in words → hazard ratios with ``term`` and ``level`` in the scope.
    term : str
        The covariate to speak of.
    traps : sequence of str
        Those of `asked` that are wrong.
    reference : str
        Reference level of the covariate.
    cause : str, default ""
        Of leaving for this cause alone; empty for all.

    Returns
    -------
    Sentence or None
        Every ratio that there is of the telling level; None where no sound way tells of it.
    """
    told = {way: _telling(found, term) for way, found in asked.items()}
    sound = [(way, each) for way, each in told.items() if each and way not in traps]
    wrong = [each for way, each in told.items() if each and way in traps]
    if not sound:
        return None
    row = {"term": term, "level": sound[0][1].scope["level"], "reference": reference}
    parts: list[Part] = ["“", Name(hazard_tables.against(row)), "” goes with a rate of leaving", *_so(cause), " "]
    for place, (way, each) in enumerate(sound):
        times = " times, " if place else " times as high, "
        parts += [" and " if place else "", each, times, Name(way), " (between ", Quote(each, "interval"), ")"]
    parts += (
        ["; taken by whether it ever happened, which is a trap, it would seem ", wrong[0], " times"] if wrong else []
    )
    return Sentence(*(part for part in parts if part != ""), ".")


def _telling(found: Sequence[Finding], term: str) -> Finding | None:
    ours = [each for each in found if each.scope["term"] == term and not each.suppressed]
    return next((each for each in ours if each.scope["level"] in ("detractor", "yes")), ours[-1] if ours else None)


def no_model(asked: Sequence[str], *, ended: float) -> str:
    """Say why there is no model of what customers leave by.

    Parameters
    ----------
    asked : sequence of str
        Covariates that the reader named.
    ended : float
        Spells that were seen to end.

    Returns
    -------
    str
        For a question that is left out.
    """
    if not ended:
        return "Nobody was seen to leave."
    named = "The reason for each that was named stands below." if asked else "Name some in `covariates`."
    return f"No covariate remains. {named}"


def left_out(names: Sequence[str], *, why: str) -> Sentence:
    """Say which covariates the model does not hold.

    Parameters
    ----------
    names : sequence of str
        Columns.
    why : str
        In words without digits.

    Returns
    -------
    Sentence
        Names them.
    """
    return Sentence(
        Name(numbers.listed(hazard_tables.named(name) for name in names)), f" was kept out of the model: {why}."
    )
