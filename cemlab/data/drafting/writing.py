"""A draft as the text of a lab.toml, with what is sure, what is a guess, and what only the user knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cemlab.core.errors import one_line
from cemlab.core.names import OWN_NAMES
from cemlab.core.schemas import TABLES
from cemlab.data.drafting.exports import Export, Plan
from cemlab.data.drafting.samples import Sample, relative

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_SEGMENTS = 3
_SEGMENT_CODES = 8
_SURE = "sure"
_LONGEST_REMARK = 1_000
_HEADERS = frozenset({"from", "minus_months", "minus_days", "column", "key", "value", "product"})


def file_name(export: Export, *, folder: Path) -> str:
    """Return the name by which a lab file looks values up in an export.

    Parameters
    ----------
    export : Export
        One file, or several.
    folder : Path
        Where the lab file will lie.

    Returns
    -------
    str
        Of its first file.
    """
    return relative(export.samples[0].path, to=folder)


def reading(export: Export, *, folder: Path) -> dict[str, Any]:
    """Return the keys that say how an export is read.

    Parameters
    ----------
    export : Export
        The files.
    folder : Path
        Where the lab file will lie.

    Returns
    -------
    dict
        Keys and values of a source.
    """
    first: Sample = export.samples[0]
    files = [relative(sample.path, to=folder) for sample in export.samples]
    keys: dict[str, Any] = {"file": files[0]} if len(files) == 1 else {"files": files}
    if first.encoding not in ("", "utf-8"):
        keys["encoding"] = first.encoding
    if first.delimiter not in ("", ",") and not (first.delimiter == "\t" and first.path.suffix in (".tsv", ".tab")):
        keys["delimiter"] = first.delimiter
    if not first.named:
        keys["header"] = list(first.header)
    if any(header != header.strip() for header in first.header):
        keys["strip_headers"] = True
    missing = sorted({code for each in export.profiles if not each.free_text for code in each.missing})
    if missing:
        keys["missing"] = missing
    return keys


def lab_text(lab: Mapping[str, Any], plans: Sequence[Plan], *, folder: Path, notes: Sequence[str]) -> str:
    """Return the whole lab file.

    Parameters
    ----------
    lab : mapping
        Keys of ``[lab]``, each with its value and its comment.
    plans : sequence of Plan
        The sources.
    folder : Path
        Where it will lie.
    notes : sequence of str
        Lines for its top.

    Returns
    -------
    str
        TOML with comments.
    """
    lines = [f"# {_remark(note)}".rstrip() for note in notes] + ["", "[lab]"]
    lines += [f"{key} = {_toml(value)}{_comment(comment)}" for key, (value, comment) in lab.items()]
    for plan in plans:
        lines += ["", f"# one row: {TABLES[plan.table].row}", *_source(plan, folder=folder)]
    return "\n".join(lines) + "\n"


_DOUBTS = {
    "encoding": "guessed from the bytes",
    "missing": 'are these "no value" in every column?',
    "header": "the file has no header: name its columns",
    "undated": "no column says when a row became known",
    "items": "which are items of the survey?",
    "where": "rows without this step are left out",
    "one_per": "it has several rows for one of these",
    "sum": "added up over these rows",
}
"""What is doubtful about a key of a source."""


def _source(plan: Plan, *, folder: Path) -> Iterator[str]:
    strip = any(header != header.strip() for header in plan.file.samples[0].header)
    yield f"[[{plan.table}]]"
    for key, value in (reading(plan.file, folder=folder) | plan.options).items():
        shown = _stripped(value) if strip and key in ("items", "where") else value
        yield f"{key} = {_toml(shown)}{_comment(_DOUBTS.get(key, _SURE))}"
    yield f"[{plan.table}.columns]"
    for guess in plan.guesses:
        full = _stripped(guess.value) if strip else guess.value
        value = full["from"] if list(full) == ["from"] else full
        note = f"; {guess.note}" if guess.note else ""
        yield f"{guess.column} = {_toml(value)}{_comment((guess.doubt or _SURE) + note)}"


def _stripped(value: Any) -> Any:
    """The same with headers as they read once their blanks are off."""
    if isinstance(value, dict):
        return {
            key: _stripped(each) if key in _HEADERS or isinstance(each, dict) else each for key, each in value.items()
        }
    if isinstance(value, list):
        return [_stripped(each) for each in value]
    return value.strip() if isinstance(value, str) else value


def _comment(doubt: str) -> str:
    if not doubt:
        return ""
    return f"   # {_remark(doubt)}" if doubt.startswith(_SURE) else f"   # check: {_remark(doubt)}"


def _remark(text: str) -> str:
    """A comment ends with its line, and a header or a code may hold a line end."""
    return one_line(text, most=_LONGEST_REMARK)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        # a JSON string is a TOML basic string, but for the characters that only JSON leaves bare or takes in halves
        whole = value.encode("utf-8", errors="replace").decode("utf-8")
        return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    return "[" + ", ".join(_toml(each) for each in value) + "]"


def _key(key: str) -> str:
    return key if _BARE.match(key) else _toml(key)


def comparable(plans: Sequence[Plan]) -> list[str]:
    """Return columns by which customers could be compared.

    Parameters
    ----------
    plans : sequence of Plan
        The sources.

    Returns
    -------
    list of str
        Up to three columns of the lab's own with a few named groups.
    """
    found = []
    for plan in (each for each in plans if each.table in ("customers", "responses")):
        groups = {
            each.header: len(each.codes)
            for each in plan.file.profiles
            if each.type in ("text", "boolean") or each.leading_zeros
        }
        found += [
            guess.column
            for guess in plan.guesses
            if not TABLES[plan.table].column(guess.column)
            and guess.column not in OWN_NAMES
            and not guess.value.get("personal")
            and 2 <= groups.get(str(guess.value.get("from")), 0) <= _SEGMENT_CODES
        ]
    return list(dict.fromkeys(found))[:_SEGMENTS]
