"""Display tables: what a reader sees of a frame, cell by cell, with what to sort it by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from cemlab.core.lab import LabInfo
from cemlab.core.results import KEPT, Estimates
from cemlab.show import numbers
from cemlab.show.text.outcomes import outcome_words

_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""How a text begins that some spreadsheet runs; the full-width signs count in East Asian editions."""
UNIT_HEADINGS: Mapping[str, str] = {
    "share": "%",
    "points": "points",
    "percentage points": "percentage points",
    "scale points": "scale points",
}

_RATIOS = ("deff",)
"""Columns without a unit."""


@dataclass(frozen=True)
class Column:
    """A column of a display table.

    Attributes
    ----------
    label : str
        Heading, with the unit in it.
    numeric : bool
        True when its cells are numbers, aligned right.
    """

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a display table.

    Attributes
    ----------
    text : str
        What is printed; plain text, never markup.
    sort : float or str
        What to sort by; NaN sorts last.
    """

    text: str
    sort: float | str


@dataclass(frozen=True)
class Table:
    """A table as a reader sees it, and as a machine does.

    Attributes
    ----------
    caption : str
        What one row is.
    columns : tuple of Column
        From left to right; the first is the row's heading.
    rows : tuple of tuple of Cell
        In the order of what matters.
    data : pandas.DataFrame
        The same rows with full precision, for the CSV; suppressed numbers are missing there too.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    data: pd.DataFrame


def heading(name: str) -> str:
    """Return a column's name as a heading.

    Parameters
    ----------
    name : str
        As it stands in a table, such as ``visit_band``.

    Returns
    -------
    str
        In words, such as ``Visit band``.
    """
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def of_estimates(
    estimates: Estimates,
    *,
    caption: str,
    info: LabInfo,
    label: str = "Estimate",
    extra: Mapping[str, str] | None = None,
    finer: int = 0,
) -> Table:
    """Return estimates as a table: groups, estimate, interval, n.

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
        Further columns of the estimates' table → heading, numbers in the estimates' unit; a boolean
        column prints yes or no. A detectable difference, ``mde``, is rounded up.
    finer : int, default 0
        Decimals beyond those that the intervals allow, for rows that hardly differ.

    Returns
    -------
    Table
        One precision per column, set by the median half-width; ``< min_n`` where suppressed.
    """
    table, unit, extra = estimates.table, estimates.unit, dict(extra or {})
    digits = _column_digits(table, unit=unit) + finer
    in_unit = f", {UNIT_HEADINGS[unit]}" if unit in UNIT_HEADINGS else ""
    columns = [Column(heading(name)) for name in estimates.by] or [Column("")]
    columns += [Column(f"{label}{in_unit}", numeric=True)]
    if "ci_low" in table:
        columns.append(
            Column(f"{numbers.level_text(estimates.level, locale=info.locale)} interval{in_unit}", numeric=True)
        )
    columns += [
        Column(
            (
                words
                if pd.api.types.is_bool_dtype(table[name]) or name in (*_RATIOS, "conclusion")
                else f"{words}{in_unit}"
            ),
            numeric=name != "conclusion",
        )
        for name, words in extra.items()
    ]
    columns.append(Column("Answers", numeric=True))

    def _row(values: Mapping[Any, Any]) -> tuple[Cell, ...]:
        names = [Cell(str(values[name]), str(values[name])) for name in estimates.by] or [Cell("All", "All")]
        cells = [_number(values["estimate"], unit=unit, digits=digits, info=info)]
        if "ci_low" in table:
            cells.append(_interval(values, unit=unit, digits=digits, info=info))
        cells += [_extra(values, name, unit=unit, digits=digits, info=info) for name in extra]
        return (*names, *cells, _count(values, min_n=estimates.min_n, info=info))

    return Table(caption, tuple(columns), tuple(_row(values) for values in table.to_dict("records")), table)


def of_frame(frame: pd.DataFrame, *, caption: str, labels: Mapping[str, str], info: LabInfo) -> Table:
    """Return a small frame as a table; numbers are printed whole.

    Parameters
    ----------
    frame : pandas.DataFrame
        A few rows; text or counts.
    caption : str
        What one row is.
    labels : mapping of str to str
        Column → heading, in order.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        Columns of numbers aligned right.
    """
    numeric = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in labels}
    rows = tuple(
        tuple(
            (
                _number(values[name], unit="rows", digits=0, info=info)
                if numeric[name]
                else Cell(str(values[name]), str(values[name]))
            )
            for name in labels
        )
        for values in frame.to_dict("records")
    )
    columns = tuple(Column(words, numeric=numeric[name]) for name, words in labels.items())
    return Table(caption, columns, rows, frame.loc[:, list(labels)])


