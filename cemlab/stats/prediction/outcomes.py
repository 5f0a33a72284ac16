"""Predictions beside what happened: cells of a judged time as arrays, whole and with each group of customers left out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.names import need_free
from cemlab.stats.causes import Cause, label_of, labelled
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.counted import need_equal_weights

Codes = NDArray[np.int64]
Statistic = Callable[[Floats], Floats]
"""From counts, shape (m, B), to numbers, shape (K, B): the same computation for B versions of the data at once."""

BLOCK = 4_000_000
"""Numbers in one matrix of counts."""
REPLICATE = "replicate"
CENSORED, LEFT, OTHER = 0, 1, 2
_KIND, _AT = "_kind", "_duration"


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Spells with predictions and what became of them, sorted by time; like spells are one row with a count.

    Attributes
    ----------
    keys : tuple
        Values of the group columns.
    times : numpy.ndarray
        Distinct durations, ascending, shape (T,).
    at : numpy.ndarray
        Position of each row's duration, shape (m,).
    kind : numpy.ndarray
        0 last seen, 1 left (for the cause judged), 2 left for another cause; shape (m,).
    risks : mapping of str to numpy.ndarray
        Predictions by column, each of shape (m,).
    n : numpy.ndarray
        Spells of each row, shape (m,).
    held : pandas.DataFrame
        ``row``, ``group`` and ``n``: how many of each row's spells every group of customers holds; empty
        without groups.
    min_n : int
        Smallest number at risk at a horizon that is judged.
    """

    keys: tuple[Hashable, ...]
    times: Floats
    at: Codes
    kind: Codes
    risks: Mapping[str, Floats]
    n: Floats
    held: pd.DataFrame
    min_n: int

    @property
    def duration(self) -> Floats:
        """Duration of each row, shape (m,)."""
        return np.asarray(self.times[self.at])

    @cached_property
    def first(self) -> Codes:
        """First row of each time, shape (T,)."""
        return np.searchsorted(self.at, np.arange(len(self.times)))

    @cached_property
    def groups(self) -> Codes:
        """The groups of customers that hold a spell."""
        return np.unique(self.held["group"].to_numpy(np.int64))

    def reaches(self, horizon: float) -> bool:
        """Return whether what happened by a horizon can be known.

        Parameters
        ----------
        horizon : float
            In the unit of the durations.

        Returns
        -------
        bool
            True when `min_n` are at risk there, or nobody was lost from sight before.
        """
        late = self.duration >= horizon
        return bool(self.n[late].sum() >= max(self.min_n, 1) or not self.n[~late & (self.kind == CENSORED)].sum())

    def left_by(self, horizon: float) -> float:
        """Return how many were seen to leave up to a horizon.

        Parameters
        ----------
        horizon : float
            In the unit of the durations.

        Returns
        -------
        float
            Number of spells.
        """
        return float(self.n[(self.kind == LEFT) & (self.duration <= horizon)].sum())

    def by_time(self, values: Floats) -> Floats:
        """Return sums of rows by time.

        Parameters
        ----------
        values : numpy.ndarray
            Shape (m, B).

        Returns
        -------
        numpy.ndarray
            Shape (T, B).
        """
        return np.asarray(np.add.reduceat(values, self.first, axis=0))

    def batches(self) -> Iterator[Floats]:
        """Give the counts of all rows, then the counts with each group of customers left out, a block of columns at a time.

        Yields
        ------
        numpy.ndarray
            Shape (m, B); over all batches one column more than there are groups.
        """
        yield self.n[:, None]
        if not len(self.groups):
            return
        width = max(1, BLOCK // len(self.n))
        held = self.held.sort_values("group", kind="stable")
        row, n = held["row"].to_numpy(), held["n"].to_numpy(float)
        bounds = np.searchsorted(held["group"].to_numpy(), self.groups)
        parts = [slice(start, stop) for start, stop in zip(bounds, [*bounds[1:], len(row)], strict=True)]
        for start in range(0, len(parts), width):
            chunk = parts[start : start + width]
            out = np.stack([np.bincount(row[part], weights=n[part], minlength=len(self.n)) for part in chunk], axis=1)
            yield self.n[:, None] - out


@dataclass(frozen=True, eq=False)
class Judging:
    """What is judged, group by group.

    Attributes
    ----------
    groups : tuple of Outcomes
        In sorted order of their keys.
    by : tuple of str
        The group columns.
    notes : tuple of str
        What a reader must know.
    """

    groups: tuple[Outcomes, ...]
    by: tuple[str, ...]
    notes: tuple[str, ...]

    def keys(self, group: Outcomes) -> dict[str, Hashable]:
        """Return the group columns' values.

        Parameters
        ----------
        group : Outcomes
            One of the groups.

        Returns
        -------
        dict of str to object
            By column.
        """
        return dict(zip(self.by, group.keys, strict=True))


def outcomes_of(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str],
    cause: Cause = "",
    by: Sequence[str] = (),
    min_n: int = 10,
    sizes: bool = False,
) -> Judging:
    """Return a judged frame as arrays.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause`` (missing = last seen), the
        predictions and, for intervals, ``replicate``.
    columns : sequence of str
        The predictions, in [0, 1]; a cell without one of them is left out and counted.
    cause : str or float, default ""
        The cause that is judged, the others being known not to have left for it; empty for every ending.
    by : sequence of str, default ()
        Each combination is judged by itself.
    min_n : int, default 10
        Smallest number at risk at a horizon.
    sizes : bool, default False
        True when the columns hold amounts of at least 0 in place of predictions.

    Returns
    -------
    Judging
        The groups.

    Raises
    ------
    SchemaError
        When a column is missing, a count, duration or prediction is impossible, or sampling weights differ.
    InsufficientDataError
        When no spell has a prediction.
    """
    names, of = list(dict.fromkeys(columns)), label_of(cause)
    _check(frame, names, cause=of, by=by)
    need_equal_weights(frame)
    kept = frame.loc[frame["n"] > 0]
    known = kept[names].notna().all(axis=1)
    lost = int(kept.loc[~known, "n"].sum())
    _check_values(kept.loc[known], names, sizes=sizes)
    rows = _homogeneous(kept.loc[known], names, cause=of, by=by)
    if not len(rows):
        raise InsufficientDataError(
            f"A prediction is judged on spells that have one: {lost:,} spells are there, none with a prediction."
        )
    split = rows.groupby(list(by), observed=True, dropna=False, sort=True) if by else [((), rows)]
    groups = tuple(_judged(tuple(keys), part, names, min_n=min_n) for keys, part in split)
    notes = (f"{lost:,} spells without a prediction are left out.",) if lost else ()
    return Judging(groups, tuple(by), notes)


