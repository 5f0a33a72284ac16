"""Classification error: how often a customer of one class is put into another, and what it does to sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats.intervals import Floats

WEAKEST = 0.05
"""Smallest singular value of the error matrix with which sums are still corrected."""

INDEPENDENT = (
    "Corrected for classification error; assumes that the outcome depends on the items through the class alone."
)
FIXED = (
    "The class model is held fixed in the jackknife: its own uncertainty is not in the intervals, which are too narrow"
    " for that."
)
RELEARNT = (
    "The classes are learnt again without each replicate group, so that their own uncertainty is in the intervals."
)
PLAIN = (
    "Plain figures of the groups as assigned: groups made by rules or by k-means have no classification error to"
    " correct."
)


@dataclass(frozen=True, eq=False)
class Classification:
    """How customers of each true class are assigned.

    Attributes
    ----------
    classes : tuple of str
        Names of the classes.
    errors : numpy.ndarray, shape (classes, classes)
        P(assigned | true): one row per true class, one column per assigned class.
    corrected : bool
        False where groups are what they are, without error.
    errors_without : numpy.ndarray, shape (groups, classes, classes), or None
        The same learnt again without each replicate group; None where the class model is held fixed.
    groups : tuple
        Names of those groups.
    """

    classes: tuple[str, ...]
    errors: Floats
    corrected: bool = True
    errors_without: Floats | None = None
    groups: tuple[object, ...] = ()

    @property
    def weights(self) -> Floats:
        """Weight of a customer of each assigned class (row) in each true class (column): the inverse of the errors."""
        return np.asarray(np.linalg.inv(self.errors))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the correction."""
        if not self.corrected:
            return (PLAIN,)
        return INDEPENDENT, FIXED if self.errors_without is None else RELEARNT

    def corrected_sums(self, sums: Floats, *, axis: int = 0) -> Floats:
        """Return sums over true classes from sums over assigned ones.

        E(sums by assigned class) = errorsᵀ · sums by true class, so the latter are weightsᵀ · the former.

        Parameters
        ----------
        sums : numpy.ndarray
            One entry per assigned class along `axis`.
        axis : int, default 0
            Where the classes stand.

        Returns
        -------
        numpy.ndarray
            In the same shape.
        """
        moved = np.moveaxis(sums, axis, -1)
        return np.asarray(np.moveaxis(moved @ self.weights, -1, axis))

    def corrected_without(self, sums: Floats, groups: pd.Index) -> Floats:
        """Return sums over true classes without each replicate group.

        Parameters
        ----------
        sums : numpy.ndarray, shape (groups, classes, ...)
            Sums over assigned classes without each group.
        groups : pandas.Index
            Their names; for one in which nobody has answered the items, the errors of all stand.

        Returns
        -------
        numpy.ndarray
            In the same shape.
        """
        if self.errors_without is None:
            return self.corrected_sums(sums, axis=1)
        position = pd.Index(self.groups).get_indexer(groups)
        errors = np.where((position >= 0)[:, None, None], self.errors_without[position], self.errors)
        return np.asarray(np.einsum("gs...,gst->gt...", sums, np.linalg.inv(errors)))


