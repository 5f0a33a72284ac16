"""A researcher's own columns, checked and put side by side: what the front doors count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError, listed, near_miss
from cemlab.core.names import OWN_NAMES, is_identifier
from cemlab.stats.weighting import STRATUM

Groups: TypeAlias = "ArrayLike | pd.Series[Any] | pd.DataFrame | Mapping[str, Any]"
"""One label per row: an array, a named series, or a frame or mapping of several."""

MISSING = "unknown"


def side_by_side(by: Groups | None, values: Mapping[str, ArrayLike | None]) -> tuple[pd.DataFrame, list[str]]:
    """Return the given values and groups side by side, by position.

    Parameters
    ----------
    by : array-like, Series, DataFrame or mapping, or None
        The group of each row; a series gives its name, a frame or mapping several groups at once.
    values : mapping of str to array-like or None
        Columns by name; None is left out.

    Returns
    -------
    rows : pandas.DataFrame
        One row per value; a group that is missing is "unknown".
    names : list of str
        Of the groups.

    Raises
    ------
    ParameterError
        When columns differ in length, or a group is named like a column of results.
    """
    given = {name: _flat(name, value) for name, value in values.items() if value is not None}
    indexes = [value.index for value in (*values.values(), by) if isinstance(value, pd.Series | pd.DataFrame)]
    if any(not index.equals(indexes[0]) for index in indexes):
        raise ParameterError(
            "Columns of pandas must have one index: theirs differ, so that rows would be matched wrongly. Take them"
            " from one frame, or give arrays."
        )
    groups = _groups(by)
    taken = sorted(name for name in groups if name in OWN_NAMES or name in given)
    if taken:
        raise ParameterError(
            f"A group must not be named like a column of results: {listed(taken)} {'is' if len(taken) == 1 else 'are'}."
            " Rename it."
        )
    lengths = {name: len(value) for name, value in (given | groups).items()}
    if len(set(lengths.values())) > 1:
        raise ParameterError(
            "All columns must have one value per row: there are "
            + ", ".join(f"{many:,} of `{name}`" for name, many in lengths.items())
            + "."
        )
    return pd.DataFrame(given | groups), list(groups)


def _flat(name: str, value: ArrayLike) -> pd.Series[Any]:
    array = np.asarray(value)
    if array.ndim != 1:
        raise ParameterError(
            f"`{name}` must be one column: {array.ndim} dimensions were given. Take one column of the frame."
        )
    return pd.Series(array)


def _groups(by: Groups | None) -> dict[str, pd.Series[Any]]:
    if by is None:
        return {}
    if isinstance(by, pd.DataFrame | Mapping):
        named: Iterable[tuple[str, Any]] = ((str(name), values) for name, values in by.items())
    else:
        named = [(str(getattr(by, "name", None) or "segment"), by)]
    labels = {name: pd.Series(np.asarray(value)).astype("string").replace("", MISSING) for name, value in named}
    return {name: value.fillna(MISSING).astype(object) for name, value in labels.items()}


def complete(rows: pd.DataFrame, needed: Sequence[str], *, of: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that have a value in every needed column.

    Parameters
    ----------
    rows : pandas.DataFrame
        Any.
    needed : sequence of str
        Columns.
    of : str
        What a row is, for messages: "answers".

    Returns
    -------
    rows : pandas.DataFrame
        With a new index.
    notes : list of str
        How many were left out; empty where none was.

    Raises
    ------
    InsufficientDataError
        When no row is whole.
    """
    whole = rows[list(needed)].notna().all(axis=1)
    if not whole.any():
        raise InsufficientDataError(f"Some {of} must have a value in every column: none of {len(rows):,} has.")
    lost = int((~whole).sum())
    note = f"Left out because a value is missing: {lost:,} of {len(rows):,} {of}."
    return rows.loc[whole].reset_index(drop=True), [note] if lost else []


