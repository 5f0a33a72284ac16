"""What each spell adds to the score: the stuff of robust errors and of influence."""

from __future__ import annotations

import numpy as np

from cemlab.stats.hazards.grid import Rows
from cemlab.stats.hazards.risksets import RiskSums
from cemlab.stats.intervals import Floats


def score_residuals(rows: Rows, sums: RiskSums, beta: Floats) -> Floats:
    """Return each spell's own part of the score, at its weight of 1.

    Parameters
    ----------
    rows : Rows
        A block of rows.
    sums : RiskSums
        At the coefficients.
    beta : numpy.ndarray
        Coefficients.

    Returns
    -------
    numpy.ndarray
        Shape (rows, columns); with the weights of the rows they sum to the score.
    """
    hazard = np.concatenate([[0.0], np.cumsum(sums.hazard)])
    mean = np.vstack([np.zeros((1, len(beta))), np.cumsum(sums.mean_hazard, axis=0)])
    own = hazard[rows.leave] - hazard[rows.enter] + sums.still(rows, sums.hazard)
    lived = own[:, None] * rows.x - (mean[rows.leave] - mean[rows.enter] + sums.still(rows, sums.mean_hazard))
    gone = np.flatnonzero(rows.event)
    at = rows.leave[gone] - 1
    ties, mass = sums.ties, sums.mass[at][:, None]
    lived[gone] -= mass * (ties.tied[at][:, None] * rows.x[gone] - ties.square_tied[at][:, None] * sums.s1[at]
                           + ties.square_tied2[at][:, None] * sums.d1[at])  # fmt: skip
    result = -np.exp(rows.x @ beta + rows.offset)[:, None] * lived
    result[gone] += rows.x[gone] - (sums.expected[at] / (sums.mass[at] * sums.events[at])[:, None])
    return np.asarray(result)
