"""What a played page says, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from in_process import Played

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show.format import plain


def _part(part: Mapping[str, Any]) -> Part:
    if "finding" in part:
        found: dict[str, Any] = {
            name: float("nan") if value is None else value for name, value in part["finding"].items()
        }
        return Quote(Finding(**found), part["aspect"])
    return Name(part["name"]) if "name" in part else part["words"]


def sentences(recorded: Iterable[list[Mapping[str, Any]]]) -> list[str]:
    """Recorded sentences as a reader sees them."""
    return [plain(Sentence(*(_part(part) for part in each))) for each in recorded]


def answer(played: Played) -> list[str]:
    """The sentences of the answer."""
    (record,) = (each for each in played.records if each["kind"] == "answer")
    return sentences(record["sentences"])


def body(played: Played) -> list[str]:
    """The sentences of the sections."""
    return [each for record in played.records if record["kind"] == "say" for each in sentences(record["sentences"])]
