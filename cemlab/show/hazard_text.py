"""Sentences on what goes with leaving: associations, never effects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import hazard_tables, numbers

_MOST = 3


def associations(ratios: Sequence[Finding], *, references: dict[str, str], most: int = _MOST) -> Sentence:
    """Say what goes with leaving, the strongest first.

    Parameters
    ----------
    ratios : sequence of Finding
        Hazard ratios with ``term`` and ``level`` in the scope, adjusted in the run's family.
    references : dict of str to str
        Term → its reference level; empty for a number.
    most : int, default 3
        Name at most so many.

    Returns
    -------
    Sentence
        Ratios that stand out with their intervals, or that none does.
    """
    flagged = sorted((each for each in ratios if each.flagged and not each.suppressed), key=lambda each: -abs(math.log(each.value)))  # fmt: skip
    if not flagged:
        return Sentence("None of what the model holds goes with leaving by more than chance explains.")
    parts: list[Part] = []
    for each in flagged[:most]:
        term, level = each.scope["term"], each.scope["level"]
        parts += ["; " if parts else "", Name(hazard_tables.row_name(term, level)), " goes with ", each,
                  " times the rate of leaving of ", *_against(references.get(term, "")), " (between ", Quote(each, "interval"), ")"]  # fmt: skip
    more = "; more stands out in the figure" if len(flagged) > most else ""
    return Sentence(
        *(part for part in parts if part != ""),
        f"{more}. This is association: it does not say what would change anything.",
    )


def _against(reference: str) -> tuple[Part, ...]:
    return (Name(reference),) if reference else ("one unit less",)


def strongest(ratios: Sequence[Finding], *, references: dict[str, str]) -> Sentence:
    """Say in a few words what goes most with leaving, for the answer.

    Parameters
    ----------
    ratios : sequence of Finding
        Hazard ratios with ``term`` and ``level`` in the scope, adjusted.
    references : dict of str to str
        Term → its reference level.

    Returns
    -------
    Sentence
        One ratio with its interval, or that none stands out.
    """
    flagged = [each for each in ratios if each.flagged and not each.suppressed]
    if not flagged:
        return Sentence("Nothing in the model goes with leaving by more than chance explains.")
    most = max(flagged, key=lambda each: abs(math.log(each.value)))
    name = hazard_tables.row_name(most.scope["term"], most.scope["level"])
    return Sentence(
        Name(name), " goes most with leaving: ", most, " times the rate of ", *_against(references.get(most.scope["term"], "")),
        " (between ", Quote(most, "interval"), ").",
    )  # fmt: skip


def over_time(tests: Sequence[Finding]) -> Sentence:
    """Say which effects change as the relationship grows older.

    Parameters
    ----------
    tests : sequence of Finding
        One per term (``term`` in the scope; ``(all)`` apart), with p-values.

    Returns
    -------
    Sentence
        Names them, or says that none does by more than chance explains.
    """
    moving = [each for each in tests if each.p_value < 1 - _level(each) and each.scope.get("term") != "(all)"]
    if not moving:
        return Sentence("No effect changes over time by more than chance explains.")
    names = numbers.listed(hazard_tables.named(each.scope["term"]) for each in moving)
    return Sentence(
        "The ratio of ",
        Name(names),
        " is not the same over the whole time: read it as an average, and see its course below.",
    )


def _level(finding: Finding) -> float:
    return finding.level if math.isfinite(finding.level) else 0.95


def ways(asked: Mapping[str, Sequence[Finding]], *, term: str, traps: Sequence[str], reference: str) -> Sentence | None:
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
    parts: list[Part] = [Name(hazard_tables.against(row)), " goes with "]
    for place, (way, each) in enumerate(sound):
        parts += [
            " and " if place else "",
            each,
            " times the rate of leaving " if not place else " ",
            Name(way),
            " (between ",
            Quote(each, "interval"),
            ")",
        ]
    parts += ["; the trap would claim ", wrong[0]] if wrong else []
    return Sentence(*(part for part in parts if part != ""), ".")


def _telling(found: Sequence[Finding], term: str) -> Finding | None:
    ours = [each for each in found if each.scope["term"] == term and not each.suppressed]
    return next((each for each in ours if each.scope["level"] in ("detractor", "yes")), ours[-1] if ours else None)


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
