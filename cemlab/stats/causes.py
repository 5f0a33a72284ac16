"""Causes of an ending as labels, whether the data hold them as text or as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

Cause = str | float
"""A cause as it is asked for; empty text means every cause."""


def label_of(cause: Cause) -> str:
    """Return the label of a cause.

    Parameters
    ----------
    cause : str or float
        As it was asked for.

    Returns
    -------
    str
        Whole numbers are written without a decimal point.

    Examples
    --------
    >>> label_of(2), label_of(2.0), label_of("price"), label_of("")
    ('2', '2', 'price', '')
    """
    whole = not isinstance(cause, str) and float(cause).is_integer()
    return str(int(cause)) if whole else str(cause)


def labelled(causes: pd.Series) -> pd.Series:
    """Return the label of each row's cause.

    Parameters
    ----------
    causes : pandas.Series
        Text, categories or numbers. A missing cause turns whole numbers into decimals: 2 is stored as 2.0.

    Returns
    -------
    pandas.Series
        Text of dtype object; None where the cause is missing.

    Examples
    --------
    >>> labelled(pd.Series([1, 2, None])).tolist()
    ['1', '2', None]
    """
    codes, found = pd.factorize(causes)
    # A missing cause has the code -1, which is the last name.
    names = np.array([*map(label_of, found), None], dtype=object)
    return pd.Series(names[codes], index=causes.index, dtype=object)


def events_of(cause: str, *, cells: pd.DataFrame) -> pd.Series:
    """Return the events of each row that are for one cause.

    Parameters
    ----------
    cause : str
        Its label; empty for every cause.
    cells : pandas.DataFrame
        Rows with ``events`` and, where a cause is asked for, ``cause``.

    Returns
    -------
    pandas.Series
        0 where the cause is another one or missing.
    """
    return cells["events"].where(labelled(cells["cause"]).eq(cause), 0) if cause else cells["events"]
