"""From a source's cells to typed columns: the SQL of one column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cemlab.core.schemas import Type
from cemlab.data.clocks import Clock
from cemlab.data.mapping import ROW_NUMBER, Condition, Origin, Source
from cemlab.data.numerals import among, plain, plain_sql
from cemlab.data.quoting import identifier, quoted
from cemlab.data.score_codes import SCORE, code_of, is_labelled

ENGINE_TYPES: Mapping[Type, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE",
    "boolean": "BOOLEAN",
}
FIRST_YEAR, LAST_YEAR = 1900, 2199

_FAULTS: Mapping[Type, str] = {
    "integer": "is no whole number",
    "number": "is no number",
    "date": "is no date",
    "instant": "is no date or time",
    "boolean": "is neither true nor false",
}
# further than any date that is taken, and no further than the engine can count
_MOST_DAYS = 200_000


@dataclass(frozen=True)
class Cells:
    """The SQL of a source's cells, and what they mean throughout it.

    Attributes
    ----------
    of : mapping of str to str
        Header → SQL of the cell as text.
    row : str
        SQL of the row's number as text.
    source : Source
        For missing-value codes and marks in numbers.
    zone : str
        The lab's time zone, in which times without one are taken.
    """

    of: Mapping[str, str]
    row: str
    source: Source
    zone: str

    def present(self, header: str, column_map: Origin) -> str:
        """Return the SQL of a cell that is null when it holds a code for "no value".

        Parameters
        ----------
        header : str
            The source column.
        column_map : Origin
            For its own codes.

        Returns
        -------
        str
            SQL of text.
        """
        if header == ROW_NUMBER and header not in self.of:
            return self.row
        text = f"trim({self.of[header]})" if column_map.strip else self.of[header]
        codes = ("", *(self.source.missing or ()), *column_map.missing)
        decimal = column_map.decimal or self.source.decimal
        return f"CASE WHEN NOT {among(text, codes, decimal=decimal)} THEN {text} END"

    def holds(self, condition: Condition) -> str:
        """Return the SQL of whether a condition holds; it is never null.

        Parameters
        ----------
        condition : Condition
            On one of the source's columns.

        Returns
        -------
        str
            SQL of a boolean.
        """
        codes = condition.codes
        text = f"coalesce(trim({self.of[condition.column]}), '')"
        missing = among(text, ("", *(self.source.missing or ())), decimal=self.source.decimal)
        listed = among(text, codes, decimal=self.source.decimal) if codes else "false"
        found = f"({listed} OR {missing})" if "" in codes else listed
        return found if condition.wanted is not None else f"NOT ({found})"


@dataclass(frozen=True)
class Converted:
    """The SQL that fills one column, over columns that hold `texts`, which are made from those that hold `codes`.

    Attributes
    ----------
    codes : dict of str to str
        Names and SQL of what the value begins with: a cell, a constant, what was looked up.
    texts : dict of str to str
        Names and SQL of what the value is made from: the cell as text, and beside it what else is needed.
    value : str
        The typed value; null when there is none, or it does not fit.
    faults : tuple of (str, str)
        Conditions over texts and the typed value, and what is wrong when one holds.
    naive : str
        Whether an instant was written without its zone; empty for other types.
    doubtful : str
        Whether it came twice or never, because clocks were moved; empty for other types.
    day : str
        An instant's day in the lab's zone; empty for other types.
    labelled : str
        Whether a score was written with its label; empty for other columns.
    """

    codes: Mapping[str, str]
    texts: Mapping[str, str]
    value: str
    faults: tuple[tuple[str, str], ...] = ()
    naive: str = ""
    doubtful: str = ""
    day: str = ""
    labelled: str = ""


def origin(column_map: Origin, cells: Cells) -> str:
    """Return the SQL of the text that a column begins with: a cell, a constant, a template.

    Parameters
    ----------
    column_map : Origin
        Where it comes from.
    cells : Cells
        Of the source.

    Returns
    -------
    str
        Null when there is no value.
    """
    if column_map.constant is not None:
        return quoted(column_map.constant)
    if column_map.row_number:
        return cells.row
    if column_map.product:
        return " || ' × ' || ".join(cells.present(header, column_map) for header in column_map.product)
    if column_map.template is None:
        return cells.present(column_map.source or "", column_map)
    words = re.split(r"\{[^{}]+\}", column_map.template)
    parts = [cells.present(header, column_map) for header in column_map.parts]
    # || is null when any of its sides is
    return " || ".join(
        [quoted(words[0]), *(f"{part} || {quoted(word)}" for part, word in zip(parts, words[1:], strict=True))]
    )


def convert(column: str, column_map: Origin, *, type_: Type, cells: Cells, begin: str, key: str = "") -> Converted:
    """Return the SQL of one column, or of one of its alternatives.

    Parameters
    ----------
    column : str
        Its canonical or free name.
    column_map : Origin
        Where it comes from.
    type_ : type
        What it must become.
    cells : Cells
        Of the source.
    begin : str
        SQL of the text that it begins with, after any lookup.
    key : str, default ""
        Names the texts of an alternative; empty for the column's name.

    Returns
    -------
    Converted
        Texts, value and faults.
    """
    key = key or column
    held, code = identifier(f"text_{key}"), identifier(f"code_{key}")
    codes = {f"code_{key}": f"CASE WHEN {cells.holds(column_map.when)} THEN {begin} END" if column_map.when else begin}
    decimal = column_map.decimal or cells.source.decimal
    texts = {f"text_{key}": _mapped(code, column_map, decimal)}
    faults: list[tuple[str, str]] = []
    if column_map.only:
        texts[f"unlisted_{key}"] = f"NOT {among(code, column_map.values, decimal=decimal)}"
        faults.append((identifier(f"unlisted_{key}"), f"`{column}` holds a code that is not listed"))
    marks = (decimal, column_map.thousands or cells.source.thousands)
    number = _number(held, *marks)
    if column_map.product:
        factors = {
            f"factor_{place}_{key}": cells.present(header, column_map)
            for place, header in enumerate(column_map.product)
        }
        texts |= factors
        product = " * ".join(f"({_number(identifier(factor), *marks)})" for factor in factors)
        number = f"CASE WHEN {held} IS NOT NULL AND isfinite({product}) THEN {product} END"
    if column_map.bins:
        faults.append((f"{held} IS NOT NULL AND ({number}) IS NULL", f"`{column}` {_FAULTS['number']}"))
        return Converted(codes, texts, _banded(number, column_map), tuple(faults))
    if type_ in ("date", "instant"):
        return _dated(column, column_map, cells=cells, codes=codes, texts=texts, faults=faults, type_=type_, key=key)
    value = {"number": number, "integer": _integer(held, column_map, cells.source), "boolean": _boolean(held)}.get(
        type_, held
    )
    if column_map.negative_when:
        texts[f"negative_{key}"] = cells.holds(column_map.negative_when)
        value = f"CASE WHEN {identifier(f'negative_{key}')} THEN -abs({value}) ELSE {value} END"
    if type_ in _FAULTS:
        faults.append((f"{held} IS NOT NULL AND {identifier(column)} IS NULL", f"`{column}` {_FAULTS[type_]}"))
    if column != SCORE or type_ != "number":
        return Converted(codes, texts, value, tuple(faults))
    labelled = is_labelled(held, number)
    code = _number(code_of(held), *marks)
    return Converted(
        codes, texts, f"CASE WHEN {labelled} THEN {code} ELSE {value} END", tuple(faults), labelled=labelled
    )


def _dated(
    column: str,
    column_map: Origin,
    *,
    cells: Cells,
    codes: dict[str, str],
    texts: dict[str, str],
    faults: list[tuple[str, str]],
    type_: Type,
    key: str,
) -> Converted:
    held, own = identifier(f"text_{key}"), identifier(column)
    clock = Clock(column_map.format, column_map.zone or cells.source.zone, cells.zone)
    value = clock.date(held) if type_ == "date" else clock.instant(held)
    # what has been worked out already is not worked out again
    fits = f"({value})" if column_map.offset else own
    faults.append((f"{held} IS NOT NULL AND {fits} IS NULL", f"`{column}` {_FAULTS[type_]}"))
    if column_map.offset:
        texts[f"offset_{key}"] = cells.present(column_map.offset, column_map)
        offset = identifier(f"offset_{key}")
        steps = _whole(offset)
        unit = "months" if column_map.minus_months else "days"
        faults.append(
            (f"{offset} IS NOT NULL AND ({steps}) IS NULL", f"`{column}`: its number of {unit} {_FAULTS['integer']}")
        )
        faults.append((f"({value}) IS NOT NULL AND ({steps}) IS NOT NULL AND {own} IS NULL", _outside(column)))
        value = _moved(value, steps, column_map, type_=type_)
    kind = ENGINE_TYPES[type_]
    low, high = (f"CAST('{year}-01-01' AS {kind})" for year in (FIRST_YEAR, LAST_YEAR + 1))
    faults.append((f"{own} < {low} OR {own} >= {high}", _outside(column)))
    if type_ == "date":
        return Converted(codes, texts, value, tuple(faults))
    day = f"CAST(timezone({quoted(cells.zone)}, {own}) AS DATE)"
    if not column_map.offset:
        # the day of a time without a zone is written there: no need to go by way of UTC
        day = f"CASE WHEN {identifier(f'_naive_{column}')} THEN CAST({clock.local(held)} AS DATE) ELSE {day} END"
    return Converted(codes, texts, value, tuple(faults), clock.naive(held), clock.doubtful(held), day)


def _outside(column: str) -> str:
    return f"`{column}` lies outside {FIRST_YEAR} to {LAST_YEAR}"


def _moved(value: str, steps: str, column_map: Origin, *, type_: Type) -> str:
    sign = "+" if column_map.plus_days else "-"
    unit = "months" if column_map.minus_months else "days"
    moved = f"CAST(({value}) {sign} to_{unit}(CAST({steps} AS INTEGER)) AS {ENGINE_TYPES[type_]})"
    return f"CASE WHEN abs({steps}) <= {_MOST_DAYS // (30 if unit == 'months' else 1)} THEN {moved} END"


def _mapped(code: str, column_map: Origin, decimal: str) -> str:
    if not column_map.values:
        return code
    cases = " ".join(
        f"WHEN {quoted(plain(key, decimal=decimal))} THEN {quoted(value)}" for key, value in column_map.values.items()
    )
    # a code may itself be mapped to "no value"
    return f"nullif(CASE {plain_sql(code, column_map.values, decimal=decimal)} {cases} ELSE {code} END, '')"


def _integer(held: str, column_map: Origin, source: Source) -> str:
    decimal = column_map.decimal or source.decimal
    thousands = column_map.thousands or source.thousands
    if decimal == "." and not thousands:
        return _whole(held)
    number = _number(held, decimal, thousands)
    return f"CASE WHEN ({number}) = floor({number}) THEN TRY_CAST({number} AS BIGINT) END"


def _whole(held: str) -> str:
    """Whole numbers; a bare cast would round 5.5 to 6."""
    cast = f"TRY_CAST({held} AS BIGINT)"
    # nearly every one is written as the engine writes it, which is quicker to see than a pattern
    return (
        f"CASE WHEN CAST({cast} AS VARCHAR) = {held} THEN {cast} "
        f"WHEN regexp_matches({held}, '^ *[+-]?[0-9]+(\\.0*)? *$') THEN {cast} END"
    )


def _number(held: str, decimal: str, thousands: str | None) -> str:
    """Finite numbers; the engine's own cast also takes 1_000, inf and nan."""
    if decimal == "." and not thousands:
        cast = f"TRY_CAST({held} AS DOUBLE)"
        return f"CASE WHEN NOT contains({held}, '_') AND isfinite({cast}) THEN {cast} END"
    mark, group = re.escape(decimal), re.escape(thousands or "")
    grouped = rf"[0-9]{{1,3}}({group}[0-9]{{3}})+|" if thousands else ""
    pattern = rf"^ *[+-]?({grouped}[0-9]+)({mark}[0-9]*)?([eE][+-]?[0-9]+)? *$"
    bare = f"replace({held}, {quoted(thousands)}, '')" if thousands else held
    cast = f"TRY_CAST(replace({bare}, {quoted(decimal)}, '.') AS DOUBLE)"
    return f"CASE WHEN regexp_matches({held}, {quoted(pattern)}) AND isfinite({cast}) THEN {cast} END"


