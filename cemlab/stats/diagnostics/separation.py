"""Which levels a hazard ratio can be told of, and against which."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.stats.diagnostics.covariates import sparse_levels


def with_events(cells: pd.DataFrame, *, terms: Sequence[str]) -> pd.DataFrame:
    """Return the cells without levels at which nobody left.

    The likelihood of a Cox model runs to the same limit: such spells come to have no weight in any sum over a
    risk set. Repeated, as leaving out one level can leave another without events.

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


def without_events(cells: pd.DataFrame, *, kept: pd.DataFrame, terms: Sequence[str], min_n: int = 10) -> list[str]:
    """Return the levels that `with_events` has left out, as a page may name them.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n``.
    kept : pandas.DataFrame
        What `with_events` has left of them.
    terms : sequence of str
        Covariates with levels.
    min_n : int, default 10
        Smallest number of spells at a level that is named.

    Returns
    -------
    list of str
        "plan: basic" for each level that is large enough, sorted; for the smaller ones of a covariate "plan:
        smaller levels".

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b", "c"], "n": [100, 50, 8], "events": [40, 0, 0]})
    >>> without_events(cells, kept=with_events(cells, terms=["plan"]), terms=["plan"])
    ['plan: b', 'plan: smaller levels']
    """
    found: set[str] = set()
    for term in terms:
        sizes = cells.groupby(cells[term].astype(str), observed=True)["n"].sum()
        quiet = sizes[~sizes.index.isin(set(kept[term].astype(str)))]
        found |= {f"{term}: {level}" if size >= min_n else f"{term}: smaller levels" for level, size in quiet.items()}
    return sorted(found)
