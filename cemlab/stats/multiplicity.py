"""Many comparisons in one run: false discoveries kept in check, and what could not have been seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates, outcome_of
from cemlab.stats.intervals import Floats, beyond, quantile

SELECTED = "Flagged differences were selected for being large; such estimates tend to be too large."
FLOORED = (
    "A difference is flagged where it is shown to be larger than the materiality floor, not where it merely differs"
    " from zero."
)

JUDGED = ("q_value", "q_ordinary", "flagged", "significant", "conclusion", "floor", "reason", "family")
"""Columns of a judged comparison that hold in any unit: the same rows on another scale take them over."""


def adjust(
    estimates: Sequence[Estimates],
    *,
    materiality: float = 0.0,
    family: str = "run",
    q: float = 0.05,
    power: float = 0.8,
) -> list[Estimates]:
    """Return the same comparisons, judged together as one family.

    The p-value in the family is that of H₀: |θ| ≤ f, f the floor (`intervals.beyond`, by the test of the row's
    own p_value: ``centre`` or else ``estimate``, ``std_error``, ``df`` or else the normal law). One
    Benjamini–Hochberg adjustment over all comparisons of all tables. A row belongs to the family when it has a
    p_value and is not suppressed.

    Parameters
    ----------
    estimates : sequence of Estimates
        Every table of the run whose rows may be flagged, all in one unit; none gives none back. A test over
        several times brings ``p_beyond``, its p-value of the same floor, and ``reach``, its critical value over
        that of a single time (`survival.greatest_gaps`).
    materiality : float, default 0
        f, the floor: a difference no larger than this is not worth flagging; in the unit of the estimates.
    family : str, default "run"
        Name of the family.
    q : float, default 0.05
        Share of false ones that is accepted among the flagged.
    power : float, default 0.8
        Probability with which the minimum detectable difference would have been found.

    Returns
    -------
    list of Estimates
        In the order given, with the columns ``p_material`` (of |θ| ≤ f) and its ``q_value``; ``flagged``
        (q_value < q: shown to be larger than the floor); ``q_ordinary`` (of p_value) and ``significant``
        (q_ordinary < q: shown to differ from zero); ``conclusion`` (`core.results.outcome_of`); ``mde``, the
        smallest true difference that would have been flagged at q/m, m the size of the family;
        ``mde_unadjusted``, the same at q as if it were the only comparison; ``floor``; ``reason`` (why there is
        no test); ``family`` (empty for a row outside it).

    Raises
    ------
    SchemaError
        When a table has no p_value, or units differ.
    ParameterError
        When materiality is negative, or q or power is not in (0, 1).

    Notes
    -----
    Testing for a difference from zero and filtering by size afterwards does not control the false discovery rate of the
    statement that a difference is larger than the floor.

    References
    ----------
    Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B, 57(1), 289–300. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"region": ["N", "S"], "estimate": [9.0, 5.0], "std_error": [2.0, 2.0], "p_value": [6.8e-6, 0.0124], "n": 500}
    ... )
    >>> rows = Estimates.build(table, by=["region"], measure="nps_difference", unit="points", method="",
    ...                        level=0.95, min_n=10)
    >>> adjust([rows], materiality=3)[0].table[["q_value", "conclusion"]].round(4).values.tolist()
    [[0.0027, 'large'], [0.1587, 'significant']]
    """
    _check(estimates, materiality=materiality, q=q, power=power)
    members = [_tested(each.table) for each in estimates]
    if not members:
        return []
    material = [_p_material(each, floor=materiality) for each in members]
    q_values = _together(material)
    q_ordinary = _together([each["p_value"].to_numpy(float) for each in members])
    size = sum(len(each) for each in members)
    judged = []
    for each, rows, p_value, q_value, ordinary in zip(estimates, members, material, q_values, q_ordinary, strict=True):
        found = pd.DataFrame({"p_material": p_value, "q_value": q_value, "q_ordinary": ordinary}, index=rows.index)
        found = found.assign(
            flagged=q_value < q,
            significant=(ordinary < q) | (q_value < q),
            mde=_detectable(rows, alpha=q / max(size, 1), power=power, floor=materiality),
            mde_unadjusted=_detectable(rows, alpha=q, power=power, floor=materiality),
        )
        result = _with_outcomes(each, found, floor=materiality, family=family)
        judged.append(result.with_notes(*_notes(size, flagged=bool((q_value < q).any()), floor=materiality)))
    return judged


def _tested(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that belong to a family."""
    return table.loc[table["p_value"].notna() & ~table["suppressed"].astype(bool)]


def _freedom(rows: pd.DataFrame) -> Floats | None:
    return rows["df"].to_numpy(float) if "df" in rows else None


