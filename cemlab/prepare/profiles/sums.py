"""Sums over the customers of each segment: all that means, shares and their errors need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.prepare.levels import Bins
from cemlab.prepare.profiles.grouped import REPLICATE, REPLICATES, SEGMENT, Grouping
from cemlab.prepare.profiles.texts import texts

if TYPE_CHECKING:
    import ibis.expr.types as ir

CUSTOMERS = "customers"
"""Outcome that every customer has: 1."""


def moments(
    lab: Lab,
    *,
    columns: Sequence[str],
    by: Sequence[str] = (),
    assigned: ir.Table | None = None,
    cut: str = "",
    cuts: Bins | None = None,
    horizon_days: int = 0,
    replicates: int = REPLICATES,
    window_days: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return number, sum and sum of squares of outcomes in each segment, by group of the jackknife.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    columns : sequence of str
        Numbers and statements (1 where they hold) of the profile, ``nps`` (the latest answer in points), or
        columns of `outcomes`, which need `cut` and `horizon_days`.
    by : sequence of str
        Segments: columns of the profile, several joined by a comma; missing is the level "unknown".
    assigned : ibis.Table, optional
        Segments instead: one row per customer, ``customer_id`` and ``value``.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    cuts : mapping of str to sequence of float, optional
        Column of `by` → cut points, each of which begins a level.
    horizon_days : int, default 0
        Days from the cut on that count for later outcomes.
    replicates : int, default 40
        Groups of customers, whole accounts together, by a hash.
    window_days : int, default 0
        As in `table`.
    scope : str, default ""
        Under which the ledger accounts for the customers; empty for ``profiles``.

    Returns
    -------
    pandas.DataFrame
        One row per ``segment`` (missing where nobody was assigned), ``replicate`` and ``outcome``, sorted:
        ``n`` customers with a value, ``sum``, ``sum_sq``. The outcome ``customers`` is 1 for everyone.

    Raises
    ------
    SchemaError
        When a column is none that the lab can give.
    ParameterError
        When an outcome is text, or segments are given both ways or neither.
    InsufficientDataError
        When no customer was known.

    Examples
    --------
    >>> sums = moments(lab, columns=["margin_365d", "nps"], by=["plan"])  # doctest: +SKIP
    """
    grouping = Grouping(tuple(by), assigned, cut, cuts or {}, replicates, horizon_days, window_days)
    rows = grouping.rows(lab, columns, scope=scope or "profiles")
    asked = {"n_": rows.count(), "sum_": rows.count(), "sum_sq_": rows.count()}
    for at, name in enumerate(columns):
        if rows[f"_{at}"].type().is_string() or rows[f"_{at}"].type().is_temporal():
            raise ParameterError(f"An outcome with moments must be a number or a statement: `{name}` is neither.")
        number = rows[f"_{at}"].cast("float64")
        asked |= {f"n_{at}": number.count(), f"sum_{at}": number.sum(), f"sum_sq_{at}": (number * number).sum()}
    wide = lab.frame(rows.group_by([SEGMENT, REPLICATE]).aggregate(**asked).order_by([SEGMENT, REPLICATE]))
    found = [_outcome(wide, CUSTOMERS, "")] + [_outcome(wide, name, str(at)) for at, name in enumerate(columns)]
    return pd.concat(found, ignore_index=True)


def counts(
    lab: Lab,
    *,
    columns: Sequence[str],
    by: Sequence[str] = (),
    assigned: ir.Table | None = None,
    total: str = "",
    cut: str = "",
    cuts: Bins | None = None,
    replicates: int = REPLICATES,
    window_days: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many customers of each segment have each level of some columns, by group of the jackknife.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    columns : sequence of str
        Of the profile.
    by, assigned : as in `moments`
        Which segments.
    total : str, default ""
        A number of the profile to be summed beside.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    cuts : mapping of str to sequence of float, optional
        Column, of `columns` or `by`, → cut points, each of which begins a level.
    replicates, window_days, scope : as in `moments`
        How customers are grouped.

    Returns
    -------
    pandas.DataFrame
        One row per ``segment``, ``replicate`` and level of each of `columns` (text, missing where it is
        missing), sorted: ``n`` customers and, with `total`, its ``sum``.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `moments`, and when a number has no cut points.

    Examples
    --------
    >>> plans = counts(lab, columns=["plan"], by=["region"])  # doctest: +SKIP
    """
    taken = [name for name in columns if name in (SEGMENT, REPLICATE, "n", "sum")]
    if taken:
        raise ParameterError(f"Columns to count must not be named as those of the frame: {', '.join(taken)}. Use `by`.")
    cuts = cuts or {}
    groups = {name: points for name, points in cuts.items() if name in by}
    grouping = Grouping(tuple(by), assigned, cut, groups, replicates, 0, window_days)
    rows = grouping.rows(lab, [*columns, *([total] if total else [])], scope=scope or "profiles")
    named = rows.rename({name: f"_{at}" for at, name in enumerate(columns)})
    inner = {name: points for name, points in cuts.items() if name in columns or name not in by}
    named = named.mutate(**texts(named, columns, cuts=inner))
    keys = [SEGMENT, REPLICATE, *columns]
    asked = {"n": named.count(), **({"sum": named[f"_{len(columns)}"].cast("float64").sum()} if total else {})}
    return lab.frame(named.group_by(keys).aggregate(**asked).order_by(keys))


def _outcome(wide: pd.DataFrame, name: str, at: str) -> pd.DataFrame:
    """The moments of one outcome; a group without a value has a sum of 0."""
    found = wide[[SEGMENT, REPLICATE]].assign(outcome=name, n=wide[f"n_{at}"].astype("int64"))
    return found.assign(**{each: wide[f"{each}_{at}"].astype("float64").fillna(0.0) for each in ("sum", "sum_sq")})