def classification(
    posterior: pd.DataFrame, *, classes: Sequence[str], n: str = "n", assigned: str = "value"
) -> Classification:
    """Return how often customers of each class are assigned to each, from a class model's probabilities.

    P(assigned s | true t) = Σ n·p(t)·1(assigned = s) / Σ n·p(t), over patterns.

    Parameters
    ----------
    posterior : pandas.DataFrame
        One row per pattern: `n` customers, one column of probability per class, and the class that it is assigned to.
    classes : sequence of str
        The columns of probability.
    n : str, default "n"
        Column with the customers of each pattern.
    assigned : str, default "value"
        Column with the assigned class, missing for those who are put into none; without the column the most
        probable one.

    Returns
    -------
    Classification
        For `profiles`, `categories` and `curves`.

    Raises
    ------
    SchemaError
        When a column is missing, probabilities do not add up to 1, or somebody is assigned to a class that is
        not there.
    InsufficientDataError
        When a class is assigned to nobody, or classes cannot be told apart.

    References
    ----------
    Bolck, A., Croon, M., & Hagenaars, J. (2004). Estimating latent structure models with categorical variables:
    one-step versus three-step estimators. Political Analysis, 12(1), 3–27. doi:10.1093/pan/mph001

    Examples
    --------
    >>> patterns = pd.DataFrame({"n": [60, 40], "1": [0.9, 0.2], "2": [0.1, 0.8], "value": ["1", "2"]})
    >>> classification(patterns, classes=["1", "2"]).errors.round(4).tolist()
    [[0.871, 0.129], [0.1579, 0.8421]]
    """
    names = tuple(str(name) for name in classes)
    missing = [name for name in (n, *names) if name not in posterior]
    if missing or not names:
        raise SchemaError(
            f"A posterior needs the column {n} and one of probability per class: {', '.join(missing) or 'no class'}"
            " missing."
        )
    shares = posterior[list(names)].to_numpy(float)
    off = int((~np.isclose(shares.sum(axis=1), 1.0, atol=1e-6)).sum())
    if off:
        raise SchemaError(
            f"Probabilities of the classes must add up to 1: in {off:,} of {len(shares):,} rows they do not."
        )
    chosen = shares.argmax(axis=1)
    if assigned in posterior:
        chosen = pd.Index(names).get_indexer(pd.Index(posterior[assigned].astype(str)))
        strangers = int(((chosen < 0) & posterior[assigned].notna()).sum())
        if strangers:
            raise SchemaError(
                f"`{assigned}` must be one of the {len(names)} classes, or missing: in {strangers:,} of {len(shares):,}"
                " rows it is another. Take classes and assignments from one model."
            )
    return _checked(names, assigned_by_true(shares, chosen, n=posterior[n].to_numpy(float)))


def exact(groups: Sequence[str]) -> Classification:
    """Return the classification of groups that are what they are: no error.

    Parameters
    ----------
    groups : sequence of str
        Names.

    Returns
    -------
    Classification
        With the identity as errors.

    Examples
    --------
    >>> exact(["a", "b"]).errors.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return Classification(tuple(groups), np.eye(len(groups)), corrected=False)


def assigned_by_true(shares: Floats, chosen: NDArray[np.int64], *, n: Floats) -> Floats:
    """Return the expected customers of each true class (row) by assigned class (column).

    Parameters
    ----------
    shares : numpy.ndarray, shape (patterns, classes)
        Probability of each class.
    chosen : numpy.ndarray, shape (patterns,)
        Position of the assigned class.
    n : numpy.ndarray, shape (patterns,)
        Customers.

    Returns
    -------
    numpy.ndarray, shape (classes, classes)
        Adding up to all customers.
    """
    indicator = np.equal.outer(chosen, np.arange(shares.shape[1])).astype(float)
    return np.asarray((shares * n[:, None]).T @ indicator)


def _checked(names: tuple[str, ...], joint: Floats) -> Classification:
    empty = [
        name
        for name, row, column in zip(names, joint.sum(axis=1), joint.sum(axis=0), strict=True)
        if not (row > 0 and column > 0)
    ]
    if empty:
        raise InsufficientDataError(
            f"Every class must be assigned to somebody: {len(empty)} of {len(names)} are not ({', '.join(empty)}). "
            "Use fewer classes."
        )
    errors = joint / joint.sum(axis=1, keepdims=True)
    weakest = float(np.linalg.svd(errors, compute_uv=False).min())
    if weakest < WEAKEST:
        raise InsufficientDataError(
            "Classes must be told apart for their figures to be corrected: the weakest direction of the error matrix"
            f" is {weakest:.3f}, below {WEAKEST}. Use fewer classes or more items."
        )
    return Classification(names, errors)