def _p_material(rows: pd.DataFrame, *, floor: float) -> Floats:
    """P-values of |θ| ≤ floor; those of the rows themselves for a floor of 0."""
    p_value = rows["p_value"].to_numpy(float)
    if not floor:
        return p_value
    if "p_beyond" in rows:
        return rows["p_beyond"].to_numpy(float)
    centre = rows["centre"] if "centre" in rows else rows["estimate"]
    found = beyond(centre, rows["std_error"], floor=floor, df=_freedom(rows))
    # a wider hypothesis is never rejected more easily
    return np.asarray(np.maximum(found, p_value), dtype=float)


def _detectable(rows: pd.DataFrame, *, alpha: float, power: float, floor: float) -> Floats:
    # a test over several times needs more than one over a single time does
    error = rows["std_error"] * rows.get("reach", 1.0)
    return minimum_detectable(error, alpha=alpha, power=power, floor=floor, df=_freedom(rows))


def _together(p_values: Sequence[Floats]) -> list[Floats]:
    """Q-values of all tables as one family, table by table."""
    ends = np.cumsum([len(each) for each in p_values])[:-1]
    return list(np.split(benjamini_hochberg(np.concatenate(p_values)), ends))


def _with_outcomes(estimates: Estimates, found: pd.DataFrame, *, floor: float, family: str) -> Estimates:
    table = estimates.table
    flagging = ("flagged", "significant")
    columns = {str(name): found[name].reindex(table.index) for name in found if name not in flagging}
    flags = {name: found[name].reindex(table.index, fill_value=False) for name in flagging}
    member = table.index.isin(found.index)
    reason = table["reason"] if "reason" in table else pd.Series("", index=table.index)
    rows = table.assign(**flags)
    judged = {
        **columns,
        **flags,
        "conclusion": [outcome_of(row, floor=floor) for row in rows.to_dict("records")],
        "floor": floor,
        "reason": reason.mask(table["suppressed"].astype(bool), ""),
        "family": np.where(member, family, ""),
    }
    # A key of the estimates stays what it is: gaps between segments have the column `outcome` of their own.
    return estimates.with_columns({name: each for name, each in judged.items() if name not in estimates.by})


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


def minimum_detectable(
    std_error: ArrayLike,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    floor: float = 0.0,
    df: ArrayLike | None = None,
) -> Floats:
    """Return the smallest true difference that is shown to be larger than a floor with the given power.

    c + z_power·std_error, c the critical value: Φ((f − c)/se) + Φ((−f − c)/se) = α. Without a floor c =
    z₁₋α/₂·se; where the floor is above about one standard error c = f + z₁₋α·se. With `df`, Student's
    quantiles.

    Parameters
    ----------
    std_error : array_like
        Of the difference.
    alpha : float, default 0.05
        Size of the test, in (0, 1).
    power : float, default 0.8
        In (0, 1).
    floor : float, default 0
        f, the largest difference that does not matter, at least 0.
    df : array_like, optional
        Degrees of freedom of the test; infinite is normal.

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
    >>> float(minimum_detectable(2.0, floor=3.0).round(4))
    7.973
    """
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise ParameterError(f"`{name}` must be above 0 and below 1: {value!r} was given.")
    error = np.asarray(std_error, dtype=float)
    freedom = None if df is None else np.broadcast_to(np.asarray(df, dtype=float), error.shape)
    critical = quantile(1 - alpha, freedom) * error
    if floor:
        critical = _critical(error, floor, alpha=alpha, df=freedom, highest=critical + floor)
    return np.asarray(critical + _one_sided(power, freedom) * error)


_HALVINGS = 50


def _critical(error: Floats, floor: float, *, alpha: float, df: Floats | None, highest: Floats) -> Floats:
    """Where the p-value of |θ| ≤ floor falls to alpha."""
    low, high = np.zeros_like(error), highest
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = beyond(middle, error, floor=floor, df=df) > alpha
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    # without any error what is larger than the floor is seen to be so
    return np.where(error > 0, (low + high) / 2, floor)


def _one_sided(probability: float, df: Floats | None) -> Floats:
    """The quantile below which a value lies with `probability`."""
    if probability == 0.5:
        return np.zeros(() if df is None else df.shape)
    return np.asarray(np.sign(probability - 0.5) * quantile(abs(2 * probability - 1), df))


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


def _notes(size: int, *, flagged: bool, floor: float) -> tuple[str, ...]:
    family = f"False discoveries are controlled over all {size:,} comparisons of this family (Benjamini–Hochberg)."
    return (family, *((FLOORED,) if floor else ()), *((SELECTED,) if flagged else ()))
