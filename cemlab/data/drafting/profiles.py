"""What the values of one column look like: their type, their codes, and how sure that is."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cemlab.core.schemas import Type
from cemlab.data.clocks import without_zone
from cemlab.data.numerals import plain

MISSING = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "-", "--", ".", "?", "Blank", "(blank)", "nil"}
)
"""What exports write for "no value" besides the empty cell."""

CODES = 20
"""Most distinct values of a column whose values may be shown."""

_NO_ANSWER = frozenset({-99, -9, -1, 77, 88, 96, 97, 98, 99, 999})
"""Numbers that questionnaires write for "does not know" or "not asked", far from any scale."""
_REPEATED = 5
_ENOUGH = 0.98
_TRIED_DATES = 2_000
_LONG_WORDS = 3.0

_INTEGER = re.compile(r"[+-]?\d+(\.0*)?\Z")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?\Z")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?\Z")
_DATE_LIKE = re.compile(r"(?=.*\d.*\d)[\d/.\-: A-Za-z,]{6,30}\Z")
_LEADING_ZERO = re.compile(r"[+-]?0\d+\Z")
_WORD = re.compile(r"[^\W\d_]{2,}")
_BOOLEANS = frozenset({"yes", "no", "true", "false", "y", "n", "t", "f", "oui", "non", "ja", "nein"})
_DAYS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
)
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


@dataclass(frozen=True)
class Profile:
    """One column of a sample.

    Attributes
    ----------
    header : str
        As the file writes it.
    type : type
        What (nearly) all values are.
    present : int
        Cells with a value.
    rows : int
        Cells.
    distinct : int
        Different values.
    codes : tuple of str
        The values, most frequent first, where they are few and frequent; else empty.
    missing : tuple of str
        Codes of "no value" that occur.
    low, high : float
        Of numbers; 0 for others.
    formats : tuple of str
        Date formats that fit every value, several when the values do not decide; empty for ISO 8601.
    misfits : int
        Values that are not of the type.
    padded : bool
        True when blanks stand around values, or instead of one.
    decimal_comma : bool
        True when numbers have a comma where others have a point.
    words : float
        Words of two letters and more per value.
    patterns : frozenset of str
        ``mail`` or ``phone`` when the values look so.
    leading_zeros : bool
        True when a value such as 007 would lose its zeros as a number.
    zoned : bool
        True when times name their zone.
    """

    header: str
    type: Type
    present: int
    rows: int
    distinct: int
    codes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    formats: tuple[str, ...] = ()
    misfits: int = 0
    padded: bool = False
    decimal_comma: bool = False
    words: float = 1.0
    patterns: frozenset[str] = frozenset()
    leading_zeros: bool = False
    zoned: bool = False

    @property
    def unique(self) -> bool:
        """True when every row has a value of its own."""
        return self.rows > 0 and self.distinct == self.present == self.rows

    @property
    def dated(self) -> bool:
        """True for days and times."""
        return self.type in ("date", "instant")

    @property
    def free_text(self) -> bool:
        """True for sentences, which are a person's own words until the user says otherwise."""
        return self.type == "text" and self.words >= _LONG_WORDS and self.distinct > CODES

    @property
    def scale(self) -> bool:
        """True for few whole numbers between 0 and 11, as questions are coded; apart from codes of no answer."""
        return (
            self.type == "integer"
            and self.distinct > 2
            and ((self.low >= 0 and self.high <= 11) or bool(self.off_scale))
        )

    @property
    def off_scale(self) -> tuple[int, ...]:
        """The usual codes of no answer, such as 99, beside numbers between 0 and 11; empty for any other column."""
        numbers = (
            {int(code) for code in self.codes if re.fullmatch(r"-?\d+", code)} if self.type == "integer" else set()
        )
        off = numbers & _NO_ANSWER
        rest = numbers - off
        return tuple(sorted(off)) if len(rest) > 2 and min(rest) >= 0 and max(rest) <= 11 else ()


