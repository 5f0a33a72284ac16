"""Is any model better than chance: areas under the curve of all models, tested together on the same customers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.choice import WORSE
from cemlab.stats.prediction.discrimination import aucs
from cemlab.stats.prediction.jackknife import METHOD, notes_of, replicated
from cemlab.stats.prediction.outcomes import outcomes_of
from cemlab.stats.prediction.tabled import Risks, sorted_risks, within_reach

DRAWS = 20_000
"""Of the joint distribution: a p-value of 0.05 is known to 0.0015."""
CHANCE = 0.5


def any_skill(
    judged: pd.DataFrame,
    *,
    risks_by_model: Mapping[str, Risks],
    cause: Cause = "",
    seed: int = 1,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return for each model how well it ranks, and whether that is better than chance among so many models.

    t_m = (AUC_m − ½)/se_m at the last horizon, se_m by jackknife over groups of customers. All models are
    judged on the same customers, so that their t are correlated; the p-value of model m is P(max_k |T_k| ≥
    |t_m|), T multivariate t with the jackknife correlation and G − 1 degrees of freedom (single-step max-t; by
    simulation). A model that gives all one risk has p-value 1.

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the predictions of all models,
        and ``replicate``.
    risks_by_model : mapping of str to mapping of float to str
        For each model, the column of its prediction for each horizon.
    cause : str or float, default ""
        The cause that is judged; empty for every ending.
    seed : int, default 1
        Of the simulation.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number at risk at the horizon.

    Returns
    -------
    Estimates
        Measure ``auc`` as a share; one row per ``model``: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``
        (of each model by itself), ``p_value`` (over all models; missing without replicate groups), ``flagged``
        (above ½, p below 1 − level), ``n``.

    Raises
    ------
    ParameterError
        When there is no model.
    InsufficientDataError
        When at no horizon somebody left and enough are followed.

    References
    ----------
    Hothorn, T., Bretz, F., & Westfall, P. (2008). Simultaneous inference in general parametric models.
    Biometrical Journal, 50(3), 346–363. doi:10.1002/bimj.200810425

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2] * 20, "n": 10, "events": [10, 0] * 20, "one": 0.1, "two": [0.5, 0.4] * 20, "replicate": np.arange(40) // 2})
    >>> found = any_skill(cells, risks_by_model={"plain": {2: "one"}, "rich": {2: "two"}})
    >>> found.table[["model", "estimate", "p_value"]].values.tolist()
    [['plain', 0.5, 1.0], ['rich', 1.0, 0.0]]
    """
    if not risks_by_model:
        raise ParameterError("At least one model must be judged: none was given.")
    last = {name: dict([list(sorted_risks(risks).items())[-1]]) for name, risks in risks_by_model.items()}
    whole = outcomes_of(
        judged, columns=[column for risks in last.values() for column in risks.values()], cause=cause, min_n=min_n
    )
    notes = within_reach(whole, [next(iter(next(iter(last.values()))))])
    (group,) = whole.groups
    found = [replicated(group, aucs(group, risks)) for risks in last.values()]
    value = np.concatenate([each.value for each in found])
    without = np.vstack([each.without for each in found])
    table = pd.concat([each.limits(level=level, low=0, high=1) for each in found], ignore_index=True)
    p_value = _over_all(value - CHANCE, without, table["std_error"].to_numpy(float), seed=seed)
    table = table.assign(model=list(last), p_value=p_value, n=group.n.sum())
    table["flagged"] = (table["estimate"] > CHANCE) & (table["p_value"] < 1 - level)
    return Estimates.build(
        table,
        by=["model"],
        cells=[],
        measure="auc",
        unit="share",
        level=level,
        min_n=min_n,
        better="up",
        method=f"cumulative/dynamic AUC, max-t over models, {METHOD}",
        notes=(*whole.notes, *notes, *notes_of(table, whole.groups)),
    )


def used_model(choice: Estimates, skill: Estimates) -> str:
    """Return the model that is used: the one that was kept, or the simplest that ranks better than chance where there is no evidence of that for the kept one.

    Parameters
    ----------
    choice : Estimates
        From `choose`: the simplest model within noise of the best.
    skill : Estimates
        From `any_skill` of the same models in the same order.

    Returns
    -------
    str
        The kept model where its own interval lies above one half, or no other model that is within noise of the
        best is flagged.

    Examples
    --------
    >>> shared = {"by": ["model"], "measure": "auc", "unit": "share", "method": "", "level": 0.95, "min_n": 1}
    >>> rows = pd.DataFrame({"model": ["plain", "rich"], "estimate": [0.5, 0.6], "ci_low": [0.45, 0.53], "flagged": [False, True], "n": 9})
    >>> kept = rows.assign(kept=[True, False], verdict="within noise")
    >>> used_model(Estimates.build(kept, **shared), Estimates.build(rows, **shared))
    'rich'
    """
    chosen, ranked = choice.table.set_index("model"), skill.table.set_index("model")
    kept = str(chosen["kept"].astype(bool).idxmax())
    if ranked["ci_low"].astype(float)[kept] > CHANCE:
        return kept
    other = ranked["flagged"].astype(bool) & (chosen["verdict"].reindex(ranked.index) != WORSE)
    return str(other.idxmax()) if other.any() else kept


def _over_all(gap: Floats, without: Floats, error: Floats, *, seed: int) -> Floats:
    """P-values of the largest of several correlated t."""
    some = error > 0
    out = np.where(np.isnan(error), np.nan, np.where(gap == 0, 1.0, 0.0))
    if not some.any():
        return out
    groups = without.shape[1]
    spread = np.atleast_2d(np.corrcoef(without[some]))
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    random = np.random.default_rng(seed)
    scale = np.sqrt(random.chisquare(groups - 1, DRAWS) / (groups - 1))
    largest = np.abs(root @ random.standard_normal((some.sum(), DRAWS)) / scale).max(axis=0)
    out[some] = (largest[None, :] >= np.abs(gap[some] / error[some])[:, None]).mean(axis=1)
    return np.asarray(out)
