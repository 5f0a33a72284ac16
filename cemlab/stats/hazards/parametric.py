"""Curves with a formula, for times beyond those observed: fitted by lifelines, chosen by what they foretell.

lifelines is the best tool here: it takes counts as weights (which is exact without ties to break), entry
times, and gives objects that researchers know. Its optimiser is asked for more digits than it gives by default.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import ConvergenceError, InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.cells import Roles, checked
from cemlab.stats.hazards.design import Design, design_of
from cemlab.stats.intervals import Floats, quantile, two_sided

Family = Literal["weibull", "lognormal", "loglogistic", "piecewise_exponential"]
FAMILIES: Mapping[Family, str] = {
    "weibull": "Weibull",
    "lognormal": "log-normal",
    "loglogistic": "log-logistic",
    "piecewise_exponential": "piecewise exponential",
}
DIGITS = {"ftol": 1e-16}
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
    """

    family: Family
    design: Design
    fitter: Any
    breakpoints: tuple[float, ...]
    last_seen: float

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


def lifelines_frame(
    cells: pd.DataFrame, *, terms: Sequence[str], cause: str = "", reference: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return cells as a weighted frame for lifelines: one row per cell that is all events or all censored.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells, as for `fit_cox`.
    terms : sequence of str
        Covariates; levels become columns of 0 and 1.
    cause : str, default ""
        Only events of this cause count.
    reference : mapping of str to str, optional
        Reference level of some terms.

    Returns
    -------
    pandas.DataFrame
        ``duration``, ``event``, ``weight`` (how many spells), ``entry`` and the columns of the terms. Give them to lifelines as
        ``duration_col``, ``event_col``, ``weights_col`` and ``entry_col``. Cox with Efron ties takes weights otherwise than as rows.

    Raises
    ------
    SchemaError
        When a column is missing or a value is impossible.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b"], "duration": [1, 2], "n": [3, 2], "events": [1, 2]})
    >>> lifelines_frame(cells, terms=["plan"])[["duration", "event", "weight", "plan = b"]].values.tolist()
    [[1.0, 1.0, 1.0, 0.0], [2.0, 1.0, 2.0, 1.0], [1.0, 0.0, 2.0, 0.0]]
    """
    kept = checked(cells, Roles(cause=cause))
    return _frame(kept, design_of(kept, terms, reference=reference))


def _frame(cells: pd.DataFrame, design: Design) -> pd.DataFrame:
    x = pd.DataFrame(
        design.matrix(design.coded(cells)) if design.terms else np.zeros((len(cells), 0)), columns=design.labels
    )
    base = pd.DataFrame({"duration": cells["duration"].to_numpy(float), "entry": cells["start"].to_numpy(float)})
    gone, stayed = cells["events"].to_numpy(float), (cells["n"] - cells["events"]).to_numpy(float)
    halves = [base.assign(event=event, weight=count)[["duration", "event", "weight", "entry"]].join(x).loc[count > 0]
              for event, count in ((1.0, gone), (0.0, stayed))]  # fmt: skip
    return pd.concat(halves, ignore_index=True)


def fit_parametric(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str] = (),
    families: Sequence[Family] = ("weibull", "lognormal", "loglogistic"),
    cause: str = "",
    reference: Mapping[str, str] | None = None,
    grouped: bool = False,
    folds: int = 5,
    seed: int = 1,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the parametric model that foretells spells it has not seen best.

    Each family is fitted on all folds but one and judged by the mean log-likelihood of that one; spells of a cell are dealt to folds at
    random. The best is fitted on all. log T = x·β + scale·ε, so exp(β) stretches time.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells, as for `fit_cox`; spells of duration 0 say nothing here and are left out.
    terms : sequence of str, default ()
        Covariates.
    families : sequence of str, default ("weibull", "lognormal", "loglogistic")
        Candidates; also ``piecewise_exponential`` with pieces of equally many events.
    cause : str, default ""
        Only events of this cause count.
    reference : mapping of str to str, optional
        Reference level of some terms.
    grouped : bool, default False
        Durations count whole units, and whoever left in unit m left between m − 1 and m: taken for its middle.
    folds : int, default 5
        Number of folds.
    seed : int, default 1
        Of the folds.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``log_time_ratio``; one row per ``parameter`` (of lifelines), ``term`` and ``level`` (empty for its constant). Part
        ``families``: ``family``, ``held_out`` (mean log-likelihood per spell), ``log_likelihood``, ``aic``, ``chosen``. `model` is the `ParametricModel`,
        whose ``fitter`` is the lifelines object.

    Raises
    ------
    SchemaError
        When a column is missing or a value is impossible.
    InsufficientDataError
        When fewer than 10 spells left.
    ParameterError
        When a family is unknown or there are fewer than 2 folds.
    ConvergenceError
        When no family can be fitted.

    References
    ----------
    Kalbfleisch, J. D., & Prentice, R. L. (2002). The statistical analysis of failure time data (2nd
    ed.). Wiley. doi:10.1002/9781118032985
    """
    unknown = [family for family in families if family not in FAMILIES]
    if unknown or not families or folds < 2:
        raise ParameterError(
            f"Families are {', '.join(FAMILIES)}, in 2 folds or more: {', '.join(unknown) or len(families)} and {folds} were given."
        )
    kept = checked(cells, Roles(cause=cause))
    none = kept["duration"] <= 0
    dropped, kept = int(kept.loc[none, "n"].sum()), kept.loc[~none].reset_index(drop=True)
    gone = int(kept["events"].sum())
    if gone < 10:
        raise InsufficientDataError(
            f"A formula needs at least 10 spells that left: {gone} of {int(kept['n'].sum()):,} did."
        )
    design = design_of(kept, terms, reference=reference)
    frame = _frame(kept, design)
    if grouped:
        frame["duration"] -= 0.5 * frame["event"]
    breakpoints = _quarters(frame)
    tried = _tried(frame, families, breakpoints, folds=folds, seed=seed)
    chosen = str(tried.loc[tried["chosen"], "family"].iloc[0])
    fitter = _fit(chosen, frame, breakpoints)
    model = ParametricModel(chosen, design, fitter, breakpoints, float(kept["duration"].max()))  # type: ignore[arg-type]
    notes = (f"{dropped:,} spells of duration 0 were left out of the formula.",) if dropped else ()
    return Estimates.build(
        _table(fitter, design, level=level).assign(n=kept["n"].sum()), by=["parameter", "term", "level"], cells=[], measure="log_time_ratio",
        unit="ratio", method=f"{FAMILIES[model.family]} by lifelines, chosen by held-out likelihood", level=level, min_n=min_n, better="up",
        notes=notes, parts={"families": tried}, model=model,
    )  # fmt: skip


def _quarters(frame: pd.DataFrame) -> tuple[float, ...]:
    """Return the times by which a quarter, a half and three quarters of the events have come."""
    ends = frame.sort_values("duration", kind="stable")
    events = np.cumsum((ends["weight"] * ends["event"]).to_numpy())
    reached = np.searchsorted(events / events[-1], [0.25, 0.5, 0.75])
    return tuple(np.unique(ends["duration"].to_numpy()[reached]))


def predicted_formula(
    fit: Estimates, profiles: pd.DataFrame, times: Sequence[float], *, given: float = 0.0, level: float = 0.95
) -> Estimates:
    """Return the share still there by the formula, with what is extrapolated marked.

    S(t | x)/S(s | x) of the family, s the time of `given`; interval from the delta method on the logarithm of H(t) − H(s).

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
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``predicted_survival`` as a share; one row per ``profile`` and ``duration``: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``extrapolated`` (later than anybody was followed). A note says so when any is.

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
    profiles = profiles.reset_index(drop=True)
    x = model.design.matrix(model.design.coded(profiles)) if model.design.terms else np.zeros((len(profiles), 0))
    center = model.fitter.params_.to_numpy(float)

    def _curve(parameters: Floats) -> Floats:
        lived = model.hazard_sum(x, np.array([given]), parameters) if given else 0.0
        return np.log(model.hazard_sum(x, asked, parameters) - lived).ravel()

    steps = 1e-6 * np.maximum(1.0, np.abs(center))
    slope = np.stack(
        [(_curve(center + step) - _curve(center - step)) / (2 * step.max()) for step in np.diag(steps)], axis=1
    )
    error = np.sqrt(np.einsum("ij,jk,ik->i", slope, model.fitter.variance_matrix_.to_numpy(float), slope))
    linear, half = _curve(center), quantile(level) * error
    survival = np.exp(-np.exp(linear))
    rows = profiles.iloc[np.repeat(np.arange(len(x)), len(asked))].reset_index(drop=True)
    rows.insert(0, "profile", np.repeat(np.arange(len(x)), len(asked)))
    rows = rows.assign(
        duration=np.tile(asked, len(x)), estimate=survival, std_error=survival * np.exp(linear) * error, ci_low=np.exp(-np.exp(linear + half)),
        ci_high=np.exp(-np.exp(linear - half)), extrapolated=np.tile(asked > model.last_seen, len(x)), n=fit.table["n"].iloc[0],
    )  # fmt: skip
    notes = (BEYOND.format(last=model.last_seen),) if rows["extrapolated"].any() else ()
    return Estimates.build(
        rows, by=["profile", "duration"], cells=[], measure="predicted_survival", unit="share", method=fit.method, level=level,
        min_n=fit.min_n, better="up", notes=notes, model=model,
    )  # fmt: skip


def _fit(family: str, frame: pd.DataFrame, breakpoints: Sequence[float]) -> Any:
    import lifelines

    with warnings.catch_warnings():
        # Weights that are counts are what they are said to be; the rest is checked by the likelihood below.
        warnings.simplefilter("ignore")
        fitter = {
            "weibull": lifelines.WeibullAFTFitter, "lognormal": lifelines.LogNormalAFTFitter, "loglogistic": lifelines.LogLogisticAFTFitter,
            "piecewise_exponential": lambda: lifelines.PiecewiseExponentialRegressionFitter(breakpoints=list(breakpoints)),
        }[family]()  # fmt: skip
        columns = {"duration_col": "duration", "event_col": "event", "weights_col": "weight", "entry_col": "entry"}
        return fitter.fit(frame, **columns, fit_options=DIGITS)


def _tried(
    frame: pd.DataFrame, families: Sequence[Family], breakpoints: Sequence[float], *, folds: int, seed: int
) -> pd.DataFrame:
    from lifelines.exceptions import ConvergenceError as NotConverged

    fold = _dealt(frame["weight"].to_numpy(), folds=folds, seed=seed)
    rows = []
    for family in families:
        try:
            held, weights = [], []
            for k in range(folds):
                train, test = frame.assign(weight=frame["weight"] - fold[:, k]), frame.assign(weight=fold[:, k])
                train, test = (each.loc[each["weight"] > 0].reset_index(drop=True) for each in (train, test))
                held.append(_fit(family, train, breakpoints).score(test))
                weights.append(test["weight"].sum())
            whole = _fit(family, frame, breakpoints)
        except (NotConverged, np.linalg.LinAlgError, ZeroDivisionError):
            continue
        rows.append({"family": family, "held_out": float(np.average(held, weights=weights)), "log_likelihood": float(whole.log_likelihood_),
                     "aic": float(whole.AIC_)})  # fmt: skip
    if not rows:
        raise ConvergenceError(
            f"A formula must fit: none of {len(families)} families converged. Use fewer covariates, or the curve without formula."
        )
    table = pd.DataFrame(rows)
    return table.assign(chosen=table["held_out"] == table["held_out"].max())


def _dealt(counts: Floats, *, folds: int, seed: int) -> Floats:
    """How many spells of each row fall into each fold."""
    random = np.random.default_rng(seed)
    return np.asarray(random.multinomial(counts.astype(np.int64), np.full(folds, 1 / folds)), dtype=float)


def _table(fitter: Any, design: Design, *, level: float) -> pd.DataFrame:
    names = dict(zip(design.labels, design.columns, strict=True))
    keys = [(parameter, *names.get(column, ("(constant)", ""))) for parameter, column in fitter.params_.index]
    estimate, error = fitter.params_.to_numpy(float), fitter.standard_errors_.to_numpy(float)
    half = quantile(level) * error
    return pd.DataFrame(keys, columns=["parameter", "term", "level"]).assign(
        estimate=estimate, std_error=error, ci_low=estimate - half, ci_high=estimate + half, p_value=two_sided(estimate / error),
    )  # fmt: skip
