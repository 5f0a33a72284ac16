"""Sentences: a message of the catalogue, with findings, names and counts in its slots."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cemlab.core.errors import SchemaError
from cemlab.core.results import Finding, Name, Outcome, Part, Quote, Sentence
from cemlab.show import format as formats
from cemlab.show import messages, vocabulary
from cemlab.show.format import Style

Item = TypeVar("Item")
_OPEN, _CLOSE = "\ue000", "\ue001"
"""Around the number of a slot in a formatted message: private letters, which no text of a reader's has."""
_MARKED = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_MISSING = frozenset({"unknown", "not known", "missing"})
"""What the level of a missing value is called, by us and by most exports."""
_HOW = frozenset({"duration", "horizon", "share_left", "skill", "versus"})
"""Names in a scope that say how a number was computed, not whom it is about."""
_QUOTED = {
    "bare": "bare",
    "interval": "interval",
    "span": "span",
    "n": "n",
    "magnitude": "magnitude",
    "precise": "precise",
    "mde": "mde",
    "floor": "floor",
    "level": "level",
    "se": "std_error",
    "low": "low",
    "high": "high",
}
"""What follows a slot's name → the aspect of its finding."""


@dataclass(frozen=True)
class Message:
    """A sentence, or a few, as the catalogue has them, with what fills its slots.

    Attributes
    ----------
    id : str
        Of the message.
    slots : mapping of str to slot
        Name → finding, quote, name, count, choice, message, or a sequence of them.
    """

    id: str
    slots: Mapping[str, Slot] = field(default_factory=dict)


@dataclass(frozen=True)
class Day:
    """A day, written as the page's language writes it.

    Attributes
    ----------
    date : str
        ISO; empty for none.
    """

    date: str


@dataclass(frozen=True)
class Period:
    """A step of time, called as the page's language calls it.

    Attributes
    ----------
    first : str
        Its first day, ISO.
    length : {"week", "month", "quarter", "year", "wave"}
        Its length.
    """

    first: str
    length: str


@dataclass(frozen=True)
class Label:
    """A column or a measure, called as the vocabulary calls it.

    Attributes
    ----------
    name : str
        As tables have it.
    """

    name: str


@dataclass(frozen=True)
class Group:
    """A group of answers, such as promoters, called as the vocabulary calls it.

    Attributes
    ----------
    name : str
        As in `cemlab.core.metrics.MetricScale.groups`.
    """

    name: str


@dataclass(frozen=True)
class Span:
    """A length of time, such as "12 months".

    Attributes
    ----------
    length : float
        In the unit.
    unit : {"days", "months"}
        The unit.
    """

    length: float
    unit: str


Lazy = Day | Period | Label | Group | Span
"""Words that are known only once the language is."""
Slot = Finding | Quote | Name | Lazy | Message | str | int | Sequence[Any]
"""What may fill a slot: no number but a finding's, or a count of things."""


def message(id: str, /, **slots: Slot) -> Message:
    """Return a message with its slots filled.

    A finding in the slot ``x`` gives the message ``$x`` (value and unit), ``$x-bare`` (without a
    word of the unit), ``$x-interval``, ``$x-ci`` ("95% CI 27 to 32"),
    ``$x-low``, ``$x-high``, ``$x-magnitude`` (without its sign) and ``$x-span`` (its interval), ``$x-precise``, ``$x-se``, ``$x-mde``, ``$x-floor``,
    ``$x-level``, ``$x-n``, ``$x-label``, ``$x-name`` (its group), ``$x-by`` (what its group is one of) and
    ``$x-period``; to choose words by: ``$x-outcome`` (large, significant, small, not-significant, not-testable,
    not-estimable, withheld), ``$x-sign`` (up, down, none), ``$x-state`` (shown, withheld, bare: without an interval,
    unknown: without a number) and ``$x-count``. A sequence gives ``$x``, its items as a list, and ``$x-count``; a count
    ``$x`` and ``$x-count``; a name ``$x`` and ``$x-given`` (yes, no); other text is a choice, such as "month".

    Parameters
    ----------
    id : str
        Of the message in the catalogue.
    **slots : slot
        By name.

    Returns
    -------
    Message
        To be said, or to fill a slot of another.

    Raises
    ------
    SchemaError
        When the English catalogue has no such message, or the message uses other slots.

    Examples
    --------
    >>> nps = Finding("nps.overall", 30.2, "points", ci_low=27.4, ci_high=32.1, level=0.95)
    >>> text(message("nps-level", score=nps, metric=Name("NPS")))
    'NPS is 30 (95% CI 27 to 32).'
    """
    english = messages.catalogue()
    if id not in english and not any(name.startswith(f"{id}.") for name in english.slots):
        raise SchemaError(f"There is no message `{id}`: add it to cemlab/show/messages/en.ftl.")
    used = {slot for name, each in english.slots.items() if name == id or name.startswith(f"{id}.") for slot in each}
    if used - set(slots):
        raise SchemaError(
            f"Message `{id}` needs the slots {', '.join(sorted(used))}: {', '.join(sorted(slots)) or 'none'} were given. "
            f"Give {', '.join(sorted(used - set(slots)))} too."
        )
    return Message(id, slots)


