"""Curves with a formula, for times beyond those observed: fitted by lifelines, chosen by what they foretell.

lifelines is the best tool here: it takes counts as weights (which is exact without ties to break), entry
times, and gives objects that researchers know. Its optimiser is asked for more digits than it gives by default.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.errors import ConvergenceError, InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.hazards.cells import Roles, checked
from cemlab.stats.hazards.design import Design, design_of
from cemlab.stats.hazards.formulas import FAMILIES, Family, ParametricModel
from cemlab.stats.intervals import Floats, quantile, two_sided

DIGITS = {"ftol": 1e-16}

INDEPENDENT = (
    "The formula's intervals take all spells as independent, several of one customer too: they may then be too narrow."
)


def lifelines_frame(
    cells: pd.DataFrame, *, terms: Sequence[str], cause: Cause = "", reference: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return cells as a weighted frame for lifelines: one row per cell that is all events or all censored.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells, as for `fit_cox`.
    terms : sequence of str
        Covariates; levels become columns of 0 and 1.
    cause : str or float, default ""
        Only events of this cause count.
    reference : mapping of str to str, optional
        Reference level of some terms.

    Returns
    -------
    pandas.DataFrame
        ``duration``, ``event``, ``weight`` (how many spells), ``entry`` and the columns of the terms. Give them
        to lifelines as ``duration_col``, ``event_col``, ``weights_col`` and ``entry_col``. Cox with Efron ties
        takes weights otherwise than as rows.

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
    kept = checked(cells, Roles(cause=label_of(cause)))
    return _frame(kept, design_of(kept, terms, reference=reference))


def _frame(cells: pd.DataFrame, design: Design) -> pd.DataFrame:
    x = pd.DataFrame(
        design.matrix(design.coded(cells)) if design.terms else np.zeros((len(cells), 0)), columns=design.labels
    )
    base = pd.DataFrame({"duration": cells["duration"].to_numpy(float), "entry": cells["start"].to_numpy(float)})
    gone, stayed = cells["events"].to_numpy(float), (cells["n"] - cells["events"]).to_numpy(float)
    halves = [
        base.assign(event=event, weight=count)[["duration", "event", "weight", "entry"]].join(x).loc[count > 0]
        for event, count in ((1.0, gone), (0.0, stayed))
    ]
    return pd.concat(halves, ignore_index=True)


def fit_parametric(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str] = (),
    families: Sequence[Family] = ("weibull", "lognormal", "loglogistic"),
    cause: Cause = "",
    reference: Mapping[str, str] | None = None,
    grouped: bool = False,
    folds: int = 5,
    seed: int = 1,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the parametric model that foretells spells it has not seen best.

    Each family is fitted on all folds but one and judged by the mean log-likelihood of that one; spells of a
    cell are dealt to folds at random. The best is fitted on all. log T = x·β + scale·ε, so exp(β) stretches
    time.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells, as for `fit_cox`; spells of duration 0 say nothing here and are left out, save events
        where `grouped`.
    terms : sequence of str, default ()
        Covariates.
    families : sequence of str, default ("weibull", "lognormal", "loglogistic")
        Candidates; also ``piecewise_exponential`` with pieces of equally many events.
    cause : str or float, default ""
        Only events of this cause count.
    reference : mapping of str to str, optional
        Reference level of some terms.
    grouped : bool, default False
        Durations count whole units, and whoever left in unit m left between m − 1 and m: taken for its middle. Where
        some left at 0, units are completed ones, and whoever left at m left between m and m + 1.
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
        Measure ``log_time_ratio``; one row per ``parameter`` (of lifelines), ``term`` and ``level`` (empty for
        its constant). Part ``families``: ``family``, ``held_out`` (mean log-likelihood per spell),
        ``log_likelihood``, ``aic``, ``chosen``. `model` is the `ParametricModel`, whose ``fitter`` is the
        lifelines object.

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
            f"Families are {', '.join(FAMILIES)}, in 2 folds or more: {', '.join(unknown) or len(families)} and {folds}"
            " were given."
        )
    cells = checked(cells, Roles(cause=label_of(cause)))
    completed = grouped and bool(((cells["duration"] == 0) & (cells["events"] > 0)).any())
    kept, dropped = _lasting(cells, completed=completed)
    design = design_of(kept, terms, reference=reference)
    frame = _frame(kept, design)
    # neither the optimiser's path nor the folds of the choice may hang on the order of the rows
    frame = frame.sort_values(list(frame.columns), ignore_index=True)
    if grouped:
        frame["duration"] += (0.5 if completed else -0.5) * frame["event"]
    breakpoints = _quarters(frame)
    tried, fitters = _tried(frame, families, breakpoints, folds=folds, seed=seed)
    chosen: Family = tried.loc[tried["chosen"], "family"].iloc[0]
    fitter = fitters[chosen]
    model = ParametricModel(chosen, design, fitter, breakpoints, float(kept["duration"].max()), fitters)
    notes = (INDEPENDENT, *((f"{dropped:,} spells of duration 0 were left out of the formula.",) if dropped else ()))
    return Estimates.build(
        _table(fitter, design, level=level).assign(n=kept["n"].sum()),
        by=["parameter", "term", "level"],
        cells=[],
        measure="log_time_ratio",
        unit="ratio",
        method=f"{FAMILIES[model.family]} by lifelines, chosen by held-out likelihood",
        level=level,
        min_n=min_n,
        better="up",
        notes=notes,
        parts={"families": tried},
        model=model,
    )


def _lasting(cells: pd.DataFrame, *, completed: bool) -> tuple[pd.DataFrame, int]:
    """Cells of more than no time, and how many spells that leaves out; events at 0 stay where units are completed ones."""
    none = cells["duration"] <= 0
    stays = cells["events"].where(none, cells["n"]) if completed else cells["n"].where(~none, 0)
    kept = cells.assign(n=stays).loc[stays > 0].reset_index(drop=True)
    gone = int(kept["events"].sum())
    if gone < 10:
        raise InsufficientDataError(
            f"A formula needs at least 10 spells that left: {gone} of {int(kept['n'].sum()):,} did."
        )
    return kept, int(cells["n"].sum() - stays.sum())


def _quarters(frame: pd.DataFrame) -> tuple[float, ...]:
    """Return the times by which a quarter, a half and three quarters of the events have come."""
    ends = frame.sort_values("duration", kind="stable")
    events = np.cumsum((ends["weight"] * ends["event"]).to_numpy())
    reached = np.searchsorted(events / events[-1], [0.25, 0.5, 0.75])
    return tuple(np.unique(ends["duration"].to_numpy()[reached]))


def _fit(family: str, frame: pd.DataFrame, breakpoints: Sequence[float]) -> Any:
    import lifelines

    with warnings.catch_warnings():
        # Weights that are counts are what they are said to be; the rest is checked by the likelihood below.
        warnings.simplefilter("ignore")
        fitter = {
            "weibull": lifelines.WeibullAFTFitter,
            "lognormal": lifelines.LogNormalAFTFitter,
            "loglogistic": lifelines.LogLogisticAFTFitter,
            "piecewise_exponential": lambda: lifelines.PiecewiseExponentialRegressionFitter(
                breakpoints=list(breakpoints)
            ),
        }[family]()
        columns = {"duration_col": "duration", "event_col": "event", "weights_col": "weight", "entry_col": "entry"}
        return fitter.fit(frame, **columns, fit_options=DIGITS)


def _tried(
    frame: pd.DataFrame, families: Sequence[Family], breakpoints: Sequence[float], *, folds: int, seed: int
) -> tuple[pd.DataFrame, dict[Family, Any]]:
    from lifelines.exceptions import ConvergenceError as NotConverged

    fold = _dealt(frame["weight"].to_numpy(), folds=folds, seed=seed)
    rows, fitters = [], dict[Family, Any]()
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
        fitters[family] = whole
        rows.append(
            {
                "family": family,
                "held_out": float(np.average(held, weights=weights)),
                "log_likelihood": float(whole.log_likelihood_),
                "aic": float(whole.AIC_),
            }
        )
    if not rows:
        raise ConvergenceError(
            f"A formula must fit: none of {len(families)} families converged. Use fewer covariates, or the curve"
            " without formula."
        )
    table = pd.DataFrame(rows)
    return table.assign(chosen=table["held_out"] == table["held_out"].max()), fitters


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
        estimate=estimate,
        std_error=error,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p_value=two_sided(estimate / error),
    )
