"""Small cells: which cells of a published table must be hidden so that none can be worked out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def hidden_cells(cells: pd.DataFrame, *, by: Sequence[str], n: str, min_n: int) -> pd.Series:
    """Return which cells must be hidden, themselves or as the complement of another.

    A cell with fewer than `min_n` customers is hidden. Its totals are published, so along each
    dimension the next smallest non-empty cells are hidden too, until there are two and the hidden
    cells of that total together hold at least `min_n`. Hiding in one dimension can uncover another,
    so the rule is repeated until nothing changes.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell: the columns `by` and `n`.
    by : sequence of str
        The dimensions. With none, there is one cell and no total beside it.
    n : str
        Column with the number of distinct customers.
    min_n : int
        Smallest number of customers in a published cell.

    Returns
    -------
    pandas.Series of bool
        On the index of `cells`; an empty cell (n = 0) is never hidden.

    Examples
    --------
    >>> cells = pd.DataFrame({"region": ["N", "S", "E"], "n": [4, 40, 30]})
    >>> hidden_cells(cells, by=["region"], n="n", min_n=10).tolist()
    [True, False, True]
    """
    size = cells[n].fillna(0).to_numpy(dtype=float)
    hidden = (size > 0) & (size < min_n)
    totals = [_rows_of_totals(cells, [other for other in by if other != dimension]) for dimension in by]
    changed = bool(hidden.any())
    while changed:
        changed = False
        for groups in totals:
            for rows in groups:
                changed |= _hide_complement(hidden, size, rows, min_n)
    return pd.Series(hidden, index=cells.index)


def _rows_of_totals(cells: pd.DataFrame, others: list[str]) -> list[np.ndarray]:
    if not others:
        return [np.arange(len(cells))]
    groups = cells.reset_index(drop=True).groupby(others, dropna=False, observed=True).indices
    return [np.asarray(rows) for rows in groups.values()]


def _hide_complement(hidden: np.ndarray, size: np.ndarray, rows: np.ndarray, min_n: int) -> bool:
    """Hide the smallest open cells of one total until two are hidden that hold `min_n`; True if any was."""
    if not hidden[rows].any():
        return False
    held, cells = size[rows][hidden[rows]].sum(), hidden[rows].sum()
    open_rows = rows[~hidden[rows] & (size[rows] > 0)]
    changed = False
    for row in open_rows[np.argsort(size[open_rows], kind="stable")]:
        # One hidden cell, however large, is the total less the others; another total then gives its small one away.
        if held >= min_n and cells >= 2:
            break
        hidden[row] = True
        held, cells = held + size[row], cells + 1
        changed = True
    return changed
