"""Cox's model on covariate cells: exactly as if every spell were written out.

Why not a library: counts as replicated rows under Efron's rule, the score test of proportional hazards,
grouped sandwich errors and Efron's baseline are not in the usual one (see docs/methods/churn-survival.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.hazards.cells import Roles, checked, prepared
from cemlab.stats.hazards.design import Design, design_of, in_categories, references
from cemlab.stats.hazards.fitted import CoxModel, estimates_of
from cemlab.stats.hazards.grid import Grid, Rows
from cemlab.stats.hazards.newton import Maximum, Point, maximise, need_full_rank
from cemlab.stats.hazards.residuals import score_residuals
from cemlab.stats.hazards.risksets import (
    Blocks,
    Compressed,
    Leavers,
    RiskSums,
    information,
    leavers_of,
    log_likelihood,
    risk_sums,
    score,
)
from cemlab.stats.hazards.ties import Ties
from cemlab.stats.intervals import Floats


def fit_cox(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    ties: Ties = "efron",
    cause: Cause = "",
    strata: Sequence[str] = (),
    reference: Mapping[str, str] | None = None,
    offset: str = "",
    cluster: str = "",
    robust: bool = False,
    ridge: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the log hazard ratios of Cox's model, exact on cells.

    Maximises Σ_times [Σ log r of those who leave − (W_D/d)·Σ_{l<d} log(S0 − (l/d)·D0)], r = w·exp(x·β +
    offset), S0 its sum at risk, D0 that of the d who leave. ``n`` is multiplicity: the same as that many rows.
    Sampling weights follow R: their errors are robust.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per ``duration`` (and ``start``: at risk only after it; (start, stop] rows are the same) and
        levels: ``n`` spells of which ``events`` left; with ``cause``, rows by cause. Optional ``sum_w`` and
        ``sum_w2``, sampling weights of cells that are all events or all censored.
    terms : sequence of str
        Covariates: text, categories and booleans as levels against the reference (the level that is
        largest, or the first of declared categories), numbers as they are.
    ties : {"efron", "breslow"}, default "efron"
        Rule for tied events.
    cause : str or float, default ""
        Only events of this cause count; those of others are censored: the hazard of the cause.
    strata : sequence of str, default ()
        Columns whose combinations have baselines of their own.
    reference : mapping of str to str, optional
        Reference level of some terms.
    offset : str, default ""
        Column with a known part of the log hazard.
    cluster : str, default ""
        Column of what belongs together; errors then are H⁻¹(Σ U_g U_gᵀ)H⁻¹ over its values g.
    robust : bool, default False
        Errors H⁻¹(Σ U_i U_iᵀ)H⁻¹ over spells.
    ridge : float, default 0
        θ of a penalty θ/2·Σβ².
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of spells at a published level.

    Returns
    -------
    Estimates
        Measure ``log_hazard_ratio``; one row per ``term`` and ``level`` (empty for a number) with ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``reference``, ``n``, ``events``. Parts: ``ratios``
        (hazard ratios with intervals), ``tests`` (likelihood-ratio, Wald, score), ``fit`` (log-likelihoods,
        counts), ``covariance``, ``model_based`` (errors that are not robust), ``baseline`` (at the references
        and at 0). `model` is the `CoxModel`.

    Raises
    ------
    SchemaError
        When a column is missing or a value is impossible.
    InsufficientDataError
        When nobody left, a level has no events, or a covariate is constant or repeats others.
    ConvergenceError
        When a coefficient runs off, naming it.
    ParameterError
        When an option is out of range.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical Society B,
    34(2), 187–220. doi:10.1111/j.2517-6161.1972.tb00899.x
    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. Journal of the
    American Statistical Association, 72(359), 557–565. doi:10.1080/01621459.1977.10480613

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "n": [30, 70, 10, 90],
    ...                       "events": [30, 10, 10, 10]})
    >>> fit = fit_cox(cells, terms=["plan"])
    >>> fit.parts["ratios"][["term", "level", "estimate"]].round(3).values.tolist()
    [['plan', 'b', 0.424]]
    """
    _check(ties=ties, ridge=ridge, terms=terms)
    roles = Roles(tuple(strata), offset, cluster, label_of(cause))
    kept = checked(cells, roles)
    held = {**references(kept, [name for name in terms if name in kept]), **(reference or {})}
    kept = in_categories(kept, terms)
    design = design_of(kept, terms, reference=held)
    counts = level_counts(kept, design)
    if not ridge:
        need_events(counts, min_n=min_n)
    data = prepared(kept, design, roles)
    found = fitted(data.short, data.grid, labels=design.labels, ties=ties, ridge=ridge)
    spread = data.weighted or robust or bool(cluster)
    covariance = (
        sandwich(data.blocks, data.grid, found, ties=ties, clusters=data.clusters) if spread else found.covariance
    )
    model = CoxModel(
        design=design,
        roles=roles,
        ties=ties,
        beta=found.beta,
        covariance=covariance,
        centre=data.blocks.centre,
        grid=data.grid,
        strata=data.strata,
        sums=risk_sums(data.short, data.grid, found.beta, ties=ties),
        bread=found.covariance,
        last_seen=data.last_seen,
        offset=float(np.average(kept[offset], weights=kept["n"])) if offset else 0.0,
    )
    return estimates_of(model, found, counts=counts, data=data, level=level, min_n=min_n, ridge=ridge)


