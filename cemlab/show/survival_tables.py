"""Tables of how long customers stay: spells rather than answers, times as whole numbers, those at risk beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables
from cemlab.show.tables import Cell, Column, Table


def subject(name: str) -> str:
    """Return a group column as it stands in a sentence.

    Parameters
    ----------
    name : str
        Such as ``payment_method``.

    Returns
    -------
    str
        In words, such as ``payment method``.

    Examples
    --------
    >>> subject("payment_method")
    'payment method'
    """
    return tables.heading(name).lower()


def basis(estimates: Estimates, *, info: LabInfo, bands: bool = True) -> str:
    """Return how many spells a figure rests on and which interval it draws.

    Parameters
    ----------
    estimates : Estimates
        Curves, with the part ``groups``.
    info : LabInfo
        For the locale.
    bands : bool, default True
        False for a figure that draws no intervals.

    Returns
    -------
    str
        Empty when all is withheld.
    """
    n = float(estimates.parts["groups"]["n"].sum())
    if not n or estimates.table["suppressed"].all():
        return ""
    drawn = f", {numbers.level_text(estimates.level, locale=info.locale)} intervals" if bands else ""
    return f"{numbers.number(n, locale=info.locale)} spells{drawn}."


def of_spells(
    estimates: Estimates,
    *,
    caption: str,
    info: LabInfo,
    label: str = "Estimate",
    extra: Mapping[str, str] | None = None,
) -> Table:
    """Return estimates as a table of spells: groups, estimate, interval, n.

    Parameters
    ----------
    estimates : Estimates
        In the order in which the rows are to stand.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.
    label : str, default "Estimate"
        Heading of the estimate, without unit.
    extra : mapping of str to str, optional
        As ``show.tables.of_estimates``.

    Returns
    -------
    Table
        Times print and sort as numbers, and are left out where there is one for all groups; n counts spells.
    """
    made = tables.of_estimates(estimates, caption=caption, info=info, label=label, extra=extra)
    columns = (*made.columns[:-1], Column("Spells", numeric=True))
    rows = made.rows
    for place in [estimates.by.index(name) for name in ("duration", "share_left") if name in estimates.by]:
        values = [float(value) for value in made.data[estimates.by[place]]]
        columns = (*columns[:place], replace(columns[place], numeric=True), *columns[place + 1 :])
        rows = tuple((*row[:place], _time(value), *row[place + 1 :]) for row, value in zip(rows, values, strict=True))
        if place and len(set(values)) == 1:
            # one time for all stands in the caption
            columns, rows = (
                (*columns[:place], *columns[place + 1 :]),
                tuple((*row[:place], *row[place + 1 :]) for row in rows),
            )
    return replace(made, columns=columns, rows=rows)


def _time(value: float) -> Cell:
    return Cell(f"{value:g}", value)


def of_curves(estimates: Estimates, *, caption: str, clock: str, info: LabInfo) -> Table:
    """Return curves at chosen times as a table, with the spells at risk.

    Parameters
    ----------
    estimates : Estimates
        From ``stats.survival.at`` or ``cumulative_incidence`` at chosen times.
    caption : str
        What one row is.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Groups, time, share with interval, at risk at that time, spells of the group. ``–`` after the end of
        a curve.
    """
    made = tables.of_estimates(estimates, caption=caption, info=info, label="Share")
    place = estimates.by.index("duration")
    columns = [*made.columns[:-1], Column("Spells", numeric=True)]
    columns[place] = Column(f"After, {clock}", numeric=True)
    at_risk = made.data["at_risk"] if "at_risk" in made.data else pd.Series(math.nan, index=made.data.index)
    cells = [Cell(numbers.number(float(value), locale=info.locale), float(value)) for value in at_risk]
    columns.insert(len(columns) - 1, Column("At risk", numeric=True))
    times = [_time(float(value)) for value in made.data["duration"]]
    rows = tuple(
        (*row[:place], time, *row[place + 1 : -1], cell, row[-1])
        for row, time, cell in zip(made.rows, times, cells, strict=True)
    )
    return replace(made, columns=tuple(columns), rows=rows)


def of_overstated(estimates: Estimates, *, caption: str, clock: str, info: LabInfo) -> Table:
    """Return shares by cause at chosen times beside what 1 − Kaplan–Meier would claim.

    Parameters
    ----------
    estimates : Estimates
        From ``stats.survival.cumulative_incidence`` at chosen times.
    caption : str
        What one row is.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        As `of_curves`, with the overstated share before the number at risk.
    """
    made = of_curves(estimates, caption=caption, clock=clock, info=info)
    cells = [
        Cell(numbers.number(100 * float(value), digits=1, locale=info.locale), float(value))
        for value in made.data["overstated"]
    ]
    columns = (*made.columns[:-2], Column("1 − Kaplan–Meier, %", numeric=True), *made.columns[-2:])
    rows = tuple((*row[:-2], cell, *row[-2:]) for row, cell in zip(made.rows, cells, strict=True))
    return replace(made, columns=columns, rows=rows)
