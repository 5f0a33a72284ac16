"""All words of a page, in one file per language: a sentence is a message, its numbers are slots.

A message is written in Fluent. A slot such as ``score`` gives a message the variables of `SLOT_PARTS`: ``{ $score }``
prints the finding with its unit, ``{ $score-interval }`` its interval, and ``{ $score-outcome -> … }`` chooses words.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cemlab.core.errors import SchemaError

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle

ENGLISH = "en"
PSEUDO = "qps"
"""A language that no file holds: English with every letter marked, to see whether all words come from the catalogue."""
SLOT_PARTS = (
    "bare",
    "ci",
    "interval",
    "span",
    "n",
    "magnitude",
    "precise",
    "mde",
    "floor",
    "level",
    "se",
    "outcome",
    "sign",
    "state",
    "count",
    "name",
    "by",
    "group",
    "period",
    "given",
    "label",
    "low",
    "high",
)
"""What may follow a slot's name after a hyphen: `cemlab.show.say` says what each of them is."""
CONSTANTS = {"power": 0.8}
"""Variables that every message has → the share that stands for them, in percent as the language writes it."""
_ADDED: dict[str, dict[str, Path]] = {}
"""Language → messages of studies that lie elsewhere, by study."""
_DIGIT = re.compile(r"\d")
_SPACES = re.compile(r"[ \n]+")
_MARKED = str.maketrans("aeiouAEIOU", "àëîõüÀËÎÕÜ")


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language.

    Attributes
    ----------
    language : str
        Such as ``en``.
    bundle : FluentBundle
        The parsed file.
    slots : mapping of str to frozenset of str
        Message, or ``message.attribute`` → names of the slots that it uses.
    mark : callable, optional
        Applied to each message's own words.
    """

    language: str
    bundle: FluentBundle
    slots: Mapping[str, frozenset[str]]
    mark: Callable[[str], str] | None = field(default=None)

    def __contains__(self, name: str) -> bool:
        """Whether there is a message, or ``message.attribute``, of that name."""
        return name in self.slots

    def format(self, name: str, values: Mapping[str, Any]) -> str:
        """Return a message in words.

        Parameters
        ----------
        name : str
            ``message`` or ``message.attribute``.
        values : mapping of str to str, int or float
            Variable → what stands for it.

        Returns
        -------
        str
            On one line.

        Raises
        ------
        SchemaError
            When the message has a variable without a value.
        """
        identity, _, attribute = name.partition(".")
        message = self.bundle.get_message(identity)
        pattern: Any = message.attributes[attribute] if attribute else message.value
        text, errors = self.bundle.format_pattern(pattern, {**_constants(self.language), **values})
        if errors:
            raise SchemaError(f"Message `{name}` could not be written: {len(errors)} errors, first: {errors[0]}.")
        return _SPACES.sub(" ", str(text)).strip(" \n")


@functools.cache
def catalogue(language: str = ENGLISH) -> Catalogue:
    """Return the messages of a language.

    Parameters
    ----------
    language : str, default "en"
        Name of a file in this folder, without its ending.

    Returns
    -------
    Catalogue
        Checked: no digit in its words, no variable that no slot has.

    Raises
    ------
    SchemaError
        When there is no such file, or a message breaks a rule.
    """
    if language == PSEUDO:
        return _parsed(PSEUDO, _source(ENGLISH), mark=lambda words: words.translate(_MARKED))
    return _parsed(language, _source(language))


def add(notebook: Path) -> None:
    """Add the messages that lie beside a notebook: ``<its stem>.<language>.ftl``, for a study of one's own.

    Parameters
    ----------
    notebook : pathlib.Path
        Of the study. Nothing happens where no such file lies beside it.

    Raises
    ------
    SchemaError
        When a message breaks a rule.
    """
    for file in sorted(notebook.parent.glob(f"{notebook.stem}.*.ftl")):
        _ADDED[file.name.split(".")[-2]] = {**_ADDED.get(file.name.split(".")[-2], {}), file.stem: file}
    catalogue.cache_clear()
    catalogue()


def languages() -> tuple[str, ...]:
    """Return the languages that pages can be written in.

    Returns
    -------
    tuple of str
        In the order of the alphabet.
    """
    files = (importlib.resources.files(__name__)).iterdir()
    return tuple(sorted(file.name.removesuffix(".ftl") for file in files if file.name.endswith(".ftl")))


def words(name: str, values: Mapping[str, Any] | None = None, *, language: str = ENGLISH) -> str:
    """Return a message in a language, in English where that language has none.

    Parameters
    ----------
    name : str
        ``message`` or ``message.attribute``.
    values : mapping, optional
        Variable → what stands for it.
    language : str, default "en"
        Of the page.

    Returns
    -------
    str
        On one line.

    Raises
    ------
    SchemaError
        When no language has the message.

    Examples
    --------
    >>> words("interval", {"low": "27", "high": "32"})
    '27 to 32'
    """
    own = catalogue(language)
    chosen = own if name in own else catalogue(ENGLISH)
    if name not in chosen:
        raise SchemaError(f"There is no message `{name}`: add it to cemlab/show/messages/{ENGLISH}.ftl.")
    return chosen.format(name, values or {})


@functools.cache
def _constants(language: str) -> dict[str, str]:
    from babel.numbers import format_percent

    locale = ENGLISH if language == PSEUDO else language
    return {name: str(format_percent(share, locale=locale)) for name, share in CONSTANTS.items()}


def _source(language: str) -> str:
    file = importlib.resources.files(__name__) / f"{language}.ftl"
    if not file.is_file():
        raise SchemaError(
            f"A page's language must have a file of messages: `{language}` has none. Choose one of: "
            f"{', '.join(languages())}."
        )
    added = [own.read_text(encoding="utf-8") for own in _ADDED.get(language, {}).values()]
    return "\n".join([file.read_text(encoding="utf-8"), *added])


def _parsed(language: str, source: str, *, mark: Callable[[str], str] | None = None) -> Catalogue:
    from fluent.runtime import FluentBundle
    from fluent.syntax import FluentParser, ast

    tree = FluentParser(with_spans=False).parse(source)
    junk = [entry for entry in tree.body if isinstance(entry, ast.Junk)]
    if junk:
        first = str(junk[0].content).strip().splitlines()[0]
        raise SchemaError(f"Messages of `{language}` must be Fluent: {len(junk)} entries are not. First: {first!r}.")
    entries = [entry for entry in tree.body if isinstance(entry, ast.Message | ast.Term)]
    slots: dict[str, frozenset[str]] = {}
    for entry in entries:
        for name, pattern in _patterns(entry):
            _need_no_digits(name, pattern)
            if mark:
                _mark(pattern, mark)
            if name in slots:
                raise SchemaError(
                    f"A message must be written once: `{name}` is there twice. Call one of them otherwise."
                )
            slots[name] = frozenset(_slots(name, pattern))
    bundle = FluentBundle([ENGLISH if language == PSEUDO else language], use_isolating=False)
    bundle.add_resource(tree)
    return Catalogue(language, bundle, slots, mark)


def _patterns(entry: Any) -> Iterator[tuple[str, Any]]:
    """A message's value and attributes by name."""
    if entry.value is not None:
        yield entry.id.name, entry.value
    for attribute in entry.attributes:
        yield f"{entry.id.name}.{attribute.id.name}", attribute.value