def sentence(said: Message, *, style: Style = formats.PLAIN, attribute: str = "") -> Sentence:
    """Return a message in words, its numbers still findings.

    Parameters
    ----------
    said : Message
        From `message`.
    style : Style, optional
        In which language.
    attribute : str, default ""
        Of the message, such as ``title``; its own value when empty.

    Returns
    -------
    Sentence
        Empty where the message chose to say nothing.
    """
    name = f"{said.id}.{attribute}" if attribute else said.id
    parts: list[Part] = []

    def mark(part: Part) -> str:
        parts.append(part)
        return f"{_OPEN}{len(parts) - 1}{_CLOSE}"

    values: dict[str, Any] = {
        name: mark(Name(formats.level(share, style=style))) for name, share in messages.CONSTANTS.items()
    }
    for slot, value in said.slots.items():
        values |= {f"{slot}-{part}" if part else slot: each for part, each in _values(value, mark, style).items()}
    pieces = _MARKED.split(style.words(name, values))
    return Sentence(*(part for at, piece in enumerate(pieces) for part in _piece(piece, parts, marked=at % 2 == 1)))


def text(said: Message, *, style: Style = formats.PLAIN, attribute: str = "") -> str:
    """Return a message as plain text.

    Parameters
    ----------
    said : Message
        From `message`.
    style : Style, optional
        In which language.
    attribute : str, default ""
        Of the message, such as ``title``.

    Returns
    -------
    str
        As a reader sees it; empty where the message has no such attribute.
    """
    name = f"{said.id}.{attribute}" if attribute else said.id
    if name not in messages.catalogue():
        return ""
    return formats.plain(sentence(said, style=style, attribute=attribute), style=style)


def ranked(found: Iterable[Finding], *outcomes: Outcome) -> list[Finding]:
    """Return the findings that have one of these outcomes, the largest first.

    Parameters
    ----------
    found : iterable of Finding
        Comparisons, adjusted in the run's family.
    *outcomes : str
        As `core.results.outcome_of` gives them; none for all that are published.

    Returns
    -------
    list of Finding
        By size, where there is an estimate.
    """
    chosen = [each for each in found if (each.outcome in outcomes if outcomes else not each.suppressed)]
    return sorted(chosen, key=lambda each: -abs(each.value) if each.value == each.value else 0.0)


def ends(found: Sequence[Finding]) -> list[Finding]:
    """Return the lowest and the highest of some findings: the two ends say most.

    Parameters
    ----------
    found : sequence of Finding
        Any.

    Returns
    -------
    list of Finding
        At most two, the lowest first.
    """
    by_value = sorted(found, key=lambda each: each.value)
    return by_value if len(by_value) < 3 else [by_value[0], by_value[-1]]


def is_missing(level: str) -> bool:
    """Return whether a level stands for a missing value.

    Parameters
    ----------
    level : str
        As data have it.

    Returns
    -------
    bool
        True for ``unknown`` in any case.

    Examples
    --------
    >>> is_missing("Unknown "), is_missing("North")
    (True, False)
    """
    return level.strip().casefold() in _MISSING


