"""An export as a draft sees it, and what the draft says of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cemlab.core.schemas import TABLES
from cemlab.data.drafting.profiles import Profile, profile
from cemlab.data.drafting.samples import Sample
from cemlab.data.drafting.vocabulary import Match, matches, planned, words_of
from cemlab.data.numerals import plain

_ITEMS = 3
_IN_UTC = re.compile(r"\b(utc|gmt)\b")
_STEM = re.compile(r"[a-z]{2,}(?=\d+$)|[a-z]\d+")
"""What items of one question share: Q7 of Q7A and Q7B, imag of imag1 and imag2."""


@dataclass(frozen=True)
class Guess:
    """One line of a draft.

    Attributes
    ----------
    column : str
        Canonical or own name.
    value : dict
        The column's map as the lab file has it.
    doubt : str
        Why the user has to look; empty when it is sure.
    note : str
        What else is worth saying.
    formats : tuple of str
        Date formats that fit, the one that was taken first.
    """

    column: str
    value: dict[str, Any]
    doubt: str = ""
    note: str = ""
    formats: tuple[str, ...] = ()


@dataclass
class Plan:
    """One source of one canonical table.

    Attributes
    ----------
    table : str
        The canonical table.
    file : Export
        Where its rows come from.
    guesses : list of Guess
        Its columns.
    options : dict
        Keys beside ``file``, such as ``undated``.
    used : set of str
        Headers that are mapped.
    borrowed : list of Export
        Other exports whose columns are looked up.
    """

    table: str
    file: Export
    guesses: list[Guess] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    borrowed: list[Export] = field(default_factory=list)

    @property
    def counts_back(self) -> bool:
        """True when relationships begin a number of months or days before the day of the snapshot."""
        return any({"minus_months", "minus_days"} & set(guess.value) for guess in self.guesses)

    def add(self, column: str, match: Match | None, doubt: str = "") -> bool:
        """Map a column, unless nothing was found for it.

        Parameters
        ----------
        column : str
            Canonical name.
        match : Match or None
            What was found.
        doubt : str, default ""
            A reason to look, beside an uncertain name.

        Returns
        -------
        bool
            True when it is mapped.
        """
        if match is None:
            return False
        unsure = "" if match.sure else "the name alone does not say it"
        found = match.profile
        self.guesses.append(Guess(column, source_map(found), doubt or doubt_of(found) or unsure, formats=found.formats))
        self.used.add(match.profile.header)
        return True

    def in_order(self) -> None:
        """Put canonical columns first, as the table names them."""
        names = [column.name for column in TABLES[self.table].columns]
        self.guesses.sort(key=lambda guess: names.index(guess.column) if guess.column in names else len(names))

    def mapped(self, column: str) -> bool:
        """Return whether a column is mapped.

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        bool
            True when it is.
        """
        return any(guess.column == column for guess in self.guesses)


class Export:
    """One file, or several of one layout, with what its columns look like.

    Parameters
    ----------
    samples : sequence of Sample
        Files of one layout.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        first = samples[0]
        cells = zip(*(row for sample in samples for row in sample.rows), strict=True)
        self.profiles = [profile(header, column) for header, column in zip(first.header, cells, strict=True)]
        self.written = dt.date.fromtimestamp(first.path.stat().st_mtime)  # noqa: DTZ012 - a guess for the user to check
        self.whole = all(sample.whole for sample in samples)

    def best(self, meaning: str, *, apart: Iterable[str] = ()) -> Match | None:
        """Return the likeliest column of a meaning.

        Parameters
        ----------
        meaning : str
            See `cemlab.data.drafting.vocabulary.MEANINGS`.
        apart : iterable of str
            Headers that are taken.

        Returns
        -------
        Match or None
            None when no column fits; not sure when several fit equally.
        """
        taken = set(apart)
        found = [match for match in matches(meaning, self._named) if match.profile.header not in taken]
        if meaning in ("responded_at", "occurred_at", "sent_at"):
            # the finest clock is the system's own
            found.sort(key=lambda match: (not match.sure, -match.profile.distinct))
        rivals = [match for match in found[1:] if match.sure]
        return Match(found[0].profile, sure=found[0].sure and not rivals) if found else None

    def customer(self) -> Match | None:
        """Return the column that says which customer a row is about.

        Returns
        -------
        Match or None
            A person's own id is preferred to one of an order or an answer.
        """
        found = matches("customer_id", self._named)
        found.sort(key=lambda match: ("unique" not in words_of(match.profile.header), not match.sure))
        return Match(found[0].profile, sure=found[0].sure and len(found) == 1) if found else None

    def key(self, meaning: str) -> Match | None:
        """Return a column that tells the rows apart.

        Parameters
        ----------
        meaning : str
            Such as ``response_id``.

        Returns
        -------
        Match or None
            Only of distinct values.
        """
        found = [match for match in matches(meaning, self._named) if match.profile.unique]
        return found[0] if found else None

    def items(self, *, apart: Iterable[str] = ()) -> list[Profile]:
        """Return the questions that were answered on one scale, in blocks of three and more.

        Parameters
        ----------
        apart : iterable of str
            Headers that are no items.

        Returns
        -------
        list of Profile
            Those on the scale of the largest block.
        """
        taken, blocks = set(apart), dict[tuple[str, float], list[Profile]]()
        for each in self._named:
            if each.scale and not each.off_scale and each.header not in taken:
                stem = _STEM.match(words_of(each.header))
                blocks.setdefault((stem[0] if stem else "", each.high), []).append(each)
        large = {block: each for block, each in blocks.items() if len(each) >= _ITEMS and block[0]}
        if not large:
            return []
        scale = max(large, key=lambda block: len(large[block]))[1]
        return [item for (_, high), each in large.items() if high == scale for item in each]

    def clocks(self) -> list[Profile]:
        """Return the columns that say at which time something happened.

        Returns
        -------
        list of Profile
            Without those that say when it should have.
        """
        return [each for each in self._named if each.type == "instant" and not planned(each)]

    def cells(self, header: str) -> set[str]:
        """Return the different cells of a column.

        Parameters
        ----------
        header : str
            As the file writes it.

        Returns
        -------
        set of str
            As text, plain numbers as intake compares them.
        """
        at = self.samples[0].header.index(header)
        return {plain(row[at]) for sample in self.samples for row in sample.rows}

    def differs(self, header: str, *, within: str) -> bool:
        """Return whether a column has several values among the rows that share one of another.

        Parameters
        ----------
        header : str
            The column.
        within : str
            The other.

        Returns
        -------
        bool
            True when it does for any of them.
        """
        at, other = (self.samples[0].header.index(each) for each in (header, within))
        rows = {(row[other], row[at]) for sample in self.samples for row in sample.rows}
        return len(rows) > len({shared for shared, _ in rows})

    @property
    def _named(self) -> list[Profile]:
        return [each for each in self.profiles if each.header.strip() and each.present]


def source_map(found: Profile) -> dict[str, Any]:
    """Return how a column is read.

    Parameters
    ----------
    found : Profile
        The source column.

    Returns
    -------
    dict
        ``from`` and what else its values ask for.
    """
    value: dict[str, Any] = {"from": found.header}
    if found.formats:
        value["format"] = found.formats[0]
    if found.type == "instant" and not found.zoned and _IN_UTC.search(words_of(found.header)):
        value["zone"] = "UTC"
    if found.padded and found.type != "text":
        value["strip"] = True
    if found.decimal_comma:
        value |= {"decimal": ",", "thousands": "."}
    return value


def doubt_of(found: Profile) -> str:
    """Return what in a column's values the user has to look at.

    Parameters
    ----------
    found : Profile
        The column.

    Returns
    -------
    str
        Empty when nothing is.
    """
    if len(found.formats) > 1:
        return f"these days could also be read as {', '.join(found.formats[1:])}"
    if found.misfits:
        return f"{found.misfits:,} of {found.present:,} values are no {found.type} and would be set aside"
    return ""