class _Likelihood:
    """The partial likelihood of rows, which remembers the sums at the coefficients it was last asked about."""

    def __init__(self, blocks: Blocks, grid: Grid, ties: Ties, leavers: Leavers) -> None:
        self._blocks, self._grid, self._ties, self._leavers = blocks, grid, ties, leavers
        self._last: tuple[bytes, RiskSums] | None = None

    def _sums(self, beta: Floats) -> RiskSums:
        if self._last is None or self._last[0] != beta.tobytes():
            sums = risk_sums(self._blocks, self._grid, beta, ties=self._ties, leavers=self._leavers)
            self._last = (beta.tobytes(), sums)
        return self._last[1]

    def value(self, beta: Floats) -> float:
        return log_likelihood(self._sums(beta))

    def point(self, beta: Floats) -> Point:
        sums = self._sums(beta)
        return Point(log_likelihood(sums), score(sums), information(self._blocks, sums, beta=beta))


def fitted(blocks: Blocks, grid: Grid, *, labels: Sequence[str], ties: Ties, ridge: float) -> Maximum:
    """Return the maximum of the partial likelihood of rows.

    Parameters
    ----------
    blocks : iterable of Rows
        Read twice per step.
    grid : Grid
        Event times.
    labels : sequence of str
        Names of the columns.
    ties : {"efron", "breslow"}
        The rule for ties.
    ridge : float
        θ of the penalty.

    Returns
    -------
    Maximum
        With derivatives.
    """
    need_full_rank(cross_products(blocks, len(labels)), labels)

    likelihood = _Likelihood(blocks, grid, ties, leavers_of(blocks, grid, len(labels)))
    return maximise(likelihood.value, likelihood.point, labels=labels, ridge=ridge)


def cross_products(blocks: Blocks, columns: int) -> Floats:
    """Return the weighted cross-products of centred columns.

    Parameters
    ----------
    blocks : iterable of Rows
        The rows.
    columns : int
        How many columns there are.

    Returns
    -------
    numpy.ndarray
        Shape (columns, columns).
    """
    if isinstance(blocks, Compressed):
        return blocks.products()
    total, square, count = np.zeros(columns), np.zeros((columns, columns)), 0.0
    for rows in blocks:
        weighted = rows.x * rows.n[:, None]
        total, square, count = total + weighted.sum(axis=0), square + weighted.T @ rows.x, count + rows.n.sum()
    return square - np.outer(total, total) / max(count, 1.0)


