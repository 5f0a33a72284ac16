"""Rows as blocks of numbers, for the few models that truly need rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, eq=False)
class DesignBlock:
    """Some rows of a design, without anything that says whose they are.

    Attributes
    ----------
    x : numpy.ndarray, shape (rows, columns), float64
        Covariates.
    duration : numpy.ndarray, shape (rows,), float64
        When each row left observation.
    event : numpy.ndarray, shape (rows,), float64
        1 where it ended in the event, else 0.
    start : numpy.ndarray, shape (rows,), float64, or None
        When it came under observation; None where all did at 0.
    n : numpy.ndarray, shape (rows,), float64, or None
        How many it stands for; None for one each.
    replicate : numpy.ndarray, shape (rows,), int64, or None
        Hash group of its customer; None where nobody asked for it.
    """

    x: np.ndarray
    duration: np.ndarray
    event: np.ndarray
    start: np.ndarray | None = None
    n: np.ndarray | None = None
    replicate: np.ndarray | None = None


class DesignRows(Protocol):
    """Rows in blocks, which may be gone through as often as needed."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of ``x``."""
        ...

    def __iter__(self) -> Iterator[DesignBlock]:
        """Go through all blocks from the first."""
        ...


class NumberRows(Protocol):
    """Numbers of customers in blocks, in the same order at each pass, without anything that says whose they are."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of each block."""
        ...

    def __iter__(self) -> Iterator[np.ndarray]:
        """Go through all blocks from the first: float64, shape (rows, columns), NaN where a value is missing."""
        ...