def _boolean(held: str) -> str:
    return (
        f"CASE WHEN lower({held}) IN ('true', 'yes', 't', 'y', '1') THEN true "
        f"WHEN lower({held}) IN ('false', 'no', 'f', 'n', '0') THEN false END"
    )


def _banded(number: str, column_map: Origin) -> str:
    labels = column_map.labels or band_labels(column_map.bins)
    cases = " ".join(
        f"WHEN ({number}) < {cut!r} THEN {quoted(label)}" for cut, label in zip(column_map.bins, labels, strict=False)
    )
    return f"CASE WHEN ({number}) IS NULL THEN NULL {cases} ELSE {quoted(labels[-1])} END"


def band_labels(bins: Iterable[float]) -> tuple[str, ...]:
    """Return the names that bands get when the lab file gives none.

    Parameters
    ----------
    bins : iterable of float
        Cut points in rising order, each the lower end of a band.

    Returns
    -------
    tuple of str
        One more than cut points.

    Examples
    --------
    >>> band_labels([5, 10])
    ('below 5', '5 to below 10', '10 and more')
    """
    cuts = [f"{cut:g}" for cut in bins]
    between = [f"{low} to below {high}" for low, high in pairwise(cuts)]
    return (f"below {cuts[0]}", *between, f"{cuts[-1]} and more")
