"""Sums over tied events, Efron's and Breslow's, exact however many are tied.

Why not a library: the usual ones take a count as a case weight, which under Efron's rule is not the
same as that many rows (0.006 standard errors off at ten million rows, growing with their root).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cemlab.stats.intervals import Floats

Ties = Literal["efron", "breslow"]

DIRECT = 1000
"""Up to so many tied events are summed one by one; beyond, where the closed form keeps its digits."""
CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class TieSums:
    """Sums over the d events l = 0 … d − 1 of each time, v_l = S0 − (l/d)·D0, s_l = l/d; each of shape (T,).

    Attributes
    ----------
    log : numpy.ndarray
        Σ log v.
    inverse, tied : numpy.ndarray
        Σ 1/v and Σ s/v.
    square, square_tied, square_tied2 : numpy.ndarray
        Σ 1/v², Σ s/v² and Σ s²/v².
    """

    log: Floats
    inverse: Floats
    tied: Floats
    square: Floats
    square_tied: Floats
    square_tied2: Floats


def tie_sums(at_risk: Floats, leaving: Floats, events: Floats, *, ties: Ties) -> TieSums:
    """Return the sums that the partial likelihood and its derivatives are made of.

    Efron: as `TieSums`. Up to 1,000 tied events, or where D0 < 0.001·S0, they are summed directly; else by
    Σ 1/v = (ψ(a/c + 1) − ψ(a/c − d + 1))/c with a = S0, c = D0/d, and likewise with lnΓ and ψ′. Breslow: v = S0, s = 0.

    Parameters
    ----------
    at_risk : numpy.ndarray
        S0, the summed risk of all who are at risk, at least `leaving`.
    leaving : numpy.ndarray
        D0, the summed risk of those who leave.
    events : numpy.ndarray
        d, how many leave, at least 1.
    ties : {"efron", "breslow"}
        The rule.

    Returns
    -------
    TieSums
        One value per time each.

    References
    ----------
    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. Journal of the
    American Statistical Association, 72(359), 557–565. doi:10.1080/01621459.1977.10480613

    Examples
    --------
    >>> two = tie_sums(np.array([10.0]), np.array([4.0]), np.array([2.0]), ties="efron")
    >>> float(two.inverse[0]), float(two.tied[0])
    (0.225, 0.0625)
    """
    inverse = 1 / at_risk
    if ties == "breslow":
        none = np.zeros_like(at_risk)
        return TieSums(events * np.log(at_risk), events * inverse, none, events * inverse**2, none, none)
    sums = np.zeros((6, len(at_risk)))
    sums[0], sums[1], sums[3] = np.log(at_risk), inverse, inverse**2
    many = events > 1
    direct = many & ((events <= DIRECT) | (leaving < 1e-3 * at_risk))
    _direct(sums, np.flatnonzero(direct), at_risk, leaving, events)
    closed = np.flatnonzero(many & ~direct)
    if len(closed):
        sums[:, closed] = _closed(at_risk[closed], leaving[closed] / events[closed], events[closed])
    return TieSums(*sums)


def _direct(sums: Floats, rows: np.ndarray, at_risk: Floats, leaving: Floats, events: Floats) -> None:
    """Write the direct sums of the given rows, some millions of terms at a time."""
    if not len(rows):
        return
    share_of_chunk = np.cumsum(events[rows]) // CHUNK
    for part in np.split(rows, np.flatnonzero(np.diff(share_of_chunk)) + 1):
        count = events[part].astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(count)[:-1]])
        share = (np.arange(count.sum()) - np.repeat(starts, count)) / np.repeat(count, count)
        value = np.repeat(at_risk[part], count) - share * np.repeat(leaving[part], count)
        inverse = 1 / value
        tied = share * inverse
        for row, terms in enumerate((np.log(value), inverse, tied, inverse**2, tied * inverse, tied**2)):
            sums[row, part] = np.add.reduceat(terms, starts)


def _closed(a: Floats, c: Floats, d: Floats) -> Floats:
    from scipy.special import gammaln, polygamma, psi

    # At the last time all leave: a/c = d up to rounding, and the sum must end at its last positive term.
    ratio = np.maximum(a / c, d)
    high, low = ratio + 1, ratio - d + 1
    inverse = (psi(high) - psi(low)) / c
    square = (polygamma(1, low) - polygamma(1, high)) / c**2
    tied = (a * inverse - d) / (c * d)
    square_tied = (a * square - inverse) / (c * d)
    square_tied2 = (a**2 * square - 2 * a * inverse + d) / (c * d) ** 2
    return np.array([d * np.log(c) + gammaln(high) - gammaln(low), inverse, tied, square, square_tied, square_tied2])
