"""Curves that a fitted Cox model predicts, and errors from a second pass over grouped cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.cells import checked, prepared
from cemlab.stats.hazards.fitted import CoxModel, ratios_of
from cemlab.stats.hazards.residuals import clustered_scores
from cemlab.stats.intervals import Floats, quantile, two_sided
from cemlab.stats.jackknife import FEWEST
from cemlab.stats.survival.bands import log_log_limits, other_limits
from cemlab.stats.survival.clustered import REPLICATE, notes_of


def predicted_survival(
    fit: Estimates,
    profiles: pd.DataFrame,
    times: Sequence[float],
    *,
    level: float = 0.95,
) -> Estimates:
    """Return the share still there that a Cox model predicts for customers of given profiles.

    S(t | x) = exp(−r·H(t)), r = exp(x·β); Var(log S) = r²·[Σ (W_D/d)·Σ 1/v² + gᵀ V g], g = x·H(t) − Σ of the
    mean covariates times the hazard increments, V the covariance of β. Log-log interval.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`.
    profiles : pandas.DataFrame
        One row per profile: a column per term, and one per stratum column. Other columns are kept as labels.
    times : sequence of float
        In the unit of the durations.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``predicted_survival`` as a share; one row per ``profile`` (its number) and ``duration`` with
        the profile's columns, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``cumulative_hazard``,
        ``followed`` (False after the last time seen in the stratum, where nothing is predicted). Parts:
        ``log``, ``plain``.

    Raises
    ------
    SchemaError
        When a profile misses a column or names an unknown level or stratum.
    ParameterError
        When `level` is not in (0, 1).

    References
    ----------
    Therneau, T. M., & Grambsch, P. M. (2000). Modeling survival data: Extending the Cox model.
    Springer. doi:10.1007/978-1-4757-3294-8
    """
    model = model_of(fit)
    profiles, asked = profiles.reset_index(drop=True), np.asarray(times, dtype=float)
    x = model.design.matrix(model.design.coded(profiles)) - model.centre
    stratum = _stratum(model, profiles)
    shift = profiles[model.roles.offset].to_numpy(float) - model.offset if model.roles.offset else np.zeros(len(x))
    risk = np.exp(x @ model.beta + shift)
    hazard, noise, mean = cumulated(model, stratum, asked)
    slope = x[:, None, :] * hazard[:, :, None] - mean
    variance = risk[:, None] ** 2 * (noise + np.einsum("pti,ij,ptj->pt", slope, model.covariance, slope))
    last = model.last_seen[stratum]
    followed = (asked[None, :] <= last[:, None]).ravel()
    cumulative = np.where(followed, (risk[:, None] * hazard).ravel(), np.nan)
    survival, error = np.exp(-cumulative), np.sqrt(np.where(followed, variance.ravel(), np.nan))
    low, high = log_log_limits(survival, error, level=level)
    keys = profiles.iloc[np.repeat(np.arange(len(x)), len(asked))].reset_index(drop=True)
    keys.insert(0, "profile", np.repeat(np.arange(len(x)), len(asked)))
    keys = keys.assign(duration=np.tile(asked, len(x)))
    spread = survival * error
    rows = keys.assign(
        estimate=survival,
        std_error=spread,
        ci_low=low,
        ci_high=high,
        cumulative_hazard=cumulative,
        followed=followed,
        n=fit.parts["fit"]["n"].iloc[0],
    )
    parts = {
        name: keys.assign(estimate=survival, std_error=spread, ci_low=limits[0], ci_high=limits[1])
        for name, limits in other_limits(survival, error, level=level).items()
    }
    return Estimates.build(
        rows,
        by=["profile", "duration"],
        cells=[],
        measure="predicted_survival",
        unit="share",
        min_n=fit.min_n,
        level=level,
        method=f"{fit.method}; its own baseline, log-log interval",
        better="up",
        parts=parts,
        model=model,
    )


def model_of(fit: Estimates) -> CoxModel:
    """Return the Cox model behind estimates.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`.

    Returns
    -------
    CoxModel
        The model.

    Raises
    ------
    ParameterError
        When these are estimates of something else.
    """
    if not isinstance(fit.model, CoxModel):
        raise ParameterError(f"A Cox model is needed: `{fit.measure}` is none. Give what `hazards.fit_cox` returned.")
    return fit.model


def clustered(fit: Estimates, cells: pd.DataFrame, *, group: str = REPLICATE) -> Estimates:
    """Return the same fit with errors from groups of customers: one second pass over cells by group.

    V = H⁻¹·[G/(G − 1)·Σ U_g U_gᵀ]·H⁻¹, U_g the summed score residuals of a group (hashed customers or
    accounts); t with G − 1 degrees of freedom.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`, without cluster.
    cells : pandas.DataFrame
        The same cells, split by `group`.
    group : str, default "replicate"
        Column with the group.

    Returns
    -------
    Estimates
        With new errors, intervals and p-values, also in ``ratios`` and ``covariance``: NaN below 10 groups. The
        fit itself where the cells have no such column, as those of spells that are independent.

    Raises
    ------
    SchemaError
        When the cells are not those of the fit.
    """
    if group not in cells:
        return fit
    model = model_of(fit)
    roles = replace(model.roles, cluster=group)
    kept = checked(cells, roles)
    data = prepared(kept, model.design, roles, centre=model.centre, grid=model.grid)
    if data.events != model.sums.events.sum():
        raise SchemaError(
            f"The grouped cells must be those of the fit: {int(data.events):,} events here, "
            f"{int(model.sums.events.sum()):,} there. Build both from the same spells."
        )
    grouped = clustered_scores(data, model.sums, model.beta)
    covariance = model.bread @ (grouped.T @ grouped) @ model.bread * data.clusters / max(data.clusters - 1, 1)
    if data.clusters < FEWEST:
        covariance = np.full_like(covariance, np.nan)
    notes = notes_of(np.array([data.clusters - 1.0 if data.clusters >= FEWEST else np.nan]))
    return _with_errors(fit, covariance, df=data.clusters - 1).with_notes(*notes)


def _with_errors(fit: Estimates, covariance: Floats, *, df: int) -> Estimates:
    table, model = fit.table, model_of(fit)
    error = np.sqrt(np.diag(covariance))
    half = quantile(fit.level, df) * error
    columns = {
        "std_error": error,
        "ci_low": table["estimate"] - half,
        "ci_high": table["estimate"] + half,
        "p_value": two_sided(table["estimate"] / error, np.full(len(error), float(df))),
    }
    result = fit.with_columns(columns)
    labels = model.design.labels
    parts = {
        **fit.parts,
        "ratios": ratios_of(result.table),
        "covariance": pd.DataFrame(covariance, columns=labels).assign(column=labels),
    }
    method = fit.method.replace("model-based errors", f"errors of {df + 1} groups of customers")
    return replace(result, parts=parts, model=replace(model, covariance=covariance), method=method)


def _stratum(model: CoxModel, profiles: pd.DataFrame) -> np.ndarray:
    names = list(model.roles.strata)
    missing = [name for name in names if name not in profiles]
    if missing:
        raise SchemaError(f"A profile must name its stratum: {', '.join(missing)} missing.")
    if not names:
        return np.zeros(len(profiles), dtype=np.int64)
    found = profiles[names].merge(model.strata.assign(_at=range(len(model.strata))), on=names, how="left")["_at"]
    if found.isna().any():
        raise SchemaError(
            f"A profile must lie in a stratum of the fit: {int(found.isna().sum())} of {len(found)} do not."
        )
    return np.asarray(found, dtype=np.int64)


def cumulated(model: CoxModel, stratum: np.ndarray, times: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the baseline hazard, its noise, and mean covariates times hazard, up to each time in each stratum asked.

    Parameters
    ----------
    model : CoxModel
        The model.
    stratum : numpy.ndarray
        Position of each profile's stratum.
    times : numpy.ndarray
        In the unit of the durations.

    Returns
    -------
    tuple of numpy.ndarray
        Of shapes (profiles, times) twice and (profiles, times, columns); covariates are centred.
    """
    sums, shape = model.sums, (len(stratum), len(times))
    noise_steps = sums.mass * sums.ties.square
    hazard, noise, mean = np.zeros(shape), np.zeros(shape), np.zeros((*shape, len(model.beta)))
    for code in np.unique(stratum):
        first, last = model.grid.bounds[code], model.grid.bounds[code + 1]
        at = np.searchsorted(model.grid.times[first:last], times, side="right")
        rows = stratum == code
        hazard[rows] = np.append(0.0, np.cumsum(sums.hazard[first:last]))[at]
        noise[rows] = np.append(0.0, np.cumsum(noise_steps[first:last]))[at]
        none = np.zeros((1, len(model.beta)))
        mean[rows] = np.vstack([none, np.cumsum(sums.mean_hazard[first:last], axis=0)])[at]
    return hazard, noise, mean
