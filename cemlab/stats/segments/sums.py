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
from cemlab.stats.jackknife import FEW_GROUPS, FEWEST, NO_REPLICATES, Errors, jackknife, replicate_codes
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
    n_eff_rest : numpy.ndarray, shape (classes,)
        The same of all other classes together.
    held : numpy.ndarray of bool, shape (groups, classes)
        Which groups hold a customer with a value who is assigned to the class.
    replicated : bool
        False where the frame has no replicate groups.
    corrected : bool
        Whether the sums are corrected for classification error.
    """

    full: Floats
    without: Floats
    present: NDArray[np.bool_]
    assigned: Floats
    n_eff: Floats
    n_eff_rest: Floats
    held: NDArray[np.bool_]
    replicated: bool
    corrected: bool

    @property
    def are_shares(self) -> bool:
        """Whether n, sum and sum of squares are those of plain zeros and ones."""
        n, total, squares = self.assigned.T
        return not self.corrected and bool(np.allclose(total, squares, rtol=1e-9, atol=0) and (total <= n).all())

    @property
    def are_net_scores(self) -> bool:
        """Whether n, sum and sum of squares can be those of plain −100, 0 and 100."""
        n, total, squares = self.assigned.T
        moved = squares / 100**2
        whole = np.allclose(moved, moved.round(), rtol=0, atol=1e-6)
        return not self.corrected and bool(
            whole and (moved <= n + 1e-9).all() and (np.abs(total) <= 100 * moved + 1e-6).all()
        )

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

    def errors_by_class(self, replicates: Floats) -> Errors:
        """Return the jackknife errors of what each class has of its own, such as its mean.

        A class is told of by the groups that hold its customers, so these give the degrees of freedom; without
        correction nothing else enters the variance either.

        Parameters
        ----------
        replicates : numpy.ndarray, shape (groups, classes, ...)
            One value per group and class.

        Returns
        -------
        Errors
            NaN where fewer than 10 groups hold customers of the class.
        """
        own = self.held.reshape(*self.held.shape, *[1] * (replicates.ndim - 2))
        found = self.errors(replicates) if self.corrected else jackknife(replicates, own & self.replicated)
        return _with_groups(found, own.sum(axis=0))

    def errors_against_rest(self, replicates: Floats) -> Errors:
        """Return the jackknife errors of what sets each class against all others.

        Parameters
        ----------
        replicates : numpy.ndarray, shape (groups, classes)
            One value per group and class.

        Returns
        -------
        Errors
            With the degrees of freedom of the side that fewer groups hold.
        """
        others = (self.held.sum(axis=1, keepdims=True) - self.held) > 0
        return _with_groups(self.errors(replicates), np.minimum(self.held.sum(axis=0), others.sum(axis=0)))

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
            f"At least one customer with a value of `{of}` is needed: {len(frame):,} rows hold none. Leave this outcome"
            " out."
        )
    codes, groups = replicate_codes(frame)
    by_group = np.zeros((len(groups), len(model.classes), values.shape[1]))
    np.add.at(by_group, (codes, segments), values)
    counts = np.zeros((len(groups), len(model.classes)))
    np.add.at(counts, (codes, segments), n)
    assigned = by_group.sum(axis=0)
    customers = counts.sum(axis=0)
    weights = model.weights
    n_eff, n_eff_rest = (quotient((customers @ each) ** 2, customers @ each**2) for each in (weights, 1 - weights))
    return Sums(
        model.corrected_sums(assigned),
        model.corrected_without(assigned - by_group, groups),
        counts.sum(axis=1) > 0,
        assigned,
        n_eff,
        n_eff_rest,
        counts > 0,
        "replicate" in frame,
        model.corrected,
    )


def _with_groups(errors: Errors, groups: Floats) -> Errors:
    """No more degrees of freedom than groups less one, and no interval below the fewest."""
    own = np.broadcast_to(groups, errors.df.shape)
    known = own >= FEWEST
    return Errors(np.where(known, errors.std_error, np.nan), np.where(known, np.fmin(errors.df, own - 1), np.nan))


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

    Corrected: t limits around the uncut solution, cut to 0 … 1 (near the ends the cut share looks surer than it
    is). Plain, or without any error: Wilson on n* = min(n, p(1 − p)/V) customers, n where V = 0.

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
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data. Survey Methodology, 24(2), 193–201.
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


def points_limits(sums: Sums, *, level: float) -> Mapping[str, Floats]:
    """Return the plain net scores of classes with adjusted Wald limits.

    Of n* = min(n, v/V) answers, v the variance of one and V the jackknife's; n where V = 0, so that ten
    promoters of ten are not certain.

    Parameters
    ----------
    sums : Sums
        n, sum and sum of squares of −100, 0 and 100.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    mapping of str to numpy.ndarray
        ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician, 70(4), 365–372.
    doi:10.1080/00031305.2016.1198278
    """
    n, net, errors = sums.full[:, 0], mean_of(sums.full), sums.errors_by_class(mean_of(sums.without))
    moved, leaning = quotient(sums.full[:, 2], n) / 100**2, net / 100
    shares = np.stack([(moved + leaning) / 2, 1 - moved, (moved - leaning) / 2], axis=-1).clip(0, 1)
    known = np.isfinite(errors.std_error)
    spread = 100**2 * (moved - leaning**2)
    worth = np.divide(spread, errors.std_error**2, out=np.full(len(n), np.inf), where=known & (errors.std_error > 0))
    size = np.where(known & (n > 0), np.minimum(np.where(worth > 0, worth, np.inf), n), 1.0)
    found = intervals.adjusted_wald(np.where(known[:, None], shares, 1 / 3) * size[:, None], level=level, df=errors.df)
    low, high = (np.where(known, each, np.nan) for each in (found.low, found.high))
    return {"estimate": net, "std_error": errors.std_error, "ci_low": np.fmin(low, net), "ci_high": np.fmax(high, net)}


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
