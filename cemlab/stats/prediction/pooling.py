"""One ratio over several judged days, whose interval holds what differs between the days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEWEST

DIFFER = "Evaluation dates differ significantly (Wald test, p < 0.05)."
WIDER = "The interval holds the spread between evaluation dates: it speaks of dates like these."


def over_days(pooled: Estimates, daily: Estimates) -> Estimates:
    """Return a pooled ratio with an interval that holds the spread between judged days, where they differ.

    Days' log ratios y_k with variances v_k vary by Q = Σ (y_k − ȳ)²/v_k around their weighted mean. Where Q is
    at most K − 1, what chance gives on average, the ratio stays as it is. Above that the days have a variance
    τ² of their own: Σ w_k (y_k − μ)² = K − 1 with w_k = 1/(v_k + τ²) (Mandel and Paule), μ = Σ w_k y_k/Σ w_k,
    and μ ± t·√(max(q, 1)/Σ w_k) with K − 1 degrees of freedom, q = Σ w_k (y_k − μ)²/(K − 1) (Hartung and
    Knapp). That the interval widens is no evidence that dates differ: this is a Wald test of equal y_k with
    their jackknife covariance V, as the same customers count on several dates. W = (Cy)ᵀ(CVCᵀ)⁻¹Cy over K − 1
    contrasts is compared with Hotelling's T² of G − 1 degrees of freedom, G groups of customers.

    Parameters
    ----------
    pooled : Estimates
        Ratios over all judged days, such as `calibration` gives them; one row per ``horizon``.
    daily : Estimates
        The same for each ``day`` and ``horizon``.

    Returns
    -------
    Estimates
        As `pooled`, with ``spread`` (τ, on the scale of the logarithm; 0 where dates vary by no more, or there
        is one alone), ``days``, ``p_days`` (of the Wald test; missing without replicate groups) and ``differ``
        (p below 1 − level). Where the spread is above 0 the estimate is exp(μ), and the limits and ``p_value``
        are those of μ.

    Raises
    ------
    SchemaError
        When the days are not told apart.

    References
    ----------
    Hartung, J., & Knapp, G. (2001). A refined method for the meta-analysis of controlled clinical trials with
    binary outcome. Statistics in Medicine, 20(24), 3875–3889. doi:10.1002/sim.1009 Paule, R. C., & Mandel, J.
    (1982). Consensus values and weighting factors. Journal of Research of the National Bureau of Standards,
    87(5), 377–385. doi:10.6028/jres.087.022

    Examples
    --------
    >>> table = pd.DataFrame({"day": ["a", "b", "c"], "horizon": 90.0, "estimate": [0.7, 1.0, 1.5], "std_error": 0.02, "n": 500})
    >>> shared = {"measure": "calibration", "unit": "ratio", "method": "", "level": 0.95, "min_n": 10}
    >>> daily = Estimates.build(table, by=["day", "horizon"], **shared)
    >>> whole = table.head(1).drop(columns="day").assign(ci_low=0.68, ci_high=0.72)
    >>> over_days(Estimates.build(whole, by=["horizon"], **shared), daily).table[["estimate", "ci_low", "ci_high"]].round(2).values.tolist()
    [[1.02, 0.39, 2.62]]
    """
    rows = daily.table
    missing = [name for name in ("day", "horizon", "estimate", "std_error") if name not in rows]
    if missing:
        raise SchemaError(f"Judged days must be told apart: {', '.join(missing)} missing. Judge by `day`.")
    table = pooled.table.assign(spread=0.0, days=0, p_days=np.nan)
    redone = daily.parts.get("replicates", pd.DataFrame(columns=["day", "horizon", "replicate", "estimate"]))
    for at, horizon in table["horizon"].items():
        own = rows[(rows["horizon"] == horizon) & (rows["estimate"] > 0) & (rows["std_error"] > 0)]
        ratio = own["estimate"].to_numpy(float)
        found = between(np.log(ratio), own["std_error"].to_numpy(float) / ratio, level=pooled.level)
        table.loc[at, "days"] = len(own)
        table.loc[at, "p_days"] = equal(own.set_index("day")["estimate"], redone[redone["horizon"] == horizon])
        if found["spread"] > 0:
            ends = {name: float(np.exp(found[name])) for name in ("estimate", "ci_low", "ci_high")}
            ends |= {
                "std_error": found["std_error"] * ends["estimate"],
                "p_value": found["p_value"],
                "spread": found["spread"],
            }
            table.loc[at, list(ends)] = list(ends.values())
    table["differ"] = table["p_days"] < 1 - pooled.level
    wider = bool((table["spread"] > 0).any())
    method = f"{pooled.method}; random effect of judged days" if wider else pooled.method
    notes = [*([WIDER] if wider else []), *([DIFFER] if table["differ"].any() else [])]
    return Estimates.build(
        table.drop(columns=["suppressed", "too_small"], errors="ignore"),
        by=pooled.by,
        measure=pooled.measure,
        unit=pooled.unit,
        level=pooled.level,
        min_n=pooled.min_n,
        method=method,
        notes=(*pooled.notes, *notes),
        parts=dict(pooled.parts),
    )


def equal(ratios: pd.Series, replicates: pd.DataFrame) -> float:
    """Return the p-value of the Wald test that ratios of several days are one.

    Parameters
    ----------
    ratios : pandas.Series
        Above 0, by day; K of them.
    replicates : pandas.DataFrame
        ``day``, ``replicate`` and ``estimate``: the logarithm of the day's ratio without each of G groups of
        customers. A group that a day lacks leaves its ratio as it is.

    Returns
    -------
    float
        NaN below two days, without errors, or with fewer than ten groups more than days.

    Examples
    --------
    >>> groups = pd.DataFrame({"day": ["a", "b"] * 20, "replicate": np.repeat(range(20), 2), "estimate": [0.01, 0.0, -0.01, 0.02] * 10})
    >>> equal(pd.Series([1.0, 1.5], index=["a", "b"]), groups) < 0.001
    True
    """
    from scipy.stats import f

    table = replicates.pivot_table(index="day", columns="replicate", values="estimate", dropna=False).reindex(
        ratios.index
    )
    days, groups = len(ratios), table.shape[1]
    if days < 2 or groups < days + FEWEST:
        return float("nan")
    logs = np.log(ratios.to_numpy(float))
    redone = table.to_numpy(float)
    redone = np.where(np.isnan(redone), logs[:, None], redone)
    apart, moved = np.diff(logs), np.diff(redone, axis=0)
    moved = moved - moved.mean(axis=1, keepdims=True)
    variance = (groups - 1) / groups * moved @ moved.T
    if np.linalg.matrix_rank(variance) < days - 1:
        return float("nan")
    wald, rest = float(apart @ np.linalg.solve(variance, apart)), groups - days + 1
    return float(f.sf(wald * rest / ((groups - 1) * (days - 1)), days - 1, rest))


def between(values: Floats, errors: Floats, *, level: float = 0.95) -> dict[str, float]:
    """Return the mean of values that vary by more than their errors, and its interval.

    Parameters
    ----------
    values, errors : numpy.ndarray
        K estimates and their standard errors.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    dict of str to float
        ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value`` (of 0), ``spread`` (τ; 0, and no more
        is told, where Q ≤ K − 1).

    Examples
    --------
    >>> between(np.array([0.1, 0.1]), np.array([0.2, 0.2]))
    {'spread': 0.0}
    """
    from scipy.optimize import brentq
    from scipy.stats import t

    def _excess(variance: float) -> float:
        weight = 1 / (errors**2 + variance)
        mean = weight @ values / weight.sum()
        return float(weight @ (values - mean) ** 2 - (len(values) - 1))

    if len(values) < 2 or _excess(0.0) <= 0:
        return {"spread": 0.0}
    variance = float(brentq(_excess, 0.0, np.ptp(values) ** 2 * len(values)))
    weight = 1 / (errors**2 + variance)
    mean, df = float(weight @ values / weight.sum()), len(values) - 1
    scale = max(float(weight @ (values - mean) ** 2) / df, 1.0)
    error = float(np.sqrt(scale / weight.sum()))
    half = float(t.ppf((1 + level) / 2, df)) * error
    p_value = float(2 * t.sf(abs(mean) / error, df))
    return {
        "estimate": mean,
        "std_error": error,
        "ci_low": mean - half,
        "ci_high": mean + half,
        "p_value": p_value,
        "spread": float(np.sqrt(variance)),
    }