def sandwich(blocks: Iterable[Rows], grid: Grid, found: Maximum, *, ties: Ties, clusters: int = 0) -> Floats:
    """Return the robust or clustered covariance.

    H⁻¹ B H⁻¹ with B = Σ w²·U Uᵀ over spells, or Σ U_g U_gᵀ over clusters, U the score residuals.

    Parameters
    ----------
    blocks : iterable of Rows
        The rows.
    grid : Grid
        Event times.
    found : Maximum
        The fit.
    ties : {"efron", "breslow"}
        The rule for ties.
    clusters : int, default 0
        Number of clusters; 0 for spells.

    Returns
    -------
    numpy.ndarray
        Shape (columns, columns).

    References
    ----------
    Lin, D. Y., & Wei, L. J. (1989). The robust inference for the Cox proportional hazards model.
    Journal of the American Statistical Association, 84(408), 1074–1078. doi:10.1080/01621459.1989.10478874
    """
    sums = risk_sums(blocks, grid, found.beta, ties=ties)
    columns = len(found.beta)
    meat, grouped = np.zeros((columns, columns)), np.zeros((clusters, columns))
    for rows in blocks:
        residuals = score_residuals(rows, sums, found.beta)
        if clusters:
            np.add.at(grouped, rows.cluster, residuals * rows.weight[:, None])
        else:
            meat += (residuals * rows.weight2[:, None]).T @ residuals
    meat = grouped.T @ grouped if clusters else meat
    return np.asarray(found.covariance @ meat @ found.covariance)


def _check(*, ties: str, ridge: float, terms: Sequence[str]) -> None:
    if ties not in {"efron", "breslow"}:
        raise ParameterError(f'`ties` must be "efron" or "breslow": {ties!r} was given.')
    if not ridge >= 0:
        raise ParameterError(f"`ridge` must be at least 0: {ridge!r} was given.")
    if not terms:
        raise ParameterError("A model needs terms: none were given. For a curve without covariates use `survival`.")


def level_counts(cells: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return spells and events at each level of each term, the reference included.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells.
    design : Design
        The covariates.

    Returns
    -------
    pandas.DataFrame
        ``term``, ``level`` (empty for a number), ``n``, ``events``.
    """
    n, events = cells["n"].to_numpy(float), cells["events"].to_numpy(float)
    rows = []
    for term, codes in zip(design.terms, design.coded(cells), strict=True):
        if not term.levels:
            rows.append({"term": term.name, "level": "", "n": n.sum(), "events": events.sum()})
            continue
        at = codes.astype(np.int64)
        sums = [np.bincount(at, weights=each, minlength=len(term.levels)) for each in (n, events)]
        rows += [
            {"term": term.name, "level": level, "n": count, "events": left}
            for level, count, left in zip(term.levels, *sums, strict=True)
        ]
    return pd.DataFrame(rows)


def need_events(counts: pd.DataFrame, *, min_n: int) -> None:
    """Raise when a level has no events: its hazard ratio is 0, and its logarithm has no end.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `level_counts` gives them.
    min_n : int
        Below it the number of spells is not told.

    Raises
    ------
    InsufficientDataError
        Naming the level.
    """
    if not counts["events"].any():
        return  # said when the rows are made
    empty = counts[(counts["events"] == 0)]
    if empty.empty:
        return
    first = empty.iloc[0]
    spells = f"{int(first['n']):,}" if first["n"] >= min_n else f"fewer than {min_n}"
    others = f" So have {len(empty) - 1} other levels." if len(empty) > 1 else ""
    raise InsufficientDataError(
        f'`{first["term"]}` = "{first["level"]}" has 0 events in {spells} spells, so its hazard ratio cannot be'
        f" estimated.{others} Merge it with another level, or lengthen the window."
    )
