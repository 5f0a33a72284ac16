"""One trait behind all items: the model of a continuum that classes have to be better than.

Why not a library: girth and py-irt take rows of customers and no missing answers or items of several kinds,
mirt is R. Here a fit sees distinct patterns and their counts, as the classes do, so that both likelihoods are
of the same data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.segments import em
from cemlab.stats.segments.coded import Coded, coded
from cemlab.stats.threads import one_thread

NODES, WIDEST = 61, 6.0
"""Points at which the trait is taken, from −6 to 6 standard deviations; for steep items these are closer together than Gauss–Hermite's."""

STEEPEST, FARTHEST = 12.0, 40.0
"""Bounds of slopes and of intercepts: of an item that follows from the trait the likelihood has no summit."""

FIRST_SLOPE = 1.2
"""Slope of an item that goes with the others as most do: where the search starts."""

STEPS, TRIED, SMALLEST = 500, 30, 1e-12
EXACT = {"ftol": 1e-10, "gtol": 1e-6}
"""When a search has arrived: of a log-likelihood of 20,000 the sixth decimal is settled."""
_LEVEL = re.compile(r"^(below )?(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)( to -?\d.*| and over)?$")

ONE_SCALE = (
    "A two-parameter logistic model of yes/no items, graded responses of ordered levels, nominal responses of others;"
    " one normal trait."
)


@dataclass(frozen=True, eq=False)
class Trait:
    """A fitted model of one normal trait.

    Attributes
    ----------
    slopes : tuple of numpy.ndarray
        Of each item: one slope of yes/no and ordered items, one per further level of others.
    intercepts : tuple of numpy.ndarray
        Of each item, one per further level.
    graded : tuple of bool
        Whether the levels of each item are ordered, or two.
    steps : em.Classes
        The trait in steps: shares of customers at each point, and probabilities of each level there.
    parameters : int
        Free parameters.
    """

    slopes: tuple[Floats, ...]
    intercepts: tuple[Floats, ...]
    graded: tuple[bool, ...]
    steps: em.Classes
    parameters: int

    @property
    def log_likelihood(self) -> float:
        """Of the patterns."""
        return float(self.steps.log_likelihood)

    def bic(self, total: float) -> float:
        """Return −2·log-likelihood + parameters·ln n.

        Parameters
        ----------
        total : float
            Customers.

        Returns
        -------
        float
            The smaller, the better.
        """
        return float(-2 * self.log_likelihood + self.parameters * np.log(total))


