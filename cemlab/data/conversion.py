"""From a source's text to typed columns: the SQL of one column, and of one source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cemlab.core.schemas import Type
from cemlab.data.mapping import ColumnMap, Source

ENGINE_TYPES: Mapping[Type, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE",
    "boolean": "BOOLEAN",
}
_FAULTS: Mapping[Type, str] = {
    "integer": "is no whole number",
    "number": "is no number",
    "date": "is no date",
    "instant": "is no date or time",
    "boolean": "is neither true nor false",
}
_ISO_DAY = r"^\d{4}-\d{2}-\d{2}"
_ISO_TIME = r"[T ]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d+)?)?"
_OFFSET = r"(Z|[+-]\d{2}(:?\d{2})?)"


@dataclass(frozen=True)
class Converted:
    """The SQL that fills one column.

    Attributes
    ----------
    text : str
        The cell as text, after missing-value codes and value maps; null when there is no value.
    value : str
        The typed value, over a column that holds `text`; null when it does not fit.
    fault : str
        What is wrong with text that does not fit; empty when any text does.
    naive : str
        Whether an instant was written without its zone; empty for other types.
    """

    text: str
    value: str
    fault: str
    naive: str = ""


def quoted(text: str) -> str:
    """Return `text` as an SQL string.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        In single quotes.
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as an SQL identifier.

    Parameters
    ----------
    name : str
        Any name.

    Returns
    -------
    str
        In double quotes.
    """
    return '"' + name.replace('"', '""') + '"'


def convert(column: str, column_map: ColumnMap, *, type_: Type, source: Source, cell: str, zone: str) -> Converted:
    """Return the SQL of one column.

    Parameters
    ----------
    column : str
        Its canonical or free name.
    column_map : ColumnMap
        Where it comes from.
    type_ : type
        What it must become.
    source : Source
        The source, for its missing-value codes.
    cell : str
        SQL of the source's cell as text; unused for a constant.
    zone : str
        The lab's time zone, in which times without one are taken.

    Returns
    -------
    Converted
        Text, value and fault.
    """
    text = quoted(column_map.constant) if column_map.constant is not None else _cleaned(cell, column_map, source)
    held = identifier(f"text_{column}")
    if column_map.bins:
        return Converted(text, _banded(held, column_map), f"`{column}` {_FAULTS['number']}")
    fault = f"`{column}` {_FAULTS[type_]}" if type_ in _FAULTS else ""
    value = _typed(held, type_, column_map.format, zone=zone)
    return Converted(text, value, fault, _naive(held, column_map.format) if type_ == "instant" else "")


def day_of(instant: str, zone: str) -> str:
    """Return the SQL of an instant's day in the lab's zone.

    Parameters
    ----------
    instant : str
        SQL of the instant.
    zone : str
        IANA name.

    Returns
    -------
    str
        SQL of a date.
    """
    return f"CAST(timezone({quoted(zone)}, {instant}) AS DATE)"


def _cleaned(cell: str, column_map: ColumnMap, source: Source) -> str:
    text = f"trim({cell})" if column_map.strip else cell
    codes = ", ".join(quoted(code) for code in ("", *(source.missing or ()), *column_map.missing))
    present = f"CASE WHEN {text} IN ({codes}) THEN NULL ELSE {text} END"
    if not column_map.values:
        return present
    cases = " ".join(f"WHEN {quoted(code)} THEN {quoted(value)}" for code, value in column_map.values.items())
    # a code may itself be mapped to "no value"
    return f"nullif(CASE {present} {cases} ELSE {present} END, '')"


def _typed(held: str, type_: Type, pattern: str, *, zone: str) -> str:
    if type_ == "date":
        return _date(held, pattern)
    if type_ == "instant":
        return _instant(held, pattern, zone)
    plain = {"number": _number, "integer": _integer, "boolean": _boolean}
    return plain[type_](held) if type_ in plain else held


def _integer(held: str) -> str:
    """Whole numbers; a bare cast would round 5.5 to 6."""
    return f"CASE WHEN regexp_matches({held}, '^ *[+-]?[0-9]+(\\.0*)? *$') THEN TRY_CAST({held} AS BIGINT) END"


def _boolean(held: str) -> str:
    return (
        f"CASE WHEN lower({held}) IN ('true', 'yes', 't', 'y', '1') THEN true "
        f"WHEN lower({held}) IN ('false', 'no', 'f', 'n', '0') THEN false END"
    )


def _date(held: str, pattern: str) -> str:
    if pattern:
        return f"CAST(try_strptime({held}, {quoted(pattern)}) AS DATE)"
    # a time with an offset may fall on another day in the lab's zone, which is the session's
    return (
        f"CASE WHEN regexp_matches({held}, '{_ISO_DAY}({_ISO_TIME})?$') THEN TRY_CAST(left({held}, 10) AS DATE) "
        f"WHEN regexp_matches({held}, '{_ISO_DAY}{_ISO_TIME}{_OFFSET}$') "
        f"THEN CAST({_cast_instant(held)} AS DATE) END"
    )


def _number(held: str) -> str:
    """Finite decimal numbers; the engine's own cast also takes 1_000, inf and nan."""
    cast = f"TRY_CAST({held} AS DOUBLE)"
    return f"CASE WHEN NOT contains({held}, '_') AND isfinite({cast}) THEN {cast} END"


def _instant(held: str, pattern: str, zone: str) -> str:
    if not pattern:
        # naive text takes the session's zone, which intake sets to the lab's
        iso = f"regexp_matches({held}, '{_ISO_DAY}({_ISO_TIME}{_OFFSET}?)?$')"
        return f"CASE WHEN {iso} THEN {_cast_instant(held)} END"
    parsed = f"try_strptime({held}, {quoted(pattern)})"
    return parsed if "%z" in pattern else f"timezone({quoted(zone)}, {parsed})"


def _cast_instant(held: str) -> str:
    """The engine wants seconds before an offset; ISO 8601 does not."""
    with_seconds = f"regexp_replace({held}, '([T ][0-9]{{2}}:[0-9]{{2}})(Z|[+-].*)$', '\\1:00\\2')"
    kind = "TIMESTAMP WITH TIME ZONE"
    return f"coalesce(TRY_CAST({held} AS {kind}), TRY_CAST({with_seconds} AS {kind}))"


def _naive(held: str, pattern: str) -> str:
    if pattern:
        return "false" if "%z" in pattern else f"{held} IS NOT NULL"
    return f"NOT regexp_matches({held}, '{_ISO_TIME}{_OFFSET}$')"


def _banded(held: str, column_map: ColumnMap) -> str:
    labels = column_map.labels or band_labels(column_map.bins)
    number = _number(held)
    cases = " ".join(
        f"WHEN {number} < {cut!r} THEN {quoted(label)}" for cut, label in zip(column_map.bins, labels, strict=False)
    )
    return f"CASE WHEN {number} IS NULL THEN NULL {cases} ELSE {quoted(labels[-1])} END"


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
