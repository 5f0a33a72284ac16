"""Errors that cemlab raises, each with the exit code that the command line gives for it.

::

    CemlabError                  1  the study failed
    ├── ParameterError           2  wrong use: a parameter, an option, an unknown study   (ValueError)
    ├── SchemaError              5  a table is missing, or its columns are not as declared (ValueError)
    ├── InsufficientDataError    1  too few rows, events or customers for the question     (ValueError)
    ├── ConvergenceError         1  an iterative fit did not converge
    ├── SourceError              5  a file cannot be read or decoded
    ├── EngineError              5  the engine refused a query, or the disk is full
    └── RunError                 1  a run failed; carries the code of its own cause

A message says what must hold, what was found (with counts), and what to do. It never holds a
customer's values, words or ids.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CemlabError(Exception):
    """Any failure that cemlab explains itself."""

    exit_code = 1


class ParameterError(CemlabError, ValueError):
    """A parameter or option is unknown, of the wrong type, or out of range."""

    exit_code = 2


class SchemaError(CemlabError, ValueError):
    """A table or column is missing, or its declaration does not hold."""

    exit_code = 5


class InsufficientDataError(CemlabError, ValueError):
    """The rows that remain cannot answer the question."""


class ConvergenceError(CemlabError):
    """An iterative fit did not reach its tolerance."""


class SourceError(CemlabError):
    """A source cannot be found, opened or decoded."""

    exit_code = 5


class EngineError(CemlabError):
    """The engine refused a query, or there is no room left to run it."""

    exit_code = 5


class RunError(CemlabError):
    """A run of a study did not publish.

    Parameters
    ----------
    message : str
        What failed, in words a scheduler's reader understands.
    exit_code : int, default 1
        1 failed in a cell · 2 wrong parameters · 3 kernel died · 4 time or memory limit ·
        5 source, engine or disk · 6 the same run is already going on · 143 stopped by SIGTERM.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


UNANSWERABLE = (ParameterError, SchemaError, InsufficientDataError, ConvergenceError)
"""What says that these rows cannot answer a question; any other error says that a machine or a source failed."""


def near_miss(wrong: str, known: Iterable[str]) -> str:
    """Return ``Did you mean `x`? `` for the nearest known name, or an empty string.

    Parameters
    ----------
    wrong : str
        The name that was given.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        A sentence with one space after it, ready to stand inside a message; empty when no
        known name is near.

    Examples
    --------
    >>> near_miss("horizon_dayz", ["as_of", "horizon_days"])
    'Did you mean `horizon_days`? '
    >>> near_miss("zzz", ["as_of"])
    ''
    """
    nearest = difflib.get_close_matches(wrong, list(known), n=1)
    return f"Did you mean `{nearest[0]}`? " if nearest else ""


def listed(names: Iterable[str], *, most: int = 12, widest: int = 40) -> str:
    """Return names as a list that a message can hold, cut after some.

    Parameters
    ----------
    names : iterable of str
        Such as the columns of a file.
    most : int, default 12
        How many are named.
    widest : int, default 40
        Characters after which a name is cut.

    Returns
    -------
    str
        Each in backticks and on one line, a long one cut; then how many more there are. ``none`` when there is none.

    Examples
    --------
    >>> listed(["id", "score"])
    '`id`, `score`'
    >>> listed(["a", "b", "c"], most=2)
    '`a`, `b` and 1 more'
    """
    every = list(names)
    shown = ", ".join(f"`{one_line(name, most=widest)}`" for name in every[:most]) or "none"
    return f"{shown} and {len(every) - most:,} more" if len(every) > most else shown


def one_line(text: str, *, most: int = 40) -> str:
    r"""Return a text on one line, without characters that cannot be seen.

    Parameters
    ----------
    text : str
        Such as a header or a code.
    most : int, default 40
        Characters after which it is cut.

    Returns
    -------
    str
        Line ends and other invisible characters as escapes.

    Examples
    --------
    >>> one_line("speed,\nmostly")
    'speed,\\nmostly'
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in cut
    )
