"""Formulas of how long customers stay: what they say of a time, also where nobody was followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.design import Design
from cemlab.stats.intervals import Floats, quantile

Family = Literal["weibull", "lognormal", "loglogistic", "piecewise_exponential"]
FAMILIES: Mapping[Family, str] = {
    "weibull": "Weibull",
    "lognormal": "log-normal",
    "loglogistic": "log-logistic",
    "piecewise_exponential": "piecewise exponential",
}
BEYOND = "Beyond {last:g}, the last time observed, the curve is the formula's own: no customer was followed that long."


@dataclass(frozen=True, eq=False)
class ParametricModel:
    """A fitted parametric model.

    Attributes
    ----------
    family : str
        Its formula.
    design : Design
        The covariates.
    fitter : object
        The lifelines object.
    breakpoints : tuple of float
        Where the pieces of a piecewise exponential meet.
    last_seen : float
        Last time observed; what is later is extrapolated.
    fitters : mapping of str to object
        The lifelines objects of all families that were tried.
    """

    family: Family
    design: Design
    fitter: Any
    breakpoints: tuple[float, ...]
    last_seen: float
    fitters: Mapping[Family, Any]

    def of_family(self, family: Family) -> ParametricModel:
        """Return the model of another family that was tried.

        Parameters
        ----------
        family : str
            Its name.

        Returns
        -------
        ParametricModel
            On the same spells.

        Raises
        ------
        ParameterError
            When it was not tried, or did not converge.
        """
        if family not in self.fitters:
            raise ParameterError(
                f"`family` must be one that was fitted: {', '.join(self.fitters)}; {family!r} was given."
            )
        return replace(self, family=family, fitter=self.fitters[family])

    def hazard_sum(self, x: Floats, times: Floats, parameters: Floats) -> Floats:
        """Return the cumulative hazard.

        Parameters
        ----------
        x : numpy.ndarray
            Covariates, shape (profiles, columns).
        times : numpy.ndarray
            Times above 0.
        parameters : numpy.ndarray
            In the order of lifelines.

        Returns
        -------
        numpy.ndarray
            Shape (profiles, times).
        """
        # lifelines keeps the columns of a parameter in an order of its own.
        first = self.fitter.params_.index[0][0]
        named = dict(zip(self.design.labels, x.T, strict=True))
        names = [column for parameter, column in self.fitter.params_.index if parameter == first]
        with_constant = np.stack([named.get(column, np.ones(len(x))) for column in names], axis=1)
        width = len(names)
        if self.family == "piecewise_exponential":
            edges = np.array([0.0, *self.breakpoints, np.inf])
            lived = np.clip(times[:, None] - edges[:-1], 0, np.diff(edges))
            rates = np.exp(-with_constant @ parameters.reshape(len(edges) - 1, width).T)
            return np.asarray(rates @ lived.T)
        centre, scale = with_constant @ parameters[:width], np.exp(parameters[width])
        logs = np.log(times)[None, :] - centre[:, None]
        if self.family == "weibull":
            return np.asarray(np.exp(logs * scale))
        if self.family == "loglogistic":
            return np.asarray(np.logaddexp(0.0, logs * scale))
        from scipy.special import log_ndtr

        return np.asarray(-log_ndtr(-logs / scale))


def predicted_formula(
    fit: Estimates,
    profiles: pd.DataFrame,
    times: Sequence[float],
    *,
    given: float = 0.0,
    family: Family | None = None,
    level: float = 0.95,
) -> Estimates:
    """Return the share still there by the formula, with what is extrapolated marked.

    S(t | x)/S(s | x) of the family, s the time of `given`; interval from the delta method on the logarithm of
    H(t) − H(s).

    Parameters
    ----------
    fit : Estimates
        From `fit_parametric`.
    profiles : pandas.DataFrame
        One row per profile, a column per term.
    times : sequence of float
        Above `given`, in the unit of the durations.
    given : float, default 0
        Only those still there at this time count, as a curve with late entry counts them.
    family : str, optional
        Another family that was tried; default the chosen one.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``predicted_survival`` as a share; one row per ``profile`` and ``duration``: ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``extrapolated`` (later than anybody was followed). A note says
        so when any is.

    Raises
    ------
    SchemaError
        When a profile misses a column or names an unknown level.
    ParameterError
        When a time is not above `given`, or the estimates are not of a parametric model.
    """
    model, asked = fit.model, np.asarray(times, dtype=float)
    if not isinstance(model, ParametricModel) or given < 0 or not (asked > given).all():
        raise ParameterError(
            f"Give what `fit_parametric` returned, and times above {max(given, 0):g}, the time that is given."
        )
    model = model.of_family(family) if family else model
    profiles = profiles.reset_index(drop=True)
    x = model.design.matrix(model.design.coded(profiles)) if model.design.terms else np.zeros((len(profiles), 0))
    linear, error = _logarithms(model, x, asked, given=given)
    half = quantile(level) * error
    survival = np.exp(-np.exp(linear))
    rows = profiles.iloc[np.repeat(np.arange(len(x)), len(asked))].reset_index(drop=True)
    rows.insert(0, "profile", np.repeat(np.arange(len(x)), len(asked)))
    rows = rows.assign(
        duration=np.tile(asked, len(x)),
        estimate=survival,
        std_error=survival * np.exp(linear) * error,
        ci_low=np.exp(-np.exp(linear + half)),
        ci_high=np.exp(-np.exp(linear - half)),
        extrapolated=np.tile(asked > model.last_seen, len(x)),
        n=fit.table["n"].iloc[0],
    )
    notes = (BEYOND.format(last=model.last_seen),) if rows["extrapolated"].any() else ()
    return Estimates.build(
        rows,
        by=["profile", "duration"],
        cells=[],
        measure="predicted_survival",
        unit="share",
        level=level,
        method=f"{FAMILIES[model.family]} by lifelines",
        min_n=fit.min_n,
        better="up",
        notes=notes,
        model=model,
    )


def _logarithms(model: ParametricModel, x: Floats, times: Floats, *, given: float) -> tuple[Floats, Floats]:
    """Logarithm of the hazard summed since `given`, and its error by the delta method."""
    center = model.fitter.params_.to_numpy(float)

    def _curve(parameters: Floats) -> Floats:
        lived = model.hazard_sum(x, np.array([given]), parameters) if given else 0.0
        return np.log(model.hazard_sum(x, times, parameters) - lived).ravel()

    steps = 1e-6 * np.maximum(1.0, np.abs(center))
    slope = np.stack(
        [(_curve(center + step) - _curve(center - step)) / (2 * step.max()) for step in np.diag(steps)], axis=1
    )
    error = np.sqrt(np.einsum("ij,jk,ik->i", slope, model.fitter.variance_matrix_.to_numpy(float), slope))
    return _curve(center), error
