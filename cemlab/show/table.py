"""Tables: a column is a spec, and the rest (units, precision, withheld cells, sorting, the CSV) is done once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from cemlab.core.results import KEPT, Estimates
from cemlab.show import format as formats
from cemlab.show import say, vocabulary
from cemlab.show.format import DASH, Style
from cemlab.show.say import Message, Slot

Kind = Literal["text", "term", "day", "value", "interval", "count", "ratio", "p", "flag", "outcome", "group"]
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""How a text begins that some spreadsheet runs; the full-width signs count in East Asian editions."""
_SMALLEST_P = 0.001
_NOWHERE = -math.inf


@dataclass(frozen=True)
class Column:
    """What a column of a table shows.

    Attributes
    ----------
    kind : {"text", "term", "day", "value", "interval", "count", "ratio", "p", "flag", "outcome", "group"}
        How its cells are printed.
    name : str
        Column of the frame.
    label : str
        Name in the vocabulary; the column's own when empty.
    unit : str
        Of its numbers; that of the estimates, or of the row, when empty.
    finer : int
        Decimals beyond those that the intervals allow.
    """

    kind: Kind
    name: str
    label: str = ""
    unit: str = ""
    finer: int = 0

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers, aligned right."""
        return self.kind in ("value", "interval", "count", "ratio", "p")


def text(name: str, *, label: str = "") -> Column:
    """Return a column of words, such as the names of groups.

    Parameters
    ----------
    name : str
        Column of the frame.
    label : str, default ""
        Name in the vocabulary; the column's own when empty.

    Returns
    -------
    Column
        Aligned left.
    """
    return Column("text", name, label)


def term(name: str = "term", *, label: str = "") -> Column:
    """Return a column of the names of columns, called as the vocabulary calls them.

    Parameters
    ----------
    name : str, default "term"
        Column of the frame.
    label : str, default ""
        Name in the vocabulary; the column's own when empty.

    Returns
    -------
    Column
        Aligned left.
    """
    return Column("term", name, label)


def day(name: str = "day", *, label: str = "") -> Column:
    """Return a column of days, written as the page's language writes them.

    Parameters
    ----------
    name : str, default "day"
        Column of the frame: ISO days.
    label : str, default ""
        Name in the vocabulary; the column's own when empty.

    Returns
    -------
    Column
        Aligned left.
    """
    return Column("day", name, label)


def value(name: str = "estimate", *, label: str = "", unit: str = "", finer: int = 0) -> Column:
    """Return a column of numbers in a unit, as precise as the intervals allow.

    Parameters
    ----------
    name : str, default "estimate"
        Column of the frame.
    label : str, default ""
        Name in the vocabulary; the column's own when empty.
    unit : str, default ""
        That of the estimates, or of the row, when empty.
    finer : int, default 0
        Decimals beyond, for numbers that hardly differ.

    Returns
    -------
    Column
        Aligned right; the unit stands in the heading.
    """
    return Column("value", name, label, unit, finer)


def interval(*, label: str = "", unit: str = "", finer: int = 0) -> Column:
    """Return the column of confidence intervals, from ``ci_low`` and ``ci_high``.

    Parameters
    ----------
    label : str, default ""
        Name in the vocabulary; the level of the estimates when empty.
    unit : str, default ""
        That of the estimates, or of the row, when empty.
    finer : int, default 0
        Decimals beyond.

    Returns
    -------
    Column
        Printed as "31 to 38".
    """
    return Column("interval", "ci_low", label, unit, finer)


def count(name: str = "n", *, label: str = "answers") -> Column:
    """Return a column of counts; ``< min_n`` where they are withheld.

    Parameters
    ----------
    name : str, default "n"
        Column of the frame.
    label : str, default "answers"
        What is counted, by its name in the vocabulary.

    Returns
    -------
    Column
        Whole numbers.
    """
    return Column("count", name, label)


def ratio(name: str, *, label: str = "", digits: int = 2) -> Column:
    """Return a column of numbers without a unit, such as design effects.

    Parameters
    ----------
    name : str
        Column of the frame.
    label : str, default ""
        Name in the vocabulary; the column's own when empty.
    digits : int, default 2
        Decimals.

    Returns
    -------
    Column
        Aligned right.
    """
    return Column("ratio", name, label, "ratio", digits)


def p_value(name: str = "p_value", *, label: str = "p-value") -> Column:
    """Return a column of p-values; below a thousandth they are printed so.

    Parameters
    ----------
    name : str, default "p_value"
        Column of the frame.
    label : str, default "p-value"
        Name in the vocabulary.

    Returns
    -------
    Column
        Aligned right.
    """
    return Column("p", name, label)


def flag(name: str, *, label: str = "") -> Column:
    """Return a column of yes and no.

    Parameters
    ----------
    name : str
        Column of the frame, true or false.
    label : str, default ""
        Name in the vocabulary; the column's own when empty.

    Returns
    -------
    Column
        Aligned left; a dash where nothing was tested.
    """
    return Column("flag", name, label)


def outcome(name: str = "conclusion", *, label: str = "outcome") -> Column:
    """Return the column of what comparisons came to, in words.

    Parameters
    ----------
    name : str, default "conclusion"
        Column of the frame, as `core.results.outcome_of` gives it.
    label : str, default "outcome"
        Name in the vocabulary.

    Returns
    -------
    Column
        Aligned left.
    """
    return Column("outcome", name, label)


@dataclass(frozen=True, eq=False)
class TableSpec:
    """A table, not yet in words: `draw` prints it for a language.

    Attributes
    ----------
    message : Message
        Its ``title`` says what one row is.
    frame : pandas.DataFrame
        One row per row; a column ``unit`` gives each row its own.
    columns : tuple of Column
        From left to right; the first is the row's heading.
    unit : str
        Of the estimates.
    level : float
        Of their intervals.
    min_n : int
        Smallest count that is printed.
    title : str
        Printed where the message is one of a chart; empty for the message's own.
    """

    message: Message
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    unit: str = "rows"
    level: float = math.nan
    min_n: int = 0
    title: str = ""


def table(id: str, source: Estimates | pd.DataFrame, /, *columns: Column, unit: str = "", **slots: Slot) -> TableSpec:
    """Return a table of estimates, or of a small frame.

    Parameters
    ----------
    id : str
        Message whose ``title`` says what one row is.
    source : Estimates or pandas.DataFrame
        In the order in which the rows are to stand.
    *columns : Column
        From left to right; groups, estimate, interval and count of estimates when none is given.
    unit : str, default ""
        Of a frame's numbers.
    **slots : slot
        Of the message.

    Returns
    -------
    TableSpec
        To be shown.

    Examples
    --------
    >>> rows = pd.DataFrame({"region": ["North", "South"], "n": [1200, 7]})
    >>> print([[cell.text for cell in row] for row in draw(table("frame", rows, text("region"), count())).rows])
    [['North', '1,200'], ['South', '7']]
    """
    return of(say.message(id, **slots), source, *columns, unit=unit)


def of(
    message: Message, source: Estimates | pd.DataFrame, *columns: Column, unit: str = "", part: str = ""
) -> TableSpec:
    """Return a table under a message that is filled already; otherwise as `table`.

    Parameters
    ----------
    message : Message
        Its ``title`` says what one row is.
    source : Estimates or pandas.DataFrame
        In the order in which the rows are to stand.
    *columns : Column
        From left to right.
    unit : str, default ""
        Of a frame's numbers.
    part : str, default ""
        Group column that holds groups of answers, where no columns are given.

    Returns
    -------
    TableSpec
        To be shown.
    """
    if isinstance(source, pd.DataFrame):
        return TableSpec(message, source, columns, unit or "rows")
    frame = source.table
    named = (Column("group", name) if name == part else text(name) for name in source.by)
    given = columns or (*named, value(), *[interval()] * ("ci_low" in frame), count())
    return TableSpec(message, frame, tuple(given), unit or source.unit, source.level, source.min_n)


@dataclass(frozen=True)
class Heading:
    """The heading of a printed column.

    Attributes
    ----------
    label : str
        In words, with the unit.
    numeric : bool
        True when its cells are numbers, aligned right.
    """

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a printed table.

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
    columns : tuple of Heading
        From left to right; the first is the row's heading.
    rows : tuple of tuple of Cell
        In the order of what matters.
    data : pandas.DataFrame
        The same rows with full precision, for the CSV; suppressed numbers are missing there too.
    """

    caption: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    data: pd.DataFrame = field(compare=False)


