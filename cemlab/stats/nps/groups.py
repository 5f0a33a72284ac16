"""Promoters, passives and detractors."""

from __future__ import annotations

import numpy as np
import pandas as pd

GROUPS = ("promoter", "passive", "detractor")
"""Scores of 9 and 10, of 7 and 8, and of 0 to 6."""


def group_of(score: pd.Series) -> pd.Series:
    """Return promoter, passive or detractor for each score.

    Promoter: 9 or 10. Passive: 7 or 8. Detractor: 0 to 6.

    Parameters
    ----------
    score : pandas.Series
        Whole numbers from 0 to 10.

    Returns
    -------
    pandas.Series of str
        On the index of `score`.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review, 81(12).

    Examples
    --------
    >>> group_of(pd.Series([6, 7, 8, 9])).tolist()
    ['detractor', 'passive', 'passive', 'promoter']
    """
    names = np.select([score >= 9, score >= 7], ["promoter", "passive"], "detractor")
    return pd.Series(names, index=score.index, name="group")
