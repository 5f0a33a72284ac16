"""Times as they are written, with a zone or without one, as the SQL of instants and days.

A zone that a value names is used: an offset (``Z``, ``+02:00``, ``GMT+2``), the name of a region
(``Europe/Paris``), or an abbreviation, which stands for its own offset all year (``CET`` is +01:00, in summer
too). Where a clock is put back, a time that comes twice is the later one; where it is put forward, a time that
never was is taken as if the clock had not been moved.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cemlab.data.quoting import quoted

REGIONS = "cemlab_regions"
"""Variable of the engine: the names of the regions that it knows (see `prepare_engine`)."""

_OFFSETS: Mapping[str, int] = {
    **dict.fromkeys(("Z", "UTC", "UT", "GMT", "WET"), 0),
    **dict.fromkeys(("WEST", "BST", "CET", "MET"), 60),
    **dict.fromkeys(("CEST", "MEST", "EET", "SAST"), 120),
    **dict.fromkeys(("EEST", "MSK", "EAT"), 180),
    **dict.fromkeys(("PKT",), 300),
    **dict.fromkeys(("SGT", "HKT", "AWST", "PHT"), 480),
    **dict.fromkeys(("JST", "KST"), 540),
    **dict.fromkeys(("ACST",), 570),
    **dict.fromkeys(("AEST",), 600),
    **dict.fromkeys(("ACDT",), 630),
    **dict.fromkeys(("AEDT",), 660),
    **dict.fromkeys(("NZST",), 720),
    **dict.fromkeys(("NZDT",), 780),
    **dict.fromkeys(("BRT", "ART", "ADT"), -180),
    **dict.fromkeys(("AST", "EDT"), -240),
    **dict.fromkeys(("EST", "CDT"), -300),
    **dict.fromkeys(("CST", "MDT"), -360),
    **dict.fromkeys(("MST", "PDT"), -420),
    **dict.fromkeys(("PST", "AKDT"), -480),
    **dict.fromkeys(("AKST",), -540),
    **dict.fromkeys(("HST",), -600),
}
"""Minutes ahead of UTC, as PostgreSQL's default abbreviations have them; IST, which three countries use, is none."""
_SIGNED = r"(?:UTC|GMT)? ?([+-])([0-9]{1,2}):?([0-9]{2})?"
_ZONE = r"[A-Z]{1,5}|(?:UTC|GMT)? ?[+-][0-9]{1,2}(?::?[0-9]{2})?|[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+)+"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_OFFSET = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
_TAIL = rf" *({_ZONE})(?:\[[^\]]*\])?$"
_TIMED = re.compile(rf"(.*[0-9]:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?){_TAIL}")
_PIECE = re.compile(r"%-?(.)|([^%]+)")
_DIGITS, _LETTERS = "[0-9]+", r"[\pL.]+"
_LETTERED = "aAbBp"
_YEARS = (1970, 2038)


def prepare_engine() -> str:
    """Return the SQL that tells the engine its regions.

    Returns
    -------
    str
        To run once for each connection.
    """
    return f"SET VARIABLE {REGIONS} = (SELECT list(name) FROM pg_timezone_names() WHERE contains(name, '/'))"


def without_zone(text: str) -> str | None:
    """Return a time without the zone that stands at its end.

    Parameters
    ----------
    text : str
        As a cell has it.

    Returns
    -------
    str or None
        None where it names none that intake knows.

    Examples
    --------
    >>> without_zone("2024-04-01 21:30 CET"), without_zone("1/4/2024 9:30 PM GMT+2"), without_zone("2024-04-01 21:30")
    ('2024-04-01 21:30', '1/4/2024 9:30 PM', None)
    """
    found = _TIMED.match(text)
    return found[1] if found and (_minutes(found[2]) is not None or "/" in found[2]) else None


