"""What a fitted Cox model is: coefficients, baseline, and the tables that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.core.suppression import hidden_cells
from cemlab.stats.hazards.design import Design
from cemlab.stats.hazards.grid import Grid
from cemlab.stats.hazards.newton import Maximum
from cemlab.stats.hazards.risksets import RiskSums
from cemlab.stats.hazards.ties import Ties
from cemlab.stats.intervals import Floats, quantile, two_sided
from cemlab.stats.survival.comparison import chi_square_p

if TYPE_CHECKING:
    from cemlab.stats.hazards.cells import Prepared, Roles

SHRUNK = "Shrunk coefficients: their intervals are too short for the bias that shrinking brings."


@dataclass(frozen=True, eq=False)
class CoxModel:
    """A fitted Cox model, enough to predict and to diagnose.

    Attributes
    ----------
    design : Design
        The covariates.
    roles : Roles
        Which columns did what.
    ties : {"efron", "breslow"}
        The rule for ties.
    beta, covariance : numpy.ndarray
        Coefficients, and their covariance (robust where the fit is).
    bread : numpy.ndarray
        Their model-based covariance.
    centre : numpy.ndarray
        Column means, at which the sums are taken.
    grid : Grid
        Event times.
    strata : pandas.DataFrame
        Keys of the strata, in their order on the grid.
    sums : RiskSums
        Sums over the risk sets at `beta`.
    last_seen : numpy.ndarray
        Last time at which a spell of each stratum was seen; nothing is predicted after it.
    offset : float
        Mean offset, taken off.
    """

    design: Design
    roles: Roles
    ties: Ties
    beta: Floats
    covariance: Floats
    bread: Floats
    centre: Floats
    grid: Grid
    strata: pd.DataFrame
    sums: RiskSums
    last_seen: Floats
    offset: float = 0.0

    def baseline(self) -> pd.DataFrame:
        """Return the baseline hazard, at the reference levels and at 0 of each number.

        Efron's increments where the ties are Efron's, as R.

        Returns
        -------
        pandas.DataFrame
            The strata, ``duration``, ``hazard``, ``cumulative_hazard``, ``events``.
        """
        stratum = np.repeat(np.arange(len(self.strata)), np.diff(self.grid.bounds))
        hazard = self.sums.hazard * np.exp(-self.centre @ self.beta - self.offset)
        frame = (
            self.strata.iloc[stratum]
            .reset_index(drop=True)
            .assign(duration=self.grid.times, hazard=hazard, events=self.sums.events)
        )
        return frame.assign(cumulative_hazard=pd.Series(hazard).groupby(stratum).cumsum())


def estimates_of(
    model: CoxModel,
    found: Maximum,
    *,
    counts: pd.DataFrame,
    data: Prepared,
    level: float,
    min_n: int,
    ridge: float = 0.0,
) -> Estimates:
    """Return a fit as estimates.

    Parameters
    ----------
    model : CoxModel
        The model.
    found : Maximum
        Its fit.
    counts : pandas.DataFrame
        Spells and events of each ``term`` and ``level``.
    data : Prepared
        What it was fitted on.
    level : float
        Confidence level, in (0, 1).
    min_n : int
        Smallest number of spells at a published level.
    ridge : float, default 0
        θ of the penalty.

    Returns
    -------
    Estimates
        As `fit_cox`.
    """
    error = np.sqrt(np.diag(model.covariance))
    table = coefficient_table(model.design, found.beta, error, counts=counts, level=level, min_n=min_n)
    labels = model.design.labels
    parts = {
        "ratios": ratios_of(table),
        "tests": tests_of(found, model.covariance),
        "fit": fit_row(found, spells=data.spells, events=data.events, ridge=ridge),
        "covariance": pd.DataFrame(model.covariance, columns=labels).assign(column=labels),
        "model_based": table[["term", "level", "estimate"]].assign(std_error=np.sqrt(np.diag(found.covariance))),
        "baseline": model.baseline(),
    }
    errors = "clustered" if data.clusters else "robust" if model.covariance is not found.covariance else "model-based"
    method = f"Cox, {model.ties.capitalize()} ties, {errors} errors, exact on cells" + (
        f", ridge {ridge:g}" if ridge else ""
    )
    return Estimates.build(
        table,
        by=["term", "level"],
        measure="log_hazard_ratio",
        unit="ratio",
        method=method,
        level=level,
        min_n=min_n,
        better="down",
        notes=[SHRUNK] if ridge else [],
        parts=parts,
        model=model,
    )


def coefficient_table(
    design: Design, beta: Floats, error: Floats, *, counts: pd.DataFrame, level: float, min_n: int
) -> pd.DataFrame:
    """Return coefficients by term and level.

    Parameters
    ----------
    design : Design
        The covariates.
    beta, error : numpy.ndarray
        Coefficients and their standard errors.
    counts : pandas.DataFrame
        Spells and events of each ``term`` and ``level``.
    level : float
        Confidence level, in (0, 1).
    min_n : int
        Smallest number of spells at a published level.

    Returns
    -------
    pandas.DataFrame
        ``term``, ``level``, ``reference``, estimates with intervals, p-values, ``n``, ``events``, ``suppressed``.
    """
    hidden = [hidden_cells(group, by=["level"], n="n", min_n=min_n) for _, group in counts.groupby("term", sort=False)]
    counts = counts.assign(suppressed=pd.concat(hidden))
    reference = {term.name: term.levels[0] if term.levels else "" for term in design.terms}
    half = quantile(level) * error
    return (
        pd.DataFrame(design.columns, columns=["term", "level"])
        .assign(
            reference=lambda frame: frame["term"].map(reference),
            estimate=beta,
            std_error=error,
            ci_low=beta - half,
            ci_high=beta + half,
            p_value=two_sided(beta / error),
        )
        .merge(counts, on=["term", "level"], how="left")
    )


def ratios_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return coefficients as ratios: exp of estimate and limits.

    Parameters
    ----------
    table : pandas.DataFrame
        Coefficients.

    Returns
    -------
    pandas.DataFrame
        The same rows; the standard error is that of the ratio (delta method).
    """
    ratio = np.exp(table["estimate"])
    return table.assign(
        estimate=ratio,
        std_error=ratio * table["std_error"],
        ci_low=np.exp(table["ci_low"]),
        ci_high=np.exp(table["ci_high"]),
    ).drop(columns="suppressed")


