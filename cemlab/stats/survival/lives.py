"""The life table that all curves start from: groups side by side on one grid of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.suppression import hidden_cells
from cemlab.stats.causes import events_of, labelled
from cemlab.stats.grouping import groups_in
from cemlab.stats.instants import tied
from cemlab.stats.intervals import Floats
from cemlab.stats.survival.clustered import REPLICATE, Split, split_of

COLUMNS = ("duration", "cause", "entered", "events", "censored", "n_customers", REPLICATE)
"""Columns of a life table that are not groups."""

LATE = (
    "Some spells entered late: curves start at {start:g}, where the longest span with enough at risk begins, and speak"
    " of those still there then. `given` sets another start."
)
GIVEN = "Curves speak of those still there at {start:g}, as `given` asks."
ABSENT = "{groups:,} groups have too few at risk at {start:g}, where curves start, and no curve."


@dataclass(frozen=True, eq=False)
class Lives:
    """A life table as arrays, one row per time, one column per group.

    Attributes
    ----------
    groups : pandas.DataFrame
        The keys of each group, in the order of the columns.
    times : numpy.ndarray
        All durations, ascending, shape (T,).
    entered, events, censored : numpy.ndarray
        Counts, shape (T, G). A spell that enters at a time is at risk only after it; one that is
        there from the origin is no entry.
    causes : tuple of str
        The causes that are told apart, or none.
    events_by_cause : numpy.ndarray
        Shape (K, T, G).
    customers : numpy.ndarray
        Distinct customers of each group, shape (G,).
    split : Split or None
        The same counts by group of customers; None where spells are taken as independent.
    """

    groups: pd.DataFrame
    times: Floats
    entered: Floats
    events: Floats
    censored: Floats
    causes: tuple[str, ...]
    events_by_cause: Floats
    customers: Floats
    split: Split | None = None

    @property
    def by(self) -> list[str]:
        """The group columns."""
        return list(self.groups.columns)

    @property
    def spells(self) -> Floats:
        """Spells of each group, shape (G,)."""
        return np.asarray((self.events + self.censored).sum(axis=0))

    @cached_property
    def at_risk(self) -> Floats:
        """Spells at risk at each time, shape (T, G): those that leave then or later less those that enter then or later."""
        leaving = np.asarray(self.events + self.censored - self.entered, dtype=float)
        return np.asarray(np.cumsum(leaving[::-1], axis=0)[::-1])

    @property
    def after(self) -> Floats:
        """Spells at risk just after each time, shape (T, G)."""
        return self.at_risk - self.events - self.censored + self.entered

    def hidden(self, min_n: int) -> np.ndarray:
        """Return which groups are too small to publish, themselves or as a complement.

        Parameters
        ----------
        min_n : int
            Smallest number of customers in a published group.

        Returns
        -------
        numpy.ndarray
            Booleans, shape (G,).
        """
        cells = self.groups.assign(_n=self.customers)
        return np.asarray(hidden_cells(cells, by=self.by, n="_n", min_n=min_n), dtype=bool)

    def take(self, columns: Sequence[int]) -> Lives:
        """Return some of the groups.

        Parameters
        ----------
        columns : sequence of int
            Positions of the groups.

        Returns
        -------
        Lives
            On the same grid of times.
        """
        chosen = list(columns)
        return replace(
            self,
            groups=self.groups.iloc[chosen].reset_index(drop=True),
            entered=self.entered[:, chosen],
            events=self.events[:, chosen],
            censored=self.censored[:, chosen],
            events_by_cause=self.events_by_cause[:, :, chosen],
            customers=self.customers[chosen],
            split=self.split.take(chosen) if self.split else None,
        )

    def rest(self) -> Lives:
        """Return, in place of each group, all the others together.

        Returns
        -------
        Lives
            With the keys of the groups that were left out.
        """

        def _others(counts: Floats) -> Floats:
            return np.asarray(counts.sum(axis=-1, keepdims=True) - counts)

        return replace(
            self,
            entered=_others(self.entered),
            events=_others(self.events),
            censored=_others(self.censored),
            events_by_cause=_others(self.events_by_cause),
            customers=_others(self.customers),
            split=replace(self.split, complement=True) if self.split else None,
        )


def from_start(cells: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return the life table of those spells of covariate cells that were followed from their first day.

    For methods that late entry is not defined for. To leave out who entered late loses spells and biases
    nothing, as long as when records began had nothing to do with who leaves.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells: ``duration``, ``n``, ``events``, optional ``start`` and ``cause``.
    by : sequence of str, default ()
        Group columns.

    Returns
    -------
    pandas.DataFrame
        The groups, ``duration``, ``cause`` where the cells have it, ``events``, ``censored``.

    Examples
    --------
    >>> cells = pd.DataFrame({"start": [0, 3], "duration": [2, 5], "n": [10, 7], "events": [10, 7]})
    >>> from_start(cells).to_dict("records")
    [{'duration': 2, 'events': 10, 'censored': 0}]
    """
    kept = cells.loc[cells["start"] == 0] if "start" in cells else cells
    keys = [*by, "duration", *(name for name in (REPLICATE, "cause") if name in kept)]
    counts = kept.assign(censored=kept["n"] - kept["events"])
    return counts.groupby(keys, dropna=False, observed=True, as_index=False)[["events", "censored"]].sum()


