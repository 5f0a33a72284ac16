"""Covariates as levels: what a spell is described by, and where numbers are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.core.scorecards import level_names
from cemlab.prepare.levels import Bins, Source, binned, joined, sources
from cemlab.prepare.spells.followed import Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

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
        source.name: (
            binned(spells[source.name], cuts[source.name][1])
            if source.name in cuts
            else spells[source.name].cast("string")
        )
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
    looked_up = sources(lab, [name for name in terms if name not in own])
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
    cuts |= {name: ("quantile", points) for name, points in _quantile_cuts(lab, spells, others, quantiles).items()}
    return cuts


def _quantile_cuts(lab: Lab, spells: ir.Table, names: Sequence[str], quantiles: int) -> dict[str, list[float]]:
    """Return quantiles of each number of more values than `quantiles`, a value that many share in a bin of its own.

    Quantiles that fall together lose what they cut apart: of a count that is mostly zero they would leave one level.
    """
    columns = {name: spells[name].cast("float64") for name in names}
    shares = [number / quantiles for number in range(1, quantiles)]
    asked = {f"{name}.values": column.nunique() for name, column in columns.items()}
    for name, column in columns.items():
        asked |= {f"{name}.0": column.min(), f"{name}.{quantiles}": column.max()}
        asked |= {f"{name}.{at}": column.quantile(share) for at, share in enumerate(shares, start=1)}
    row = lab.frame(spells.aggregate(**asked)).iloc[0]
    points = {
        name: [float(row[f"{name}.{at}"]) for at in range(quantiles + 1)]
        for name in names
        if row[f"{name}.values"] > quantiles
    }
    crowded = {name: each for name, each in points.items() if len(set(each)) < len(each)}
    return {name: _rising(each[1:-1]) for name, each in points.items()} | {
        name: _around(lab, spells, columns[name], each, quantiles) for name, each in crowded.items()
    }


def _around(lab: Lab, spells: ir.Table, column: ir.Column, points: Sequence[float], quantiles: int) -> list[float]:
    """Return cut points that leave the value which most points share alone, and the quantiles of those on either side of it."""
    spike = max(points, key=points.count)
    sides = {"below": column < spike, "above": column > spike}
    there = [side for side, beyond in zip(sides, (points[0] < spike, points[-1] > spike), strict=True) if beyond]
    bins = max(2, quantiles // 2) if len(there) == 1 else max(1, quantiles // 4)
    asked = {"next": column.min(where=sides["above"])}
    asked |= {f"{side}.{at}": column.quantile(at / bins, where=sides[side]) for side in there for at in range(1, bins)}
    row = {
        name: float(value) for name, value in lab.frame(spells.aggregate(**asked)).iloc[0].items() if value is not None
    }
    own = [row["next"]] if "above" in there else []
    own += [spike] if "below" in there else []
    inner = [value for name, value in row.items() if name != "next" and points[0] < value]
    return _rising([*own, *inner])


def _rising(points: Sequence[float]) -> list[float]:
    """Return finite points in order, once each as they are written in the names of levels."""
    named = {f"{point:.6g}": point for point in sorted(points, reverse=True) if np.isfinite(point)}
    return sorted(named.values())


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