def numbers(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return a column as numbers.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows without missing values.
    name : str
        The column.

    Returns
    -------
    pandas.Series
        Finite.

    Raises
    ------
    SchemaError
        When a value is no finite number.
    """
    found = pd.to_numeric(rows[name], errors="coerce").astype(float)
    wrong = int((~np.isfinite(found)).sum())
    if wrong:
        raise SchemaError(f"`{name}` must hold finite numbers: {wrong:,} of {len(rows):,} values are none.")
    return found


def yes_or_no(rows: pd.DataFrame, name: str) -> pd.Series[int]:
    """Return a column of events.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows without missing values.
    name : str
        The column.

    Returns
    -------
    pandas.Series
        0 and 1.

    Raises
    ------
    SchemaError
        When a value is neither.
    """
    found = numbers(rows, name)
    wrong = int((~found.isin([0, 1])).sum())
    if wrong:
        raise SchemaError(f"`{name}` must be 0 or 1, or False or True: {wrong:,} of {len(rows):,} values are not.")
    return found.astype(int)


def need_time(rows: pd.DataFrame) -> None:
    """Raise unless every spell ends after it is first followed.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``duration`` and ``start``, 0 for the origin.

    Raises
    ------
    SchemaError
        When one does not.
    """
    wrong = int(((rows["duration"] < 0) | ((rows["start"] > 0) & (rows["duration"] <= rows["start"]))).sum())
    if wrong:
        raise SchemaError(
            f"A spell must end after it is first followed, and not before 0: {wrong:,} of {len(rows):,} do not."
        )


def need_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise unless a frame has all columns that were named.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any.
    names : sequence of str
        Columns.

    Raises
    ------
    SchemaError
        When one is missing.
    ParameterError
        When one is named twice.
    """
    twice = [str(name) for name in names if list(names).count(name) > 1 or list(frame.columns).count(name) > 1]
    if twice:
        raise ParameterError(
            f"Every column must be named once: {listed(dict.fromkeys(twice))} is there twice. Rename it."
        )
    missing = [name for name in names if name not in frame]
    if missing:
        raise SchemaError(
            f"Every column that is named must be in the frame: {listed(missing)} missing. "
            f"{near_miss(missing[0], [str(name) for name in frame.columns])}It has {len(frame.columns)} columns."
        )


OURS = ("n", "start", "duration", "event", "events", "cause", "cluster", "sum_w", "sum_w2")
"""Names of the columns that spells are counted in."""


def need_terms(told: pd.DataFrame, *, min_n: int, mixed: bool) -> None:
    """Raise unless covariates can stand beside the columns of spells, and their levels can be published.

    Parameters
    ----------
    told : pandas.DataFrame
        Covariates.
    min_n : int
        Smallest number of spells at a published level.
    mixed : bool
        Whether some are numbers: levels are then columns of their own, and none may be too small.

    Raises
    ------
    ParameterError
        When one is named like a column of ours, or tells single customers apart.
    InsufficientDataError
        When a level is too small.
    """
    taken = [name for name in told if name in OURS]
    if taken:
        raise ParameterError(
            f"A covariate must not be named like a column that spells are counted in: {listed(taken)}. Rename it."
        )
    for name in told:
        if pd.api.types.is_numeric_dtype(told[name]):
            continue
        sizes = told[name].value_counts()
        if is_identifier(len(sizes), len(told)):
            raise ParameterError(
                f"A covariate must not tell single customers apart: `{name}` has {len(sizes):,} levels in {len(told):,}"
                " rows. Leave it out."
            )
        few = int((sizes < min_n).sum())
        if mixed and few:
            raise InsufficientDataError(
                f"Every level must hold {min_n:,} spells (`min_n`): {few:,} of {len(sizes):,} levels of `{name}` hold"
                " fewer. Merge them."
            )


def indicators(told: pd.DataFrame, numeric: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return covariates as numbers.

    Parameters
    ----------
    told : pandas.DataFrame
        Covariates.
    numeric : sequence of str
        Those that are numbers, which stay as they are.

    Returns
    -------
    columns : pandas.DataFrame
        Of each text, a column of 0 and 1 for each level but the most frequent.
    notes : list of str
        What they are compared with.
    """
    columns: dict[str, pd.Series[float]] = {}
    notes: list[str] = []
    for name in told.columns:
        if name in numeric:
            columns[name] = told[name].astype(float)
            continue
        text = told[name].astype(str)
        order = text.value_counts().sort_index().sort_values(ascending=False, kind="stable").index
        columns |= {f"{name}: {each}": (text == each).astype(float) for each in sorted(order[1:])}
        notes.append(f"`{name}` is compared with its most frequent level.")
    return pd.DataFrame(columns), notes


def customer_sums(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return design sums over customers, in one stratum.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per answer: groups, ``customers``, ``n``, ``a`` (weight times value) and ``b`` (weight).
    names : sequence of str
        The groups.

    Returns
    -------
    pandas.DataFrame
        For `cemlab.stats.weighting.linearise`.
    """
    each = rows.groupby([*names, "customers"], as_index=False).agg(n=("n", "sum"), a=("a", "sum"), b=("b", "sum"))
    each = each.assign(aa=each["a"] ** 2, ab=each["a"] * each["b"], bb=each["b"] ** 2, one=1, all=0)
    sums = each.groupby(list(names) or ["all"], as_index=False).agg(
        n=("n", "sum"),
        n_clusters=("one", "sum"),
        largest=("b", "max"),
        sum_a=("a", "sum"),
        sum_b=("b", "sum"),
        sum_aa=("aa", "sum"),
        sum_ab=("ab", "sum"),
        sum_bb=("bb", "sum"),
    )
    sums[STRATUM], sums["stratum_clusters"] = "all", rows["customers"].nunique()
    return sums.drop(columns="all", errors="ignore")


def customers_of(counts: pd.DataFrame, rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return counts with the number of customers of their group.

    Parameters
    ----------
    counts : pandas.DataFrame
        Counts by group.
    rows : pandas.DataFrame
        One row per answer or spell, with ``customers``.
    names : sequence of str
        The groups.

    Returns
    -------
    pandas.DataFrame
        With the column ``n_customers``.
    """
    if not names:
        return counts.assign(n_customers=rows["customers"].nunique())
    return counts.join(rows.groupby(list(names))["customers"].nunique().rename("n_customers"), on=list(names))
