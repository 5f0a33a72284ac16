"""How the hazard adds up until each horizon: from a baseline, by periods, or as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class Course(Protocol):
    """How the hazard adds up until each horizon."""

    def cumulative(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return the cumulative hazard of patterns.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Position of each term's level in the scorecard's points.

        Returns
        -------
        numpy.ndarray, shape (patterns, horizons)
            −log(1 − risk).
        numpy.ndarray, shape (patterns, horizons)
            Standard error of its logarithm; NaN where it is not known.
        """
        ...

    def drawn(self, codes: Codes, *, at: int, size: int, random: np.random.Generator) -> Floats:
        """Return the cumulative hazard of patterns under parameters drawn from their distribution.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Position of each term's level in the scorecard's points.
        at : int
            Position of the horizon.
        size : int
            Draws; in each, all patterns have the same parameters.
        random : numpy.random.Generator
            Where they come from.

        Returns
        -------
        numpy.ndarray, shape (draws, patterns)
            −log(1 − risk).
        """
        ...


@dataclass(frozen=True, eq=False)
class Proportional:
    """One baseline hazard, which the levels multiply.

    log H(h | x) = log H₀(h) + (x − c)·β, Var = noise/H₀² + (x − m)ᵀ V (x − m), m the hazard-weighted mean of
    the columns among those at risk.

    Attributes
    ----------
    sizes : tuple of int
        Number of levels of each term; the first is the reference and has no column.
    beta, covariance : numpy.ndarray
        Of the columns.
    centre : numpy.ndarray
        c, where the baseline is taken.
    hazard, noise : numpy.ndarray, shape (horizons,)
        H₀ and its variance at fixed β.
    mean : numpy.ndarray, shape (horizons, columns)
        m·H₀, less c·H₀.
    """

    sizes: tuple[int, ...]
    beta: Floats
    covariance: Floats
    centre: Floats
    hazard: Floats
    noise: Floats
    mean: Floats

    def cumulative(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return the cumulative hazard of patterns, as `Course`.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Positions of levels.

        Returns
        -------
        tuple of numpy.ndarray
            As `Course`.
        """
        x = columns_of(codes, self.sizes) - self.centre
        risk = np.exp(x @ self.beta)
        value, spread = np.zeros((2, len(x), len(self.hazard)))
        for at, hazard in enumerate(self.hazard):
            slope = x * hazard - self.mean[at]
            variance = self.noise[at] + np.einsum("pi,ij,pj->p", slope, self.covariance, slope, optimize=True)
            value[:, at] = risk * hazard
            spread[:, at] = np.sqrt(variance) / hazard if hazard > 0 else np.nan
        return value, spread

    def drawn(self, codes: Codes, *, at: int, size: int, random: np.random.Generator) -> Floats:
        """Return the cumulative hazard of patterns under parameters drawn from their distribution, as `Course`.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Positions of levels.
        at : int
            Position of the horizon.
        size : int
            Draws.
        random : numpy.random.Generator
            Where they come from.

        Returns
        -------
        numpy.ndarray
            As `Course`.
        """
        x, hazard = columns_of(codes, self.sizes) - self.centre, self.hazard[at]
        if not hazard > 0:
            return np.zeros((size, len(x)))
        moved = random.multivariate_normal(np.zeros(len(self.beta)), self.covariance, size)
        base = random.normal(0.0, np.sqrt(self.noise[at]) / hazard, size)
        shift = base[:, None] + moved @ (x - self.mean[at] / hazard).T
        return np.asarray(np.exp(x @ self.beta) * hazard * np.exp(shift))


@dataclass(frozen=True, eq=False)
class Periods:
    """A hazard for each period, which the levels shift on the scale of its link.

    H(h | x) = Σ_k g(b_k·α + x·β) over the periods k to h; g = exp for the complementary log-log link, log(1 +
    exp) for the logit.

    Attributes
    ----------
    sizes : tuple of int
        As in `Proportional`.
    link : {"cloglog", "logit"}
        Of the hazard.
    basis : numpy.ndarray, shape (periods, q)
        b_k: the constant and the columns of time.
    beta, covariance : numpy.ndarray
        α, then β.
    ends : tuple of int
        Periods until each horizon.
    """

    sizes: tuple[int, ...]
    link: Literal["cloglog", "logit"]
    basis: Floats
    beta: Floats
    covariance: Floats
    ends: tuple[int, ...]

    def cumulative(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return the cumulative hazard of patterns, as `Course`.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Positions of levels.

        Returns
        -------
        tuple of numpy.ndarray
            As `Course`.
        """
        x, first = columns_of(codes, self.sizes), self.basis.shape[1]
        linear = (x @ self.beta[first:])[:, None] + self.basis @ self.beta[:first]
        hazard = np.exp(linear) if self.link == "cloglog" else np.logaddexp(0.0, linear)
        slope = hazard if self.link == "cloglog" else 1 / (1 + np.exp(-linear))
        value, spread = np.zeros((2, len(x), len(self.ends)))
        for at, end in enumerate(self.ends):
            weight = slope[:, :end]
            by_column = np.hstack([weight @ self.basis[:end], weight.sum(axis=1)[:, None] * x])
            variance = np.einsum("pi,ij,pj->p", by_column, self.covariance, by_column, optimize=True)
            value[:, at] = hazard[:, :end].sum(axis=1)
            spread[:, at] = np.sqrt(variance) / value[:, at]
        return value, spread

    def drawn(self, codes: Codes, *, at: int, size: int, random: np.random.Generator) -> Floats:
        """Return the cumulative hazard of patterns under parameters drawn from their distribution, as `Course`.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Positions of levels.
        at : int
            Position of the horizon.
        size : int
            Draws.
        random : numpy.random.Generator
            Where they come from.

        Returns
        -------
        numpy.ndarray
            As `Course`.
        """
        x, first = columns_of(codes, self.sizes), self.basis.shape[1]
        beta = random.multivariate_normal(self.beta, self.covariance, size)
        by_level, result = beta[:, first:] @ x.T, np.zeros((size, len(x)))
        for row in self.basis[: self.ends[at]]:
            linear = by_level + (beta[:, :first] @ row)[:, None]
            result += np.exp(linear) if self.link == "cloglog" else np.logaddexp(0.0, linear)
        return result


@dataclass(frozen=True, eq=False)
class Lookup:
    """A table: what was seen of each pattern itself.

    Attributes
    ----------
    sizes : tuple of int
        Number of levels of each term.
    hazard, spread : numpy.ndarray, shape (patterns, horizons)
        Cumulative hazards and the standard errors of their logarithms, the last term's level running fastest.
    """

    sizes: tuple[int, ...]
    hazard: Floats
    spread: Floats

    def cumulative(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return the cumulative hazard of patterns, as `Course`.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Positions of levels.

        Returns
        -------
        tuple of numpy.ndarray
            As `Course`.
        """
        row = np.ravel_multi_index(tuple(codes.T), self.sizes)
        return self.hazard[row], self.spread[row]

    def drawn(self, codes: Codes, *, at: int, size: int, random: np.random.Generator) -> Floats:
        """Return the cumulative hazard of patterns under parameters drawn from their distribution, as `Course`.

        Parameters
        ----------
        codes : numpy.ndarray, shape (patterns, terms)
            Positions of levels.
        at : int
            Position of the horizon.
        size : int
            Draws.
        random : numpy.random.Generator
            Where they come from.

        Returns
        -------
        numpy.ndarray
            As `Course`.
        """
        row = np.ravel_multi_index(tuple(codes.T), self.sizes)
        # Neighbours share most of their customers: moved together, their errors are not thought to even out.
        shift = random.normal(size=(size, 1)) * np.nan_to_num(self.spread[row, at])
        return np.asarray(self.hazard[row, at] * np.exp(shift))


def columns_of(codes: Codes, sizes: Sequence[int]) -> Floats:
    """Return levels as columns of 0 and 1; a term's first level has none.

    Parameters
    ----------
    codes : numpy.ndarray, shape (patterns, terms)
        Positions of levels.
    sizes : sequence of int
        Number of levels of each term.

    Returns
    -------
    numpy.ndarray
        Shape (patterns, columns).

    Examples
    --------
    >>> columns_of(np.array([[0, 2], [1, 0]]), [2, 3]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    parts = [codes[:, at, None] == np.arange(1, size) for at, size in enumerate(sizes)]
    return np.hstack(parts).astype(float) if parts else np.zeros((len(codes), 0))