def _nodes(node: Any) -> Iterator[Any]:
    """A node of the syntax tree and all below it."""
    from fluent.syntax import ast

    yield node
    for value in vars(node).values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.BaseNode):
                yield from _nodes(each)


def _need_no_digits(name: str, pattern: Any) -> None:
    from fluent.syntax import ast

    keys = {id(node.key) for node in _nodes(pattern) if isinstance(node, ast.Variant)}
    for node in _nodes(pattern):
        text = node.value if isinstance(node, ast.TextElement | ast.StringLiteral) else ""
        if _DIGIT.search(text) or (isinstance(node, ast.NumberLiteral) and id(node) not in keys):
            raise SchemaError(f"A message's own words must hold no digits: `{name}` does. Give the number as a slot.")


def _mark(pattern: Any, mark: Callable[[str], str]) -> None:
    from fluent.syntax import ast

    for node in _nodes(pattern):
        if isinstance(node, ast.TextElement):
            node.value = mark(node.value)


def _slots(name: str, pattern: Any) -> Iterator[str]:
    from fluent.syntax import ast

    for node in _nodes(pattern):
        if not isinstance(node, ast.VariableReference) or node.id.name in CONSTANTS:
            continue
        slot, _, part = node.id.name.partition("-")
        if part and part not in SLOT_PARTS:
            raise SchemaError(
                f"Message `{name}` asks for `${node.id.name}`: a slot has no `{part}`. It has: {', '.join(SLOT_PARTS)}."
            )
        yield slot