def draw(spec: TableSpec, *, style: Style = formats.PLAIN) -> Table:
    """Return a table in words and numbers.

    Parameters
    ----------
    spec : TableSpec
        From `table`.
    style : Style, optional
        For language, locale and currency.

    Returns
    -------
    Table
        One precision per column, set by the median half-width, or per row where rows have units of their own.
    """
    mixed = "unit" in spec.frame
    digits = 0 if mixed else formats.precision(spec.frame, unit=spec.unit)
    headings = tuple(Heading(_heading(each, spec, style, mixed=mixed), each.numeric) for each in spec.columns)
    rows = []
    for values in spec.frame.to_dict("records"):
        own = replace(spec, unit=str(values["unit"])) if mixed else spec
        places = formats.precision(pd.DataFrame([values]), unit=own.unit) if mixed else digits
        rows.append(tuple(_cell(each, values, own, places, style) for each in spec.columns))
    return Table(
        spec.title or say.text(spec.message, style=style, attribute="title"), headings, tuple(rows), spec.frame
    )


def csv(data: pd.DataFrame) -> str:
    """Return a frame as CSV that no spreadsheet takes for a formula.

    Parameters
    ----------
    data : pandas.DataFrame
        Any.

    Returns
    -------
    str
        With header, numbers of twelve digits, lines ended by a line feed; a text, also in the header, that a
        spreadsheet could run gets an apostrophe before it.
    """
    safe = data.rename(columns=_harmless)
    words = [place for place, kind in enumerate(safe.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    for place in words:
        safe.isetitem(place, [_harmless(value) for value in safe.iloc[:, place]])
    return str(safe.to_csv(index=False, lineterminator="\n", float_format="%.12g"))


def ordered(estimates: Estimates, *, by: str = "estimate", ascending: bool = False) -> Estimates:
    """Return the same estimates sorted, suppressed rows last.

    Parameters
    ----------
    estimates : Estimates
        Any.
    by : str, default "estimate"
        Column to sort by.
    ascending : bool, default False
        Smallest first.

    Returns
    -------
    Estimates
        With its rows in the new order.
    """
    sorted_rows = estimates.table.sort_values(by, ascending=ascending, na_position="last", kind="stable")
    return replace(estimates, _table=sorted_rows.reset_index(drop=True))


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    # a lone carriage return ends a line too, but the writer puts no quotes around it
    safe = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{safe}" if safe.startswith(_FORMULA) else safe


def _heading(column: Column, spec: TableSpec, style: Style, *, mixed: bool) -> str:
    if column.kind == "interval" and not column.label:
        words = style.words("table-interval", {"level": formats.level(spec.level, style=style)})
    else:
        words = vocabulary.label(column.label or column.name, style=style)
    if column.kind not in ("value", "interval") or (mixed and not column.unit):
        return words
    unit = formats.unit_heading(column.unit or spec.unit, style=style)
    return f"{words}, {unit}" if unit else words


Values = Mapping[Any, Any]


def _cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    if column.kind == "text":
        words = str(values[column.name]) if column.name else style.words("table-all")
        return Cell(words, words)
    if values.get("suppressed") and column.name not in KEPT and column.kind not in ("count", "term", "day"):
        return Cell(DASH, math.nan)
    return _PRINTERS[column.kind](column, values, spec, digits, style)


def _value_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    number, unit = _float(values[column.name]), column.unit or spec.unit
    places = digits + column.finer
    printed = formats.scaled(number, unit)
    if column.name == "mde":
        printed = formats.rounded_up(printed, digits=places)
    # the unit stands in the heading, but where rows have units of their own it must stand in the cell
    if "unit" in values and not column.unit:
        return Cell(formats.amount(number, unit, places, style=style), printed)
    return Cell(formats.number(printed, places, style=style), printed)


def _interval_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    unit, places = column.unit or spec.unit, digits + column.finer
    low, high = _float(values["ci_low"]), _float(values["ci_high"])
    if math.isnan(low) or math.isnan(high):
        return Cell(DASH, math.nan)
    if "unit" in values and not column.unit:
        return Cell(formats.interval(low, high, unit, digits=places, style=style), low)
    low, high = (formats.scaled(end, unit) for end in (low, high))
    return Cell(formats.interval(low, high, "ratio", digits=places, style=style), low)


def _count_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del digits
    if values.get("suppressed"):
        return Cell(f"< {spec.min_n}" if values.get("too_small") else style.words("table-withheld"), _NOWHERE)
    number = _float(values[column.name])
    return Cell(formats.number(number, style=style), number)


def _ratio_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    number = _float(values[column.name])
    return Cell(formats.number(number, column.finer, style=style), number)


def _p_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    p = _float(values[column.name])
    below = f"< {formats.number(_SMALLEST_P, 3, style=style)}"
    return Cell(below if p < _SMALLEST_P else formats.number(p, 3, style=style), p)


def _flag_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    if column.name == "flagged" and math.isnan(_float(values.get("ci_low", 0.0))):
        # without an interval nothing was tested, and "no" would say that it was
        return Cell(DASH, math.nan)
    return Cell(style.words("table-yes" if values[column.name] else "table-no"), float(values[column.name]))


def _outcome_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    # a group without any other to compare it with has none
    if not isinstance(values[column.name], str):
        return Cell(DASH, DASH)
    words = outcome_words(values[column.name], floor=_float(values.get("floor")), style=style)
    return Cell(words, words)


def outcome_words(outcome: str, *, floor: float = math.nan, style: Style = formats.PLAIN) -> str:
    """Return the outcome of a comparison as a table prints it.

    Parameters
    ----------
    outcome : str
        As `core.results.outcome_of` gives it.
    floor : float, optional
        Materiality floor; with one of 0, significant says all that there is to say.
    style : Style, optional
        For the language.

    Returns
    -------
    str
        A few words.

    Examples
    --------
    >>> outcome_words("small"), outcome_words("large", floor=0)
    ('significant, too small to matter', 'significant')
    """
    key = "outcome-" + outcome.replace(" ", "-")
    return style.words(f"{key}-floor" if outcome == "large" and floor != 0 else key)


def _group_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    words = vocabulary.group(str(values[column.name]), style=style)
    return Cell(words, words)


def _term_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    words = vocabulary.label(str(values[column.name]), style=style)
    return Cell(words, words)


def _day_cell(column: Column, values: Values, spec: TableSpec, digits: int, style: Style) -> Cell:
    del spec, digits
    iso = str(values[column.name])
    return Cell(formats.day(iso, style=style), iso)


_PRINTERS: Mapping[str, Callable[[Column, Values, TableSpec, int, Style], Cell]] = {
    "term": _term_cell,
    "day": _day_cell,
    "value": _value_cell,
    "interval": _interval_cell,
    "count": _count_cell,
    "ratio": _ratio_cell,
    "p": _p_cell,
    "flag": _flag_cell,
    "outcome": _outcome_cell,
    "group": _group_cell,
}


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
