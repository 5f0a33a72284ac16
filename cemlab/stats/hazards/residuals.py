"""What each spell adds to the score: the stuff of robust errors and of influence."""

from __future__ import annotations

import numpy as np

from cemlab.stats.hazards.cells import Prepared
from cemlab.stats.hazards.grid import Rows
from cemlab.stats.hazards.risksets import RiskSums
from cemlab.stats.intervals import Floats


def score_residuals(rows: Rows, sums: RiskSums, beta: Floats, *, at: Floats | None = None) -> Floats:
    """Return each spell's own part of the score, at its weight of 1.

    Parameters
    ----------
    rows : Rows
        A block of rows.
    sums : RiskSums
        At the coefficients.
    beta : numpy.ndarray
        Coefficients.
    at : numpy.ndarray, optional
        A weight per event time; default 1.

    Returns
    -------
    numpy.ndarray
        Shape (rows, columns); with the weights of the rows they sum to the score.
    """
    weight = np.ones(len(sums.events)) if at is None else at
    rate, share = sums.hazard * weight, sums.mean_hazard * weight[:, None]
    hazard = np.concatenate([[0.0], np.cumsum(rate)])
    mean = np.vstack([np.zeros((1, len(beta))), np.cumsum(share, axis=0)])
    own = hazard[rows.leave] - hazard[rows.enter] + sums.still(rows, rate)
    lived = own[:, None] * rows.x - (mean[rows.leave] - mean[rows.enter] + sums.still(rows, share))
    gone = np.flatnonzero(rows.event)
    then = rows.leave[gone] - 1
    ties, mass = sums.ties, (sums.mass * weight)[then][:, None]
    lived[gone] -= mass * (
        ties.tied[then][:, None] * rows.x[gone]
        - ties.square_tied[then][:, None] * sums.s1[then]
        + ties.square_tied2[then][:, None] * sums.d1[then]
    )
    result = -np.exp(rows.x @ beta + rows.offset)[:, None] * lived
    expected = sums.expected[then] / (sums.mass[then] * sums.events[then])[:, None]
    result[gone] += weight[then][:, None] * (rows.x[gone] - expected)
    return np.asarray(result)


def clustered_scores(data: Prepared, sums: RiskSums, beta: Floats, *, at: Floats | None = None) -> Floats:
    """Return what the spells of each cluster add to the score.

    Parameters
    ----------
    data : Prepared
        Rows with their clusters.
    sums : RiskSums
        At the coefficients.
    beta : numpy.ndarray
        Coefficients.
    at : numpy.ndarray, optional
        A weight per event time; default 1.

    Returns
    -------
    numpy.ndarray
        Shape (clusters, columns).
    """
    grouped = np.zeros((data.clusters, len(beta)))
    for rows in data.blocks:
        np.add.at(grouped, rows.cluster, score_residuals(rows, sums, beta, at=at) * rows.weight[:, None])
    return grouped