def tests_of(found: Maximum, covariance: Floats) -> pd.DataFrame:
    """Return the three tests that all coefficients are zero.

    Parameters
    ----------
    found : Maximum
        The fit.
    covariance : numpy.ndarray
        Of the coefficients.

    Returns
    -------
    pandas.DataFrame
        ``test``, ``statistic`` (χ²), ``df``, ``p_value``.
    """
    statistics = {
        "likelihood ratio": 2 * (found.end.value - found.start.value),
        "Wald": float(found.beta @ np.linalg.solve(covariance, found.beta)),
        "score": float(found.start.score @ np.linalg.solve(found.start.information, found.start.score)),
    }
    frame = pd.DataFrame({"test": list(statistics), "statistic": list(statistics.values()), "df": len(found.beta)})
    return frame.assign(p_value=[chi_square_p(max(value, 0.0), len(found.beta)) for value in frame["statistic"]])


def fit_row(found: Maximum, *, spells: float, events: float, ridge: float) -> pd.DataFrame:
    """Return one row about the fit as a whole.

    Parameters
    ----------
    found : Maximum
        The fit.
    spells, events : float
        How many there were.
    ridge : float
        θ of the penalty.

    Returns
    -------
    pandas.DataFrame
        ``n``, ``events``, ``log_likelihood``, ``log_likelihood_null``, ``df`` (effective under a penalty),
        ``aic``, ``steps``.
    """
    freedom = float(np.trace(found.end.information @ found.covariance)) if ridge else float(len(found.beta))
    return pd.DataFrame(
        {
            "n": [spells],
            "events": [events],
            "log_likelihood": [found.end.value],
            "log_likelihood_null": [found.start.value],
            "df": [freedom],
            "aic": [2 * (freedom - found.end.value)],
            "steps": [found.steps],
        }
    )
