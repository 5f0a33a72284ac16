"""Many comparisons in one run: false discoveries kept in check, and what could not have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats

SELECTED = "Flagged differences were selected for being large; such estimates tend to be too large."


def adjust(
    estimates: Sequence[Estimates],
    *,
    materiality: float = 0.0,
    family: str = "run",
    q: float = 0.05,
    power: float = 0.8,
) -> list[Estimates]:
    """Return the same comparisons, judged together as one family.

    One Benjamini–Hochberg adjustment over all comparisons of all tables. A row belongs to the
    family when it has a p_value and is not suppressed.

    Parameters
    ----------
    estimates : sequence of Estimates
        Every table of the run whose rows may be flagged, all in one unit; none gives none back.
    materiality : float, default 0
        Smallest difference worth flagging, in the unit of the estimates.
    family : str, default "run"
        Name of the family.
    q : float, default 0.05
        Share of false ones that is accepted among the flagged.
    power : float, default 0.8
        Probability with which the minimum detectable difference would have been found.

    Returns
    -------
    list of Estimates
        In the order given, with the columns ``q_value``; ``flagged`` (q_value < q and |estimate| >=
        materiality); ``mde``, the smallest true difference that would have been found at q/m, m
        the size of the family, never below `materiality`; ``mde_unadjusted``, the same at q as if
        it were the only comparison; ``family`` (empty for a row outside it).

    Raises
    ------
    SchemaError
        When a table has no p_value, or units differ.
    ParameterError
        When materiality is negative, or q or power is not in (0, 1).

    References
    ----------
    Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B, 57(1), 289–300. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"region": ["N", "S"], "estimate": [9.0, 2.0], "std_error": [2.0, 2.0], "p_value": [0.01, 0.3], "n": 500}
    ... )
    >>> rows = Estimates.build(table, by=["region"], measure="nps_difference", unit="points", method="",
    ...                        level=0.95, min_n=10)
    >>> adjust([rows], materiality=3)[0].table[["q_value", "flagged"]].values.tolist()
    [[0.02, True], [0.3, False]]
    """
    _check(estimates, materiality=materiality, q=q, power=power)
    tables = [each.table for each in estimates]
    members = [table["p_value"].notna() & ~table["suppressed"].astype(bool) for table in tables]
    if not tables:
        return []
    p_values = [table.loc[member, "p_value"].to_numpy(float) for table, member in zip(tables, members, strict=True)]
    pooled = np.concatenate(p_values)
    adjusted = np.split(benjamini_hochberg(pooled), np.cumsum([len(each) for each in p_values])[:-1])
    alpha = q / max(len(pooled), 1)
    judged = []
    for each, table, member, q_values in zip(estimates, tables, members, adjusted, strict=True):
        q_value = pd.Series(np.nan, index=table.index)
        q_value[member] = q_values
        error = table["std_error"].where(member)
        flagged = (q_value < q) & (table["estimate"].abs() >= materiality)
        result = each.with_columns(
            {
                "q_value": q_value,
                "flagged": flagged,
                "mde": np.maximum(minimum_detectable(error, alpha=alpha, power=power), materiality),
                "mde_unadjusted": np.maximum(minimum_detectable(error, alpha=q, power=power), materiality),
                "family": np.where(member, family, ""),
            }
        )
        judged.append(result.with_notes(*_notes(len(pooled), flagged=bool(flagged.any()))))
    return judged


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for the false discovery rate.

    q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎·m/j, at most 1; NaN stays NaN and is not counted in m.

    Parameters
    ----------
    p_values : array_like
        In [0, 1], or NaN.

    Returns
    -------
    numpy.ndarray
        In the order given.

    Raises
    ------
    SchemaError
        When a value lies outside [0, 1].

    References
    ----------
    Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B, 57(1), 289–300. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.04, 0.04]
    """
    values = np.asarray(p_values, dtype=float)
    known = ~np.isnan(values)
    p = values[known]
    if ((p < 0) | (p > 1)).any():
        raise SchemaError(
            f"A p-value must lie between 0 and 1: {int(((p < 0) | (p > 1)).sum()):,} of {p.size:,} do not."
        )
    order = np.argsort(p)[::-1]
    scaled = p[order] * p.size / np.arange(p.size, 0, -1)
    result = np.full(values.shape, np.nan)
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum.accumulate(scaled).clip(max=1)
    result[known] = adjusted
    return result


def minimum_detectable(std_error: ArrayLike, *, alpha: float = 0.05, power: float = 0.8) -> Floats:
    """Return the smallest true difference that a two-sided test finds with the given power.

    (z₁₋α/₂ + z_power)·std_error.

    Parameters
    ----------
    std_error : array_like
        Of the difference.
    alpha : float, default 0.05
        Size of the test, in (0, 1).
    power : float, default 0.8
        In (0, 1).

    Returns
    -------
    numpy.ndarray
        In the unit of `std_error`.

    Raises
    ------
    ParameterError
        When alpha or power is not in (0, 1).

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review, 19(5), 547–556.
    doi:10.1177/0193841X9501900504

    Examples
    --------
    >>> float(minimum_detectable(100 * (2 * 0.61 / 100) ** 0.5).round(4))
    30.9445
    """
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise ParameterError(f"`{name}` must be above 0 and below 1: {value!r} was given.")
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) * np.asarray(std_error, dtype=float)


def _check(estimates: Sequence[Estimates], *, materiality: float, q: float, power: float) -> None:
    for name, value in (("q", q), ("power", power)):
        if not 0 < value < 1:
            raise ParameterError(f"`{name}` must be above 0 and below 1: {value!r} was given.")
    if not materiality >= 0:
        raise ParameterError(f"`materiality` must be at least 0: {materiality!r} was given.")
    units = {each.unit for each in estimates}
    if len(units) > 1:
        raise SchemaError(
            f"One family must be in one unit, that of its materiality floor: {', '.join(sorted(units))} were given."
        )
    plain = [each.measure for each in estimates if "p_value" not in each.table]
    if plain:
        raise SchemaError(
            f"Only comparisons can be judged as a family: {len(plain)} of {len(estimates)} tables have no p_value "
            f"({', '.join(plain)})."
        )


def _notes(size: int, *, flagged: bool) -> tuple[str, ...]:
    family = f"False discoveries are controlled over all {size:,} comparisons of this family (Benjamini–Hochberg)."
    return (family, SELECTED) if flagged else (family,)
