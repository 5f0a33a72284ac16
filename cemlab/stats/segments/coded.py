"""Patterns of answers as arrays: an indicator per level, a count per pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats.intervals import Floats


@dataclass(frozen=True, eq=False)
class Coded:
    """Patterns as indicators of levels.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per distinct pattern: the items as text (missing stays missing) and ``n``.
    items : tuple of str
        The items.
    levels : tuple of tuple of str
        Levels of each item, sorted.
    x : numpy.ndarray
        1 where a pattern has a level, shape (P, L); a missing item is zero in all its levels.
    n : numpy.ndarray
        Customers with each pattern, shape (P,).
    silent : float
        Customers who answered none of the items; they are not in the table.
    """

    table: pd.DataFrame
    items: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    x: Floats
    n: Floats
    silent: float = 0.0

    @property
    def item_of(self) -> Floats:
        """1 where a level belongs to an item, shape (L, items)."""
        return np.repeat(np.eye(len(self.items)), self.sizes, axis=0)

    @property
    def sizes(self) -> list[int]:
        """Number of levels of each item."""
        return [len(levels) for levels in self.levels]

    @property
    def cells(self) -> float:
        """How many complete patterns there can be."""
        return float(np.prod([float(size) for size in self.sizes]))

    def parameters(self, classes: int) -> int:
        """Return the number of free parameters of a model.

        Parameters
        ----------
        classes : int
            Number of classes.

        Returns
        -------
        int
            classes − 1 sizes and, per class, levels − 1 probabilities of each item.
        """
        return classes - 1 + classes * (sum(self.sizes) - len(self.items))


def coded(patterns: pd.DataFrame, *, items: Sequence[str]) -> Coded:
    """Return patterns as indicators.

    Parameters
    ----------
    patterns : pandas.DataFrame
        One row per pattern (`prepare.patterns.counts`): the items, missing as NA or empty text, and ``n``. Rows
        of the same pattern are added up.
    items : sequence of str
        The columns that make the pattern.

    Returns
    -------
    Coded
        Patterns in sorted order, those without any answer left out and counted.

    Raises
    ------
    SchemaError
        When a column is missing or a count is negative or no number.
    InsufficientDataError
        When nobody answered, or an item has fewer than two levels.
    """
    _check(patterns, items)
    text = patterns[list(items)].astype("string")
    text = text.mask(text == "").astype(object)
    answered = text.notna().any(axis=1) & (patterns["n"] > 0)
    silent = float(patterns.loc[~answered, "n"].sum())
    if not answered.any():
        raise InsufficientDataError(
            f"At least one customer must have answered an item: {silent:,.0f} customers answered none of {len(items)}. "
            "Choose other items."
        )
    table = text[answered].assign(n=patterns.loc[answered, "n"].astype(float))
    table = table.groupby(list(items), dropna=False, sort=True)["n"].sum().reset_index()
    levels = tuple(tuple(sorted(table[item].dropna().unique())) for item in items)
    constant = [item for item, found in zip(items, levels, strict=True) if len(found) < 2]
    if constant:
        raise InsufficientDataError(
            f"Every item must have at least two levels: {', '.join(f'`{item}`' for item in constant)} "
            f"{'has' if len(constant) == 1 else 'have'} fewer among {table['n'].sum():,.0f} customers. Leave "
            f"{'it' if len(constant) == 1 else 'them'} out of `items`."
        )
    blocks = [
        (table[item].to_numpy()[:, None] == np.array(found, dtype=object)[None, :]).astype(float)
        for item, found in zip(items, levels, strict=True)
    ]
    return Coded(table, tuple(items), levels, np.hstack(blocks), table["n"].to_numpy(dtype=float), silent)


def need_one(name: str, value: int) -> int:
    """Return a number of which there must be at least one.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : int
        Its value.

    Returns
    -------
    int
        The value.

    Raises
    ------
    ParameterError
        When it is below 1.
    """
    if value < 1:
        raise ParameterError(f"`{name}` must be at least 1: it is {value}.")
    return value


def _check(patterns: pd.DataFrame, items: Sequence[str]) -> None:
    missing = [name for name in (*items, "n") if name not in patterns]
    if missing:
        raise SchemaError(
            f"Patterns need the items and n: {', '.join(missing)} missing. Make them with prepare.patterns.counts."
        )
    if len(set(items)) < 2 or len(set(items)) < len(items):
        raise ParameterError(
            f"Classes need at least two different items: {len(items)} were given, {len(set(items))} of them different."
            " Give more `items`."
        )
    wrong = ~(pd.to_numeric(patterns["n"], errors="coerce") >= 0)
    if wrong.any():
        raise SchemaError(f"`n` must be a number >= 0: {int(wrong.sum()):,} of {len(patterns):,} rows are not.")
