"""Which levels a hazard ratio can be told of, and against which."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.stats.diagnostics.covariates import sparse_levels


def with_events(cells: pd.DataFrame, *, terms: Sequence[str]) -> pd.DataFrame:
    """Return the cells without levels at which nobody left.

    The likelihood of a Cox model runs to the same limit: such spells come to have no weight in any sum over a risk set. Repeated,
    as leaving out one level can leave another without events.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n`` and ``events``.
    terms : sequence of str
        Covariates with levels.

    Returns
    -------
    pandas.DataFrame
        The rows that are left, where every level holds an event; perhaps none.

    Raises
    ------
    SchemaError
        When a column is missing or has missing values.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b", "c"], "n": [100, 50, 80], "events": [40, 0, 80]})
    >>> with_events(cells, terms=["plan"])["plan"].tolist()
    ['a', 'c']
    """
    while len(cells) and terms:
        levels = sparse_levels(cells, terms=terms, min_n=0).table
        quiet = levels.loc[levels["events"] == 0, ["term", "level"]]
        if quiet.empty:
            break
        for term, names in quiet.groupby("term")["level"]:
            cells = cells[~cells[term].astype(str).isin(set(names))]
    return cells
