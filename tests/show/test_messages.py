"""All words of pages stand in the catalogue: a language is a file, and what it lacks is said in English."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import odd_labs
import pytest
from in_process import play

from cemlab.core.errors import SchemaError
from cemlab.core.results import Finding, Name
from cemlab.show import messages, say
from cemlab.show.format import Style

SCORE = Finding("nps.overall", 30.2, "points", ci_low=27.4, ci_high=32.1, level=0.95, n=4850.0)
GERMAN = Style("de", "de-DE")


@pytest.mark.parametrize("language", messages.languages())
def test_each_language_has_the_slots_of_the_english_messages(language: str) -> None:
    english, own = messages.catalogue(), messages.catalogue(language)
    assert set(own.slots) <= set(english.slots)
    assert [name for name, slots in own.slots.items() if not slots <= english.slots[name]] == []


def test_a_message_in_two_languages() -> None:
    level = say.message("nps-level", score=SCORE, metric=Name("NPS"))
    assert say.text(level) == "NPS is 30 (95% CI 27 to 32)."
    assert say.text(level, style=GERMAN) == "Der NPS liegt bei 30 (95\xa0%-KI 27 bis 32)."


def test_what_a_language_lacks_is_said_in_english() -> None:
    lacking = next(
        name
        for name in messages.catalogue().slots
        if name not in messages.catalogue("de") and not messages.catalogue().slots[name]
    )
    assert messages.words(lacking, language="de") == messages.words(lacking)


def test_a_language_without_a_file_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(SchemaError, match="`xx` has none"):
        messages.catalogue("xx")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("own = With 3 words", "`own` does"),
        ('own = { "4" }', "`own` does"),
        ("own = { $x-colour }", "a slot has no `colour`"),
        ("own = { $x ->\n  *[a] b", "must be Fluent"),
        ("frame = Twice", "`frame` is there twice|`frame.title`"),
    ],
)
def test_messages_of_a_study_are_checked_as_it_begins(source: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "own.en.ftl").write_text(source if "Twice" not in source else "nps-level = Twice", encoding="utf-8")
    try:
        with pytest.raises(SchemaError, match=words.replace("`frame` is there twice|`frame.title`", "is there twice")):
            messages.add(tmp_path / "own.ipynb")
    finally:
        (tmp_path / "own.en.ftl").write_text("", encoding="utf-8")
        messages.add(tmp_path / "own.ipynb")


def test_a_slot_that_a_message_lacks_is_named() -> None:
    with pytest.raises(SchemaError, match="Give metric too"):
        say.message("nps-level", score=SCORE)
    with pytest.raises(SchemaError, match="There is no message `nps-levle`"):
        say.message("nps-levle")


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The NPS study in a language whose every word of the catalogue is marked."""
    lab = odd_labs.usual()
    lab.more = 'language = "qps"\n' + lab.more
    lab.more = lab.more if lab.more.endswith("\n") else f"{lab.more}\n"
    return play("nps-retrospective", lab.write(tmp_path_factory.mktemp("pseudo")))


def _own_words(parts: list[dict[str, Any]]) -> list[str]:
    """Words of a sentence that are no finding and no name."""
    return [part["words"] for part in parts if "words" in part]


PLAIN_VOWEL = re.compile(r"[aeiouAEIOU]")


def test_every_sentence_comes_from_the_catalogue(pseudo: Any) -> None:
    said = [
        words
        for record in pseudo.records
        if record["kind"] in ("say", "check", "answer")
        for parts in record["sentences"]
        for words in _own_words(parts)
    ]
    assert len(said) > 30
    # a list is joined by Babel, in the words of its locale
    joints = (" and ", ", and ")
    assert [words for words in said if PLAIN_VOWEL.search(words) and words not in joints] == []


def test_titles_captions_and_headings_come_from_the_catalogue(pseudo: Any) -> None:
    figures = [record for record in pseudo.records if record["kind"] == "figure"]
    tables = [record["content"] for record in pseudo.records if record["kind"] == "table"]
    words = [record["caption"] for record in figures] + [record["reading"] for record in figures]
    words += [record["title"] for record in pseudo.records if record["kind"] == "check"]
    words += [each["caption"] for each in tables]
    assert len(words) > 20
    # a metric's own name and a column's level are no words of ours
    left = [re.sub(r"NPS|[A-Z][a-z]*:", "", each) for each in words]
    assert [each for each in left if PLAIN_VOWEL.search(each)] == []
