"""Are those who leave ranked above those who stay: Uno's concordance and the time-dependent AUC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.jackknife import METHOD, Replicated, notes_of
from cemlab.stats.prediction.outcomes import OTHER, Outcomes, Statistic, outcomes_of
from cemlab.stats.prediction.ranking import Ranking, gone_otherwise, outlasting
from cemlab.stats.prediction.tabled import Risks, by_horizon, replicates, sorted_risks, within_reach
from cemlab.stats.prediction.weights import censoring_curve, known_by


def concordance(
    judged: pd.DataFrame,
    *,
    risk: str,
    tau: float,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how often, of two customers, the one who left first up to tau had the higher prediction, freed of censoring.

    C = Σ w·(I(p > p′) + ½·I(p = p′))/Σ w over leavers at T ≤ τ and those who outlast them, w = 1/G(T−)²; with a
    cause, those who had left for another one outlast them too, w = 1/(G(T−)·G(T′−)).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the prediction, and
        ``replicate`` for intervals.
    risk : str
        Column of the prediction, from 0 to 1.
    tau : float
        Last time of a leaver that counts; `min_n` must be at risk there.
    cause : str or float, default ""
        The cause that is judged; empty for every ending.
    by : sequence of str, default ()
        Each combination is judged by itself.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published group, and smallest number at risk at tau.

    Returns
    -------
    Estimates
        Measure ``concordance`` as a share; one row per group and ``horizon`` (tau): ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``n`` spells, ``events`` up to tau.

    Raises
    ------
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When nobody left up to tau, or too few are followed that far.

    References
    ----------
    Uno, H., Cai, T., Pencina, M. J., D'Agostino, R. B., & Wei, L. J. (2011). On the C-statistics for evaluating
    overall adequacy of risk prediction procedures with censored survival data. Statistics in Medicine, 30(10),
    1105–1117. doi:10.1002/sim.4154. Wolbers, M., Blanche, P., Koller, M. T., Witteman, J. C. M., & Gerds, T. A.
    (2014). Concordance for prognostic models with competing risks. Biostatistics, 15(3), 526–539.
    doi:10.1093/biostatistics/kxt059

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 3], "n": 10, "events": [10, 10, 0], "p": [0.4, 0.1, 0.2]})
    >>> concordance(cells, risk="p", tau=2).table["estimate"].round(4).tolist()
    [0.6667]
    """
    if not tau > 0:
        raise ParameterError(f"`tau` must be above 0: {tau} was given.")
    whole = outcomes_of(judged, columns=[risk], cause=cause, by=by, min_n=min_n)
    notes = within_reach(whole, [tau])
    found = replicates(whole, lambda group: concordances(group, {tau: risk}))
    table = by_horizon(whole, found, [tau], first=0, laid=lambda numbers: numbers.limits(level=level, low=0, high=1))
    return Estimates.build(
        table,
        by=[*by, "horizon"],
        cells=by,
        measure="concordance",
        unit="share",
        method=f"Uno's concordance, {METHOD}",
        level=level,
        min_n=min_n,
        better="up",
        notes=(*whole.notes, *notes, *notes_of(table, whole.groups)),
    )


def auc(
    judged: pd.DataFrame,
    *,
    risks: Risks,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how often somebody who left up to a horizon had a higher prediction than somebody who did not.

    AUC(t) = Σ w·w′·(I(p > p′) + ½·I(p = p′))/Σ w·w′ over leavers T ≤ t (w = 1/G(T−)) and those known not to
    have left by t: still there (w′ = 1/G(t)), or gone for another cause (w′ = 1/G(T′−)).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the predictions, and
        ``replicate`` for intervals.
    risks : mapping of float to str
        Column of the prediction for each horizon, from 0 to 1.
    cause, by, level, min_n : as in `concordance`
        What is judged, for whom, how surely.

    Returns
    -------
    Estimates
        Measure ``auc`` as a share; one row per group and ``horizon``, as in `concordance`.

    Raises
    ------
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When at no horizon somebody left and enough are followed.

    References
    ----------
    Blanche, P., Dartigues, J.-F., & Jacqmin-Gadda, H. (2013). Estimating and comparing time-dependent areas
    under receiver operating characteristic curves for censored event times with competing risks. Statistics in
    Medicine, 32(30), 5381–5397. doi:10.1002/sim.5958

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": 10, "events": [10, 0, 0], "p": [0.4, 0.1, 0.4]})
    >>> auc(cells, risks={2: "p"}).table["estimate"].tolist()
    [0.75]
    """
    risks = sorted_risks(risks)
    whole = outcomes_of(judged, columns=list(risks.values()), cause=cause, by=by, min_n=min_n)
    notes = within_reach(whole, list(risks))
    found = replicates(whole, lambda group: aucs(group, risks))
    table = by_horizon(whole, found, list(risks), first=0, laid=lambda numbers: _shares(numbers, level))
    return Estimates.build(
        table,
        by=[*by, "horizon"],
        cells=by,
        measure="auc",
        unit="share",
        level=level,
        min_n=min_n,
        better="up",
        method=f"cumulative/dynamic AUC, weighted by the censoring curve, {METHOD}",
        notes=(*whole.notes, *notes, *notes_of(table, whole.groups)),
    )


def aucs(judged: Outcomes, risks: Risks) -> Statistic:
    """Return the statistic of AUCs, one per horizon.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risks : mapping of float to str
        Column of each horizon, sorted.

    Returns
    -------
    callable
        From counts, shape (m, B), to shape (H, B); NaN where a horizon cannot be judged.
    """
    rankings = {horizon: Ranking.of(judged.risks[name]) for horizon, name in risks.items()}

    def _aucs(n: Floats) -> Floats:
        curve = censoring_curve(judged, n)
        rows = []
        for horizon, ranking in rankings.items():
            left, stayed = (ranking.sums(each) for each in known_by(judged, n, horizon, curve=curve))
            below = np.cumsum(stayed, axis=0) - stayed
            better, total = (left * (below + stayed / 2)).sum(axis=0), left.sum(axis=0) * stayed.sum(axis=0)
            rows.append(_ratio(better, total, known=judged.reaches(horizon)))
        return np.array(rows)

    return _aucs


def concordances(judged: Outcomes, risks: Risks) -> Statistic:
    """Return the statistic of Uno's concordance, one per horizon with that horizon as tau.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risks : mapping of float to str
        Column of each horizon, sorted.

    Returns
    -------
    callable
        From counts, shape (m, B), to shape (H, B); NaN where a horizon cannot be judged.
    """
    competing = bool((judged.kind == OTHER).any())
    later = {tau: outlasting(judged, judged.risks[name], tau) for tau, name in risks.items()}
    other = {tau: gone_otherwise(judged, judged.risks[name], tau) for tau, name in risks.items()} if competing else {}

    def _concordances(n: Floats) -> Floats:
        curve = censoring_curve(judged, n)[judged.at]
        weight = np.divide(1.0, curve, out=np.zeros_like(curve), where=curve > 0)
        rows = []
        for tau, pairs in later.items():
            better, total = pairs.counts(n * weight**2, n)
            if tau in other:
                more = other[tau].counts(n * weight, n * weight)
                better, total = better + more[0], total + more[1]
            rows.append(_ratio(better, total, known=judged.reaches(tau)))
        return np.array(rows)

    return _concordances


def _ratio(part: Floats, whole: Floats, *, known: bool) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=(whole > 0) & known)


def _shares(numbers: Replicated, level: float) -> pd.DataFrame:
    return numbers.limits(level=level, low=0, high=1)
