"""Sums by true class: what every profile of a segment is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats import intervals
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEW_GROUPS, NO_REPLICATES, Errors, jackknife, replicate_codes
from cemlab.stats.segments.bch import Classification

NEEDED = ("segment", "outcome", "n", "sum", "sum_sq")
MOMENTS = ("n", "sum", "sum_sq")


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of one outcome by true class, of all customers and without each replicate group.

    Attributes
    ----------
    full : numpy.ndarray, shape (classes, columns)
        Corrected sums.
    without : numpy.ndarray, shape (groups, classes, columns)
        The same without each replicate group.
    present : numpy.ndarray of bool, shape (groups,)
        Which groups hold a customer with a value.
    assigned : numpy.ndarray, shape (classes, columns)
        As assigned, not corrected.
    n_eff : numpy.ndarray, shape (classes,)
        (Σw)²/Σw² of the weights of correction.
    replicated : bool
        False where the frame has no replicate groups.
    """

    full: Floats
    without: Floats
    present: NDArray[np.bool_]
    assigned: Floats
    n_eff: Floats
    replicated: bool

    def errors(self, replicates: Floats) -> Errors:
        """Return the jackknife errors of what was computed without each group.

        Parameters
        ----------
        replicates : numpy.ndarray, shape (groups, ...)
            One value per group.

        Returns
        -------
        Errors
            NaN where there are no replicate groups.
        """
        present = self.present.reshape(-1, *[1] * (replicates.ndim - 1))
        return jackknife(replicates, present & self.replicated)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why there is no interval, if so."""
        if not self.replicated:
            return (NO_REPLICATES,)
        return (FEW_GROUPS,) if np.isnan(self.errors(self.without[..., 0]).df).all() else ()


def sums_by_class(frame: pd.DataFrame, model: Classification, *, values: Floats, n: Floats, of: str) -> Sums:
    """Return corrected sums of the columns of `values`.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``segment`` and, for intervals, ``replicate``.
    model : Classification
        Of the segments.
    values : numpy.ndarray, shape (rows, columns)
        What is summed.
    n : numpy.ndarray, shape (rows,)
        Customers.
    of : str
        The outcome, for messages.

    Returns
    -------
    Sums
        By class in the order of the classification.

    Raises
    ------
    SchemaError
        When a segment is not in the classification.
    InsufficientDataError
        When there is no customer.
    """
    segments = pd.Index(model.classes).get_indexer(pd.Index(frame["segment"].astype(str)))
    if (segments < 0).any():
        raise SchemaError(
            f"Every segment must be one of the classification's {len(model.classes)}: {int((segments < 0).sum()):,} of "
            f"{len(frame):,} rows are not. Take both from the same class model."
        )
    if not n.sum() > 0:
        raise InsufficientDataError(
            f"At least one customer with a value of `{of}` is needed: {len(frame):,} rows hold none. Leave this outcome out."
        )
    codes, groups = replicate_codes(frame)
    by_group = np.zeros((len(groups), len(model.classes), values.shape[1]))
    np.add.at(by_group, (codes, segments), values)
    counts = np.zeros((len(groups), len(model.classes)))
    np.add.at(counts, (codes, segments), n)
    assigned = by_group.sum(axis=0)
    customers = counts.sum(axis=0)
    weights = model.weights
    n_eff = quotient((customers @ weights) ** 2, customers @ weights**2)
    return Sums(
        model.corrected_sums(assigned), model.corrected_without(assigned - by_group, groups), counts.sum(axis=1) > 0,
        assigned, n_eff, "replicate" in frame,
    )  # fmt: skip


def sums_of(moments: pd.DataFrame, outcome: str, model: Classification) -> Sums:
    """Return corrected n, sum and sum of squares of one outcome.

    Parameters
    ----------
    moments : pandas.DataFrame
        As for `profiles.profiles`.
    outcome : str
        One of them.
    model : Classification
        Of the segments.

    Returns
    -------
    Sums
        Columns n, sum, sum of squares.
    """
    rows = moments.loc[moments["outcome"].eq(outcome) & moments["segment"].notna()]
    values = rows[list(MOMENTS)].to_numpy(float)
    # A group without a value brings no sum, however its engine writes one.
    return sums_by_class(rows, model, values=np.where(values[:, :1] > 0, values, 0.0), n=values[:, 0], of=outcome)


def checked(moments: pd.DataFrame, outcomes: Iterable[str]) -> None:
    """Raise unless a frame holds moments of the outcomes.

    Parameters
    ----------
    moments : pandas.DataFrame
        To be looked at.
    outcomes : iterable of str
        That must be there.

    Raises
    ------
    SchemaError
        When a column or an outcome is missing.
    """
    missing = [name for name in NEEDED if name not in moments]
    if missing:
        raise SchemaError(
            f"Moments need the columns {', '.join(NEEDED)}: {', '.join(missing)} missing among {len(moments.columns)}."
        )
    known = set(moments["outcome"])
    absent = [name for name in outcomes if name not in known]
    if absent:
        raise SchemaError(
            f"Every outcome asked for must be in the moments: {', '.join(absent)} missing among {len(known)}. "
            "Ask prepare.profiles.moments for it."
        )


def segments_of(frame: pd.DataFrame) -> list[str]:
    """Return the names of the segments of a frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``segment``.

    Returns
    -------
    list of str
        In sorted order.
    """
    return sorted(frame["segment"].dropna().astype(str).unique())


def share_limits(share: Floats, errors: Errors, *, n: Floats, level: float, corrected: bool) -> Mapping[str, Floats]:
    """Return estimate, error and limits of shares.

    Corrected: t limits around the uncut solution, cut to 0 … 1 (near the ends the cut share looks surer than it is). Plain, or
    without any error: Wilson on n* = min(n, p(1 − p)/V) customers, n where V = 0.

    Parameters
    ----------
    share : numpy.ndarray
        Estimates, which a correction may take beyond 0 or 1.
    errors : Errors
        In the same shape.
    n : numpy.ndarray
        Most customers that there can be.
    level : float
        Confidence level, in (0, 1).
    corrected : bool
        Whether the shares are corrected for classification error.

    Returns
    -------
    mapping of str to numpy.ndarray
        ``estimate`` (cut), ``std_error``, ``ci_low``, ``ci_high``.

    References
    ----------
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology, 24(2), 193–201.
    """
    p, variance = share.clip(0, 1), errors.std_error**2
    known = np.isfinite(p) & np.isfinite(variance) & (n > 0)
    worth = np.divide(p * (1 - p), variance, out=np.full(p.shape, np.inf), where=known & (variance > 0))
    size = np.where(known, np.minimum(np.where(worth > 0, worth, np.inf), n), 1.0)
    found = intervals.wilson(np.where(known, p, 0.5) * size, size, level=level, df=errors.df)
    low, high = (np.where(known, each, np.nan) for each in (found.low, found.high))
    if corrected:
        student = [each.clip(0, 1) for each in errors.limits(share, level=level)]
        low, high = (np.where(variance > 0, new, old) for new, old in zip(student, (low, high), strict=True))
    return {"estimate": p, "std_error": errors.std_error, "ci_low": low, "ci_high": high}


def quotient(top: Floats, bottom: Floats) -> Floats:
    """Return top / bottom, NaN where the bottom is not above 0.

    Parameters
    ----------
    top, bottom : numpy.ndarray
        In shapes that broadcast.

    Returns
    -------
    numpy.ndarray
        In their common shape.
    """
    over, under = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.asarray(np.divide(over, under, out=np.full(over.shape, np.nan), where=under > 0))


def mean_of(sums: Floats) -> Floats:
    """Return the means of arrays whose last axis is n, sum, sum of squares.

    Parameters
    ----------
    sums : numpy.ndarray, shape (..., 3)
        Sums.

    Returns
    -------
    numpy.ndarray
        NaN where nobody has a value.
    """
    return quotient(sums[..., 1], sums[..., 0])