def lives_of(lives: pd.DataFrame, *, by: Sequence[str] = (), causes: bool = False) -> Lives:
    """Return a life table as arrays.

    Parameters
    ----------
    lives : pandas.DataFrame
        One row per groups and duration: ``duration``, ``events``, ``censored``, where spells enter late
        ``entered``, where events are split ``cause`` (rows without cause carry the other counts), where
        customers have several ``replicate`` (their group: errors are clustered by it), and ``n_customers`` of
        the whole group.
    by : sequence of str, default ()
        Group columns; every other column must be one of the above.
    causes : bool, default False
        Whether the causes are needed.

    Returns
    -------
    Lives
        With the groups in sorted order.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a count is negative, or more spells leave than are there.
    ParameterError
        When a group is a column of the life table itself.
    InsufficientDataError
        When there is no spell.
    """
    _check(lives, causes=causes)
    keys = groups_in(lives, by, own=COLUMNS, of="a life table")
    table = lives.assign(entered=lives.get("entered", 0))
    # Those who are there from the origin are at risk at every time, also at 0.
    table["entered"] = table["entered"].where(table["duration"] > 0, 0)
    groups, column = _groups(table, keys)
    times, row = np.unique(tied(table["duration"].to_numpy(float))[0], return_inverse=True)
    shape = (len(times), len(groups))

    def _grid(counts: pd.Series) -> Floats:
        flat = np.bincount(row * shape[1] + column, weights=counts.to_numpy(float), minlength=shape[0] * shape[1])
        return np.asarray(flat.reshape(shape), dtype=float)

    names = tuple(sorted(labelled(table["cause"]).dropna().unique())) if causes else ()
    by_cause = [events_of(name, cells=table) for name in names]
    events, censored = _grid(table["events"]), _grid(table["censored"])
    customers = (events + censored).sum(axis=0)
    if "n_customers" in table:
        customers = pd.Series(table["n_customers"].to_numpy(float)).groupby(column).max().to_numpy()
    result = Lives(
        groups,
        times,
        _grid(table["entered"]),
        events,
        censored,
        names,
        np.array([_grid(each) for each in by_cause]).reshape(-1, *shape),
        customers,
        split_of(table, row=row, column=column, by_cause=by_cause),
    )
    # who enters at a time is at risk only after it, and cannot leave at it
    more = result.events + result.censored > result.at_risk + 1e-9 * result.spells.sum()
    if more.any() or (result.after[:-1] < 0).any():
        raise SchemaError(
            f"A spell must leave after it entered: at {int(more.any(axis=1).sum()):,} of {len(times):,} durations more"
            " leave than are there. Leave out spells that enter and leave at one time."
        )
    return result


def _check(lives: pd.DataFrame, *, causes: bool) -> None:
    needed = ("duration", "events", "censored", *(("cause",) if causes else ()))
    missing = [name for name in needed if name not in lives]
    if missing:
        raise SchemaError(f"A life table needs the columns {', '.join(needed)}: {', '.join(missing)} missing.")
    counts = [name for name in ("entered", "events", "censored") if name in lives]
    wrong = int((lives[["duration", *counts]].isna() | lives[["duration", *counts]].lt(0)).any(axis=1).sum())
    if wrong:
        raise SchemaError(
            f"Durations and counts of a life table must be at least 0: {wrong:,} of {len(lives):,} rows are not."
        )
    if causes and int(lives.loc[lives["cause"].isna(), "events"].sum()):
        raise SchemaError(
            f"Every event must have a cause: {int(lives.loc[lives['cause'].isna(), 'events'].sum()):,} have none. "
            "Name it `unknown`."
        )
    if not lives[["events", "censored"]].to_numpy(float).sum():
        raise InsufficientDataError("A curve needs spells: the life table holds none. Widen the window or the filter.")


