"""Terms of a model as columns of numbers: levels against a reference, numbers as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError, near_miss
from cemlab.stats.intervals import Floats

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Term:
    """One covariate.

    Attributes
    ----------
    name : str
        Its column.
    levels : tuple of str
        The reference first; empty for a number.
    """

    name: str
    levels: tuple[str, ...] = ()

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Term and level of each column that it becomes."""
        return [(self.name, level) for level in self.levels[1:]] if self.levels else [(self.name, "")]


@dataclass(frozen=True)
class Design:
    """The covariates of a model.

    Attributes
    ----------
    terms : tuple of Term
        In the order of their columns.
    """

    terms: tuple[Term, ...]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Term and level of each column."""
        return [pair for term in self.terms for pair in term.columns]

    @property
    def labels(self) -> list[str]:
        """A name for each column."""
        return [f"{name} = {level}" if level else name for name, level in self.columns]

    def coded(self, frame: pd.DataFrame) -> list[Floats]:
        """Return each term as numbers: the position of its level, or its value.

        Parameters
        ----------
        frame : pandas.DataFrame
            Holds a column for each term.

        Returns
        -------
        list of numpy.ndarray
            One per term.

        Raises
        ------
        SchemaError
            When a column is missing, or holds missing or unknown values.
        """
        return [_coded(term, frame) for term in self.terms]

    def matrix(self, coded: Sequence[Floats]) -> Floats:
        """Return the columns.

        Parameters
        ----------
        coded : sequence of numpy.ndarray
            As `coded` gives them, or a part of their rows.

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns).
        """
        rows = len(coded[0]) if coded else 0
        result = np.zeros((rows, len(self.columns)), order="C")
        at = 0
        for term, values in zip(self.terms, coded, strict=True):
            if not term.levels:
                result[:, at] = values
                at += 1
                continue
            position = values.astype(np.int64)
            told = np.flatnonzero(position > 0)
            result[told, at + position[told] - 1] = 1.0
            at += len(term.levels) - 1
        return result


def design_of(frame: pd.DataFrame, terms: Sequence[str], *, reference: Mapping[str, str] | None = None) -> Design:
    """Return the design that a frame's columns make.

    Text, categories and booleans become levels; numbers stay numbers. The reference of text and booleans is the
    level that holds most: ratios against a level of few are all uncertain, for no reason of their own. That of
    categories is the first, as declared.

    Parameters
    ----------
    frame : pandas.DataFrame
        Holds a column for each term, and ``n`` (or ``n_at_risk``), how many each row stands for; without it
        each stands for one.
    terms : sequence of str
        The covariates.
    reference : mapping of str to str, optional
        Reference level of some terms.

    Returns
    -------
    Design
        Its terms with their levels.

    Raises
    ------
    SchemaError
        When a column is missing or holds missing values.
    ParameterError
        When a term is named twice, or a reference level does not exist.
    InsufficientDataError
        When a term has one level or one value.
    """
    if len(set(terms)) < len(terms):
        raise ParameterError(f"Each term must be named once: {len(terms) - len(set(terms))} of {len(terms)} repeat.")
    missing = [name for name in terms if name not in frame]
    if missing:
        raise SchemaError(
            f"Terms must be columns of the cells: {', '.join(missing)} missing. {near_miss(missing[0], frame.columns)}"
        )
    held = {**references(frame, terms), **(reference or {})}
    made = tuple(_term(frame[name], held.get(name)) for name in terms)
    constant = [
        term.name for term in made if len(term.levels) == 1 or (not term.levels and frame[term.name].nunique() < 2)
    ]
    if constant:
        raise InsufficientDataError(
            f"A covariate must vary: {', '.join(constant)} {'have' if len(constant) > 1 else 'has'} one value in "
            f"{len(frame):,} cells. Leave it out."
        )
    return Design(made)


def references(frame: pd.DataFrame, terms: Sequence[str]) -> dict[str, str]:
    """Return the level that each text or boolean term is compared with: the largest, of equal ones the first in alphabetical order.

    Ratios against a level of few spells are all uncertain, and for no reason of their own.

    Parameters
    ----------
    frame : pandas.DataFrame
        Holds a column for each term, and ``n`` (or ``n_at_risk``).
    terms : sequence of str
        The covariates; numbers and categories have none.

    Returns
    -------
    dict of str to str
        Term → level.

    Examples
    --------
    >>> references(pd.DataFrame({"plan": ["a", "b", "c"], "n": [2, 80, 50]}), ["plan"])
    {'plan': 'b'}
    """
    size = next((name for name in ("n", "n_at_risk") if name in frame), "")
    counts = frame[size] if size else pd.Series(1.0, index=frame.index)
    found: dict[str, str] = {}
    for name in terms:
        column = frame[name]
        if is_number(column) or isinstance(column.dtype, pd.CategoricalDtype) or column.isna().any():
            continue
        sums = counts.groupby(column).sum()
        sums.index = sums.index.astype(str)
        found[name] = str(sums.sort_index().idxmax())
    return found


def in_categories(frame: pd.DataFrame, terms: Sequence[str]) -> pd.DataFrame:
    """Return a frame whose covariates in levels are categories, so that no later step reads their text again.

    Parameters
    ----------
    frame : pandas.DataFrame
        Covariate cells.
    terms : sequence of str
        The covariates; those that are numbers, categories already or missing stay as they are.

    Returns
    -------
    pandas.DataFrame
        Categories are in alphabetical order; a missing value stays missing.

    Examples
    --------
    >>> in_categories(pd.DataFrame({"plan": ["b", "a", "b"]}), ["plan"])["plan"].cat.categories.tolist()
    ['a', 'b']
    """
    made: dict[str, pd.Categorical] = {}
    for name in terms:
        if name not in frame or is_number(frame[name]) or isinstance(frame[name].dtype, pd.CategoricalDtype):
            continue
        row, values = pd.factorize(frame[name])
        names = [str(value) for value in values]
        levels = sorted(set(names))
        position = {level: at for at, level in enumerate(levels)}
        codes = np.array([*(position[level] for level in names), -1], dtype=np.int64)[row]
        made[name] = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(levels))  # type: ignore[arg-type]
    return frame.assign(**made) if made else frame


def is_number(column: pd.Series) -> bool:
    """Return whether a column is used as a number.

    Parameters
    ----------
    column : pandas.Series
        A covariate.

    Returns
    -------
    bool
        False for text, categories and booleans.
    """
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _term(column: pd.Series, reference: str | None) -> Term:
    empty = int(column.isna().sum())
    if empty:
        raise SchemaError(
            f"`{column.name}` must have a value in every cell: {empty:,} of {len(column):,} have none. "
            "Give them the level `unknown`, or bin the number."
        )
    name = str(column.name)
    if is_number(column):
        if not np.isfinite(column.to_numpy(float)).all():
            raise SchemaError(
                f"`{name}` must be finite: {int((~np.isfinite(column.to_numpy(float))).sum()):,} cells are not."
            )
        return Term(name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = [str(level) for level in column.cat.remove_unused_categories().cat.categories]
    else:
        levels = sorted({str(value) for value in column.unique()})
    if reference is not None and reference not in levels:
        raise ParameterError(
            f"`{name}` has no level {reference!r} to refer to. {near_miss(reference, levels)}It has {len(levels)}"
            " levels."
        )
    if reference is not None:
        levels = [reference, *(level for level in levels if level != reference)]
    return Term(name, tuple(levels))


def _coded(term: Term, frame: pd.DataFrame) -> Floats:
    if term.name not in frame:
        raise SchemaError(f"`{term.name}` is a covariate of the model and missing here. Add the column.")
    column = frame[term.name]
    if not term.levels:
        return column.to_numpy(float)
    # Each distinct value is named once, not each row.
    if isinstance(column.dtype, pd.CategoricalDtype):
        row, values = column.cat.codes.to_numpy(), column.cat.categories
    else:
        row, values = pd.factorize(column)
    position = {level: at for at, level in enumerate(term.levels)}
    known = np.array([position.get(str(value), -1) for value in values] + [-1], dtype=np.int64)
    codes = known[row]
    unknown = int((codes < 0).sum())
    if unknown:
        raise SchemaError(
            f"`{term.name}` has levels that the model does not know in {unknown:,} of {len(frame):,} rows. "
            "Merge them with a level that it knows."
        )
    return np.asarray(codes, dtype=float)
