"""Do groups leave at different rates: log-rank tests of all groups, and of every pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats, quantile, two_sided
from cemlab.stats.jackknife import FEWEST
from cemlab.stats.survival.clustered import CLUSTERED, Split
from cemlab.stats.survival.lives import Lives, lives_of


@dataclass(frozen=True, eq=False)
class Counts:
    """Observed and expected events of each group, with their covariance.

    Attributes
    ----------
    observed, expected : numpy.ndarray
        Shape (G,).
    variance : numpy.ndarray
        Of observed − expected when spells are independent, shape (G, G).
    scores : numpy.ndarray or None
        What each group of customers contributes to observed − expected, shape (groups of customers, G); None
        where spells are independent.
    """

    observed: Floats
    expected: Floats
    variance: Floats
    scores: Floats | None = None

    @property
    def spread(self) -> Floats:
        """The variance of observed − expected, clustered where it can be; NaN below 10 groups of customers."""
        if self.scores is None:
            return self.variance
        return np.asarray(self.scores.T @ self.scores) + (0.0 if len(self.scores) >= FEWEST else np.nan)

    def test(self) -> tuple[float, int]:
        """Return the chi-square statistic and its degrees of freedom.

        Returns
        -------
        float
            (O − E)ᵀ V⁻ (O − E) over the groups that can be expected to have events.
        int
            Number of those groups less one.
        """
        told = np.flatnonzero(self.expected > 0)
        if len(told) < 2:
            return np.nan, 0
        kept = told[1:]
        if not np.isfinite(self.spread).all():
            return np.nan, len(kept)
        excess = (self.observed - self.expected)[kept]
        return float(excess @ np.linalg.pinv(self.spread[np.ix_(kept, kept)], hermitian=True) @ excess), len(kept)


def chi_square_p(statistic: float, df: int) -> float:
    """Return the upper tail of the chi-square distribution.

    Parameters
    ----------
    statistic : float
        The test statistic.
    df : int
        Degrees of freedom; below 1 gives NaN.

    Returns
    -------
    float
        The p-value.

    Examples
    --------
    >>> round(chi_square_p(3.841459, 1), 6), round(chi_square_p(16.918978, 9), 6)
    (0.05, 0.05)
    """
    if df < 1 or not statistic >= 0:
        return math.nan
    # Whole degrees of freedom have a closed form, a sum of positive terms; a library's takes longer to load than a
    # test takes.
    half, odd = statistic / 2, df % 2
    if not half:
        return 1.0
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    logs = [k * math.log(half) - half - math.lgamma(k + 1) for k in (odd / 2 + step for step in range(df // 2))]
    return min(total + math.fsum(math.exp(value) for value in logs), 1.0)


def counts_of(lives: Lives, *, rho: float = 0.0, among: np.ndarray | None = None) -> Counts:
    """Return observed and expected events when all groups leave at one rate.

    E_g = Σ w·d·Y_g/Y; V_gh = Σ w²·d·(Y − d)/(Y − 1)·Y_g/Y·(δ_gh − Y_h/Y), with w = S(t−)^ρ of all together.
    Where the life table says whose spells are whose, V = Σ U_c U_cᵀ over groups c of customers: the score test
    with the robust variance of Lin and Wei.

    Parameters
    ----------
    lives : Lives
        The groups.
    rho : float, default 0
        0 is the log-rank test; 1 weighs early differences (Peto and Peto).
    among : numpy.ndarray of bool, optional
        Times whose events count, shape (T,); default all.

    Returns
    -------
    Counts
        Of each group.

    References
    ----------
    Harrington, D. P., & Fleming, T. R. (1982). A class of rank test procedures for censored survival
    data. Biometrika, 69(3), 553–566. doi:10.1093/biomet/69.3.553
    """
    risk, events = lives.at_risk, lives.events
    total, left = risk.sum(axis=1), events.sum(axis=1)
    used = (left > 0) & (True if among is None else among)
    risk, events, total, left = risk[used], events[used], total[used], left[used]
    before = np.concatenate([[1.0], np.cumprod(1 - left / total)[:-1]]) ** rho
    share = risk / total[:, None]
    spread = before**2 * left * np.divide(total - left, total - 1, out=np.zeros_like(total), where=total > 1)
    variance = np.diag((spread[:, None] * share).sum(axis=0)) - (share * spread[:, None]).T @ share
    scores = (
        None
        if lives.split is None
        else _scores(lives, lives.split, used, weight=before, rate=left / total, share=share)
    )
    return Counts(
        (before[:, None] * events).sum(axis=0), (before[:, None] * left[:, None] * share).sum(axis=0), variance, scores
    )


def of_cause(lives: Lives, cause: int) -> Lives:
    """Return the life table in which only the endings for one cause are events, and all others censorings.

    Parameters
    ----------
    lives : Lives
        With causes.
    cause : int
        Position of the cause.

    Returns
    -------
    Lives
        With the same spells at risk.
    """
    own = lives.events_by_cause[cause]
    split = lives.split
    if split is not None:
        entered, events, censored, *causes = split.counts
        counts = np.array([entered, causes[cause], censored + events - causes[cause], *causes])
        split = replace(split, counts=counts)
    return replace(lives, events=own, censored=lives.censored + lives.events - own, split=split)


def _scores(lives: Lives, split: Split, used: np.ndarray, *, weight: Floats, rate: Floats, share: Floats) -> Floats:
    """What each group of customers contributes to O − E of each group, shape (groups of customers, groups).

    Σ w·(m_cg − Y_g/Y·Σ_h m_ch), m_cg = d_cg − Y_cg·d/Y: the score residuals of the indicators of the groups.
    """
    own = [split.of(column) for column in range(len(lives.groups))]
    excess = [each.events[:, used] - each.at_risk[:, used] * rate for each in own]
    whole = np.sum(excess, axis=0)
    return np.stack([(mine - whole * share[:, at]) @ weight for at, mine in enumerate(excess)], axis=1)


def log_rank(
    lives: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    strata: Sequence[str] = (),
    rho: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the test that all groups leave at one rate.

    χ² = (O − E)ᵀ V⁻ (O − E), O observed and E expected events of each group, summed over strata. All
    spells take part, also those of groups too small to publish.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    by : sequence of str
        Group columns; any other column that is not the life table's own is refused.
    strata : sequence of str, default ()
        Group columns within which the groups are compared.
    rho : float, default 0
        0 is the log-rank test; 1 weighs early differences (Peto and Peto).
    level : float, default 0.95
        Confidence level of the notes; the test has none.
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``log_rank``; one row: ``estimate`` (χ²), ``df``, ``p_value``, ``n``, ``events``. Part
        ``groups``: one row per group with ``observed``, ``expected``, ``n``, ``n_customers``, NaN where too
        small to publish.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When fewer than two groups hold spells, or nobody left.

    References
    ----------
    Mantel, N. (1966). Evaluation of survival data and two new rank order statistics arising in its
    consideration. Cancer Chemotherapy Reports, 50(3), 163–170.

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "events": [30, 10, 10, 10],
    ...                       "censored": [0, 60, 0, 80]})
    >>> log_rank(lives, by=["plan"]).table[["estimate", "df"]].round(3).values.tolist()
    [[10.228, 1.0]]
    """
    names, within = _stratified(lives, by, strata)
    counts = _added([counts_of(each, rho=rho) for each in within])
    statistic, df = counts.test()
    if df < 1:
        raise InsufficientDataError(
            f"A log-rank test needs two groups and somebody who left: {len(within[0].groups)} groups and "
            f"{int(sum(each.events.sum() for each in within)):,} events were found. Merge periods or groups."
        )
    whole = lives_of(lives.drop(columns=[*strata, "n_customers"], errors="ignore"), by=names)
    customers = whole.customers if strata else lives_of(lives, by=names).customers
    groups = whole.groups.assign(
        observed=counts.observed,
        expected=counts.expected,
        n=whole.spells,
        n_customers=customers,
        too_small=whole_hidden(whole, customers, min_n),
    )
    groups[["observed", "expected", "n"]] = groups[["observed", "expected", "n"]].mask(groups["too_small"])
    row = pd.DataFrame(
        {
            "estimate": [statistic],
            "df": [df],
            "p_value": [chi_square_p(statistic, df)],
            "n": [whole.spells.sum()],
            "events": [whole.events.sum()],
            "n_customers": [customers.sum()],
        }
    )
    method = ("log-rank test" if not rho else f"weighted log-rank test, rho {rho:g}") + (
        ", stratified" if strata else ""
    )
    method += f", {CLUSTERED}" if whole.split else ""
    return Estimates.build(
        row,
        by=[],
        measure="log_rank",
        unit="ratio",
        method=f"{method} of {', '.join(names)}",
        level=level,
        min_n=min_n,
        parts={"groups": groups},
    )


