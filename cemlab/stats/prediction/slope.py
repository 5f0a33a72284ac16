"""Are predictions too extreme or too tame: the slope and the shift on the scale of the log cumulative hazard."""

from __future__ import annotations

import numpy as np

from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.outcomes import LEFT, OTHER, Outcomes

STEPS = 50
CLOSE = 1e-12
EDGE = 1e-12
"""A prediction of 0 or 1 is taken for this much more or less: its log hazard is infinite."""


def log_hazard(risk: Floats) -> Floats:
    """Return log(−log(1 − p)).

    Parameters
    ----------
    risk : numpy.ndarray
        Predictions from 0 to 1.

    Returns
    -------
    numpy.ndarray
        Log cumulative hazards.

    Examples
    --------
    >>> log_hazard(np.array([1 - np.exp(-2.0)])).round(6).tolist()
    [0.693147]
    """
    return np.asarray(np.log(-np.log1p(-np.clip(risk, EDGE, 1 - EDGE))))


def intercept(logs: Floats, n: Floats, seen: Floats) -> Floats:
    """Return the shift of log cumulative hazards that makes the mean prediction equal the share who left.

    The root a of Σ n·(1 − exp(−exp(a + z)))/Σ n = F, by Newton steps on the scale of log(−log(1 − F)).

    Parameters
    ----------
    logs : numpy.ndarray
        z, shape (m,).
    n : numpy.ndarray
        Counts, shape (m, B).
    seen : numpy.ndarray
        F, shape (B,).

    Returns
    -------
    numpy.ndarray
        Shape (B,); NaN where nobody or everybody left.
    """
    known = (seen > EDGE) & (seen < 1 - EDGE)
    aim, share = log_hazard(np.where(known, seen, 0.5)), n / n.sum(axis=0)
    shift = np.zeros(len(seen))
    for _ in range(STEPS):
        hazard = np.exp(logs[:, None] + shift)
        staying = share * np.exp(-hazard)
        stay = np.clip(staying.sum(axis=0), EDGE, 1 - EDGE)
        rate = (staying * hazard).sum(axis=0) / (stay * -np.log(stay))
        step = np.clip((aim - np.log(-np.log(stay))) / np.maximum(rate, EDGE), -2, 2)
        shift = shift + step
        if (np.abs(step) < CLOSE).all():
            break
    return np.where(known, shift, np.nan)


def slope(judged: Outcomes, n: Floats, logs: Floats, *, horizon: float, curve: Floats) -> Floats:
    """Return the coefficient of predicted log hazards in a proportional-hazards model of what happened up to a horizon.

    Breslow's partial likelihood; who left for another cause stays at risk with G(t−)/G(T−), as Fine and Gray have it.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    n : numpy.ndarray
        Their counts, shape (m, B).
    logs : numpy.ndarray
        Predicted log hazards, shape (m,).
    horizon : float
        Later endings do not count.
    curve : numpy.ndarray
        From `censoring_curve`, shape (T + 1, B).

    Returns
    -------
    numpy.ndarray
        Shape (B,); NaN where the model has no maximum: one prediction for all, or nobody left.
    """
    event = (judged.kind == LEFT) & (judged.duration <= horizon)
    z = logs - np.average(logs, weights=judged.n)
    left = judged.by_time(n * event[:, None])
    scored = (n * (event * z)[:, None]).sum(axis=0)
    beta, done = np.ones(n.shape[1]), np.zeros(n.shape[1], dtype=bool)
    for _ in range(STEPS):
        scale = np.exp(z[:, None] * beta)
        sums = [_at_risk(judged, n * scale * (z**power)[:, None], curve) for power in (0, 1, 2)]
        first, second = (
            np.divide(each, sums[0], out=np.zeros_like(each), where=(left > 0) & (sums[0] > 0)) for each in sums[1:]
        )
        information = (left * (second - first**2)).sum(axis=0)
        told = information > EDGE * np.maximum(left.sum(axis=0), 1)
        step = np.divide(scored - (left * first).sum(axis=0), information, out=np.full_like(beta, np.nan), where=told)
        beta = beta + np.clip(step, -2, 2)
        done = ~(np.abs(step) >= CLOSE)
        if done.all():
            break
    return np.where(done, beta, np.nan)


def _at_risk(judged: Outcomes, values: Floats, curve: Floats) -> Floats:
    """Sums over those at risk at each time, shape (T, B), with those who left for another cause before."""
    risk = np.cumsum(judged.by_time(values)[::-1], axis=0)[::-1]
    other = judged.kind == OTHER
    if not other.any():
        return np.asarray(risk)
    inverse = np.divide(1.0, curve, out=np.zeros_like(curve), where=curve > 0)
    gone = np.cumsum(judged.by_time(values * inverse[judged.at] * other[:, None]), axis=0)
    before = np.vstack([np.zeros((1, gone.shape[1])), gone[:-1]])
    return np.asarray(risk + before * curve[:-1])
