"""Those lost from sight are stood for by others: the censoring curve G and the weights that it gives."""

from __future__ import annotations

import numpy as np

from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.outcomes import CENSORED, LEFT, OTHER, Outcomes


def censoring_curve(judged: Outcomes, n: Floats) -> Floats:
    """Return the share not yet lost from sight just before each time.

    G(t−) = Π (1 − c/(Y − d)) over s < t, with c last seen, d who left, Y at risk: those who leave at a time
    leave before those last seen then.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    n : numpy.ndarray
        Their counts, shape (m, B).

    Returns
    -------
    numpy.ndarray
        Shape (T + 1, B); the last row is after all times.

    References
    ----------
    Graf, E., Schmoor, C., Sauerbrei, W., & Schumacher, M. (1999). Assessment and comparison of prognostic
    classification schemes for survival data. Statistics in Medicine, 18(17–18), 2529–2545.
    doi:10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::AID-SIM274>3.0.CO;2-5
    """
    lost = judged.by_time(n * (judged.kind == CENSORED)[:, None])
    later = np.cumsum(judged.by_time(n)[::-1], axis=0)[::-1]
    left = judged.by_time(n * (judged.kind != CENSORED)[:, None])
    there = later - left
    rate = np.divide(lost, there, out=np.zeros_like(lost), where=there > 0)
    return np.vstack([np.ones((1, n.shape[1])), np.cumprod(1 - np.minimum(rate, 1.0), axis=0)])


def known_by(judged: Outcomes, n: Floats, horizon: float, *, curve: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the weighted counts of those known to have left by a horizon, and of those known not to have.

    Who left at T ≤ t weighs 1/G(T−); who is seen after t weighs 1/G(t). Who left for another cause is known not
    to have left for this one, with 1/G(T−). Together they are as many as all. Where nobody is followed beyond
    t, those last seen at t are still there, with 1/G(t−): the study ended, they were not lost.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    n : numpy.ndarray
        Their counts, shape (m, B).
    horizon : float
        t.
    curve : numpy.ndarray, optional
        From `censoring_curve`, where it is at hand.

    Returns
    -------
    numpy.ndarray
        Who left, shape (m, B).
    numpy.ndarray
        Who did not, shape (m, B).
    """
    curve = censoring_curve(judged, n) if curve is None else curve
    inverse = np.divide(1.0, curve, out=np.zeros_like(curve), where=curve > 0)
    duration = judged.duration
    gone = duration <= horizon
    there, place = duration > horizon, np.searchsorted(judged.times, horizon, side="right")
    if not there.any():
        there = (duration == horizon) & (judged.kind == CENSORED)
        place = np.searchsorted(judged.times, horizon, side="left")
    own = n * inverse[judged.at]
    left = own * (gone & (judged.kind == LEFT))[:, None]
    stayed = own * (gone & (judged.kind == OTHER))[:, None] + n * there[:, None] * inverse[place]
    return left, stayed
