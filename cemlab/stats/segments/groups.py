"""Divisions of numbers: what they are fitted to, whom they put where, how they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.rows import NumberRows
from cemlab.stats.intervals import Floats, wilson
from cemlab.stats.segments.coded import need_one

MOST_ROWS = 50_000
"""Customers whose numbers a model is fitted to; of more, so many are drawn at random, and all are counted."""

FOUND_ONCE = "The best solution was found from no second start: ask for more starts before it is believed."

Scale = Literal["standard", "none"]


@dataclass(frozen=True, eq=False)
class Groups:
    """A fitted division of numbers.

    Attributes
    ----------
    columns : tuple of str
        The columns.
    mean, spread : numpy.ndarray
        What is taken off each column, and what it is divided by.
    library : object
        scikit-learn's fitted model.
    order : numpy.ndarray
        Its components, the largest first.
    sample : numpy.ndarray
        The scaled numbers that it was fitted to.
    logs : tuple of str
        Columns of which ln(1 + x) stands in place of x.
    names : mapping of str to str
        Names that `assign` gives to segments, by label.
    starts : int
        Random starts of the fit, and so of each resample.
    """

    columns: tuple[str, ...]
    mean: Floats
    spread: Floats
    library: Any
    order: np.ndarray
    sample: Floats
    logs: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    starts: int = 20

    @property
    def labels(self) -> list[str]:
        """Labels of the segments: ``"1"`` is the largest."""
        return [str(at + 1) for at in range(len(self.order))]

    def named(self, names: Mapping[str, str]) -> Groups:
        """Return the same division, which assigns to names.

        Parameters
        ----------
        names : mapping of str to str
            Name by label; other segments keep their label.

        Returns
        -------
        Groups
            For `assign`.
        """
        return replace(self, names=dict(names))

    def assign(self, block: Floats) -> pd.DataFrame:
        """Return the segment of each row, and its probability; a rule for `prepare.profiles.assigned`.

        Parameters
        ----------
        block : numpy.ndarray
            Numbers in their own units, shape (rows, columns).

        Returns
        -------
        pandas.DataFrame
            One row per row: ``value``, None where a number is missing, and ``probability``, 1 for k-means.
        """
        known = ~np.isnan(block).any(axis=1)
        labels, chance = np.full(len(block), None, dtype=object), np.full(len(block), np.nan)
        if known.any():
            scaled = (_logs_of(block[known], self.columns, self.logs) - self.mean) / self.spread
            called = [self.names.get(label, label) for label in self.labels]
            labels[known] = np.array(called, dtype=object)[self.place(scaled)]
            chance[known] = (
                self.library.predict_proba(scaled).max(axis=1) if hasattr(self.library, "predict_proba") else 1.0
            )
        return pd.DataFrame({"value": labels, "probability": chance})

    def place(self, scaled: Floats) -> np.ndarray:
        """Return the position of the segment of each scaled row.

        Parameters
        ----------
        scaled : numpy.ndarray
            Rows less `mean`, over `spread`.

        Returns
        -------
        numpy.ndarray
            From 0, the largest segment.
        """
        return np.asarray(np.argsort(self.order)[self.library.predict(scaled)])


@dataclass(frozen=True, eq=False)
class Taken:
    """What a model is fitted to.

    Attributes
    ----------
    sample : numpy.ndarray
        Scaled numbers of the customers that it is fitted to, shape (customers, columns).
    mean, spread : numpy.ndarray
        What was taken off each column, and what it was divided by.
    total, without : float
        Customers with all values, and without some.
    """

    sample: Floats
    mean: Floats
    spread: Floats
    total: float
    without: float


@dataclass(frozen=True, eq=False)
class Logged:
    """Numbers of which some columns stand as ln(1 + x); goes through its rows as often as asked.

    Attributes
    ----------
    rows : NumberRows
        Numbers in their own units.
    logs : tuple of str
        Which columns.
    columns : tuple of str
        All columns.
    """

    rows: NumberRows
    logs: tuple[str, ...]
    columns: tuple[str, ...]

    def __iter__(self) -> Iterator[Floats]:
        """Go through all blocks from the first."""
        for block in self.rows:
            yield _logs_of(block, self.columns, self.logs)


@dataclass(frozen=True, eq=False)
class _Frame:
    """A frame of numbers as one block."""

    columns: tuple[str, ...]
    values: Floats

    def __iter__(self) -> Iterator[Floats]:
        yield self.values


def _blocks_of(rows: NumberRows | pd.DataFrame) -> NumberRows:
    if not isinstance(rows, pd.DataFrame):
        return rows
    words = [str(name) for name in rows if not pd.api.types.is_numeric_dtype(rows[name])]
    if words:
        raise SchemaError(
            f"Segments of numbers need numeric columns: {', '.join(f'`{name}`' for name in words)} of {rows.shape[1]}"
            " columns hold something else. Leave them out."
        )
    return _Frame(tuple(map(str, rows)), rows.to_numpy(dtype=float, na_value=np.nan))


def logged(rows: NumberRows | pd.DataFrame, logs: Sequence[str]) -> Logged:
    """Return numbers of which some columns stand as ln(1 + x), so that a few large ones do not decide everything.

    Parameters
    ----------
    rows : NumberRows or pandas.DataFrame
        Numbers of customers, in blocks or as a frame of one row per customer.
    logs : sequence of str
        Columns, none of whose values is negative.

    Returns
    -------
    Logged
        Re-iterable like `rows`.

    Raises
    ------
    ParameterError
        When a column is none of the rows'; while going through them, when a value is negative.
    SchemaError
        When a column of a frame is not numeric.
    """
    rows = _blocks_of(rows)
    other = [name for name in logs if name not in rows.columns]
    if other:
        raise ParameterError(
            f"`logs` must name columns of the numbers: {', '.join(f'`{name}`' for name in other)} is none of"
            f" {len(rows.columns)}."
        )
    return Logged(rows, tuple(logs), tuple(rows.columns))


def _logs_of(block: Floats, columns: Sequence[str], logs: Sequence[str]) -> Floats:
    if not logs:
        return block
    at = [columns.index(name) for name in logs]
    negative = int((block[:, at] < 0).sum())
    if negative:
        raise ParameterError(
            f"Logarithms of 1 + x need numbers from 0 on: {negative:,} are negative in"
            f" {', '.join(f'`{name}`' for name in logs)}. Leave such columns out of `logs`."
        )
    block = block.copy()
    block[:, at] = np.log1p(block[:, at])
    return block


def taken(rows: NumberRows, *, classes: int, starts: int, scale: Scale, seed: int, at_most: int = MOST_ROWS) -> Taken:
    """Return the numbers that a model is fitted to: all, or so many drawn at random.

    Parameters
    ----------
    rows : NumberRows
        Numbers of customers in blocks; gone through twice.
    classes, starts : int
        Asked for; checked here.
    scale : {"standard", "none"}
        Whether columns are centred and divided by their standard deviation.
    seed : int
        Of the draw.
    at_most : int, default `MOST_ROWS`
        Customers that a model is fitted to.

    Returns
    -------
    Taken
        The sample and its scale.

    Raises
    ------
    ParameterError
        When classes or starts are below 1.
    InsufficientDataError
        When a column is constant or there are too few different customers.
    """
    for name, value in (("classes", classes), ("starts", starts)):
        need_one(name, value)
    width, total, without = len(rows.columns), 0, 0
    mean, squares = np.zeros(width), np.zeros(width)
    for block in rows:
        known = block[~np.isnan(block).any(axis=1)]
        without += len(block) - len(known)
        if len(known):
            # Chan's update: sums of squares of large numbers would lose their digits.
            step = known.mean(axis=0) - mean
            squares += ((known - known.mean(axis=0)) ** 2).sum(axis=0) + step**2 * total * len(known) / (
                total + len(known)
            )
            mean, total = mean + step * len(known) / (total + len(known)), total + len(known)
    constant = [name for name, square in zip(rows.columns, squares, strict=True) if not square > 0]
    if total < max(classes, 2) or constant:
        raise InsufficientDataError(
            f"There must be more customers than segments and no constant column: {total:,} of {total + without:,}"
            f" customers have all values, for {classes} segments; {len(constant)} of {width} columns are"
            f" constant{': ' + ', '.join(f'`{name}`' for name in constant) if constant else ''}. Choose other columns."
        )
    spread = np.sqrt(squares / (total - 1)) if scale == "standard" else np.ones(width)
    centre = mean if scale == "standard" else np.zeros(width)
    sample = (_drawn(rows, total=total, at_most=at_most, seed=seed) - centre) / spread
    different = len(np.unique(sample, axis=0))
    if different < classes:
        raise InsufficientDataError(
            f"There must be at least as many different customers as segments: {different} for {classes}. Ask for fewer"
            " segments."
        )
    return Taken(sample, centre, spread, float(total), float(without))


def _drawn(rows: NumberRows, *, total: int, at_most: int, seed: int) -> Floats:
    chosen = np.arange(total)
    if total > at_most:
        chosen = np.sort(np.random.default_rng(seed).choice(total, size=at_most, replace=False, shuffle=False))
    parts, first = list[Floats](), 0
    for block in rows:
        known = block[~np.isnan(block).any(axis=1)]
        low, high = np.searchsorted(chosen, [first, first + len(known)])
        parts.append(known[chosen[low:high] - first])
        first += len(known)
    return np.vstack(parts)


def counted(
    rows: Logged,
    customers: Taken,
    *,
    library: Any,
    centres: Floats,
    fit: Mapping[str, Any],
    method: str,
    starts: int,
    level: float,
    min_n: int,
) -> Estimates:
    """Return segments with everyone counted, the largest first.

    Parameters
    ----------
    rows : Logged
        Numbers of all customers.
    customers : Taken
        What the model was fitted to.
    library : object
        scikit-learn's fitted model.
    centres : numpy.ndarray
        Its centres, scaled.
    fit : mapping
        The row of the part ``fit``.
    method : str
        The model, in words.
    starts : int
        Random starts of the fit.
    level, min_n : as in `k_means`
        See there.

    Returns
    -------
    Estimates
        As `k_means` says.
    """
    at_first = np.arange(len(centres))
    unordered = Groups(
        rows.columns, customers.mean, customers.spread, library, at_first, customers.sample, rows.logs, starts=starts
    )
    n = _members(unordered, rows)
    groups = replace(unordered, order=np.argsort(-n, kind="stable"))
    n, centres = n[groups.order], centres[groups.order]
    found = wilson(n, customers.total, level=level)
    table = pd.DataFrame(
        {
            "segment": groups.labels,
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": found.low,
            "ci_high": found.high,
            "n": n,
            "n_customers": n,
        }
    )
    sizes = pd.DataFrame({"segment": groups.labels, "share": found.estimate})
    return Estimates.build(
        table,
        by=["segment"],
        measure="class_share",
        unit="share",
        method=method,
        level=level,
        min_n=min_n,
        notes=_notes(customers, rows.logs, fit),
        parts={"centres": _centres(groups, centres), "sizes": sizes, "fit": pd.DataFrame([fit])},
        model=groups,
    )


def _centres(groups: Groups, scaled: Floats) -> pd.DataFrame:
    """The centre of each segment, column by column, in the column's own unit and standardised."""
    rows = []
    for label, row in zip(groups.labels, scaled, strict=True):
        for column, value, spread, mean in zip(groups.columns, row, groups.spread, groups.mean, strict=True):
            own = value * spread + mean
            rows.append((label, column, float(np.expm1(own) if column in groups.logs else own), value))
    return pd.DataFrame(rows, columns=["segment", "column", "estimate", "standardised"])


def _notes(customers: Taken, logs: Sequence[str], fit: Mapping[str, Any]) -> list[str]:
    notes = list[str]()
    if fit["starts"] > 1 and fit["found"] <= 1 and fit["classes"] > 1:
        notes.append(FOUND_ONCE)
    if customers.without:
        notes.append(f"{customers.without:,.0f} customers lack a value in some column and belong to no segment.")
    if logs:
        notes.append(
            f"Of {', '.join(logs)} the logarithm of 1 + x was taken; their centres are means of it, taken back."
        )
    if customers.total > len(customers.sample):
        drawn = f"{len(customers.sample):,} customers drawn at random of {customers.total:,.0f}"
        notes.append(f"Fitted to {drawn}; all of these are counted.")
    return notes


def _members(groups: Groups, rows: NumberRows) -> Floats:
    """Customers of each segment, all blocks gone through."""
    n = np.zeros(len(groups.order))
    for block in rows:
        known = block[~np.isnan(block).any(axis=1)]
        if len(known):
            n += np.bincount(groups.place((known - groups.mean) / groups.spread), minlength=len(n))
    return n
