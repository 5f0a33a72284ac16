"""Which model foretold later time better, by how much, and how sure that is: paired differences on the same customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.accuracy import briers
from cemlab.stats.prediction.discrimination import aucs, concordances
from cemlab.stats.prediction.jackknife import METHOD, Replicated, notes_of, replicated
from cemlab.stats.prediction.outcomes import Outcomes, Statistic, outcomes_of
from cemlab.stats.prediction.tabled import Risks, sorted_risks, within_reach

SKILLS = ("auc", "ipa", "integrated_ipa", "concordance")


def compare(
    judged: pd.DataFrame,
    *,
    risks_by_model: Mapping[str, Risks],
    versus: str = "",
    skills: Sequence[str] = SKILLS,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how much better each model did than another, on the same customers.

    The difference is taken anew without each group of customers, so what both models share cancels out. Up is
    better for every skill.

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the predictions of all models,
        and ``replicate`` for intervals. A spell without the prediction of some model is left out for all, and
        counted.
    risks_by_model : mapping of str to mapping of float to str
        For each model, the column of its prediction for each horizon; all models have the same horizons.
    versus : str, default ""
        The model that the others are compared with; the first when empty.
    skills : sequence of {"auc", "ipa", "integrated_ipa", "concordance"}, default all
        What is compared; ``concordance`` up to each horizon, ``integrated_ipa`` where there are two horizons or more.
    cause : str or float, default ""
        The cause that is judged, others being known not to have left for it; empty for every ending.
    by : sequence of str, default ()
        Each combination is judged by itself.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published group, and smallest number at risk at a horizon.

    Returns
    -------
    Estimates
        Measure ``skill_difference`` as a share; one row per group, ``model``, ``skill`` and ``horizon`` (the
        last for ``integrated_ipa``): ``versus``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``p_value``, ``value`` and ``value_versus`` (the skills of both), ``n`` spells. `multiplicity.adjust`
        takes it. Part ``skills``: one row per group, model, skill and horizon, with the skill as ``estimate``.

    Raises
    ------
    ParameterError
        When there are fewer than two models, their horizons differ, or a skill is unknown.
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When at no horizon somebody left and enough are followed.

    References
    ----------
    Kott, P. S. (2001). The delete-a-group jackknife. Journal of Official Statistics, 17(4), 521–526.

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": [10, 10, 80], "events": [10, 0, 0], "one": 0.1, "two": [0.5, 0.5, 0.1]})
    >>> found = compare(cells, risks_by_model={"plain": {2: "one"}, "rich": {2: "two"}}, skills=["auc"])
    >>> found.table[["model", "versus", "estimate"]].round(4).values.tolist()
    [['rich', 'plain', 0.4444]]
    """
    models = {name: sorted_risks(risks) for name, risks in risks_by_model.items()}
    versus = versus or next(iter(models), "")
    _check(models, versus=versus, skills=skills)
    horizons = list(models[versus])
    columns = [column for risks in models.values() for column in risks.values()]
    whole = outcomes_of(judged, columns=columns, cause=cause, by=by, min_n=min_n)
    notes, laid, own = within_reach(whole, horizons), [], []
    places = _places(horizons, skills)
    for group in whole.groups:
        keys = pd.DataFrame([whole.keys(group)] * len(places), index=places.index)
        values = {name: replicated(group, _skills(group, risks, skills=skills)) for name, risks in models.items()}
        for name, mine in values.items():
            skill = keys.assign(model=name).join(places).join(mine.limits(level=level, high=1)).assign(n=group.n.sum())
            own.append(skill)
            if name != versus:
                laid.append(_difference(skill, mine, values[versus], versus=versus, level=level))
    table = pd.concat(laid, ignore_index=True)
    return Estimates.build(
        table,
        by=[*by, "model", "skill", "horizon"],
        cells=by,
        measure="skill_difference",
        unit="share",
        level=level,
        min_n=min_n,
        better="up",
        method=f"paired differences, {METHOD}",
        parts={"skills": pd.concat(own, ignore_index=True)},
        notes=(*whole.notes, *notes, *notes_of(table, whole.groups)),
    )


def _check(models: Mapping[str, Risks], *, versus: str, skills: Sequence[str]) -> None:
    if len(models) < 2 or versus not in models:
        raise ParameterError(f"Two models or more are compared, one of them `versus`: {len(models)} were given.")
    if len({tuple(risks) for risks in models.values()}) > 1:
        raise ParameterError(f"All models must have the same horizons: those of {len(models)} models differ.")
    unknown = [skill for skill in skills if skill not in SKILLS]
    if unknown or not skills:
        raise ParameterError(f"Skills must be among {', '.join(SKILLS)}: {', '.join(unknown) or 'none'} given.")


def _places(horizons: Sequence[float], skills: Sequence[str]) -> pd.DataFrame:
    """Skill and horizon of each number, in the order in which `_skills` gives them."""
    rows = [
        (skill, horizon)
        for skill in SKILLS
        if skill in skills
        for horizon in (horizons if skill != "integrated_ipa" else horizons[-1:] if len(horizons) > 1 else [])
    ]
    return pd.DataFrame(rows, columns=["skill", "horizon"])


def _skills(judged: Outcomes, risks: Risks, *, skills: Sequence[str]) -> Statistic:
    size = len(risks)
    ranked = aucs(judged, risks) if "auc" in skills else None
    near = briers(judged, risks) if {"ipa", "integrated_ipa"} & set(skills) else None
    paired = concordances(judged, risks) if "concordance" in skills else None

    def _all(n: Floats) -> Floats:
        parts = [ranked(n)] if ranked else []
        if near:
            found = near(n)
            parts += [found[2 * size : 3 * size]] if "ipa" in skills else []
            parts += [found[-1:]] if "integrated_ipa" in skills and size > 1 else []
        return np.vstack([*parts, *([paired(n)] if paired else [])])

    return _all


def _difference(
    skill: pd.DataFrame, mine: Replicated, theirs: Replicated, *, versus: str, level: float
) -> pd.DataFrame:
    gap = Replicated(mine.value - theirs.value, mine.without - theirs.without)
    errors = gap.errors
    return skill.assign(
        versus=versus,
        **gap.limits(level=level),
        value=mine.value,
        value_versus=theirs.value,
        # Two models that never differ have no error, and no evidence of a difference.
        p_value=np.where(errors.std_error == 0, 1.0, errors.p_values(gap.value)),
    )
