"""Estimates: a tidy table of numbers with their intervals, small cells suppressed when it is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.suppression import hidden_cells

Better = Literal["up", "down", "none"]
Unit = Literal[
    "points",
    "share",
    "percentage points",
    "scale points",
    "days",
    "months",
    "customers",
    "answers",
    "rows",
    "ratio",
    "currency",
]

HIDDEN = ("suppressed", "too_small")
"""Flags of a row whose values are withheld, and of one that is so for its own size (not as a complement)."""

KEPT = (*HIDDEN, "complete")
"""Columns that a suppressed row does show: they tell of the row, not of its customers."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """A tidy table of estimates, and what they are.

    Build with `build`, which applies suppression; a suppressed row's values are NaN
    everywhere after.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per estimate; a copy at each access. Group columns `by`, then ``estimate``, ``std_error``,
        ``ci_low``, ``ci_high``, ``n``, ``n_customers``, ``n_eff``, ``suppressed``, ``too_small`` (suppressed
        for its own size) and, where they apply, ``p_value``, ``q_value``, ``flagged`` and ``mde``; further
        columns are the estimator's own and say so in its docstring.
    by : tuple of str
        The group columns.
    measure : str
        What is estimated: ``nps``, ``nps_difference``, ``survival``, …
    unit : str
        Unit of ``estimate``.
    method : str
        The estimator and its interval, in words.
    level : float
        Confidence level, in (0, 1).
    min_n : int
        Smallest number of customers in a published row.
    better : {"up", "down", "none"}
        Which direction is good.
    notes : tuple of str
        What a reader must know of these estimates.
    parts : mapping of str to pandas.DataFrame
        Named companions: other intervals, baselines, tests. Rows of suppressed groups are NaN.
    model : object
        The library's own fitted object, if any.
    """

    _table: pd.DataFrame
    by: tuple[str, ...]
    measure: str
    unit: Unit
    method: str
    level: float
    min_n: int
    better: Better = "none"
    notes: tuple[str, ...] = ()
    parts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    model: Any = None

    @classmethod
    def build(
        cls,
        table: pd.DataFrame,
        *,
        by: Sequence[str],
        measure: str,
        unit: Unit,
        method: str,
        level: float,
        min_n: int,
        cells: Sequence[str] | None = None,
        better: Better = "none",
        notes: Sequence[str] = (),
        parts: Mapping[str, pd.DataFrame] | None = None,
        model: Any = None,
    ) -> Estimates:
        """Return estimates with small cells suppressed.

        Parameters
        ----------
        table : pandas.DataFrame
            One row per estimate with the columns named in the class. A comparison brings its own
            ``suppressed``, True where either of its sides is hidden; else small cells and their
            complements are found here.
        by, measure, unit, method, level, min_n : as the attributes
            See the class.
        cells : sequence of str, optional
            The columns of `by` that make a published cell; default all. A distribution over scores
            has cells by group only: each of its rows speaks of the whole group.
        better, notes, parts, model : as the attributes, optional
            See the class.

        Returns
        -------
        Estimates
            With the columns ``suppressed`` and ``too_small`` filled.

        Raises
        ------
        SchemaError
            When a needed column is missing.
        """
        missing = [name for name in (*by, "estimate", "n") if name not in table]
        if missing:
            raise SchemaError(
                f"Estimates need the columns {', '.join(missing)}: the table has {len(table.columns)} others."
            )
        cells = tuple(by if cells is None else cells)
        table = table.reset_index(drop=True)
        hidden = _hidden(table, cells=cells, min_n=min_n)
        table = table.drop(columns=list(HIDDEN), errors="ignore")
        if cells:
            table = table.merge(hidden[[*cells, *HIDDEN]], on=list(cells), how="left")
        else:
            table = table.assign(**{name: bool(hidden[name].any()) for name in HIDDEN})
        keys = hidden.loc[hidden["suppressed"], list(cells)]
        return cls(
            _blank(table, table["suppressed"], keep=(*by, *KEPT)),
            tuple(by),
            measure,
            unit,
            method,
            level,
            min_n,
            better,
            tuple(notes),
            MappingProxyType({name: _blank_keys(part, keys) for name, part in (parts or {}).items()}),
            model,
        )

    @property
    def table(self) -> pd.DataFrame:
        """A copy of the tidy table."""
        return self._table.copy()

    def _repr_html_(self) -> str:
        """What JupyterLab shows: the measure and its level, the table, the notes; text escaped."""
        words = escape(f"{self.measure} ({self.unit}), {self.level:.0%} confidence intervals: {self.method}")
        table = self._table.to_html(index=False, border=0, float_format="{:.4g}".format, na_rep="", max_rows=60)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<p>{words}</p>{table}" + (f"<ul>{notes}</ul>" if notes else "")

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the companions."""
        return tuple(self.parts)

    def with_columns(self, columns: Mapping[str, Any]) -> Estimates:
        """Return the same estimates with columns added or replaced.

        Parameters
        ----------
        columns : mapping of str to array-like
            One value per row. A suppressed row's number stays NaN.

        Returns
        -------
        Estimates
            A new object.
        """
        table = self._table.assign(**columns)
        return replace(self, _table=_blank(table, table["suppressed"], keep=(*self.by, *KEPT)))

    def with_notes(self, *notes: str) -> Estimates:
        """Return the same estimates with notes added (none twice).

        Parameters
        ----------
        *notes : str
            Full sentences.

        Returns
        -------
        Estimates
            A new object.
        """
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def companion(self, name: str, *, by: Sequence[str], unit: Unit, method: str = "") -> Estimates:
        """Return a companion table as estimates of its own, so that its rows can become findings.

        Parameters
        ----------
        name : str
            A key of `parts`.
        by : sequence of str
            Its group columns.
        unit : str
            Unit of its ``estimate``.
        method : str, default ""
            How it was computed; the same as these estimates when empty.

        Returns
        -------
        Estimates
            With the level and notes of these; a group suppressed here is suppressed there. Its rows whose own
            key is a number, which is withheld with the group, are left out.

        Raises
        ------
        SchemaError
            When there is no such companion.
        """
        if name not in self.parts:
            raise SchemaError(
                f"These estimates have no companion `{name}`: they have {', '.join(self.parts) or 'none'}."
            )
        part, shared = self.parts[name], [column for column in self.by if column in self.parts[name]]
        ours = self._table[[*self.by, "n", *HIDDEN]].drop_duplicates(list(self.by) or None)
        part = part.drop(columns=["n", *HIDDEN], errors="ignore")
        table = part.merge(ours, on=shared, how="left") if shared else part.merge(ours.head(1), how="cross")
        nameless = table[list(by)].isna().any(axis=1) & table["suppressed"].eq(True)
        table = table.loc[~nameless].reset_index(drop=True)
        return Estimates(
            table,
            tuple(by),
            f"{self.measure}_{name}",
            unit,
            method or self.method,
            self.level,
            self.min_n,
            notes=self.notes,
        )

    def row(self, where: Mapping[str, object] | None = None) -> pd.Series:
        """Return the one row that `where` names.

        Parameters
        ----------
        where : mapping of str to object, optional
            Values of group columns; may be left out when there is one row.

        Returns
        -------
        pandas.Series
            The row; its name is the position in the table.

        Raises
        ------
        InsufficientDataError
            When no row, or more than one, is named.
        """
        chosen = np.ones(len(self._table), dtype=bool)
        for name, value in (where or {}).items():
            if name not in self._table:
                raise SchemaError(
                    f"These estimates are not grouped by `{name}`: they have {', '.join(self.by) or 'no groups'}."
                )
            chosen &= (self._table[name] == value).to_numpy(dtype=bool)
        if chosen.sum() != 1:
            raise InsufficientDataError(
                f"One row of `{self.measure}` must be named: {int(chosen.sum())} of {len(chosen)} rows match. "
                f"Name a value for each of: {', '.join(self.by) or 'nothing, there are no groups'}."
            )
        return self._table.loc[chosen].iloc[0]