def one_trait(patterns: pd.DataFrame, *, items: Sequence[str], level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return the model of one normal trait behind all items, by maximum marginal likelihood.

    P(pattern) = ∫ Π_j P_j(level | θ) φ(θ) dθ, over the items that were answered. Of yes/no items and of ordered
    levels (numbers, or bins of them) P_j(level l or higher | θ) = 1/(1 + exp(−a_j·θ − c_jl)), of others P_j(l |
    θ) ∝ exp(a_jl·θ + c_jl). The sign of the trait is that of most slopes.

    Parameters
    ----------
    patterns : pandas.DataFrame
        One row per pattern (`prepare.patterns.counts`): the items as text, missing as NA or empty, and ``n`` customers.
    items : sequence of str
        The items, at least two.
    level : float, default 0.95
        Confidence level, in (0, 1); the slopes carry no interval.
    min_n : int, default 10
        Smallest number of customers in a published table.

    Returns
    -------
    Estimates
        Measure ``slope``; one row per ``item`` and ``step`` (from 1, to the second level): ``estimate``,
        ``intercept``, ``n`` customers who answered. Part ``fit``: log_likelihood, npar, bic, n.

    Raises
    ------
    SchemaError
        When a column is missing or a count is no number.
    InsufficientDataError
        When an item is constant or nobody answered.

    References
    ----------
    Bock, R. D., & Aitkin, M. (1981). Marginal maximum likelihood estimation of item parameters: application of
    an EM algorithm. Psychometrika, 46(4), 443–459. doi:10.1007/BF02293801

    Samejima, F. (1969). Estimation of latent ability using a response pattern of graded scores. Psychometrika,
    34(S1), 1–97. doi:10.1007/BF03372160

    Bock, R. D. (1972). Estimating item parameters and latent ability when responses are scored in two or more
    nominal categories. Psychometrika, 37(1), 29–51. doi:10.1007/BF02291411

    Examples
    --------
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y", "n"], "b": ["y", "n", "n", "y"], "n": [40, 40, 10, 10]})
    >>> one_trait(patterns, items=["a", "b"]).table["estimate"].gt(1).tolist()
    [True, True]
    """
    data = coded(patterns, items=items)
    fit, total = fitted_trait(data), float(data.n.sum())
    answered = data.n @ (data.x @ data.item_of)
    sign = -1.0 if sum(float(np.sign(slopes).sum()) for slopes in fit.slopes) < 0 else 1.0
    rows = [
        (item, step + 1, sign * float(slopes[step if len(slopes) > 1 else 0]), float(intercept), n)
        for item, slopes, intercepts, n in zip(items, fit.slopes, fit.intercepts, answered, strict=True)
        for step, intercept in enumerate(intercepts)
    ]
    found = {"log_likelihood": fit.log_likelihood, "npar": fit.parameters, "bic": fit.bic(total), "n": total}
    return Estimates.build(
        pd.DataFrame(rows, columns=["item", "step", "estimate", "intercept", "n"]),
        by=["item", "step"],
        cells=[],
        measure="slope",
        unit="ratio",
        method="one normal trait by maximum marginal likelihood",
        level=level,
        min_n=min_n,
        notes=[ONE_SCALE],
        parts={"fit": pd.DataFrame([found])},
        model=fit,
    )


def ascending(levels: Sequence[str]) -> list[int] | None:
    """Return the positions of levels in their order, where they have one.

    Parameters
    ----------
    levels : sequence of str
        Numbers, or bins as `prepare` names them ("below 8", "8 to 12", "12 and over"); any two levels.

    Returns
    -------
    list of int or None
        None where more than two levels have no order.

    Examples
    --------
    >>> ascending(["12 and over", "8 to 12", "below 8"]), ascending(["10", "9", "1"]), ascending(["a", "b", "c"])
    ([2, 1, 0], [2, 1, 0], None)
    """
    found = [_LEVEL.match(level) for level in levels]
    if all(found):
        keys = [(float(each[2]), each[1] is None) for each in found if each]
        return sorted(range(len(levels)), key=keys.__getitem__)
    return list(range(2)) if len(levels) == 2 else None


def fitted_trait(data: Coded) -> Trait:
    """Return the model of one normal trait of coded patterns.

    Parameters
    ----------
    data : Coded
        The patterns.

    Returns
    -------
    Trait
        The best of two starts: slopes by the first principal component of the answers, and all alike.
    """
    from scipy.optimize import minimize

    layout = _Layout.of(data)
    loadings = _loadings(data, layout)
    starts = [layout.start(data, slopes) for slopes in (loadings, np.full(len(loadings), FIRST_SLOPE))]
    asked: dict[str, Any] = {"args": (data, layout), "jac": True, "method": "L-BFGS-B", "bounds": layout.bounds}
    # Only the start that is ahead after some steps is followed to the end.
    with one_thread():
        tried = [minimize(_height, start, options={"maxiter": TRIED, **EXACT}, **asked) for start in starts]
        ahead = min(tried, key=lambda run: float(run.fun))
        best = minimize(_height, ahead.x, options={"maxiter": STEPS, **EXACT}, **asked)
    slopes, intercepts = layout.apart(best.x)
    _, weights = _points()
    steps = em.Classes(
        weights, np.exp(_curves(best.x, data, layout)[0].T), np.array(-float(best.fun)), np.array(bool(best.success))
    )
    return Trait(tuple(slopes), tuple(intercepts), layout.graded, steps, len(best.x))


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where each item's parameters stand; levels of graded items in their order."""

    orders: tuple[list[int], ...]
    graded: tuple[bool, ...]
    first: tuple[int, ...]

    @classmethod
    def of(cls, data: Coded) -> _Layout:
        found = [ascending(levels) for levels in data.levels]
        orders = [list(range(size)) if each is None else each for each, size in zip(found, data.sizes, strict=True)]
        ends = np.cumsum([0, *data.sizes])
        return cls(tuple(orders), tuple(each is not None for each in found), tuple(int(end) for end in ends[:-1]))

    @property
    def items(self) -> list[tuple[list[int], bool]]:
        """Columns of the indicators of each item in the order of its levels, and whether it is graded."""
        ordered = zip(self.orders, self.graded, self.first, strict=True)
        return [([first + at for at in order], graded) for order, graded, first in ordered]

    @property
    def bounds(self) -> list[tuple[float | None, float | None]]:
        """Of all parameters; steps between graded intercepts are positive."""
        found: list[tuple[float | None, float | None]] = []
        for columns, graded in self.items:
            further = len(columns) - 1
            found += [(-STEEPEST, STEEPEST)] * (1 if graded else further)
            found += [(-FARTHEST, FARTHEST)] * (1 if graded else further)
            found += [(1e-4, FARTHEST)] * (further - 1 if graded else 0)
        return found

    def start(self, data: Coded, slopes: Floats) -> Floats:
        """Parameters of independent items with these slopes."""
        counts = data.n @ data.x + 0.5
        found = []
        for (columns, graded), slope in zip(self.items, slopes, strict=True):
            n, widen = counts[columns], np.sqrt(1 + slope**2 / 2.9)
            if graded:
                above = n[::-1].cumsum()[::-1][1:]
                odds = widen * np.log(above / (n.sum() - above))
                found += [[slope], odds[:1], np.maximum(-np.diff(odds), 1e-3)]
            else:
                found += [slope * np.linspace(0, 1, len(n))[1:], np.log(n[1:] / n[0])]
        return np.concatenate(found)

    def apart(self, values: Floats) -> tuple[list[Floats], list[Floats]]:
        """Slopes and intercepts of each item."""
        slopes, intercepts, at = list[Floats](), list[Floats](), 0
        for columns, graded in self.items:
            further = len(columns) - 1
            wide = 1 if graded else further
            slopes.append(values[at : at + wide])
            raw = values[at + wide : at + wide + further]
            intercepts.append(raw[0] - np.concatenate([[0.0], raw[1:].cumsum()]) if graded else raw)
            at += wide + further
        return slopes, intercepts


def _loadings(data: Coded, layout: _Layout) -> Floats:
    """First slopes: how each item's position among its levels goes with the first principal component of all."""
    places = np.zeros((len(data.n), len(layout.items)))
    for at, (columns, _) in enumerate(layout.items):
        x = data.x[:, columns]
        known = x.sum(axis=1) > 0
        value = x @ np.arange(len(columns))
        mean = np.average(value, weights=data.n * known)
        places[:, at] = np.where(known, value - mean, 0.0)
    spread = np.sqrt(np.average(places**2, axis=0, weights=data.n))
    scaled = places / np.maximum(spread, SMALLEST)
    first = np.linalg.eigh(scaled.T @ (data.n[:, None] * scaled))[1][:, -1]
    return np.asarray(FIRST_SLOPE * first * np.sqrt(len(first)))


def _height(values: Floats, data: Coded, layout: _Layout) -> tuple[float, Floats]:
    """The negative log-likelihood and its derivatives."""
    theta, weights = _points()
    logs, back = _curves(values, data, layout)
    joint = data.x @ logs + np.log(weights)
    top = joint.max(axis=1, keepdims=True)
    odds = np.exp(joint - top)
    total = odds.sum(axis=1, keepdims=True)
    expected = data.x.T @ (data.n[:, None] * odds / total)
    parts = [
        _slope_of(each, expected[columns], theta, graded=graded)
        for each, (columns, graded) in zip(back, layout.items, strict=True)
    ]
    return -float(data.n @ (top + np.log(total))[:, 0]), -np.concatenate(parts)


@cache
def _points() -> tuple[Floats, Floats]:
    """Points of the trait, and the share of customers at each."""
    theta = np.linspace(-WIDEST, WIDEST, NODES)
    weights = np.exp(-(theta**2) / 2)
    return theta, weights / weights.sum()


def _curves(values: Floats, data: Coded, layout: _Layout) -> tuple[Floats, list[tuple[Floats, Floats]]]:
    """Logarithm of the probability of each level at each point, shape (L, points), and what each item's derivatives need."""
    theta, _ = _points()
    logs, back = np.empty((data.x.shape[1], NODES)), list[tuple[Floats, Floats]]()
    for (columns, graded), slope, intercept in zip(layout.items, *layout.apart(values), strict=True):
        told = _graded(slope, intercept, theta) if graded else _nominal(slope, intercept, theta)
        logs[columns] = told[0]
        back.append(told)
    return logs, back


def _graded(slope: Floats, intercept: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Logarithms of the probabilities of ordered levels, and the chances of each level or higher."""
    from scipy.special import expit

    above = expit(slope[0] * theta + intercept[:, None])
    ends = np.vstack([np.ones(len(theta)), above, np.zeros(len(theta))])
    # Of the highest level the chance itself, of the lowest its complement, without cancelling.
    chances = ends[:-1] - ends[1:]
    chances[0] = expit(-(slope[0] * theta + intercept[0]))
    return np.log(np.maximum(chances, SMALLEST)), above


def _nominal(slope: Floats, intercept: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Logarithms of the probabilities of levels without an order, and the probabilities of all but the first."""
    raw = np.vstack([np.zeros(len(theta)), slope[:, None] * theta + intercept[:, None]])
    logs = raw - raw.max(axis=0)
    logs -= np.log(np.exp(logs).sum(axis=0))
    return logs, np.exp(logs[1:])


def _slope_of(told: tuple[Floats, Floats], expected: Floats, theta: Floats, *, graded: bool) -> Floats:
    """Derivatives of the log-likelihood by the parameters of one item."""
    if not graded:
        gap = expected[1:] - expected.sum(axis=0) * told[1]
        return np.concatenate([gap @ theta, gap.sum(axis=1)])
    above = told[1]
    pull = expected / np.exp(told[0])
    by_step = (pull[1:] - pull[:-1]) * above * (1 - above)
    each = by_step.sum(axis=1)
    # The first intercept moves all, a step between two all those behind it.
    behind = -np.cumsum(each[::-1])[::-1][1:]
    return np.concatenate([[(by_step @ theta).sum()], [each.sum()], behind])
