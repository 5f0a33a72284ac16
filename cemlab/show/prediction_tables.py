"""Tables of predictions: customers rather than answers, measures that have units of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import hazard_tables, numbers, tables
from cemlab.show.tables import Cell, Column, Table


def basis(found: Estimates, *, info: LabInfo, whole: bool = False) -> str:
    """Return on how many customers a figure rests, and its intervals.

    Parameters
    ----------
    found : Estimates
        With ``n``.
    info : LabInfo
        For the locale.
    whole : bool, default False
        True where the rows share the customers among them; else each row speaks of all.

    Returns
    -------
    str
        Such as ``8,012 customers; 95 % intervals.``
    """
    seen = found.table.loc[~found.table["suppressed"].astype(bool)]
    if not len(seen):
        return ""
    n = numbers.number(float(seen["n"].sum() if whole else seen["n"].max()), locale=info.locale)
    told = "ci_low" in seen and bool(seen["ci_low"].notna().any())
    return f"{n} customers{f'; {numbers.level_text(found.level, locale=info.locale)} intervals' if told else ''}."


def of_customers(
    found: Estimates, *, caption: str, info: LabInfo, label: str = "Estimate", extra: Mapping[str, str] | None = None
) -> Table:
    """Return estimates as a table whose last column counts customers.

    Parameters
    ----------
    found : Estimates
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
        As ``show.tables.of_estimates``; ratios with two decimals at least.
    """
    finer = 1 if found.unit == "ratio" else 0
    made = tables.of_estimates(found, caption=caption, info=info, label=label, extra=extra, finer=finer)
    return replace(made, columns=(*made.columns[:-1], Column("Customers", numeric=True)))


def renamed(table: Table, *, place: int, names: Mapping[str, str], heading: str) -> Table:
    """Return a table whose rows are called as its figure calls them; its data keep the names of the export.

    Parameters
    ----------
    table : Table
        Any.
    place : int
        Column of the names.
    names : mapping of str to str
        Name → as a reader calls it; others stay.
    heading : str
        What they name.

    Returns
    -------
    Table
        As it was where no names are given.
    """
    if not names:
        return table
    called = [names.get(row[place].text, row[place].text) for row in table.rows]
    rows = tuple(
        (*row[:place], Cell(name, name), *row[place + 1 :]) for name, row in zip(called, table.rows, strict=True)
    )
    columns = (*table.columns[:place], Column(heading), *table.columns[place + 1 :])
    return replace(table, columns=columns, rows=rows)


def of_measures(
    by_day: Mapping[str, Estimates], *, overall: Mapping[str, Estimates], caption: str, info: LabInfo
) -> Table:
    """Return several measures on several days as one table.

    Parameters
    ----------
    by_day : mapping of str to Estimates
        Measure, in words → one row per ``day``.
    overall : mapping of str to Estimates
        The same over all days together.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Measure, day, estimate, interval, customers.
    """
    rows, frames = [], []
    for name, each in by_day.items():
        for found, day in ((overall[name], "all"), (each, "")):
            made = of_customers(found, caption=caption, info=info)
            keep = len(found.by)
            for row, record in zip(made.rows, found.table.to_dict("records"), strict=True):
                when = day or str(record["day"])
                rows.append((Cell(name, name), Cell(when, when), *row[max(keep, 1) :]))
            frames.append(found.table.assign(measure=name, day=day or found.table.get("day")))
    level = numbers.level_text(next(iter(overall.values())).level, locale=info.locale)
    columns = (
        Column("Measure"),
        Column("Judged from"),
        Column("Estimate", numeric=True),
        Column(f"{level} interval", numeric=True),
        Column("Customers", numeric=True),
    )
    return Table(caption, columns, tuple(rows), pd.concat(frames, ignore_index=True))


def of_groupings(found: Mapping[str, Estimates], *, caption: str, label: str, info: LabInfo) -> Table:
    """Return estimates by several columns as one table.

    Parameters
    ----------
    found : mapping of str to Estimates
        Column → estimates by it.
    caption : str
        What one row is.
    label : str
        Heading of the estimate.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Grouping, group, estimate, interval, customers.
    """
    rows, frames = [], []
    for by, each in found.items():
        made = of_customers(each, caption=caption, info=info, label=label, extra={"conclusion": "Outcome"})
        place = each.by.index(by)
        rows += [(Cell(tables.heading(by), by), row[place], *row[len(each.by) :]) for row in made.rows]
        columns = (Column("Grouping"), Column("Group"), *made.columns[len(each.by) :])
        frames.append(each.table.rename(columns={by: "group"}).assign(grouping=by))
    return Table(caption, columns, tuple(rows), pd.concat(frames, ignore_index=True))


def of_calibration(curve: Estimates, *, caption: str, info: LabInfo) -> Table:
    """Return groups of customers with what was predicted and what came.

    Parameters
    ----------
    curve : Estimates
        As `cemlab.show.prediction_plots.calibration`.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Group, predicted, observed, interval, customers.
    """
    made = of_customers(curve, caption=caption, info=info, label="Left")
    place = len(curve.by)
    cells = [
        Cell(numbers.number(100 * float(value), 1, locale=info.locale), float(value))
        for value in made.data["predicted"].fillna(math.nan)
    ]
    columns = (*made.columns[:place], Column("Predicted, %", numeric=True), *made.columns[place:])
    rows = tuple((*row[:place], cell, *row[place:]) for row, cell in zip(made.rows, cells, strict=True))
    return replace(made, columns=columns, rows=rows)


def of_mix(mix: Estimates, *, caption: str, info: LabInfo) -> Table:
    """Return whether the mix of customers has moved, column by column.

    Parameters
    ----------
    mix : Estimates
        From ``stats.prediction.drift``, with the part ``terms``.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Column, share of customers at another level, stability index, its noise without drift, verdict; the
        largest first.
    """
    table = mix.parts["terms"].sort_values("stability", ascending=False, ignore_index=True)
    columns = (
        Column("Column"),
        Column("At another level, %", numeric=True),
        Column("Stability index", numeric=True),
        Column("Without drift up to", numeric=True),
        Column("Verdict"),
    )
    rows = []
    for row in table.to_dict("records"):
        what, verdict = hazard_tables.named(str(row["term"])), str(row["verdict"])
        cells = [(100 * row["total_variation"], 1), (row["stability"], 3), (row["noise"], 3)]
        shown = [Cell(numbers.number(value, digits, locale=info.locale), value) for value, digits in cells]
        rows.append((Cell(what, what), *shown, Cell(verdict, verdict)))
    return Table(caption, columns, tuple(rows), table)


def of_counts(frame: pd.DataFrame, *, caption: str, labels: Mapping[str, str], info: LabInfo) -> Table:
    """Return counts of customers as a table, small ones withheld.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of text and of counts; a withheld count is NaN.
    caption : str
        What one row is.
    labels : mapping of str to str
        Column → heading, in order.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Withheld counts are named as such: small ones, and those that would give them away.
    """
    numeric = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in labels}

    def _cell(value: object, *, count: bool) -> Cell:
        if not count:
            return Cell(str(value), str(value))
        number = float(str(value))
        return Cell("withheld" if math.isnan(number) else numbers.number(number, locale=info.locale), number)

    rows = tuple(
        tuple(_cell(values[name], count=numeric[name]) for name in labels) for values in frame.to_dict("records")
    )
    columns = tuple(Column(words, numeric=numeric[name]) for name, words in labels.items())
    return Table(caption, columns, rows, frame.loc[:, list(labels)])


def of_shares(found: Estimates, *, caption: str, info: LabInfo) -> Table:
    """Return which share of leavers each share of customers holds.

    Parameters
    ----------
    found : Estimates
        By ``share`` of customers contacted.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Shares in percent.
    """
    made = of_customers(found, caption=caption, info=info, label="Leavers found")
    return _in_percent(made, found, heading="Contacted, %", info=info)


def of_thresholds(found: Estimates, *, caption: str, info: LabInfo) -> Table:
    """Return what contacting all above each threshold of risk would bring.

    Parameters
    ----------
    found : Estimates
        By ``threshold``, in money per customer.
    caption : str
        What one row is.
    info : LabInfo
        For the locale and the currency.

    Returns
    -------
    Table
        Threshold in percent, money with two decimals.
    """
    money = info.currency or "money"
    columns = (
        Column("Contact above, %", numeric=True),
        Column(f"{money} per customer", numeric=True),
        Column(f"{numbers.level_text(found.level, locale=info.locale)} interval", numeric=True),
        Column("Customers", numeric=True),
    )
    rows = []
    for row in found.table.to_dict("records"):
        value, low, high, n = (float(row[name]) for name in ("estimate", "ci_low", "ci_high", "n"))
        rows.append(
            (
                Cell(numbers.number(100 * float(row["threshold"]), 1, locale=info.locale), float(row["threshold"])),
                Cell(numbers.number(value, 2, locale=info.locale), value),
                Cell(
                    numbers.interval_text(low, high, digits=2, locale=info.locale) if math.isfinite(low) else "–", low
                ),
                Cell(numbers.number(n, locale=info.locale), n),
            )
        )
    return Table(caption, columns, tuple(rows), found.table)


def _in_percent(made: Table, found: Estimates, *, heading: str, info: LabInfo) -> Table:
    place = found.by.index("share")
    shares = [float(value) for value in made.data["share"]]
    cells = [Cell(numbers.number(100 * share, locale=info.locale), share) for share in shares]
    columns = (*made.columns[:place], Column(heading, numeric=True), *made.columns[place + 1 :])
    rows = tuple((*row[:place], cell, *row[place + 1 :]) for row, cell in zip(made.rows, cells, strict=True))
    return replace(made, columns=columns, rows=rows)
