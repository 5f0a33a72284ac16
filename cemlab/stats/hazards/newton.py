"""The maximum of a log partial likelihood, and what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cemlab.core.errors import ConvergenceError, InsufficientDataError
from cemlab.stats.intervals import Floats

STEPS = 60
CLOSE = 1e-12
"""The last step is shorter than a millionth of a standard error; what remains is its square."""
ALIASED = 1e-9


@dataclass(frozen=True, eq=False)
class Point:
    """A log-likelihood and its derivatives.

    Attributes
    ----------
    value : float
        The log-likelihood.
    score : numpy.ndarray
        Its derivative.
    information : numpy.ndarray
        Its negative second derivative.
    """

    value: float
    score: Floats
    information: Floats


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the log-likelihood is largest.

    Attributes
    ----------
    beta : numpy.ndarray
        The coefficients.
    start, end : Point
        At zero, and at the coefficients; without penalty.
    covariance : numpy.ndarray
        Inverse of the (penalised) information.
    steps : int
        Newton steps taken.
    """

    beta: Floats
    start: Point
    end: Point
    covariance: Floats
    steps: int

    def rescaled(self, scale: Floats) -> Maximum:
        """Return the same maximum when the columns were divided by `scale` for the fit.

        Parameters
        ----------
        scale : numpy.ndarray
            One per column.

        Returns
        -------
        Maximum
            In the columns' own units.
        """
        square = np.outer(scale, scale)
        start, end = (
            Point(each.value, each.score * scale, each.information * square) for each in (self.start, self.end)
        )
        return Maximum(self.beta / scale, start, end, self.covariance / square, self.steps)

    def moved(self, first: float) -> Maximum:
        """Return the same maximum with a known amount added to the first coefficient, the constant.

        Parameters
        ----------
        first : float
            What was taken off it for the fit.

        Returns
        -------
        Maximum
            With the whole constant.
        """
        return replace(self, beta=self.beta + first * (np.arange(len(self.beta)) == 0))


def maximise(
    value: Callable[[Floats], float],
    point: Callable[[Floats], Point],
    *,
    labels: Sequence[str],
    ridge: float = 0.0,
    close: float = CLOSE,
) -> Maximum:
    """Return the maximum by Newton's method with halved steps.

    β ← β + (I + θ)⁻¹(U − θβ); a step that lowers the value is halved.

    Parameters
    ----------
    value : callable
        Log-likelihood at coefficients.
    point : callable
        Log-likelihood and derivatives at coefficients.
    labels : sequence of str
        Names of the columns, for messages.
    ridge : float, default 0
        θ: the penalty is θ/2·Σβ².
    close : float, default 1e-12
        The last step's squared length in standard errors.

    Returns
    -------
    Maximum
        With derivatives at the solution.

    Raises
    ------
    ConvergenceError
        When a coefficient runs off or the information is singular, naming the columns.
    """
    beta = np.zeros(len(labels))
    penalty = ridge * np.eye(len(labels))
    start = here = point(beta)
    for taken in range(1, STEPS + 1):
        gradient = here.score - ridge * beta
        step = _solve(here.information + penalty, gradient, labels=labels)
        decrement = float(gradient @ step)
        if decrement < close:
            _settled(step, here.information + penalty, labels=labels)
            beta = beta + step
            end = point(beta)
            return Maximum(beta, start, end, _inverse(end.information + penalty, labels=labels), taken)
        step = _shortened(value, beta, step, here.value - ridge / 2 * float(beta @ beta), ridge=ridge)
        beta = beta + step
        here = point(beta)
        _bounded(beta, here.information + penalty, labels=labels)
    raise ConvergenceError(_message(labels, range(len(labels)), f"the fit did not settle in {STEPS} steps"))


def aliased(cross: Floats) -> list[int]:
    """Return the columns that the columns before them make up.

    Parameters
    ----------
    cross : numpy.ndarray
        Cross-products of the centred columns.

    Returns
    -------
    list of int
        Positions, ascending.
    """
    size = np.sqrt(np.maximum(np.diag(cross), 0))
    scaled = cross / np.where(size > 0, np.outer(size, size), 1.0)
    found: list[int] = []
    kept: list[int] = []
    for column in range(len(size)):
        if size[column] <= 0:
            found.append(column)
            continue
        rest = 1.0
        if kept:
            ours = scaled[np.ix_(kept, [column])]
            rest -= (ours.T @ np.linalg.solve(scaled[np.ix_(kept, kept)], ours)).item()
        (kept if rest > ALIASED else found).append(column)
    return found


def need_full_rank(cross: Floats, labels: Sequence[str]) -> None:
    """Raise when a column is constant or made up of others.

    Parameters
    ----------
    cross : numpy.ndarray
        Cross-products of the centred columns.
    labels : sequence of str
        Their names.

    Raises
    ------
    InsufficientDataError
        Naming the columns.
    """
    found = aliased(cross)
    if found:
        raise InsufficientDataError(
            f"Covariates must vary and differ: {len(found)} of {len(labels)} columns are constant or repeat others "
            f"({', '.join(labels[column] for column in found[:5])}). Leave them out."
        )


def _shortened(value: Callable[[Floats], float], beta: Floats, step: Floats, now: float, *, ridge: float) -> Floats:
    for _ in range(30):
        tried = beta + step
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            reached = value(tried) - ridge / 2 * tried @ tried
        # Rounding of a sum over millions of rows is not a step down.
        if np.isfinite(reached) and reached >= now - 1e-10 * max(1.0, abs(now)):
            return step
        step = step / 2
    return step


def _solve(matrix: Floats, right: Floats, *, labels: Sequence[str]) -> Floats:
    try:
        np.linalg.cholesky(matrix)
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        flat = [int(np.argmin(np.diag(matrix)))]
        raise ConvergenceError(_message(labels, flat, "the information is singular")) from None


def _inverse(matrix: Floats, *, labels: Sequence[str]) -> Floats:
    result = _solve(matrix, np.eye(len(matrix)), labels=labels)
    return np.asarray((result + result.T) / 2)


def _settled(step: Floats, information: Floats, *, labels: Sequence[str]) -> None:
    """A flat likelihood gains nothing although the coefficient still runs: that is separation."""
    runaway = np.flatnonzero((np.abs(step) > 1e-3) & (np.diag(information) < 1e-6)).tolist()
    if runaway:
        raise ConvergenceError(_message(labels, runaway, "the estimate runs off without end"))


def _bounded(beta: Floats, information: Floats, *, labels: Sequence[str]) -> None:
    with np.errstate(divide="ignore"):
        error = 1 / np.sqrt(np.maximum(np.diag(information), 0))
    runaway = np.flatnonzero((np.abs(beta) > 15) & (error > 100)).tolist()
    if runaway:
        raise ConvergenceError(_message(labels, runaway, "the estimate runs off without end"))


def _message(labels: Sequence[str], columns: Iterable[int], what: str) -> str:
    found = [labels[column] for column in columns]
    return (
        f"Every coefficient must be estimable: {what} ({len(found)} of {len(labels)} columns: {', '.join(found[:5])})."
        " Somebody must leave and somebody stay at each of its levels at the same times. Merge levels, leave the"
        " covariate out, or use `ridge`."
    )
