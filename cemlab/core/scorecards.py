"""Scorecards: points per level of each covariate, and the risk of leaving that they add up to.

A scorecard knows only levels, so risk is a function of the pattern of levels. Whoever scores reduces customers to their
distinct patterns, asks `Scorecard.of` about those, and joins the answers back: one place for the formulas, exact for
any number of customers.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from types import MappingProxyType

import numpy as np
import pandas as pd

from cemlab.core.courses import Codes, Course, Floats
from cemlab.core.errors import ParameterError, SchemaError

UNKNOWN = "unknown"
"""The level of those whose value is missing."""


def level_names(cuts: Sequence[float]) -> list[str]:
    """Return the names of the bins [low, high) that cut points make of a number.

    Parameters
    ----------
    cuts : sequence of float
        In rising order.

    Returns
    -------
    list of str
        One more than there are cut points.

    Examples
    --------
    >>> level_names([1.0, 12.0])
    ['below 1', '1 to 12', '12 and over']
    """
    text = [f"{cut:.6g}" for cut in cuts]
    between = [f"{low} to {high}" for low, high in itertools.pairwise(text)]
    return [f"below {text[0]}", *between, f"{text[-1]} and over"] if text else ["any"]


def rebinned(levels: Sequence[str], cuts: Sequence[float]) -> list[str]:
    """Return the bin of each level that is a number or a finer bin, by the names of `level_names`.

    Parameters
    ----------
    levels : sequence of str
        Such as "7", "6 to 9" or "12 and over".
    cuts : sequence of float
        In rising order.

    Returns
    -------
    list of str
        A level that lies in no single bin stays as it is.

    Examples
    --------
    >>> rebinned(["7", "6 to 9", "0 to 9", "unknown"], [6.0, 12.0])
    ['6 to 12', '6 to 12', '0 to 9', 'unknown']
    """
    names, edges = level_names(cuts), [float(f"{cut:.6g}") for cut in cuts]
    found = []
    for level in levels:
        low, high = bin_edges(level)
        at = int(np.searchsorted(edges, low, side="right"))
        within = low <= high and (at == len(edges) or high <= edges[at])
        found.append(names[at] if within else level)
    return found


def bin_edges(level: str) -> tuple[float, float]:
    """Return the ends of a bin by its name.

    Parameters
    ----------
    level : str
        A name of `level_names`, or a number, whose ends are equal.

    Returns
    -------
    tuple of float
        NaN when it is neither.

    Examples
    --------
    >>> bin_edges("1 to 12"), bin_edges("12 and over"), bin_edges("7")
    ((1.0, 12.0), (12.0, inf), (7.0, 7.0))
    """
    low, to, high = level.partition(" to ")
    if not to:
        low = "-inf" if level.startswith("below ") else level.removesuffix(" and over")
        high = "inf" if level.endswith(" and over") else level.removeprefix("below ")
    try:
        return float(low), float(high)
    except ValueError:
        return np.nan, np.nan


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Points per level, and the risk of leaving within each horizon that they add up to.

    Attributes
    ----------
    model : str
        What was fitted: "Cox", "discrete time, logit", "tenure alone", …
    terms : tuple of str
        Covariates in levels, named as `cemlab.prepare.cells` names them; ``tenure`` is whole months since the
        spell's first day at the cut.
    time_varying : tuple of str
        Those of the terms that come from history.
    bins : mapping of str to tuple of float
        Cut points of the terms that are numbers, fixed in training.
    clock : {"days", "months"}
        Unit of the horizons.
    horizons : tuple of float
        In that unit, rising.
    points : pandas.DataFrame
        One row per ``term`` and ``level``: ``points`` (log hazard, or log odds; 0 at the reference) and
        ``share`` of the training customers. The levels of a term stand in the order of its columns.
    course : Course
        How the hazard adds up until each horizon.
    cause : str
        The cause of leaving that the risk is of; empty for all.
    notes : tuple of str
        What a reader must know of it.
    """

    model: str
    terms: tuple[str, ...]
    time_varying: tuple[str, ...]
    bins: Mapping[str, tuple[float, ...]]
    clock: str
    horizons: tuple[float, ...]
    points: pd.DataFrame
    course: Course
    cause: str = ""
    notes: tuple[str, ...] = ()
    _levels: Mapping[str, pd.DataFrame] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the points by term, once.

        Raises
        ------
        SchemaError
            When there is no term, or a term has no points.
        """
        parts = dict(iter(self.points.groupby("term", sort=False)))
        without = [name for name in self.terms if name not in parts]
        if without or not self.terms:
            raise SchemaError(
                f"A scorecard must have a term, and points for each: {len(self.terms)} were given, {len(without)} of"
                " them without points. Train on a column that tells customers apart; `tenure_baseline` needs none."
            )
        object.__setattr__(self, "_levels", MappingProxyType({name: parts[name] for name in self.terms}))
        object.__setattr__(self, "bins", MappingProxyType(dict(self.bins)))

    def of(self, patterns: pd.DataFrame, *, level: float = 0.95, reasons: int = 3) -> pd.DataFrame:
        """Return the risk of each pattern, its interval and its largest reasons.

        risk = 1 − exp(−H), limits 1 − exp(−H·exp(∓z·se(log H))). A reason is a term whose points lie above the
        mean of the training customers; the largest excess comes first, equal ones by name.

        Parameters
        ----------
        patterns : pandas.DataFrame
            A column of text per term; other columns are ignored. Missing and empty values are the level
            `UNKNOWN`. Numbers, and bins finer than those of training, are taken into the bins of training; a
            bin in which nobody was then into the nearest.
        level : float, default 0.95
            Confidence level, in (0, 1).
        reasons : int, default 3
            How many reasons at most.

        Returns
        -------
        pandas.DataFrame
            One row per row of `patterns`, with its index: ``risk_<h>``, ``low_<h>``, ``high_<h>`` per horizon,
            ``reason_1`` … ("term: level", empty where there is none), ``unscored`` (empty, else why there is no
            risk).

        Raises
        ------
        SchemaError
            When a column is missing.
        ParameterError
            When an option is out of range.
        """
        if not 0 < level < 1 or reasons < 0:
            raise ParameterError(
                f"`level` must lie in (0, 1) and `reasons` be at least 0: {level!r} and {reasons!r} were given."
            )
        codes, unscored = self._coded(patterns)
        known = unscored == ""
        hazard, spread = self.course.cumulative(codes[known])
        half = NormalDist().inv_cdf((1 + level) / 2) * spread
        columns: dict[str, np.ndarray] = {}
        for at, horizon in enumerate(self.horizons):
            value, spread_at = hazard[:, at], half[:, at]
            for name, each in (
                ("risk", value),
                ("low", value * np.exp(-spread_at)),
                ("high", value * np.exp(spread_at)),
            ):
                column = columns[f"{name}_{horizon:g}"] = np.full(len(patterns), np.nan)
                column[known] = -np.expm1(-each)
        columns |= self._reasons(codes, known, reasons)
        return pd.DataFrame(columns | {"unscored": unscored}, index=patterns.index)

    def hazards(self, patterns: pd.DataFrame, *, horizon: float, size: int, random: np.random.Generator) -> Floats:
        """Return the cumulative hazard of each pattern under parameters drawn from their distribution.

        Parameters
        ----------
        patterns : pandas.DataFrame
            As for `of`; each must have a score.
        horizon : float
            One of `horizons`.
        size : int
            Draws; in each, all patterns have the same parameters.
        random : numpy.random.Generator
            Where they come from.

        Returns
        -------
        numpy.ndarray, shape (draws, patterns)
            −log(1 − risk).

        Raises
        ------
        SchemaError
            When a column is missing, or a pattern has no score.
        ParameterError
            When the horizon is none of the scorecard's.
        """
        if horizon not in self.horizons:
            raise ParameterError(
                f"`horizon` must be one of the scorecard's, {', '.join(f'{each:g}' for each in self.horizons)}:"
                f" {horizon:g} was given."
            )
        codes, unscored = self._coded(patterns)
        lost = int((unscored != "").sum())
        if lost:
            raise SchemaError(f"Each pattern must have a score: {lost:,} of {len(codes):,} have none. Leave them out.")
        return self.course.drawn(codes, at=self.horizons.index(horizon), size=size, random=random)

    def levels(self, term: str) -> list[str]:
        """Return the levels that a term had in training.

        Parameters
        ----------
        term : str
            One of `terms`.

        Returns
        -------
        list of str
            In the order of the points.
        """
        return [str(each) for each in self._levels[term]["level"]]

    def excess(self, term: str) -> Floats:
        """Return the points of a term's levels less their mean over the training customers.

        The same whichever level is the reference.

        Parameters
        ----------
        term : str
            One of `terms`.

        Returns
        -------
        numpy.ndarray
            One per level.
        """
        part = self._levels[term]
        points, share = part["points"].to_numpy(float), part["share"].to_numpy(float)
        return np.asarray(points - points @ share / share.sum())

    def _coded(self, patterns: pd.DataFrame) -> tuple[Codes, np.ndarray]:
        """Position of each level, and why a pattern has no score."""
        missing = [name for name in self.terms if name not in patterns]
        if missing:
            raise SchemaError(
                f"Patterns need a column per term of the scorecard: {', '.join(missing)} missing of {len(self.terms)}."
            )
        codes = np.zeros((len(patterns), len(self.terms)), dtype=np.int64)
        unscored = np.full(len(patterns), "", dtype=object)
        for at, name in enumerate(self.terms):
            position = {level: number for number, level in enumerate(self.levels(name))}
            row, values = pd.factorize(patterns[name], use_na_sentinel=True)
            texts = [str(value) or UNKNOWN for value in values] + [UNKNOWN]
            if name in self.bins:
                coarse = rebinned(texts, self.bins[name])
                texts = [text if text in position else bin_ for text, bin_ in zip(texts, coarse, strict=True)]
                texts = _nearest(texts, level_names(self.bins[name]), position)
            codes[:, at] = np.array([position.get(text, -1) for text in texts], dtype=np.int64)[row]
            why = [
                f"`{name}` is missing" if text == UNKNOWN else f"`{name}` has a level never seen in training"
                for text in texts
            ]
            new = (codes[:, at] < 0) & (unscored == "")
            unscored[new] = np.array(why, dtype=object)[row[new]]
        return codes, unscored

    def _reasons(self, codes: Codes, known: np.ndarray, count: int) -> dict[str, np.ndarray]:
        columns = {f"reason_{number + 1}": np.full(len(codes), "", dtype=object) for number in range(count)}
        names = sorted(self.terms)
        place = [self.terms.index(name) for name in names]
        texts = [np.array([f"{name}: {level}" for level in self.levels(name)], dtype=object) for name in names]
        codes, rows = codes[known][:, place], np.flatnonzero(known)
        # Sums of the same points in another order are one value.
        excess = np.stack([self.excess(name).round(12)[codes[:, at]] for at, name in enumerate(names)], axis=1)
        order = np.argsort(-excess, axis=1, kind="stable")
        for number in range(min(count, len(names))):
            term = order[:, number]
            for at in range(len(names)):
                mine = (term == at) & (excess[:, at] > 0)
                columns[f"reason_{number + 1}"][rows[mine]] = texts[at][codes[mine, at]]
        return columns


def _nearest(levels: Sequence[str], names: Sequence[str], known: Container[str]) -> list[str]:
    """Return levels in which a bin of a number that nobody had in training is the nearest bin that somebody had."""
    place = {name: at for at, name in enumerate(names)}
    seen = [at for at, name in enumerate(names) if name in known]
    return [
        (
            names[min(seen, key=lambda at: abs(at - place[level]))]
            if seen and level in place and level not in known
            else level
        )
        for level in levels
    ]
