"""Which model to keep: the simplest that later time does not tell from the best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.prediction.comparison import compare
from cemlab.stats.prediction.tabled import Risks

BEST, KEPT, WORSE, WITHIN = (
    "best, and kept",
    "kept: not worse than the best beyond noise",
    "worse than the best beyond noise",
    "within noise of the best, and less simple",
)
SIMPLER = "best, but a simpler one is not worse beyond noise"
NO_SKILL = "No model is shown to foretell better than giving everybody the same risk."
NO_NOISE = "Without replicate groups the noise is not known: the simplest model is kept."


def choose(
    judged: pd.DataFrame,
    *,
    risks_by_model: Mapping[str, Risks],
    skill: str = "",
    cause: Cause = "",
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return which model is kept: the simplest whose paired difference from the best could be chance.

    The best has the highest index of prediction accuracy over all horizons (with one horizon, at that). Each
    other model is compared with it on the same customers; the first in the order given whose upper limit
    reaches 0 is kept.

    Parameters
    ----------
    judged : pandas.DataFrame
        As for `compare`.
    risks_by_model : mapping of str to mapping of float to str
        The simplest model first.
    skill : {"", "ipa", "integrated_ipa", "auc", "concordance"}, default ""
        What counts; empty for the index of prediction accuracy, integrated where there are two horizons or
        more. Others count at the last horizon.
    cause, level, min_n : as in `compare`
        What is judged, how surely.

    Returns
    -------
    Estimates
        Measure ``skill_behind_best`` as a share; one row per ``model`` in the order given: ``estimate`` (its
        skill less that of the best), ``std_error``, ``ci_low``, ``ci_high``, ``p_value`` (missing for the
        best), ``value``, ``value_low``, ``value_high`` (its skill with interval), ``best``, ``kept``,
        ``verdict``, ``n``. Part ``gain``: each model less the simplest, as `compare`.

    Raises
    ------
    ParameterError
        When there are fewer than two models.
    InsufficientDataError
        When at no horizon somebody left and enough are followed.

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": [10, 10, 80], "events": [10, 0, 0], "one": 0.1, "two": [0.5, 0.5, 0.1]})
    >>> found = choose(cells, risks_by_model={"plain": {2: "one"}, "rich": {2: "two"}})
    >>> found.table[["model", "best", "kept"]].values.tolist()
    [['plain', False, True], ['rich', True, False]]
    """
    order = list(risks_by_model)
    if len(order) < 2:
        raise ParameterError(f"A choice needs two models or more: {len(order)} were given.")
    skill = skill or ("integrated_ipa" if max(len(risks) for risks in risks_by_model.values()) > 1 else "ipa")
    first = compare(
        judged, risks_by_model=risks_by_model, versus=order[0], skills=[skill], cause=cause, level=level, min_n=min_n
    )
    skills = _last(first.parts["skills"], order)
    best = str(skills["estimate"].fillna(-np.inf).idxmax())
    gaps = (
        first
        if best == order[0]
        else compare(
            judged, risks_by_model=risks_by_model, versus=best, skills=[skill], cause=cause, level=level, min_n=min_n
        )
    )
    table = _last(gaps.table, order).drop(columns=["value", "value_versus", "versus", "suppressed", "too_small"])
    table = table.assign(**{name: skills[name] for name in ("skill", "horizon", "n")})
    table["estimate"] = table["estimate"].where(table.index != best, 0.0)
    table = table.assign(value=skills["estimate"], value_low=skills["ci_low"], value_high=skills["ci_high"])
    unknown = bool(table["std_error"].drop(best).isna().any())
    within = table["ci_high"].ge(0) | (table["ci_high"].isna() & unknown) | (table.index == best)
    kept = str(within.idxmax())
    table = table.assign(best=table.index == best, kept=table.index == kept)
    table["verdict"] = [_verdict(name, best=best, kept=kept, within=bool(within[name])) for name in order]
    notes = [NO_NOISE] if unknown else []
    if not skills["ci_low"].gt(0.5 if skill in {"auc", "concordance"} else 0).any():
        notes.append(NO_SKILL)
    return Estimates.build(
        table.reset_index(),
        by=["model"],
        cells=[],
        measure="skill_behind_best",
        unit="share",
        level=level,
        min_n=min_n,
        better="up",
        method=f"simplest model within noise of the best, {skill.replace('_', ' ')}; {gaps.method}",
        notes=(*first.notes, *notes),
        parts={"gain": first.table},
    )


def _last(table: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """One row per model, at the last horizon."""
    return table.sort_values("horizon").drop_duplicates("model", keep="last").set_index("model").reindex(order)


def _verdict(name: str, *, best: str, kept: str, within: bool) -> str:
    if name == kept:
        return BEST if name == best else KEPT
    if name == best:
        return SIMPLER
    return WITHIN if within else WORSE