def of_plan(needed: Estimates, precise: Estimates, *, caption: str, info: LabInfo, unit: str) -> Table:
    """Return how many answers it takes to see differences, and to measure as precisely.

    Parameters
    ----------
    needed : Estimates
        From ``stats.planning.answers_needed``.
    precise : Estimates
        From ``stats.planning.precision`` of the same sizes.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.
    unit : str
        Of the differences.

    Returns
    -------
    Table
        One row per size.
    """
    rows = needed.table.merge(
        precise.table[["margin", "estimate"]], left_on="difference", right_on="margin", suffixes=("", "_margin")
    )
    sizes = [numbers.scaled(float(size), unit) for size in rows["difference"]]
    digits = max((len(f"{size:.4f}".rstrip("0").partition(".")[2]) for size in sizes), default=0)

    def _row(size: float, values: Mapping[Any, Any]) -> tuple[Cell, ...]:
        counts = [
            _number(values[name], unit="answers", digits=0, info=info) for name in ("estimate", "estimate_margin")
        ]
        return (Cell(numbers.number(size, digits, locale=info.locale), size), *counts)

    columns = (
        Column(f"Difference or half-width, {UNIT_HEADINGS.get(unit, unit)}", numeric=True),
        Column("To see it: answers in each of two groups", numeric=True),
        Column("To measure within it: answers in all", numeric=True),
    )
    data = rows[["difference", "estimate", "estimate_margin"]].set_axis(
        ["difference", "answers_in_each_of_two_groups", "answers_for_half_width"], axis=1
    )
    return Table(
        caption, columns, tuple(_row(*each) for each in zip(sizes, rows.to_dict("records"), strict=True)), data
    )


def of_reach(reverse: Estimates, *, caption: str, info: LabInfo) -> Table:
    """Return what differences numbers of answers can show.

    Parameters
    ----------
    reverse : Estimates
        From ``stats.planning.detectable``.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.

    Returns
    -------
    Table
        One row per number of answers.
    """
    unit, table = reverse.unit, reverse.table[["answers", "estimate", "margin"]]
    digits = numbers.decimals(numbers.scaled(float(table["margin"].min()), unit))
    in_unit = f", {UNIT_HEADINGS.get(unit, unit)}"
    columns = (
        "Answers in each of two groups",
        f"Smallest difference seen{in_unit}",
        f"Half-width of one group's interval{in_unit}",
    )
    rows = tuple(
        (
            _number(values["answers"], unit="answers", digits=0, info=info),
            *(_number(values[name], unit=unit, digits=digits, info=info) for name in ("estimate", "margin")),
        )
        for values in table.to_dict("records")
    )
    return Table(caption, tuple(Column(words, numeric=True) for words in columns), rows, table)


def csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV in which no cell can run as a formula.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any.

    Returns
    -------
    str
        Comma-separated, decimal points, a header line, fractions with twelve significant digits. Text that a
        spreadsheet would take for a formula, in a cell or a heading, stands behind an apostrophe.
    """
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].astype(object).map(_harmless)
    return safe.rename(columns=_harmless).to_csv(index=False, lineterminator="\n", float_format="%.12g")


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    # a lone carriage return ends a line too, but the writer puts no quotes around it
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _column_digits(table: pd.DataFrame, *, unit: str) -> int:
    widths = (table["ci_high"] - table["ci_low"]).dropna() if "ci_low" in table else pd.Series(dtype=float)
    return numbers.decimals(numbers.scaled(float(widths.median()) / 2, unit)) if len(widths) else 0


def _number(value: object, *, unit: str, digits: int, info: LabInfo) -> Cell:
    number = numbers.scaled(_float(value), unit)
    return Cell(numbers.number(number, digits=digits, locale=info.locale), number)


def _extra(values: Mapping[Any, Any], name: str, *, unit: str, digits: int, info: LabInfo) -> Cell:
    value = values[name]
    if values["suppressed"] and name not in KEPT:
        return Cell("–", math.nan)
    if name == "conclusion" or isinstance(value, bool):
        return _verdict(values, name)
    if name == "mde":
        printed = numbers.rounded_up(numbers.scaled(_float(value), unit), digits=digits)
        return Cell(numbers.number(printed, digits, locale=info.locale), printed)
    if name in _RATIOS:
        return _number(value, unit="ratio", digits=2, info=info)
    return _number(value, unit=unit, digits=digits + (name == "std_error"), info=info)


def _verdict(values: Mapping[Any, Any], name: str) -> Cell:
    """What a comparison came to, in words."""
    if name == "conclusion":
        # a group without any other to compare it with has none
        words = outcome_words(values[name], floor=_float(values.get("floor"))) if isinstance(values[name], str) else "–"
        return Cell(words, words)
    if name == "flagged" and math.isnan(_float(values.get("ci_low", 0.0))):
        # without an interval nothing was tested, and "no" would say that it was
        return Cell("–", math.nan)
    return Cell("yes" if values[name] else "no", float(values[name]))


def _interval(values: Mapping[str, object], *, unit: str, digits: int, info: LabInfo) -> Cell:
    low, high = (numbers.scaled(_float(values[end]), unit) for end in ("ci_low", "ci_high"))
    if math.isnan(low) or math.isnan(high):
        return Cell("–", math.nan)
    return Cell(numbers.interval_text(low, high, digits=digits, locale=info.locale), low)


def _count(values: Mapping[str, object], *, min_n: int, info: LabInfo) -> Cell:
    if values.get("suppressed"):
        return Cell(f"< {min_n}" if values["too_small"] else "withheld", math.nan)
    return _number(values["n"], unit="answers", digits=0, info=info)


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def ordered(estimates: Estimates, *, by: Sequence[str] = ("estimate",), ascending: bool = False) -> Estimates:
    """Return the same estimates sorted, suppressed rows last.

    Parameters
    ----------
    estimates : Estimates
        Any.
    by : sequence of str, default ("estimate",)
        Columns to sort by.
    ascending : bool, default False
        Smallest first.

    Returns
    -------
    Estimates
        With its rows in the new order.
    """
    table = estimates.table.sort_values(list(by), ascending=ascending, na_position="last", kind="stable")
    return replace(estimates, _table=table.reset_index(drop=True))
