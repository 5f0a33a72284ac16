"""Variance of weighted and clustered scores: Taylor linearisation from sums over clusters.

A score is a ratio θ = Σa/Σb over clusters, a = Σwz and b = Σw. Its linearised value in cluster c is
u_c = (a_c − θ·b_c)/Σb, and its variance Σ_h n_h/(n_h − 1)·Σ_c (u_c − ū_h)² over strata h, n_h the
clusters of the stratum in all groups together: a cluster without an answer in the group counts as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats.grouping import groups_in
from cemlab.stats.intervals import Floats

STRATUM = "sampling_stratum"
PAIRED = ("cross_aa", "cross_ab", "cross_ba", "cross_bb", "sum_w", "largest_w")
"""Columns of the sums of an unweighted score beside its weighted one."""
SUMS = ("n", "n_clusters", "stratum_clusters", "largest", "sum_a", "sum_b", "sum_aa", "sum_ab", "sum_bb")
DESIGN_COLUMNS = (STRATUM, *SUMS, "rest_aa", "rest_ab", "rest_ba", "rest_bb", "rest_shared", "complete", *PAIRED)
"""Columns of a design frame that are not groups."""

SAME = 1e-9
"""Relative difference up to which two weights count as alike: weights have no unit, so no tolerance is absolute."""
FEWEST, FEW, LARGE_SHARE, MAJORITY = 10, 30, 0.1, 0.5
"""Clusters below which there is no interval, and below which it is marked; share of the largest that is noted, and above which there is no interval."""


@dataclass(frozen=True, eq=False)
class Linearised:
    """Scores as ratios of cluster totals, one per group.

    Attributes
    ----------
    keys : pandas.DataFrame
        One row per group.
    mean : numpy.ndarray
        θ = Σa/Σb, in values of an answer.
    variance : numpy.ndarray
        Of θ.
    n_clusters : numpy.ndarray
        Clusters that answered in the group.
    df : numpy.ndarray
        Those less the strata that they are in, at least 1.
    largest_share : numpy.ndarray
        The largest cluster's share of Σb.
    lonely : int
        Strata with a single cluster; their spread is taken around the whole sample's.
    """

    keys: pd.DataFrame
    mean: Floats
    variance: Floats
    n_clusters: Floats
    df: Floats
    largest_share: Floats
    lonely: int


def linearise(design: pd.DataFrame, by: Sequence[str]) -> Linearised:
    """Return each group's score as a ratio, with its design-based variance.

    Σ_h n_h/(n_h − 1)·(Σu² − (Σu)²/n_h), u = (a − θ·b)/Σb; a stratum of one cluster gives Σu².

    Parameters
    ----------
    design : pandas.DataFrame
        Design sums (`prepare.responses.design_sums`).
    by : sequence of str
        Its group columns.

    Returns
    -------
    Linearised
        Groups in the order of their keys.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Woodruff, R. S. (1971). A simple method for approximating the variance of a complicated
    estimate. Journal of the American Statistical Association, 66(334), 411–414.
    doi:10.1080/01621459.1971.10482279

    Examples
    --------
    >>> two = pd.DataFrame({"sampling_stratum": ["all"], "n": [4], "n_clusters": [4], "stratum_clusters": [4], "largest": [1.0],
    ...     "sum_a": [2.0], "sum_b": [4.0], "sum_aa": [2.0], "sum_ab": [2.0], "sum_bb": [4.0]})
    >>> round(float(linearise(two, []).variance[0]), 4)
    0.0833
    """
    checked(design, by)
    totals = _per_group(design, by, ["sum_a", "sum_b"])
    rows = (
        design.merge(totals.rename(columns={"sum_a": "_a", "sum_b": "_b"}), on=by, how="left")
        if by
        else (design.assign(_a=totals["sum_a"].iloc[0], _b=totals["sum_b"].iloc[0]))
    )
    theta = rows["_a"] / rows["_b"]
    plain = (rows["sum_a"] - theta * rows["sum_b"]) / rows["_b"]
    squares = (rows["sum_aa"] - 2 * theta * rows["sum_ab"] + theta**2 * rows["sum_bb"]) / rows["_b"] ** 2
    rows = rows.assign(_v=spread(squares, plain**2, rows["stratum_clusters"]), _strata=1)
    found = _per_group(rows, by, ["_v", "n_clusters", "_strata"])
    biggest = rows.assign(_all=0).groupby(list(by) or ["_all"], observed=True)[["largest"]].max()
    single = rows.loc[rows["stratum_clusters"] == 1, STRATUM].nunique()
    return Linearised(
        keys=totals[list(by)],
        mean=(totals["sum_a"] / totals["sum_b"]).to_numpy(float),
        variance=found["_v"].clip(lower=0).to_numpy(float),
        n_clusters=found["n_clusters"].to_numpy(float),
        df=np.maximum((found["n_clusters"] - found["_strata"]).to_numpy(float), 1),
        largest_share=biggest["largest"].to_numpy(float) / totals["sum_b"].to_numpy(float),
        lonely=int(single),
    )


def spread(squares: pd.Series, squared_sum: pd.Series, clusters: pd.Series) -> pd.Series:
    """Return each stratum's part of a variance or covariance.

    n/(n − 1)·(Σuv − ΣuΣv/n), and Σuv in a stratum of one cluster.

    Parameters
    ----------
    squares : pandas.Series
        Σuv over clusters.
    squared_sum : pandas.Series
        Σu·Σv.
    clusters : pandas.Series
        n, the clusters of the stratum.

    Returns
    -------
    pandas.Series
        On the same index.

    Examples
    --------
    >>> spread(pd.Series([2.0]), pd.Series([0.0]), pd.Series([2])).tolist()
    [4.0]
    """
    n = clusters.astype(float)
    return ((squares - squared_sum / n) * n / (n - 1).where(n > 1)).where(n > 1, squares)


def rest_of(design: pd.DataFrame, by: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
    """Return the design sums of each group's rest, and the covariance of a group's score with its rest's.

    Rest: totals over all groups less the group's own. Covariance: Σ_h n_h/(n_h − 1)·(Σuv − ΣuΣv/n_h), u of the
    group and v of the rest: not zero where a cluster answered in both, or where strata are shared.

    Parameters
    ----------
    design : pandas.DataFrame
        Design sums by one group column.
    by : sequence of str
        That column.

    Returns
    -------
    pandas.DataFrame
        Design sums, one row per group and stratum of the whole.
    numpy.ndarray
        Covariances, one per group in the order of the keys.

    Raises
    ------
    SchemaError
        When the sums with the rest are missing.

    References
    ----------
    Kish, L., & Frankel, M. R. (1974). Inference from complex samples. Journal of the Royal
    Statistical Society B, 36(1), 1–37. doi:10.1111/j.2517-6161.1974.tb00981.x

    Examples
    --------
    >>> rest, covariance = rest_of(design, ["region"])  # doctest: +SKIP
    """
    checked(design, by, needed=("rest_aa",))
    full = pd.MultiIndex.from_product(
        [list(design[by[0]].unique()), list(design[STRATUM].unique())], names=[by[0], STRATUM]
    )
    own = design.set_index([by[0], STRATUM]).reindex(full)
    strata = design.groupby(STRATUM)["stratum_clusters"].max()
    own["stratum_clusters"] = own.index.get_level_values(STRATUM).map(strata.to_dict())
    own = own.fillna(0.0).sort_index()
    whole = own.groupby(level=STRATUM).transform("sum")
    shared = own.get("rest_shared", 0.0)
    rest = pd.DataFrame(
        {
            "n": whole["n"] - own["n"],
            "n_clusters": own["stratum_clusters"] - own["n_clusters"] + shared,
            "stratum_clusters": own["stratum_clusters"],
            "largest": np.nan,
            "sum_a": whole["sum_a"] - own["sum_a"],
            "sum_b": whole["sum_b"] - own["sum_b"],
            "sum_aa": whole["sum_aa"] + whole["rest_aa"] - 2 * own["rest_aa"] - own["sum_aa"],
            "sum_ab": whole["sum_ab"] + whole["rest_ab"] - own["rest_ab"] - own["rest_ba"] - own["sum_ab"],
            "sum_bb": whole["sum_bb"] + whole["rest_bb"] - 2 * own["rest_bb"] - own["sum_bb"],
        }
    )
    products = own[["rest_aa", "rest_ab", "rest_ba", "rest_bb"]].set_axis(["aa", "ab", "ba", "bb"], axis=1)
    parts = covariance_parts(own, rest, products)
    return rest.reset_index(), parts.groupby(level=by[0]).sum().to_numpy(float)


def covariance_parts(one: pd.DataFrame, two: pd.DataFrame, products: pd.DataFrame) -> pd.Series:
    """Return each stratum's part of the covariance of two scores.

    n/(n − 1)·(Σuv − ΣuΣv/n), u = (a − θ·b)/Σb of the one and v of the other.

    Parameters
    ----------
    one, two : pandas.DataFrame
        ``sum_a``, ``sum_b`` and ``stratum_clusters`` on an index whose last level is the stratum; the rest of
        the index names the pair.
    products : pandas.DataFrame
        ``aa``, ``ab``, ``ba``, ``bb``: Σ over clusters of a or b of the one times a or b of the other.

    Returns
    -------
    pandas.Series
        On the same index.

    Examples
    --------
    >>> parts = covariance_parts(one, two, products)  # doctest: +SKIP
    """
    pair = [name for name in one.index.names if name != STRATUM]
    sides = []
    for side in (one, two):
        totals = (
            side.groupby(level=pair)[["sum_a", "sum_b"]].transform("sum")
            if pair
            else (side[["sum_a", "sum_b"]] * 0 + side[["sum_a", "sum_b"]].sum())
        )
        theta = totals["sum_a"] / totals["sum_b"]
        sides.append((theta, totals["sum_b"], (side["sum_a"] - theta * side["sum_b"]) / totals["sum_b"]))
    (first, size, u), (second, other, v) = sides
    crossed = products["aa"] - second * products["ab"] - first * products["ba"] + first * second * products["bb"]
    return spread(crossed / (size * other), u * v, one["stratum_clusters"])


def of_counts(counts: pd.DataFrame, by: Sequence[str], values: Mapping[Any, float]) -> pd.DataFrame:
    """Return design sums of weighted answers that are each a cluster of their own.

    Σb² = Σw², Σab = z·Σw², Σa² = z²·Σw² within a score.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.
    by : sequence of str
        Their group columns.
    values : mapping of int to float
        Score → what it is worth.

    Returns
    -------
    pandas.DataFrame
        As `prepare.responses.design_sums`, without strata; ``largest`` is not known.

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [9, 5], "n": [2, 1], "sum_w": [3.0, 1.0], "sum_w2": [5.0, 1.0]})
    >>> of_counts(counts, [], {9: 1.0, 5: -1.0})[["sum_a", "sum_b", "sum_aa", "sum_ab"]].values.tolist()
    [[2.0, 4.0, 6.0, 4.0]]
    """
    worth = counts["score"].map(dict(values)).astype(float)
    rows = counts[[*by, "n"]].assign(
        sum_a=counts["sum_w"] * worth,
        sum_b=counts["sum_w"],
        sum_aa=counts["sum_w2"] * worth**2,
        sum_ab=counts["sum_w2"] * worth,
        sum_bb=counts["sum_w2"],
    )
    names = ["n", "sum_a", "sum_b", "sum_aa", "sum_ab", "sum_bb"]
    sums = _per_group(rows, by, names)
    zero = dict.fromkeys(("rest_aa", "rest_ab", "rest_ba", "rest_bb"), 0.0)
    return sums.assign(
        **{STRATUM: "all"}, n_clusters=sums["n"], stratum_clusters=sums["n"].sum(), largest=np.nan, **zero
    )


def kish(sum_w: pd.Series, sum_w2: pd.Series) -> pd.Series:
    """Return the effective number of answers that unequal weights leave.

    (Σw)²/Σw².

    Parameters
    ----------
    sum_w, sum_w2 : pandas.Series
        Sums of weights and of their squares.

    Returns
    -------
    pandas.Series
        Answers.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley.

    Examples
    --------
    >>> kish(pd.Series([4.0]), pd.Series([6.0])).round(3).tolist()
    [2.667]
    """
    return sum_w**2 / sum_w2


def unequal(sum_w: pd.Series, sum_w2: pd.Series, n: pd.Series) -> bool:
    """Return whether answers weigh differently, within a row or from row to row.

    Σw²·n > (Σw)² in a row, or another mean weight than in the first, by more than `SAME` of either: the same
    for weights in any unit.

    Parameters
    ----------
    sum_w, sum_w2 : pandas.Series
        Sums of weights and of their squares, of at least one answer in each row.
    n : pandas.Series
        Answers.

    Returns
    -------
    bool
        False for weights that are all alike, whatever they are.

    Examples
    --------
    >>> tiny = pd.Series([3e-12]), pd.Series([5e-24]), pd.Series([2])
    >>> unequal(*tiny), unequal(pd.Series([6e-12]), pd.Series([18e-24]), pd.Series([2]))
    (True, False)
    """
    mean = (sum_w / n).to_numpy(float)
    squares, even = (sum_w2 * n).to_numpy(float), (sum_w**2).to_numpy(float)
    return not (np.allclose(squares, even, rtol=SAME, atol=0) and np.allclose(mean, mean[0], rtol=SAME, atol=0))


def checked(design: pd.DataFrame, by: Sequence[str], *, needed: Sequence[str] = ()) -> None:
    """Raise unless a frame holds design sums.

    Parameters
    ----------
    design : pandas.DataFrame
        The frame.
    by : sequence of str
        Its group columns.
    needed : sequence of str, default ()
        Further columns that it must have.

    Raises
    ------
    SchemaError
        When a column is missing or unknown.
    InsufficientDataError
        When it has no row.
    """
    missing = [name for name in (*by, STRATUM, *SUMS, *needed) if name not in design]
    if missing:
        raise SchemaError(
            f"Design sums need the columns {', '.join(missing)}: the frame has {len(design.columns)} others. Make them "
            "with prepare.responses.design_sums, by the same groups as the counts."
        )
    groups_in(design, by, own=DESIGN_COLUMNS, of="design sums")
    if design.empty:
        raise InsufficientDataError("At least one answer is needed: the design sums hold 0 rows.")


def _per_group(rows: pd.DataFrame, by: Sequence[str], names: list[str]) -> pd.DataFrame:
    if not by:
        return rows[names].sum().to_frame().T
    return rows.groupby(list(by), observed=True)[names].sum().reset_index()
