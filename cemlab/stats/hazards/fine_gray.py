"""Absolute risk of one cause: Fine and Gray's model of the subdistribution, exact on cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.hazards.cells import Roles, checked, prepared
from cemlab.stats.hazards.cox import fitted, level_counts, need_events, sandwich
from cemlab.stats.hazards.design import design_of
from cemlab.stats.hazards.fitted import CoxModel, estimates_of
from cemlab.stats.hazards.grid import grid_of
from cemlab.stats.hazards.predicted import model_of, predicted_survival
from cemlab.stats.hazards.risksets import risk_sums
from cemlab.stats.hazards.ties import Ties
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEWEST

FIXED = "Errors take the weights for those who left for another cause as known."


def fit_fine_gray(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    cause: Cause,
    ties: Ties = "efron",
    reference: Mapping[str, str] | None = None,
    cluster: str = "",
    ridge: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the log subdistribution hazard ratios of a cause: what goes with more or fewer leaving for it.

    Cox's likelihood in which a spell that left for another cause at T stays at risk at t > T with weight
    G(t−)/G(T−), G the Kaplan–Meier curve of censoring, events before censorings at ties. Errors H⁻¹(Σ U_i
    U_iᵀ)H⁻¹. The same as R's finegray with coxph.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells by ``cause``, without late entry.
    terms : sequence of str
        Covariates, as for `fit_cox`.
    cause : str or float
        The cause.
    ties : {"efron", "breslow"}, default "efron"
        Rule for tied events.
    reference : mapping of str to str, optional
        Reference level of some terms.
    cluster : str, default ""
        Column of what belongs together; errors then are H⁻¹(Σ U_g U_gᵀ)H⁻¹ over its values g, none below 10.
    ridge : float, default 0
        As for `fit_cox`; with it a level at which nobody left for the cause has a coefficient.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of spells at a published level.

    Returns
    -------
    Estimates
        Measure ``log_subdistribution_ratio``; else as `fit_cox`.

    Raises
    ------
    SchemaError
        When a column is missing or a value is impossible.
    InsufficientDataError
        When nobody left for the cause, spells entered late, or a covariate is constant or repeats others.
    ConvergenceError
        When a coefficient runs off, naming it.

    References
    ----------
    Fine, J. P., & Gray, R. J. (1999). A proportional hazards model for the subdistribution of a competing
    risk. Journal of the American Statistical Association, 94(446), 496–509. doi:10.1080/01621459.1999.10474144
    """
    roles = Roles(cause=label_of(cause), cluster=cluster)
    every, kept = _of_all_and_of(roles, cells)
    design = design_of(kept, terms, reference=reference)
    counts = level_counts(kept, design)
    if not ridge:
        need_events(counts, min_n=min_n)
    times, curve = _still_followed(every)
    gone, duration = kept["events"].to_numpy(float) > 0, kept["duration"].to_numpy(float)
    grid = grid_of(np.zeros(int(gone.sum()), dtype=np.int64), duration[gone], strata=1)
    grid = replace(grid, remain=_before(times, curve, grid.times))
    # A spell that left for another cause may be followed for ever; one that was censored may not.
    other = (every["events"].to_numpy(float) > 0) & ~gone
    after = np.where(other, 1 / np.maximum(_before(times, curve, duration), np.finfo(float).tiny), 0.0)
    data = prepared(_split(kept, every), design, roles, grid=grid, after=after)
    found = fitted(data.blocks, grid, labels=design.labels, ties=ties, ridge=ridge)
    covariance = sandwich(data.blocks, grid, found, ties=ties, clusters=data.clusters)
    covariance = covariance * np.nan if cluster and data.clusters < FEWEST else covariance
    model = CoxModel(
        design=design,
        roles=roles,
        ties=ties,
        beta=found.beta,
        covariance=covariance,
        centre=data.blocks.centre,
        grid=grid,
        strata=data.strata,
        bread=found.covariance,
        last_seen=data.last_seen,
        sums=risk_sums(data.blocks, grid, found.beta, ties=ties),
    )
    result = estimates_of(model, found, counts=counts, data=data, level=level, min_n=min_n, ridge=ridge)
    method = (
        f"Fine and Gray, {ties.capitalize()} ties, {'clustered' if cluster else 'robust'} errors, exact on cells"
        + (f", ridge {ridge:g}" if ridge else "")
    )
    return replace(result, measure="log_subdistribution_ratio", method=method).with_notes(FIXED)


