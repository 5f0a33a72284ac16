"""Covariates as levels: what a spell is described by, and where numbers are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.core.scorecards import level_names
from cemlab.prepare.levels import Source, joined, sources
from cemlab.prepare.spells.followed import Following
from cemlab.prepare.spells.tables import RESERVED

if TYPE_CHECKING:
    import ibis.expr.types as ir

Bins = Mapping[str, Sequence[float]]
"""Covariate → cut points; each begins a level."""

QUANTILES = 4
_COLUMNS = ["term", "source", "undated", "how", "level", "low", "high"]


def described(
    lab: Lab, following: Following, terms: Sequence[str], *, declared: Bins | None, quantiles: int
) -> tuple[ir.Table, pd.DataFrame]:
    """Return the spells that are followed, with a level of each covariate, and what the levels are.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    following : Following
        Until when, and on which clock.
    terms : sequence of str
        Covariates.
    declared : mapping of str to sequence of float, optional
        Cut points.
    quantiles : int
        Into how many bins other numbers are cut.

    Returns
    -------
    ibis.Table
        The spells; each of `terms` is text, null or empty where it is missing.
    pandas.DataFrame
        As `cemlab.prepare.cells.bins` returns it.
    """
    return levelled(lab, following.used(lab), terms, declared=declared, quantiles=quantiles)


def levelled(
    lab: Lab,
    spells: ir.Table,
    terms: Sequence[str],
    *,
    declared: Bins | None,
    quantiles: int,
    own: Sequence[str] = (),
    strict: bool = False,
) -> tuple[ir.Table, pd.DataFrame]:
    """Return spells with a level of each covariate, and what the levels are.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    spells : ibis.Table
        With ``started_on``, before which an assignment must have been written.
    terms, declared, quantiles : as in `described`
        The covariates.
    own : sequence of str, default ()
        Those of `terms` that are columns of numbers in `spells` already.
    strict : bool, default False
        True to leave out what became known of a customer on ``started_on`` or later.

    Returns
    -------
    ibis.Table, pandas.DataFrame
        As `described`.
    """
    spells, found = valued(lab, spells, terms, own=own, strict=strict)
    cuts = _cut_points(lab, spells, found, declared=declared or {}, quantiles=quantiles)
    texts = {
        source.name: binned(spells[source.name], cuts[source.name][1])
        if source.name in cuts
        else spells[source.name].cast("string")
        for source in found
    }
    return spells.mutate(**texts) if texts else spells, _listed(found, cuts)


def valued(
    lab: Lab, spells: ir.Table, terms: Sequence[str], *, own: Sequence[str] = (), strict: bool = False
) -> tuple[ir.Table, list[Source]]:
    """Return spells with the value of each covariate as it is recorded, and where each is found.

    Parameters
    ----------
    lab, spells, terms, own, strict : as in `levelled`
        The covariates.

    Returns
    -------
    ibis.Table
        With a column of each of `terms`.
    list of Source
        In the order of `terms`.
    """
    there = [Source(name, "spells", numeric=True, undated=False) for name in terms if name in own]
    looked_up = sources(lab, [name for name in terms if name not in own], reserved=RESERVED)
    spells = joined(lab, spells, looked_up, before=spells.started_on, strict=strict)
    return spells, sorted([*there, *looked_up], key=lambda source: list(terms).index(source.name))


def fixed(
    lab: Lab, spells: ir.Table, terms: Sequence[str], *, quantiles: int, own: Sequence[str] = ()
) -> dict[str, tuple[float, ...]]:
    """Return where numbers are to be cut on every day alike.

    Parameters
    ----------
    lab, spells, terms : as in `levelled`
        The covariates.
    quantiles : int
        Into how many bins a number of more values is cut.
    own : sequence of str, default ()
        As in `levelled`.

    Returns
    -------
    dict of str to tuple of float
        Cut points of each number: its values but the lowest, where they are few.
    """
    spells, found = valued(lab, spells, terms, own=own, strict=True)
    cuts = _cut_points(lab, spells, found, declared={}, quantiles=quantiles)
    points = {}
    for name in (source.name for source in found if source.numeric):
        if name in cuts:
            points[name] = tuple(cuts[name][1])
        else:
            values = lab.frame(spells.select(**{name: spells[name].cast("float64")}).distinct())[name].dropna()
            points[name] = tuple(sorted(float(value) for value in values)[1:])
    return points


def _cut_points(
    lab: Lab, spells: ir.Table, found: Sequence[Source], *, declared: Bins, quantiles: int
) -> dict[str, tuple[str, list[float]]]:
    """Return how and where each number is cut: as declared, else at quantiles where it has many values."""
    numeric = [source.name for source in found if source.numeric]
    odd = sorted(set(declared) - set(numeric))
    if odd:
        raise ParameterError(
            f"Cut points must be of numeric covariates: {', '.join(f'`{name}`' for name in odd)} is none."
        )
    cuts = {name: ("declared", sorted({float(cut) for cut in declared[name]})) for name in declared}
    others = [name for name in numeric if name not in declared]
    if not others:
        return cuts
    if quantiles < 2:
        raise ParameterError(f"Numbers are cut into at least 2 bins: {quantiles} was given.")
    shares = [number / quantiles for number in range(1, quantiles)]
    asked = {
        f"{name}.{at}": spells[name].cast("float64").quantile(share)
        for name in others
        for at, share in enumerate(shares)
    }
    row = lab.frame(spells.aggregate(**asked, **{f"{name}.values": spells[name].nunique() for name in others})).iloc[0]
    for name in others:
        points = [float(row[f"{name}.{at}"]) for at in range(len(shares))]
        if row[f"{name}.values"] > quantiles:
            cuts[name] = ("quantile", sorted({point for point in points if np.isfinite(point)}))
    return cuts


def binned(column: ir.Column, cuts: Sequence[float]) -> ir.StringValue:
    """Return a number as text: the bin [low, high) that it falls into.

    Parameters
    ----------
    column : ibis number
        Values.
    cuts : sequence of float
        Where it is cut, ascending; each begins a bin.

    Returns
    -------
    ibis string
        Such as "below 8" and "8 and over"; null where the value is missing.
    """
    names = level_names(cuts)
    steps = [(column >= cut, name) for cut, name in zip(reversed(cuts), reversed(names[1:]), strict=True)]
    return ibis.cases(*steps, (column.notnull(), names[0]))


def _listed(found: Sequence[Source], cuts: Mapping[str, tuple[str, list[float]]]) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for source in found:
        if source.name not in cuts:
            rows.append((source.name, source.table, source.undated, "level", None, np.nan, np.nan))
            continue
        how, points = cuts[source.name]
        edges = [-np.inf, *points, np.inf]
        for name, low, high in zip(level_names(points), edges, edges[1:], strict=False):
            rows.append((source.name, source.table, source.undated, how, name, low, high))
    return pd.DataFrame(rows, columns=_COLUMNS)