def _check(frame: pd.DataFrame, names: list[str], *, cause: str, by: Sequence[str]) -> None:
    need_free(by, what="`by`", but=("day",))
    ending = ["cause"] if cause or "events" not in frame else []
    needed = ["duration", "n", *ending, *by, *names]
    missing = [name for name in needed if name not in frame]
    if missing:
        raise SchemaError(f"A judged frame needs the columns {', '.join(needed)}: {', '.join(missing)} missing.")
    if not names:
        raise ParameterError("At least one prediction must be named: none was. Map each horizon to its column.")


def _check_values(frame: pd.DataFrame, names: list[str], *, sizes: bool) -> None:
    events = frame["events"] if "events" in frame else frame["n"]
    rules = {
        "durations and counts of at least 0, with events <= n": (
            frame["duration"].isna() | (frame["duration"] < 0) | events.isna() | (events < 0) | (events > frame["n"])
        ),
        "amounts of at least 0" if sizes else "predictions from 0 to 1": (
            ((frame[names] < 0) | (False if sizes else frame[names] > 1)).any(axis=1)
        ),
        "a group of customers (`replicate`) in each cell, or in none": frame.get(REPLICATE, frame["n"]).isna(),
    }
    for rule, wrong in rules.items():
        if wrong.any():
            raise SchemaError(f"A judged frame must hold {rule}: {int(wrong.sum()):,} of {len(frame):,} cells do not.")


def _homogeneous(frame: pd.DataFrame, names: list[str], *, cause: str, by: Sequence[str]) -> pd.DataFrame:
    """Cells split into those who left, those who left for another cause and those last seen."""
    n = frame["n"].astype(float)
    gone = frame["events"].astype(float) if "events" in frame else n.where(frame["cause"].notna(), 0.0)
    own = labelled(frame["cause"]).eq(cause) if cause else pd.Series(True, index=frame.index)
    columns = [*by, *([REPLICATE] if REPLICATE in frame else []), *names]
    rows = pd.concat([frame[columns].astype(dict.fromkeys(names, float))] * 2, ignore_index=True)
    added = pd.DataFrame(
        {
            _AT: np.tile(frame["duration"].to_numpy(float), 2),
            "n": np.concatenate([gone, n - gone]),
            _KIND: np.concatenate([np.where(own, LEFT, OTHER), np.full(len(n), CENSORED)]),
        }
    )
    return pd.concat([rows, added], axis=1).loc[added["n"] > 0]


def _judged(keys: tuple[Hashable, ...], rows: pd.DataFrame, names: list[str], *, min_n: int) -> Outcomes:
    row = rows.groupby([_AT, _KIND, *names], sort=True).ngroup().to_numpy()
    like = rows.iloc[np.unique(row, return_index=True)[1]]
    times, at = np.unique(like[_AT].to_numpy(), return_inverse=True)
    n = rows["n"].to_numpy()
    group = rows[REPLICATE].to_numpy(np.int64) if REPLICATE in rows else row
    held = pd.DataFrame({"row": row, "group": group, "n": n}).iloc[: len(n) if REPLICATE in rows else 0]
    risks = {name: like[name].to_numpy() for name in names}
    return Outcomes(
        keys,
        times,
        at.astype(np.int64),
        like[_KIND].to_numpy(np.int64),
        risks,
        np.bincount(row, weights=n).astype(float),
        held,
        min_n,
    )
