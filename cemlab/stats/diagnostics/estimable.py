"""Which covariates of a model can be told apart from those before them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.stats.diagnostics.separation import with_events
from cemlab.stats.hazards.design import design_of
from cemlab.stats.hazards.newton import aliased


def repeating(cells: pd.DataFrame, *, terms: Sequence[str]) -> list[str]:
    """Return the covariates that those before them make up, wholly or in part.

    Covariates are taken in their order: of a plan and its code the second is named. A covariate is named when a
    column of its levels is a linear combination of the columns that are kept before it.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells.
    terms : sequence of str
        Covariates with two levels or more, the ones to keep first.

    Returns
    -------
    list of str
        In the order of `terms`; the others have a design of full rank together.

    Raises
    ------
    SchemaError
        When a column is missing or has missing values.
    InsufficientDataError
        When a covariate has one level.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b", "c"], "code": ["1", "2", "3"], "size": ["s", "s", "l"], "n": 10})
    >>> repeating(cells, terms=["plan", "code", "size"]), repeating(cells, terms=["size", "code"])
    (['code', 'size'], ['code'])
    """
    patterns = cells[list(terms)].drop_duplicates()
    kept: list[str] = []
    for name in terms:
        design = design_of(patterns, [*kept, name])
        columns = design.matrix(design.coded(patterns))
        columns = columns - columns.mean(axis=0)
        if not aliased(columns.T @ columns):
            kept.append(name)
    return [name for name in terms if name not in kept]


def estimable(cells: pd.DataFrame, *, terms: Sequence[str], of: Sequence[str] = ()) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells and the covariates of which a hazard ratio can be told.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n`` and ``events``.
    terms : sequence of str
        Covariates with levels.
    of : sequence of str, default ()
        Covariates of which one at least must be left.

    Returns
    -------
    pandas.DataFrame
        Without levels at which nobody left (see `with_events`).
    list of str
        Those of `terms` that vary there, and that do not repeat others.

    Raises
    ------
    SchemaError
        When a column is missing or has missing values.
    InsufficientDataError
        When none of `of` is left.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b", "c"], "asked": "no", "n": [100, 50, 80], "events": [40, 0, 80]})
    >>> estimable(cells, terms=["plan", "asked"])[1]
    ['plan']
    """
    kept = with_events(cells, terms=terms)
    varied = [name for name in terms if len(set(kept[name])) > 1]
    repeated = repeating(kept, terms=varied) if varied else []
    held = [name for name in varied if name not in repeated]
    if of and not set(of) & set(held):
        raise InsufficientDataError(
            f"A ratio needs two levels at which somebody left: none of {len(of)} covariates that change"
            f" ({', '.join(of)}) has them among {int(cells['n'].sum()):,} rows with {int(cells['events'].sum()):,}"
            " endings."
        )
    return kept, held