@dataclass(frozen=True)
class Clock:
    """How the times of one column are read.

    Attributes
    ----------
    format : str
        As in Python's strptime; empty for ISO 8601.
    declared : str
        The zone that the lab file gives for times that name none; empty for the lab's.
    lab : str
        The lab's zone, which is also the session's.
    """

    format: str
    declared: str
    lab: str

    def local(self, held: str) -> str:
        """Return the SQL of a time as it was written, without its zone.

        Parameters
        ----------
        held : str
            SQL of the text.

        Returns
        -------
        str
            SQL of a timestamp without a zone; null where it is none.
        """
        if not self.format:
            return f"TRY_CAST({held} AS TIMESTAMP)"
        parts = _parts(self.format)
        if parts is None:
            return f"try_strptime({held}, {quoted(self.format)})"
        pattern, bare = parts
        return f"try_strptime(regexp_replace({held}, {quoted(pattern)}, '\\1\\3'), {quoted(bare)})"

    def instant(self, held: str) -> str:
        """Return the SQL of an instant.

        Parameters
        ----------
        held : str
            SQL of the text.

        Returns
        -------
        str
            SQL of a timestamp with a zone; null where the text is none.
        """
        own = quoted(self.declared or self.lab)
        if self.format:
            local = self.local(held)
            if self._fixed is not None:
                return _ahead(local, str(self._fixed))
            if not self._timed:
                return f"timezone({quoted(self.lab)}, {local})"
            unzoned = f"timezone({own}, {local})"
            if _parts(self.format) is None:
                return unzoned
            zone = self._zone(held)
            return f"CASE WHEN {zone} = '' THEN {unzoned} ELSE {_zoned(local, zone)} END"
        local, tail = f"TRY_CAST({held} AS TIMESTAMP)", f"regexp_extract({held}, '{_TAIL}', 1)"
        named = f"TRY_CAST(regexp_replace({held}, '{_TAIL}', '') AS TIMESTAMP)"
        days = (
            f"WHEN regexp_matches({held}, '{_DAY}$') THEN timezone({quoted(self.lab)}, {local}) "
            if self.declared
            else ""
        )
        return (
            f"CASE {days}WHEN regexp_matches({held}, '{_DAY}({_TIME})?$') THEN timezone({own}, {local}) "
            f"WHEN regexp_matches({held}, '{_DAY}{_TIME}{_OFFSET}$') THEN {_cast(held)} "
            f"WHEN regexp_matches({held}, '{_DAY}{_TIME}{_TAIL}') THEN {_zoned(named, tail)} END"
        )

    def naive(self, held: str) -> str:
        """Return the SQL of whether a time is taken in the lab's zone because nothing says another.

        Parameters
        ----------
        held : str
            SQL of the text.

        Returns
        -------
        str
            SQL of a boolean, never null.
        """
        if self.format:
            if self._fixed is not None or (self.declared and self._timed):
                return "false"
            there = f"{held} IS NOT NULL"
            return there if _parts(self.format) is None else f"coalesce({there} AND {self._zone(held)} = '', false)"
        return f"coalesce(regexp_matches({held}, '{_DAY}{'' if self.declared else f'({_TIME})?'}$'), false)"

    def date(self, held: str) -> str:
        """Return the SQL of the day of a time in the lab's zone, or of a day.

        Parameters
        ----------
        held : str
            SQL of the text.

        Returns
        -------
        str
            SQL of a date; null where the text is none.
        """
        if self.format:
            moved = self._timed and (self.declared or self._fixed is not None or _parts(self.format))
            return f"CAST({self.instant(held) if moved else self.local(held)} AS DATE)"
        cast = f"TRY_CAST({held} AS DATE)"
        # a time with a zone may fall on another day in the lab's
        naive = (
            f"WHEN regexp_matches({held}, '{_DAY}{'' if self.declared else f'({_TIME})?'}$') THEN TRY_CAST(left({held},"
            " 10) AS DATE) "
        )
        return (
            f"CASE WHEN CAST({cast} AS VARCHAR) = {held} THEN {cast} {naive}"
            f"WHEN regexp_matches({held}, '{_DAY}{_TIME}') THEN CAST({self.instant(held)} AS DATE) END"
        )

    def doubtful(self, held: str) -> str:
        """Return the SQL of whether a time came twice or never, because the clock was put back or forward.

        Parameters
        ----------
        held : str
            SQL of the text.

        Returns
        -------
        str
            SQL of a boolean, never null; of times that name their zone always false.
        """
        zone = self.declared or self.lab
        hours = _moved_hours(zone)
        if not hours or self._fixed is not None or (self.format and not self._timed):
            return "false"
        local, at = self.local(held), quoted(zone)
        back = f"timezone({at}, timezone({at}, {local}))"
        earlier = f"timezone({at}, timezone({at}, {local}) - INTERVAL 1 HOUR)"
        unzoned = "true" if self.format and _parts(self.format) is None else f"{self._zone(held)} = ''"
        if not self.format:
            unzoned = f"regexp_matches({held}, '{_DAY}{_TIME}$')"
        return (
            f"CASE WHEN hour({local}) IN ({', '.join(map(str, hours))}) AND {unzoned} "
            f"THEN coalesce({back} <> {local} OR {earlier} = {local}, false) ELSE false END"
        )

    def _zone(self, held: str) -> str:
        pattern, _ = _parts(self.format) or ("", "")
        return f"regexp_extract({held}, {quoted(pattern)}, 2)"

    @property
    def _timed(self) -> bool:
        return "%H" in self.format or "%I" in self.format or "%-H" in self.format or "%-I" in self.format

    @property
    def _fixed(self) -> int | None:
        """Minutes ahead of UTC of a zone that the format itself writes out at its end, as in ``%H:%M:%SZ``."""
        words = [literal for _, literal in _PIECE.findall(self.format)]
        return _minutes(words[-1].strip()) if words and words[-1] and self._timed else None


