"""From score counts to one row per group: what its score, interval and comparisons are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.metrics import MetricScale
from cemlab.stats import weighting
from cemlab.stats.grouping import groups_in
from cemlab.stats.intervals import Floats

COUNT_COLUMNS = ("score", "n", "sum_w", "sum_w2", "n_customers", "complete")
"""Columns of a score-count frame that are never groups; ``period`` is a group like any other, where it is asked for."""

REPEATED = "Some customers answered more than once; without design sums these intervals treat answers as independent."
FEW_CLUSTERS = "Fewer than 10 sampling clusters: estimated without interval."
ONE_CLUSTER = "One sampling cluster holds more than half of a group's answers: estimated without interval."
SMALL = "Fewer than 30 sampling clusters: a small sample, whose interval is rough."


@dataclass(frozen=True, eq=False)
class Samples:
    """One row per group, enough for its score, interval and comparisons.

    Attributes
    ----------
    table : pandas.DataFrame
        The keys; ``n``, ``n_customers``, ``complete`` where known; ``mean`` value of an answer, its unit
        ``spread`` (variance of one answer), ``variance`` of the mean, ``n_star`` (answers of a simple random
        sample with that variance, at most n), ``n_eff`` (Kish), ``df``; one column ``share_<group>`` per group of
        codes. Where a design is in use also ``deff``, ``n_clusters``, ``largest_share``, ``small_sample``.
    by : tuple of str
        The keys.
    scale : MetricScale
        The question.
    notes : tuple of str
        What a reader must know.
    designed : bool
        True when weights, strata or clusters are in the variance.
    """

    table: pd.DataFrame
    by: tuple[str, ...]
    scale: MetricScale
    notes: tuple[str, ...]
    designed: bool

    @property
    def shares(self) -> Floats:
        """Weighted shares of the groups of codes, shape (k, groups), best first."""
        return self.table[[f"share_{name}" for name in self.scale.groups]].to_numpy(float)

    def column(self, name: str) -> Floats:
        """Return a column as numbers.

        Parameters
        ----------
        name : str
            One of the table's.

        Returns
        -------
        numpy.ndarray
            One per group.
        """
        return self.table[name].to_numpy(float)

    def take(self, rows: NDArray[np.int64]) -> Samples:
        """Return some of the samples, in an order.

        Parameters
        ----------
        rows : numpy.ndarray
            Positions, which may repeat.

        Returns
        -------
        Samples
            With a new index.
        """
        return replace(self, table=self.table.iloc[rows].reset_index(drop=True))


def samples_of(
    counts: pd.DataFrame, *, by: Sequence[str] = (), scale: MetricScale, design: pd.DataFrame | None = None
) -> Samples:
    """Return the samples behind score counts, with the variance that their design gives.

    Without weights and clusters the variance is spread/n (spread/(n − 1) of a mean code). Else it is
    the Taylor variance V of `weighting.linearise`, and n_star = min(n, spread/V), or Kish's n_eff
    when V = 0.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.
    by : sequence of str, default ()
        Group columns, ``period`` among them; any other column that is not the counts' own is refused.
    scale : MetricScale
        The question.
    design : pandas.DataFrame, optional
        Design sums of the same question and groups; needed where clusters or strata are to count.

    Returns
    -------
    Samples
        Groups in the order of their keys.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a score is no code of the scale, or counts and design do not match.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology, 24(2), 193–201.

    Examples
    --------
    >>> from cemlab.core.metrics import NPS
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> samples_of(counts, scale=NPS).table[["mean", "n_star"]].values.tolist()
    [[0.5, 100.0]]
    """
    names = groups_in(counts, by, own=COUNT_COLUMNS, of="score counts")
    counts = checked(counts, scale)
    table = _moments(counts, names, scale)
    notes: list[str] = []
    if design is not None:
        design = _matching(design, table, names)
    weighted = weighting.unequal(counts["sum_w"], counts["sum_w2"], counts["n"])
    if design is None and weighted:
        design = weighting.of_counts(counts, names, scale.worth)
    if design is None or not (weighted or is_clustered(design)):
        bessel = 1 if scale.kind == "mean" else 0
        n = table["n"].astype(float)
        table = table.assign(variance=table["spread"] / (n - bessel).where(n > bessel), n_star=n, df=np.inf)
        table["df"] = np.where(scale.kind == "mean", n - 1, np.inf)
        if design is None and (table["n_customers"] < table["n"]).any():
            notes.append(REPEATED)
        return Samples(table, tuple(names), scale, tuple(notes), designed=False)
    return _designed(table, names, scale=scale, design=design, weighted=weighted)


def checked(counts: pd.DataFrame, scale: MetricScale) -> pd.DataFrame:
    """Return score counts with every column that is needed, or raise.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts; without weights these are taken as 1.
    scale : MetricScale
        The question.

    Returns
    -------
    pandas.DataFrame
        Rows with answers.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code of the scale, or a weight is negative.
    InsufficientDataError
        When there is no answer.
    """
    missing = [name for name in ("score", "n") if name not in counts]
    if missing:
        raise SchemaError(
            f"Score counts need the columns score and n: {', '.join(missing)} missing among {len(counts.columns)}. "
            "Make them with prepare.responses.score_counts."
        )
    answers = counts["n"].sum()
    if not answers > 0:
        raise InsufficientDataError(f"At least one answer is needed: {len(counts):,} rows hold {answers:g}.")
    off = ~counts["score"].isin(list(scale.codes))
    if off.any():
        raise SchemaError(
            f"An answer to `{scale.name}` must be a whole number from {scale.low} to {scale.high}: {int(off.sum()):,}"
            f" of {len(counts):,} rows are not. Declare codes such as 'no answer' as missing in the lab file, or choose"
            " the metric that this question is."
        )
    for name in ("sum_w", "sum_w2"):
        if name not in counts:
            counts = counts.assign(**{name: counts["n"].astype(float)})
    if (counts["sum_w"] < 0).any():
        raise SchemaError(
            f"Weights must not be negative: {int((counts['sum_w'] < 0).sum()):,} rows hold a negative sum."
        )
    return counts.loc[counts["n"] > 0]


def is_clustered(design: pd.DataFrame | None) -> bool:
    """Return whether there are strata, or clusters with several answers.

    Parameters
    ----------
    design : pandas.DataFrame or None
        Design sums.

    Returns
    -------
    bool
        False without any.
    """
    return design is not None and (len(design[weighting.STRATUM].unique()) > 1 or _shares_clusters(design))


def _shares_clusters(design: pd.DataFrame) -> bool:
    """True when a cluster holds several answers, be it in several groups."""
    answers = design.groupby(weighting.STRATUM)["n"].sum()
    clusters = design.groupby(weighting.STRATUM)["stratum_clusters"].max()
    return bool((design["n_clusters"] < design["n"]).any() or (clusters < answers).any())


def _moments(counts: pd.DataFrame, by: Sequence[str], scale: MetricScale) -> pd.DataFrame:
    """Weighted mean and spread of the value of an answer, and shares of the groups of codes."""
    worth = counts["score"].map(scale.worth).astype(float)
    rows = counts.assign(_first=counts["sum_w"] * worth, _second=counts["sum_w"] * worth**2, _worth=worth)
    for name, codes in scale.groups.items():
        rows[f"share_{name}"] = counts["sum_w"].where(counts["score"].isin(codes), 0.0)
        rows[f"count_{name}"] = counts["n"].where(counts["score"].isin(codes), 0)
    keys = list(by) or ["_all"]
    grouped = rows.assign(_all=0).groupby(keys, observed=True)
    shares = [f"share_{name}" for name in scale.groups]
    table = grouped[
        ["n", "sum_w", "sum_w2", "_first", "_second", *shares, *(f"count_{name}" for name in scale.groups)]
    ].sum()
    table["n_customers"] = grouped["n_customers"].max() if "n_customers" in rows else table["n"]
    if "complete" in rows:
        table["complete"] = grouped["complete"].all()
    table[shares] = table[shares].div(table["sum_w"], axis=0)
    table["mean"] = table["_first"] / table["sum_w"]
    # exactly 0 where all answers are alike: a rounding rest would depend on the unit of the weights
    alike = grouped["_worth"].max() == grouped["_worth"].min()
    table["mean"] = table["mean"].mask(alike, grouped["_worth"].max())
    table["spread"] = (table["_second"] / table["sum_w"] - table["mean"] ** 2).clip(lower=0).mask(alike, 0.0)
    table["n_eff"] = weighting.kish(table["sum_w"], table["sum_w2"])
    return table.drop(columns=["_first", "_second"]).reset_index(drop=not by)


def _matching(design: pd.DataFrame, table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    weighting.checked(design, by)
    same = np.isclose(design["sum_b"].sum(), table["sum_w"].sum(), rtol=weighting.SAME, atol=0)
    if int(design["n"].sum()) != int(table["n"].sum()) or not same:
        raise SchemaError(
            f"Design sums must be of the same answers and weights as the counts: {int(design['n'].sum()):,} there, "
            f"{int(table['n'].sum()):,} here. Ask both with the same window, survey and weights."
        )
    return design


def _designed(
    table: pd.DataFrame, by: Sequence[str], *, scale: MetricScale, design: pd.DataFrame, weighted: bool
) -> Samples:
    """Samples whose variance comes from cluster totals."""
    linear = weighting.linearise(design, by)
    table = table.sort_values(list(by), ignore_index=True) if by else table
    n, variance = table["n"].to_numpy(float), np.where(table["spread"] > 0, linear.variance, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        n_star = np.where(variance > 0, table["spread"].to_numpy() / variance, table["n_eff"].to_numpy())
        deff = variance * n / table["spread"].to_numpy()
    few = (linear.n_clusters < weighting.FEWEST) | (linear.largest_share > weighting.MAJORITY)
    table = table.assign(
        variance=variance,
        n_star=np.minimum(n, np.where(n_star > 0, n_star, table["n_eff"].to_numpy())),
        df=np.where(few, np.nan, np.where(linear.n_clusters < 100, linear.df, np.inf)),
        deff=np.where(table["spread"] > 0, deff, np.nan),
        n_clusters=linear.n_clusters,
        largest_share=linear.largest_share,
        small_sample=linear.n_clusters < weighting.FEW,
    )
    return Samples(table, tuple(by), scale, _design_notes(design, linear, weighted=weighted), designed=True)


def _design_notes(design: pd.DataFrame, linear: weighting.Linearised, *, weighted: bool) -> tuple[str, ...]:
    clustered = _shares_clusters(design)
    stratified = len(design[weighting.STRATUM].unique()) > 1
    words = (
        ("weights", weighted),
        ("sampling strata", stratified),
        ("several answers of one customer or cluster", clustered),
    )
    what = " and ".join(word for word, there in words if there)
    notes = [f"The variance allows for {what} (Taylor linearisation from cluster totals)."]
    if (linear.n_clusters < weighting.FEWEST).any():
        notes.append(FEW_CLUSTERS)
    elif (linear.n_clusters < weighting.FEW).any():
        notes.append(SMALL)
    large = linear.largest_share > weighting.LARGE_SHARE
    if (linear.largest_share > weighting.MAJORITY).any():
        notes.append(ONE_CLUSTER)
    if large.any() and clustered:
        notes.append(
            f"One sampling cluster holds more than a tenth of a group's answers: groups: {int(large.sum()):,}."
        )
    if linear.lonely:
        notes.append(
            f"Sampling strata with a single cluster: {linear.lonely:,}; their spread is taken around the whole sample's"
            " score."
        )
    return tuple(notes)
