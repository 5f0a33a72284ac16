"""How far predictions are from what happened: Brier score, its integral, and the index of prediction accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.jackknife import METHOD, Replicated, notes_of
from cemlab.stats.prediction.outcomes import Outcomes, Statistic, outcomes_of
from cemlab.stats.prediction.tabled import Risks, by_group, by_horizon, replicates, sorted_risks, within_reach
from cemlab.stats.prediction.weights import censoring_curve, known_by


def brier(
    judged: pd.DataFrame,
    *,
    risks: Risks,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the mean squared distance of predictions from what happened, and how much better than one number for all.

    BS(t) = (Σ w·(1 − p)² over leavers T ≤ t + Σ w·p² over those known not to have left by t)/n, with the
    weights of `auc`. Index of prediction accuracy: 1 − BS/BS₀, BS₀ that of the share who left (Kaplan–Meier;
    Aalen–Johansen for one cause) given to all. Integrated to the last horizon: steps from 0, each score held
    until the next horizon, with BS(0) = 0.

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the predictions, and
        ``replicate`` for intervals.
    risks : mapping of float to str
        Column of the prediction for each horizon, from 0 to 1.
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
        Measure ``brier_score``; one row per group and ``horizon``: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``n`` spells, ``events`` up to the horizon. Parts in the same form: ``ipa`` (index of
        prediction accuracy), ``reference`` (BS₀); with two horizons or more, one row per group: ``integrated``,
        ``integrated_ipa``.

    Raises
    ------
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When at no horizon somebody left and enough are followed.

    References
    ----------
    Graf, E., Schmoor, C., Sauerbrei, W., & Schumacher, M. (1999). Assessment and comparison of prognostic
    classification schemes for survival data. Statistics in Medicine, 18(17–18), 2529–2545.
    doi:10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::AID-SIM274>3.0.CO;2-5. Kattan, M. W., & Gerds, T. A.
    (2018). The index of prediction accuracy. Diagnostic and Prognostic Research, 2, 7.
    doi:10.1186/s41512-018-0029-2

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2], "n": [20, 80], "events": [20, 0], "p": [0.5, 0.1]})
    >>> found = brier(cells, risks={2: "p"})
    >>> found.table["estimate"].round(4).tolist(), found.parts["ipa"]["estimate"].round(4).tolist()
    ([0.058], [0.6375])
    """
    risks = sorted_risks(risks)
    horizons, whole = list(risks), outcomes_of(judged, columns=list(risks.values()), cause=cause, by=by, min_n=min_n)
    notes = within_reach(whole, horizons)
    found = replicates(whole, lambda group: briers(group, risks))
    size = len(horizons)
    rows = partial(by_horizon, whole, found, horizons)
    scores, index = partial(_limits, level=level, low=0, high=1), partial(_limits, level=level, low=-np.inf, high=1)
    table = rows(first=0, laid=scores)
    parts = {"ipa": rows(first=2 * size, laid=index), "reference": rows(first=size, laid=scores)}
    if size > 1:
        parts["integrated"] = by_group(whole, found, first=3 * size, laid=scores)
        parts["integrated_ipa"] = by_group(whole, found, first=3 * size + 1, laid=index)
    return Estimates.build(
        table,
        by=[*by, "horizon"],
        cells=by,
        measure="brier_score",
        unit="ratio",
        level=level,
        min_n=min_n,
        better="down",
        method=f"Brier score, weighted by the censoring curve, {METHOD}",
        parts=parts,
        notes=(*whole.notes, *notes, *notes_of(table, whole.groups)),
    )


def briers(judged: Outcomes, risks: Risks) -> Statistic:
    """Return the statistic of Brier scores and what follows from them.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risks : mapping of float to str
        Column of each of H horizons, sorted.

    Returns
    -------
    callable
        From counts, shape (m, B), to shape (3·H + 2, B): scores, those of the share who left, indices of
        prediction accuracy, then the integrated score and its index; NaN where a horizon cannot be judged.
    """
    horizons = np.array([0.0, *risks])

    def _briers(n: Floats) -> Floats:
        curve, all_n = censoring_curve(judged, n), n.sum(axis=0)
        scores = np.full((len(risks), n.shape[1]), np.nan)
        shares = np.full_like(scores, np.nan)
        for row, (horizon, name) in enumerate(risks.items()):
            if not judged.reaches(horizon):
                continue
            risk = judged.risks[name]
            left, stayed = known_by(judged, n, horizon, curve=curve)
            scores[row] = ((1 - risk) ** 2 @ left + risk**2 @ stayed) / all_n
            shares[row] = left.sum(axis=0) / all_n
        # The squared distance of a share from ones and zeros of which it is the mean.
        plain = shares * (1 - shares)
        areas = [_area(horizons, each) for each in (scores, plain)]
        return np.vstack([scores, plain, _index(scores, plain), areas[0], _index(*areas)])

    return _briers


def _area(horizons: Floats, scores: Floats) -> Floats:
    """Mean height of steps: each score holds from its horizon to the next, the one at 0 is 0."""
    return np.asarray(np.diff(horizons)[1:] @ scores[:-1] / horizons[-1])


def _index(scores: Floats, plain: Floats) -> Floats:
    return 1 - np.divide(scores, plain, out=np.full_like(scores, np.nan), where=plain > 0)


def _limits(numbers: Replicated, *, level: float, low: float, high: float) -> pd.DataFrame:
    return numbers.limits(level=level, low=low, high=high)