def _minutes(zone: str) -> int | None:
    found = re.fullmatch(_SIGNED, zone)
    if found:
        sign, hours, minutes = found.groups()
        return (-1 if sign == "-" else 1) * (60 * int(hours) + int(minutes or 0))
    return _OFFSETS.get(zone)


def _parts(format_: str) -> tuple[str, str] | None:
    """A pattern (what stands before the zone, the zone, what stands after it) and the format without one; None without a zone."""
    patterns, formats, after = ["", ""], ["", ""], 0
    for found in _PIECE.finditer(format_):
        directive, literal = found.groups()
        if directive in ("z", "Z"):
            after = 1
            continue
        formats[after] += found.group()
        if literal:
            patterns[after] += re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", literal)
        else:
            patterns[after] += "%" if directive == "%" else _LETTERS if directive in _LETTERED else _DIGITS
    if not after:
        return None
    # a value of the column that names no zone is one without a zone
    return f"^({patterns[0].rstrip()}) *({_ZONE})?({patterns[1]})$", formats[0].rstrip() + formats[1]


def _ahead(local: str, minutes: str) -> str:
    return f"timezone('UTC', {local} - to_minutes(CAST({minutes} AS BIGINT)))"


def _zoned(local: str, zone: str) -> str:
    """SQL of the instant of a time in a zone that a text names; null for a name that nobody knows."""
    known = " ".join(f"WHEN {quoted(name)} THEN {minutes}" for name, minutes in _OFFSETS.items())
    sign, hours, minutes = (f"regexp_extract({zone}, '^{_SIGNED}$', {group})" for group in (1, 2, 3))
    signed = (
        f"(CASE {sign} WHEN '-' THEN -1 ELSE 1 END) * (60 * TRY_CAST({hours} AS BIGINT) + coalesce(TRY_CAST({minutes}"
        " AS BIGINT), 0))"
    )
    return (
        f"CASE WHEN regexp_matches({zone}, '^{_SIGNED}$') THEN {_ahead(local, signed)} "
        f"WHEN list_contains(getvariable('{REGIONS}'), {zone}) THEN timezone({zone}, {local}) "
        f"ELSE {_ahead(local, f'CASE {zone} {known} END')} END"
    )


def _cast(held: str) -> str:
    """The engine wants seconds before an offset; ISO 8601 does not."""
    with_seconds = f"regexp_replace({held}, '([T ][0-9]{{2}}:[0-9]{{2}})(Z|[+-].*)$', '\\1:00\\2')"
    kind = "TIMESTAMP WITH TIME ZONE"
    return f"coalesce(TRY_CAST({held} AS {kind}), TRY_CAST({with_seconds} AS {kind}))"


@cache
def _moved_hours(zone: str) -> tuple[int, ...]:
    """Hours of the day at which the clocks of a region were put back or forward, before and after."""
    region, first, last = ZoneInfo(zone), *(dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in _YEARS)
    days = [first + dt.timedelta(days=day) for day in range((last - first).days)]
    hours: set[int] = set()
    for day, next_day in pairwise(days):
        if day.astimezone(region).utcoffset() != next_day.astimezone(region).utcoffset():
            steps = [day + dt.timedelta(minutes=30 * half) for half in range(49)]
            for before, after in pairwise(steps):
                if before.astimezone(region).utcoffset() != after.astimezone(region).utcoffset():
                    low, high = before.astimezone(region), after.astimezone(region)
                    hours |= {(low.hour + step) % 24 for step in range(-1, (high.hour - low.hour) % 24 + 2)}
    return tuple(sorted(hours))