def _hidden(table: pd.DataFrame, *, cells: tuple[str, ...], min_n: int) -> pd.DataFrame:
    """Return the published cells, one row each, with the flags of HIDDEN."""
    size = "n_customers" if "n_customers" in table else "n"
    given = [name for name in ("suppressed",) if name in table]
    base = table.loc[:, [*cells, size, *given]].drop_duplicates(list(cells) or None)
    if not cells:
        base = base.head(1)
    return base.assign(
        suppressed=base["suppressed"] if given else hidden_cells(base, by=cells, n=size, min_n=min_n),
        too_small=base[size].fillna(0).between(0, min_n, inclusive="neither"),
    )


def _blank(table: pd.DataFrame, rows: pd.Series, *, keep: Sequence[str]) -> pd.DataFrame:
    """Return `table` with every number of the given rows as NaN, and every flag as False."""
    rows = rows.fillna(False).astype(bool)
    if not rows.any():
        return table
    table = table.copy()
    for name in table.columns.difference(list(keep)):
        if pd.api.types.is_bool_dtype(table[name]):
            table.loc[rows, name] = False
        elif pd.api.types.is_numeric_dtype(table[name]):
            table[name] = table[name].astype(float).mask(rows)
    return table


def _blank_keys(part: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Return a companion table with the suppressed groups' numbers as NaN."""
    shared = [name for name in keys.columns if name in part.columns]
    if not len(keys) or len(shared) < len(keys.columns):
        return part
    if not shared:
        rows = pd.Series(True, index=part.index)
    else:
        marked = part[shared].merge(keys.drop_duplicates().assign(_hidden=True), on=shared, how="left")
        rows = marked["_hidden"].eq(True).set_axis(part.index)
    return _blank(part, rows, keep=shared)