def whole_hidden(lives: Lives, customers: Floats, min_n: int) -> np.ndarray:
    """Return which groups are too small to publish, by the customers given.

    Parameters
    ----------
    lives : Lives
        The groups.
    customers : numpy.ndarray
        Distinct customers of each.
    min_n : int
        Smallest number of customers in a published group.

    Returns
    -------
    numpy.ndarray
        Booleans, shape (G,).
    """
    return replace(lives, customers=customers).hidden(min_n)


def pairwise(
    lives: pd.DataFrame, *, by: Sequence[str] = (), strata: Sequence[str] = (), level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return the log-rank test of every pair of groups, with the rate ratio that it implies.

    log ratio = (O₁ − E₁)/V₁₁ of the second group against the first, std_error 1/√V₁₁, or √W₁₁/V₁₁ with the
    clustered variance W; its test is the log-rank test of the two.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    by : sequence of str
        The one group column; any other column that is not the life table's own is refused.
    strata : sequence of str, default ()
        Group columns within which the groups are compared.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``log_rate_ratio``; one row per pair: the group column, ``versus`` (the group it is compared
        with), ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``chi_square``, ``p_value``, ``n``,
        ``n_customers`` of the smaller. `multiplicity.adjust` takes it.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    ParameterError
        When `by` does not name exactly one group column.
    InsufficientDataError
        When there is no spell.

    References
    ----------
    Peto, R., et al. (1977). Design and analysis of randomized clinical trials requiring prolonged
    observation of each patient. II. British Journal of Cancer, 35(1), 1–39. doi:10.1038/bjc.1977.1

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "events": [30, 10, 10, 10],
    ...                       "censored": [0, 60, 0, 80]})
    >>> pairwise(lives, by=["plan"]).table[["plan", "versus", "chi_square"]].round(3).values.tolist()
    [['b', 'a', 10.228]]
    """
    names, within = _stratified(lives, by, strata)
    if len(names) != 1:
        raise ParameterError(f"Pairs are made of one group column: {len(names)} were given. Name the others as strata.")
    (name,) = names
    whole = lives_of(lives.drop(columns=[*strata, "n_customers"], errors="ignore") if strata else lives, by=names)
    hidden, rows = whole.hidden(min_n), []
    for first, second in combinations(range(len(whole.groups)), 2):
        counts = _added([counts_of(each.take([first, second])) for each in within])
        variance = counts.variance[1, 1]
        estimate = (counts.observed - counts.expected)[1] / variance if variance > 0 else np.nan
        rows.append(
            {
                name: whole.groups.iloc[second, 0],
                "versus": whole.groups.iloc[first, 0],
                "estimate": estimate,
                "std_error": counts.spread[1, 1] ** 0.5 / variance if variance > 0 else np.nan,
                "chi_square": counts.test()[0],
                "n": whole.spells[[first, second]].sum(),
                "n_customers": whole.customers[[first, second]].min(),
                "suppressed": bool(hidden[first] or hidden[second]),
            }
        )
    table = pd.DataFrame(
        rows, columns=[name, "versus", "estimate", "std_error", "chi_square", "n", "n_customers", "suppressed"]
    )
    half = quantile(level) * table["std_error"]
    table = table.assign(
        ci_low=table["estimate"] - half,
        ci_high=table["estimate"] + half,
        p_value=two_sided(table["estimate"] / table["std_error"]),
    )
    return Estimates.build(
        table,
        by=[name, "versus"],
        measure="log_rate_ratio",
        unit="ratio",
        method="log-rank test of each pair, Peto's ratio",
        level=level,
        min_n=min_n,
        better="down",
    )


def _stratified(lives: pd.DataFrame, by: Sequence[str], strata: Sequence[str]) -> tuple[list[str], list[Lives]]:
    """Return the group columns, and the life table of each stratum with the same groups in each."""
    missing = [name for name in strata if name not in lives]
    if missing:
        raise SchemaError(f"Strata must be columns of the life table: {', '.join(missing)} missing.")
    names = [by] if isinstance(by, str) else list(by)
    if not names:
        raise ParameterError("A comparison needs groups: `by` names no column. Name one of the life table.")
    together = lives_of(lives, by=[*names, *strata])
    if not strata:
        return names, [together]
    groups = together.groups
    codes = groups.groupby(list(strata), observed=True, dropna=False, sort=True).ngroup().to_numpy()
    keys = groups[names].drop_duplicates().sort_values(names).reset_index(drop=True)
    position = groups[names].merge(keys.assign(_key=range(len(keys))), on=names, how="left")["_key"].to_numpy()
    return names, [_spread(together, np.flatnonzero(codes == code), position, keys) for code in range(codes.max() + 1)]


def _spread(lives: Lives, columns: np.ndarray, position: np.ndarray, keys: pd.DataFrame) -> Lives:
    """One stratum, with an empty column for every group that it lacks."""
    part = lives.take([int(column) for column in columns])

    def _wide(counts: Floats) -> Floats:
        result = np.zeros((*counts.shape[:-1], len(keys)))
        result[..., position[columns]] = counts
        return result

    return Lives(
        keys,
        part.times,
        _wide(part.entered),
        _wide(part.events),
        _wide(part.censored),
        part.causes,
        _wide(part.events_by_cause),
        _wide(part.customers),
        part.split.renumbered(position[columns]) if part.split else None,
    )


def _added(counts: Sequence[Counts]) -> Counts:
    observed, expected, variance = (
        np.sum([getattr(each, name) for each in counts], axis=0) for name in ("observed", "expected", "variance")
    )
    # A customer may have spells in several strata: what each contributes is added before it is squared.
    scores = [each.scores for each in counts if each.scores is not None]
    return Counts(observed, expected, variance, np.sum(scores, axis=0) if scores else None)