def of_known_groups(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings of groups whose level is known: who is missing is no group to speak of in a headline.

    Parameters
    ----------
    found : iterable of Finding
        With the group in the scope.

    Returns
    -------
    list of Finding
        In the same order.
    """
    return [each for each in found if not any(is_missing(level) for level in each.scope.values())]


def each(id: str, found: Iterable[Finding], /, **slots: Slot) -> list[Message]:
    """Return one message per finding, in the slot ``one``.

    Parameters
    ----------
    id : str
        Of the message.
    found : iterable of Finding
        In order.
    **slots : slot
        That all of them share.

    Returns
    -------
    list of Message
        To fill a slot of another, which joins them by semicolons.
    """
    return [message(id, one=one, **slots) for one in found]


def _piece(piece: str, parts: Sequence[Part], *, marked: bool) -> list[Part]:
    """One part of a sentence, or the parts of a sentence within it."""
    if not marked:
        return [piece] if piece else []
    part: Any = parts[int(piece)]
    return list(part.parts) if isinstance(part, Sentence) else [part]


Mark = Callable[[Any], str]


def _values(value: Any, mark: Mark, style: Style) -> dict[str, Any]:
    """Variables that a slot gives: what follows its name → what stands there."""
    value = _named(value, style) if isinstance(value, Lazy) else value
    match value:
        case Quote():
            made = _of_finding(value.finding, mark, style) | {"": mark(value)}
        case Finding():
            made = _of_finding(value, mark, style)
        case Name():
            made = {"": mark(value), "given": "yes" if value.text else "no"}
        case Message():
            made = {"": mark(sentence(value, style=style)), "given": "yes"}
        case bool():
            made = {"": "yes" if value else "no"}
        case int():
            made = {"": mark(Name(formats.number(value, style=style))), "count": int(value)}
        case str():
            made = {"": value, "given": "yes" if value else "no"}
        case _:
            made = {"": mark(_together(list(value), style)), "count": len(value), "given": "yes" if value else "no"}
    return made


def _named(value: Lazy, style: Style) -> Name:
    match value:
        case Day():
            return Name(formats.day(value.date, style=style))
        case Period():
            return Name(formats.period_name(value.first, period=value.length, style=style))
        case Group():
            return Name(vocabulary.group(value.name, style=style))
        case Span():
            return Name(formats.span(value.length, value.unit, style=style))
        case _:
            return Name(vocabulary.label(value.name, style=style, inline=True))


def _of_finding(found: Finding, mark: Mark, style: Style) -> dict[str, Any]:
    count = int(found.value) if math.isfinite(found.value) else 0
    scope = {name: level for name, level in found.scope.items() if name not in _HOW}
    return {
        "": mark(found),
        **{name: mark(Quote(found, aspect)) for name, aspect in _QUOTED.items()},  # type: ignore[arg-type]
        "ci": mark(_with_level(found, style)),
        "outcome": found.outcome.replace(" ", "-"),
        "sign": "none" if not found.value else "up" if found.value > 0 else "down",
        "state": _state(found),
        "given": "yes",
        "count": count,
        "label": mark(Name(found.label)),
        "name": mark(Name(", ".join(_level_words(name, level, style) for name, level in scope.items()))),
        "by": mark(Name(", ".join(vocabulary.label(name, style=style, inline=True) for name in scope))),
        "group": mark(Name(", ".join(_group_words(name, level, style) for name, level in scope.items()))),
        "period": mark(Name(formats.day(found.period, style=style))),
    }


def _level_words(column: str, level: str, style: Style) -> str:
    """A level as data have it, but a column and a day as the page calls them."""
    if column == "term":
        return vocabulary.label(level, style=style)
    return formats.day(level, style=style) if column == "day" else level


def _group_words(column: str, level: str, style: Style) -> str:
    """A level as data have it, but a group of answers as the vocabulary calls it, with a capital."""
    if column != "group":
        return level
    words = vocabulary.group(level, style=style)
    return words[:1].upper() + words[1:]


def _state(found: Finding) -> str:
    if found.suppressed:
        return "withheld"
    if math.isnan(found.value):
        return "unknown"
    return "shown" if found.ci_low <= found.ci_high else "bare"


def _with_level(found: Finding, style: Style) -> Sentence:
    """The interval with its level, as a reader knows it: "95% CI 27 to 32"."""
    quoted = {"level": Quote(found, "level"), "interval": Quote(found, "interval")}
    marked = style.words("ci", {name: f"{_OPEN}{at}{_CLOSE}" for at, name in enumerate(quoted)})
    pieces, parts = _MARKED.split(marked), list(quoted.values())
    return Sentence(*(part for at, piece in enumerate(pieces) for part in _piece(piece, parts, marked=at % 2 == 1)))


def _together(items: list[Any], style: Style) -> Sentence:
    """Names as a list in words, sentences parted by semicolons."""
    lazy = [_named(item, style) if isinstance(item, Lazy) else item for item in items]
    made = [sentence(item, style=style) if isinstance(item, Message) else item for item in lazy]
    marks = [f"{_OPEN}{at}{_CLOSE}" for at in range(len(made))]
    joined = (
        "; ".join(marks) if any(isinstance(item, Message) for item in items) else formats.listed(marks, style=style)
    )
    parts: list[Any] = [Name(item) if isinstance(item, str) else item for item in made]
    pieces = _MARKED.split(joined)
    return Sentence(*(part for at, piece in enumerate(pieces) for part in _piece(piece, parts, marked=at % 2 == 1)))