def predicted_incidence(
    fit: Estimates, profiles: pd.DataFrame, times: Sequence[float], *, level: float = 0.95
) -> Estimates:
    """Return the share that Fine and Gray's model expects to have left for the cause.

    F(t | x) = 1 − exp(−r·H(t)), r = exp(x·β), H the baseline of the subdistribution.

    Parameters
    ----------
    fit : Estimates
        From `fit_fine_gray`.
    profiles : pandas.DataFrame
        One row per profile, a column per term.
    times : sequence of float
        In the unit of the durations.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``predicted_incidence`` as a share; rows as `predicted_survival`.

    Raises
    ------
    SchemaError
        When a profile misses a column or names an unknown level.
    """
    left = predicted_survival(fit, profiles, times, level=level)
    table = left.table
    turned = left.with_columns(
        {"estimate": 1 - table["estimate"], "ci_low": 1 - table["ci_high"], "ci_high": 1 - table["ci_low"]}
    )
    return replace(turned, measure="predicted_incidence", better="down", parts={})


def absolute_risks(fit: Estimates, time: float, *, level: float = 0.95) -> Estimates:
    """Return the share expected to have left for the cause by a time, one level changed at a time.

    F(t | x) of `predicted_incidence`: of the reference (each covariate at its reference level, each number at
    its mean), and of each level with all else as in the reference.

    Parameters
    ----------
    fit : Estimates
        From `fit_fine_gray`.
    time : float
        In the unit of the durations.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``predicted_incidence`` as a share; one row per ``term`` and ``level``, that of the reference
        first with both empty: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``duration``, ``n``. NaN
        after the last time seen; levels that the fit withholds are withheld.
    """
    design, terms = model_of(fit).design, fit.table.loc[fit.table["level"] != ""]
    at = 0
    base: dict[str, object] = {}
    for term in design.terms:
        base[term.name] = term.levels[0] if term.levels else model_of(fit).centre[at]
        at += len(term.columns)
    changed = [{**base, row["term"]: row["level"]} for row in terms.to_dict("records")]
    found = predicted_incidence(fit, pd.DataFrame([base, *changed]), [time], level=level)
    total = float(fit.parts["fit"]["n"].iloc[0])
    rows = found.table[["estimate", "std_error", "ci_low", "ci_high", "duration"]].assign(
        term=["", *terms["term"]],
        level=["", *terms["level"]],
        n=[total, *terms["n"].fillna(0)],
        suppressed=[False, *terms["suppressed"]],
    )
    return Estimates.build(
        rows,
        by=["term", "level"],
        measure="predicted_incidence",
        unit="share",
        method=found.method,
        level=level,
        min_n=fit.min_n,
        better="down",
        notes=found.notes,
    )


def _of_all_and_of(roles: Roles, cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells by endings of any kind, and the same by those for one cause."""
    if "cause" not in cells:
        raise SchemaError("Cells need the column `cause` to tell one cause from the others: it is missing.")
    every = checked(cells, Roles())
    kept = checked(cells, roles)
    if (kept["start"] > 0).any() or "sum_w" in kept:
        raise InsufficientDataError(
            "Fine and Gray's model here needs spells followed from the start, without weights:"
            f" {int((kept['start'] > 0).sum()):,} cells start late. Leave these out, or use the hazard of the cause"
            " (`fit_cox` with `cause`)."
        )
    return every, kept


def _split(kept: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    mixed = int(((every["events"] > 0) & (every["events"] < every["n"])).sum())
    if mixed:
        raise SchemaError(
            f"Each cell must be all events of one cause or all censored: {mixed:,} of {len(every):,} are mixed. Group"
            " by cause too."
        )
    return kept


def _still_followed(cells: pd.DataFrame) -> tuple[Floats, Floats]:
    """Kaplan–Meier curve of censoring; those who leave at a time are not at risk of censoring then."""
    count, events = cells["n"].to_numpy(float), cells["events"].to_numpy(float)
    times, row = np.unique(cells["duration"].to_numpy(float), return_inverse=True)
    ends, gone = np.bincount(row, weights=count), np.bincount(row, weights=events)
    at_risk = np.cumsum(ends[::-1])[::-1] - gone
    rate = np.divide(ends - gone, at_risk, out=np.zeros_like(ends), where=at_risk > 0)
    return times, np.cumprod(1 - rate)


def _before(times: Floats, curve: Floats, at: Floats) -> Floats:
    """The curve just before each time."""
    return np.asarray(np.concatenate([[1.0], curve])[np.searchsorted(times, at, side="left")])
