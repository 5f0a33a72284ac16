"""Are the covariates fit for a model: do they say the same, and do their levels hold enough events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.hazards.design import design_of
from cemlab.stats.hazards.newton import aliased
from cemlab.stats.intervals import Floats


def collinearity(cells: pd.DataFrame, *, terms: Sequence[str], min_n: int = 10) -> Estimates:
    """Return how much the covariates repeat one another.

    Generalised variance inflation GVIF = det(R_t)·det(R_rest)/det(R), R the correlations of the columns over
    spells, and its comparable root GVIF^(1/(2·df)); for one column √VIF.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n``.
    terms : sequence of str
        The covariates.
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``inflation``; one row per ``term``: ``estimate`` (GVIF^(1/(2·df)), infinite when the others
        make the term up), ``gvif``, ``df``, ``n``. Part ``condition``: the condition number of the scaled
        columns.

    Raises
    ------
    SchemaError
        When a column is missing or has missing values.
    InsufficientDataError
        When a term has one value.

    References
    ----------
    Fox, J., & Monette, G. (1992). Generalized collinearity diagnostics. Journal of the American
    Statistical Association, 87(417), 178–183. doi:10.1080/01621459.1992.10475190

    Examples
    --------
    >>> cells = pd.DataFrame({"a": [0.0, 1, 2, 3], "b": [0.0, 1, 1, 3], "n": 10})
    >>> collinearity(cells, terms=["a", "b"]).table["estimate"].round(3).tolist()
    [2.605, 2.605]
    """
    design = design_of(cells, terms)
    n = cells["n"].to_numpy(float)
    x = design.matrix(design.coded(cells))
    x = x - np.average(x, axis=0, weights=n)
    cross = (x * n[:, None]).T @ x
    singular = bool(aliased(cross))
    size = np.sqrt(np.maximum(np.diag(cross), np.finfo(float).tiny))
    correlation = cross / np.outer(size, size)
    owner = np.array([name for name, _ in design.columns])
    rows = []
    for term in dict.fromkeys(owner):
        own = owner == term
        gvif = np.inf if singular and _made_up(cross, own) else _inflation(correlation, own, singular=singular)
        rows.append({"term": term, "estimate": gvif ** (1 / (2 * own.sum())), "gvif": gvif, "df": int(own.sum())})
    eigen = np.linalg.eigvalsh(correlation)
    condition = float(np.sqrt(eigen[-1] / eigen[0])) if eigen[0] > 0 and not singular else np.inf
    return Estimates.build(
        pd.DataFrame(rows).assign(std_error=np.nan, n=n.sum()),
        by=["term"],
        cells=[],
        measure="inflation",
        unit="ratio",
        level=0.95,
        method="generalised variance inflation (Fox and Monette 1992)",
        min_n=min_n,
        better="down",
        parts={"condition": pd.DataFrame({"estimate": [condition], "n": [n.sum()]})},
    )


def _inflation(correlation: Floats, own: np.ndarray, *, singular: bool) -> float:
    if own.all() or singular:
        return 1.0 if own.all() else float("nan")
    sign_all, log_all = np.linalg.slogdet(correlation)
    parts = [np.linalg.slogdet(correlation[np.ix_(each, each)])[1] for each in (own, ~own)]
    return float(np.exp(sum(parts) - log_all)) if sign_all > 0 else np.inf


def _made_up(cross: Floats, own: np.ndarray) -> bool:
    """Whether the other columns make up one of the term's own."""
    order = np.concatenate([np.flatnonzero(~own), np.flatnonzero(own)])
    return any(at >= (~own).sum() for at in aliased(cross[np.ix_(order, order)]))


def sparse_levels(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    least_events: int = 10,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share that left at each level, and which levels hold too few events to be told of.

    Share = events/n with its Wilson interval; sparse when events, or spells that stayed, are fewer than `least_events`.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n`` and ``events``.
    terms : sequence of str
        Covariates with levels; numbers are left out.
    least_events : int, default 10
        Fewest events, and fewest without, at a level that is not sparse.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of spells at a published level.

    Returns
    -------
    Estimates
        Measure ``share_left``; one row per ``term`` and ``level``: ``estimate``, ``ci_low``, ``ci_high``,
        ``n``, ``events``, ``sparse``, ``separated`` (nobody or everybody left).

    Raises
    ------
    SchemaError
        When a column is missing or has missing values.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b"], "n": [100, 50], "events": [40, 0]})
    >>> sparse_levels(cells, terms=["plan"]).table[["level", "estimate", "separated"]].values.tolist()
    [['a', 0.4, False], ['b', 0.0, True]]
    """
    missing = [name for name in (*terms, "n", "events") if name not in cells]
    if missing:
        raise SchemaError(
            f"Cells need the columns {', '.join(missing)}: they are missing. Make them with prepare.cells.covariates."
        )
    frames = [
        cells.groupby(cells[term].astype(str), observed=True)[["n", "events"]]
        .sum()
        .rename_axis("level")
        .reset_index()
        .assign(term=term)
        for term in terms
        if not pd.api.types.is_float_dtype(cells[term])
    ]
    table = pd.concat(frames, ignore_index=True)
    limits = intervals.wilson(table["events"], table["n"], level=level)
    stayed = table["n"] - table["events"]
    table = table[["term", "level", "n", "events"]].assign(
        estimate=limits.estimate,
        std_error=limits.std_error,
        ci_low=limits.low,
        ci_high=limits.high,
        sparse=(table["events"] < least_events) | (stayed < least_events),
        separated=(table["events"] == 0) | (stayed == 0),
    )
    return Estimates.build(
        table,
        by=["term", "level"],
        measure="share_left",
        unit="share",
        method="share that left, Wilson interval",
        level=level,
        min_n=min_n,
        better="down",
    )