def _groups(table: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the groups that hold a spell in sorted order, and the position of each row's group."""
    if not by:
        return pd.DataFrame(index=range(1)), np.zeros(len(table), dtype=np.int64)
    grouped = table.groupby(by, observed=True, dropna=False, sort=True)
    keys = grouped.size().index.to_frame(index=False)
    return keys, grouped.ngroup().to_numpy()


@dataclass(frozen=True)
class Window:
    """From when to when curves are shown.

    Attributes
    ----------
    start : float
        Curves are conditional on being there at this time; 0 without late entry.
    ends : numpy.ndarray
        Last time at which each group's risk set holds `min_n`, shape (G,); `start` where never.
    hidden : numpy.ndarray
        Which groups are not published.
    notes : tuple of str
        What a reader must know.
    """

    start: float
    ends: Floats
    hidden: np.ndarray
    notes: tuple[str, ...]


def window_of(lives: Lives, *, min_n: int, since: float | None = None) -> Window:
    """Return from when to when the curves of the displayed groups are shown.

    t₀ = 0 where everyone is followed from the start. With late entry it is where the longest span begins in
    which every displayed group's risk set holds `min_n` without a gap (the earlier of two; where there is none,
    in which most groups' do). A curve ends with the last time before its risk set falls below that.

    Parameters
    ----------
    lives : Lives
        All groups.
    min_n : int
        Smallest risk set, and smallest number of customers in a displayed group.
    since : float, optional
        A start that is asked for instead.

    Returns
    -------
    Window
        Start, and end of each group.

    Raises
    ------
    ParameterError
        When `since` or `min_n` is negative.
    InsufficientDataError
        When no group's risk set ever holds `min_n`.
    """
    if min_n < 0 or (since is not None and since < 0):
        raise ParameterError(f"`min_n` and times must be at least 0: {min_n} and {since} were given.")
    size = max(min_n, 1)
    # At time 0 itself nobody has left yet; what happens at 0 belongs to the curve.
    after = np.vstack([lives.at_risk[:1], lives.after])
    enough = after >= size
    hidden = lives.hidden(min_n)
    shown = ~hidden & enough.any(axis=0)
    if len(hidden) > 1 and hidden.all():
        raise InsufficientDataError(
            f"Each published group needs {min_n:,} customers, and so does what its total would reveal: this holds for"
            f" none of {len(hidden):,} groups, {int((lives.customers < min_n).sum()):,} of which are smaller"
            f" ({int(lives.spells.sum()):,} spells in all). Merge the smallest group with another, or choose other"
            " groups."
        )
    if not shown.any():
        raise InsufficientDataError(
            f"A curve needs a group of at least {size} spells at risk: none of {lives.at_risk.shape[1]:,} groups is"
            f" published and ever has them ({int(lives.spells.sum()):,} spells in all). Use fewer groups or a longer"
            " window."
        )
    start = since if since is not None else _longest(lives, enough[:, shown].sum(axis=1))
    ends = _ends(lives, start=start, size=size)
    absent = int((shown & (ends <= start)).sum()) if start > 0 else 0
    notes = [(GIVEN if since is not None else LATE).format(start=start)] if start > 0 else []
    notes += [ABSENT.format(groups=absent, start=start)] if absent else []
    return Window(start, ends, hidden, tuple(notes))


def _longest(lives: Lives, groups: Floats) -> float:
    """Return where the longest span begins in which as many groups as possible have enough at risk.

    `groups` counts them from time 0 on, and then after each time.
    """
    if not lives.entered.any():
        return 0.0
    edges = np.concatenate([[0.0], lives.times])
    enough = np.concatenate([[False], groups[:-1] == groups[:-1].max(), [False]])
    turns = np.flatnonzero(np.diff(enough.astype(int)))
    begin, end = turns[::2], turns[1::2]
    return float(edges[begin[np.argmax(edges[end] - edges[begin])]])


def _ends(lives: Lives, *, start: float, size: int) -> Floats:
    inside = lives.times > start if start > 0 else lives.times >= 0
    enough = (lives.at_risk >= size) | ~inside[:, None]
    # A time at which nothing happens in a group says nothing new; its curve ends at its own last time.
    own = (lives.events + lives.censored > 0) & inside[:, None]
    going = np.logical_and.accumulate(enough, axis=0) & own
    last = np.where(going, lives.times[:, None], -np.inf).max(axis=0, initial=-np.inf)
    return np.asarray(np.maximum(last, start))
