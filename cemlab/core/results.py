"""What estimators return and reports assert: Estimates, Finding, Sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.suppression import hidden_cells

Better = Literal["up", "down", "none"]
Unit = Literal["points", "share", "scale points", "days", "months", "customers", "answers", "rows", "ratio", "currency"]
Aspect = Literal["value", "magnitude", "interval", "n", "mde", "level", "std_error"]

VALUES = ("estimate", "std_error", "ci_low", "ci_high", "n", "n_customers", "n_eff", "p_value", "q_value", "mde")
"""Columns of an estimates table whose numbers a suppressed row does not show."""

HIDDEN = ("suppressed", "too_small")
"""Flags of a row whose values are withheld, and of one that is so for its own size (not as a complement)."""

KEPT = (*HIDDEN, "complete")
"""Columns that a suppressed row does show: they tell of the row, not of its customers."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """A tidy table of estimates, and what they are.

    Build with :meth:`build`, which applies suppression; a suppressed row's values are NaN
    everywhere after.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per estimate; a copy at each access. Group columns `by`, then ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``n``, ``n_customers``, ``n_eff``, ``suppressed``,
        ``too_small`` (suppressed for its own size) and, where they apply, ``p_value``, ``q_value``, ``flagged`` and ``mde``; further columns
        are the estimator's own and say so in its docstring.
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
        size = "n_customers" if "n_customers" in table else "n"
        given = [name for name in ("suppressed",) if name in table]
        base = table.loc[:, [*cells, size, *given]].drop_duplicates(list(cells) or None)
        if not cells:
            base = base.head(1)
        hidden = base.assign(
            suppressed=base["suppressed"] if given else hidden_cells(base, by=cells, n=size, min_n=min_n),
            too_small=base[size].fillna(0).between(0, min_n, inclusive="neither"),
        )
        table = table.drop(columns=list(HIDDEN), errors="ignore")
        if cells:
            table = table.merge(hidden[[*cells, *HIDDEN]], on=list(cells), how="left")
        else:
            table = table.assign(**{name: bool(hidden[name].any()) for name in HIDDEN})
        keys = hidden.loc[hidden["suppressed"], list(cells)]
        return cls(
            _blank(table, table["suppressed"], keep=(*by, *KEPT)),
            tuple(by), measure, unit, method, level, min_n, better, tuple(notes),
            MappingProxyType({name: _blank_keys(part, keys) for name, part in (parts or {}).items()}),
            model,
        )  # fmt: skip

    @property
    def table(self) -> pd.DataFrame:
        """A copy of the tidy table."""
        return self._table.copy()

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
            With the level and notes of these; a group suppressed here is suppressed there.

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
        return Estimates(table, tuple(by), f"{self.measure}_{name}", unit, method or self.method, self.level, self.min_n,
                         notes=self.notes)  # fmt: skip

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


@dataclass(frozen=True)
class Finding:
    """One number that the report asserts.

    Attributes
    ----------
    key : str
        What it is, dotted: ``nps.overall``, ``nps.region``. With `scope` and `period` it names the
        number across runs.
    value : float
        The number, NaN when suppressed.
    unit : str
        Of value and interval.
    label : str
        At most six words for a tile or a table.
    scope : mapping of str to str
        The group it speaks of; empty for all.
    period : str
        The window or step it speaks of; empty for the whole window.
    std_error, ci_low, ci_high : float
        NaN where the number is a count of what is there.
    level : float
        Confidence level of the interval, NaN without one.
    n : float
        Answers (or spells, …) behind it.
    p_value, q_value : float
        Of the comparison, plain and after false-discovery control in `family`.
    family : str
        The family it was adjusted in; empty when it is no comparison.
    flagged : bool
        True when q < 0.05 and the size reaches the materiality floor.
    mde : float
        Smallest true difference that this comparison would have found with 80 % power.
    better : {"up", "down", "none"}
        Which direction is good.
    suppressed : bool
        True when the cell is too small to publish.
    min_n : int
        The smallest cell that is published, for printing "< min_n".
    table : str
        The published table it came from.
    row : int
        Its row there, from 0.
    """

    key: str
    value: float
    unit: Unit
    label: str = ""
    scope: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    std_error: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    level: float = math.nan
    n: float = math.nan
    p_value: float = math.nan
    q_value: float = math.nan
    family: str = ""
    flagged: bool = False
    mde: float = math.nan
    better: Better = "none"
    suppressed: bool = False
    min_n: int = 0
    table: str = ""
    row: int = 0

    @classmethod
    def of(
        cls,
        key: str,
        estimates: Estimates,
        *,
        where: Mapping[str, object] | None = None,
        label: str = "",
        table: str = "",
    ) -> Finding:
        """Return the finding that one row of `estimates` makes.

        Parameters
        ----------
        key : str
            What it is, dotted.
        estimates : Estimates
            Adjusted first, when it holds comparisons.
        where : mapping of str to object, optional
            Which row; may be left out when there is one.
        label : str, default ""
            Words for a tile or table.
        table : str, default ""
            Name of the published table that holds the row.

        Returns
        -------
        Finding
            With every number of that row.
        """
        row = estimates.row(where)

        def _number(name: str) -> float:
            return float(row[name]) if name in row and pd.notna(row[name]) else math.nan

        scope = {name: str(row[name]) for name in estimates.by if name != "period"}
        return cls(
            key=key, value=_number("estimate"), unit=estimates.unit, label=label, scope=scope,
            period=str(row["period"]) if "period" in estimates.by else "",
            std_error=_number("std_error"), ci_low=_number("ci_low"), ci_high=_number("ci_high"),
            level=estimates.level, n=_number("n"), p_value=_number("p_value"), q_value=_number("q_value"),
            family=str(row.get("family", "")), flagged=bool(row.get("flagged", False)), mde=_number("mde"),
            better=estimates.better, suppressed=bool(row["suppressed"]), min_n=estimates.min_n,
            table=table, row=int(str(row.name)),
        )  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A word that comes from data or parameters: a segment, a period, a column. May hold digits."""

    text: str


@dataclass(frozen=True)
class Quote:
    """One aspect of a finding, as it stands in a sentence.

    Attributes
    ----------
    finding : Finding
        The number.
    aspect : {"value", "magnitude", "interval", "n", "mde", "level", "std_error"}
        Which of its numbers; ``magnitude`` is the value without its sign.
    """

    finding: Finding
    aspect: Aspect = "value"


Part = str | Name | Quote | Finding
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Sentence:
    """A sentence whose numbers are findings.

    Parameters
    ----------
    *parts : str, Name, Quote or Finding
        Literal text holds no digits, so that no number can stand in a report that is not a
        finding; a bare finding stands for its value.

    Raises
    ------
    ValueError
        When a literal part holds a digit.
    """

    parts: tuple[Part, ...]

    def __init__(self, *parts: Part) -> None:
        for part in parts:
            if isinstance(part, str) and _DIGIT.search(part):
                raise ValueError(
                    f"A sentence's own words must hold no digits: {part!r} does. Quote a finding, or use Name."
                )
        object.__setattr__(self, "parts", parts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that it quotes, in order."""
        quoted = (part.finding if isinstance(part, Quote) else part for part in self.parts)
        return tuple(part for part in quoted if isinstance(part, Finding))