def profile(header: str, cells: Iterable[str]) -> Profile:
    """Describe a column.

    Parameters
    ----------
    header : str
        Its name.
    cells : iterable of str
        Its cells.

    Returns
    -------
    Profile
        What its values look like.
    """
    counts = Counter(cells)
    rows = counts.total()
    bare: Counter[str] = Counter()
    for cell, count in counts.items():
        bare[cell.strip()] += count
    missing = tuple(sorted(code for code in bare if code in MISSING))
    padded = any(cell != cell.strip() for cell in counts)
    present = Counter({cell: count for cell, count in bare.items() if cell and cell not in MISSING})
    total = present.total()
    type_, formats, misfits, comma = _type(present, total)
    low, high = _range(present, comma=comma) if type_ in ("integer", "number") else (0.0, 0.0)
    few = 0 < len(present) <= CODES and total >= _REPEATED * len(present)
    return Profile(
        header=header,
        type=type_,
        present=total,
        rows=rows,
        distinct=len(present),
        codes=tuple(dict.fromkeys(plain(code) for code, _ in present.most_common())) if few else (),
        missing=missing,
        low=low,
        high=high,
        formats=formats,
        misfits=misfits,
        padded=padded,
        decimal_comma=comma,
        words=sum(_words(cell) * count for cell, count in present.items()) / max(total, 1),
        patterns=_patterns(present, total),
        zoned=type_ == "instant" and any(without_zone(cell) is not None for cell in present),
        leading_zeros=any(_LEADING_ZERO.match(cell) for cell in present),
    )


def _type(present: Counter[str], total: int) -> tuple[Type, tuple[str, ...], int, bool]:
    """The narrowest type of (nearly) all values: type, formats, misfits, decimal comma."""
    if not total:
        return "text", (), 0, False

    def fitting(fits: Callable[[str], object]) -> int:
        return sum(count for cell, count in present.items() if fits(cell))

    enough = _ENOUGH * total
    formats = _formats(present)
    # eight digits in a row are a day only when each of them is one
    if formats:
        type_: Type = "instant" if "%H" in formats[0] or "%I" in formats[0] else "date"
        return type_, formats, 0, False
    plain: tuple[tuple[Type, Callable[[str], object]], ...] = (
        ("boolean", lambda cell: cell.lower() in _BOOLEANS),
        ("integer", _INTEGER.match),
        ("number", _NUMBER.match),
    )
    for type_, fits in plain:
        fit = fitting(fits)
        # 18.5 among whole numbers makes them numbers, rather than being wrong itself
        if fit == total or (fit >= enough and not (type_ == "integer" and fitting(_NUMBER.match) > fit)):
            return type_, (), total - fit, False
    if (fit := fitting(lambda cell: _ISO.match(without_zone(cell) or cell))) >= enough:
        timed = any(len(cell) > 10 and not cell.endswith(("T00:00:00", " 00:00:00")) for cell in present)
        return ("instant" if timed else "date"), (), total - fit, False
    if (fit := fitting(_COMMA.match)) >= enough:
        return "number", (), total - fit, True
    return "text", (), 0, False


def _formats(present: Counter[str]) -> tuple[str, ...]:
    """Every format in which all of the tried values are days of this or the last century."""
    tried = list(present)[:_TRIED_DATES]
    bare = [without_zone(cell) for cell in tried]
    zone = " %Z" if all(bare) else ""
    tried = [cell for cell in bare if cell] if zone else tried
    if not all(_DATE_LIKE.match(cell) for cell in tried) or _ISO.match(tried[0]):
        return ()
    return tuple(
        day + time + zone for day in _DAYS for time in _TIMES if all(_is_day(cell, day + time) for cell in tried)
    )


def _is_day(cell: str, pattern: str) -> bool:
    if "%Y%m%d" in pattern and not re.match(r"(19|20|21)\d{6}\b", cell):
        return False
    try:
        return _FIRST_YEAR <= dt.datetime.strptime(cell, pattern).year <= _LAST_YEAR
    except ValueError:
        return False


def _range(present: Counter[str], *, comma: bool) -> tuple[float, float]:
    numbers = []
    for cell in present:
        plain = cell.replace(".", "").replace(",", ".") if comma else cell
        if _NUMBER.match(plain):
            numbers.append(float(plain))
    return min(numbers), max(numbers)


def _words(cell: str) -> int:
    """Blank-separated pieces with letters in a row: a time or a hash is not a sentence."""
    return sum(_WORD.search(piece) is not None for piece in cell.split())


def _patterns(present: Counter[str], total: int) -> frozenset[str]:
    looks = {
        "mail": re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}\Z"),
        "phone": re.compile(r"(\+\d|0\d|\(\d)[\d ()/.-]{6,}\Z"),
    }
    return frozenset(
        name
        for name, look in looks.items()
        if total and sum(count for cell, count in present.items() if look.match(cell)) > total / 2
    )
