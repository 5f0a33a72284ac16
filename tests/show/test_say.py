"""What a slot gives a message: each part of it, in the page's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cemlab.core.errors import SchemaError
from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.show import messages, say
from cemlab.show.format import Style

GERMAN = Style("de", "de-DE")
SCORE = Finding(
    "nps.region",
    -30.24,
    "points",
    label="NPS",
    scope={"region": "North"},
    period="2024-03-01",
    std_error=1.25,
    ci_low=-32.6,
    ci_high=-27.9,
    level=0.95,
    n=4850.0,
    p_value=0.001,
    mde=6.01,
    floor=3.0,
    flagged=True,
)
OF_A_FINDING = {
    "": "−30\xa0points",
    "bare": "−30",
    "ci": "95% CI −33 to −28",
    "interval": "−33 to −28",
    "span": "28 to 33",
    "n": "4,850",
    "magnitude": "30\xa0points",
    "precise": "−30.2\xa0points",
    "mde": "7\xa0points",
    "floor": "3\xa0points",
    "level": "95%",
    "se": "1.2\xa0points",
    "low": "−33",
    "high": "−28",
    "outcome": "large",
    "sign": "down",
    "state": "shown",
    "given": "yes",
    "name": "North",
    "by": "region",
    "group": "North",
    "period": "1 March 2024",
    "label": "NPS",
}

Writer = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """``write(en="own = …", de="own = …")`` adds messages, for one test."""
    monkeypatch.setattr(messages, "_ADDED", {})

    def _write(**sources: str) -> None:
        for language, source in sources.items():
            (tmp_path / f"own.{language}.ftl").write_text(source, encoding="utf-8")
        messages.add(tmp_path / "own.ipynb")

    yield _write
    monkeypatch.undo()
    messages.catalogue.cache_clear()


def test_every_part_of_a_slot_is_tested() -> None:
    assert set(OF_A_FINDING) - {""} | {"count"} == set(messages.SLOT_PARTS)


@pytest.mark.parametrize(("part", "words"), OF_A_FINDING.items())
def test_each_part_of_a_finding(part: str, words: str, write: Writer) -> None:
    write(en=f"own = {{ $x{'-' * bool(part)}{part} }}")
    assert say.text(say.message("own", x=SCORE)) == words


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("", "−30\xa0Punkte"),
        ("-ci", "95\xa0%-KI −33 bis −28"),
        ("-precise", "−30,2\xa0Punkte"),
        ("-n", "4.850"),
        ("-period", "1. März 2024"),
    ],
)
def test_parts_are_written_in_the_language_of_the_page(part: str, words: str, write: Writer) -> None:
    source = f"own = {{ $x{part} }}"
    write(en=source, de=source)
    assert say.text(say.message("own", x=SCORE), style=GERMAN) == words


@pytest.mark.parametrize(
    ("changes", "state", "sign"),
    [
        ({}, "shown", "down"),
        ({"value": 4.0, "ci_low": float("nan"), "ci_high": float("nan")}, "bare", "up"),
        ({"value": float("nan")}, "unknown", "down"),
        ({"value": 0.0, "suppressed": True, "min_n": 10}, "withheld", "none"),
    ],
)
def test_what_words_are_chosen_by(changes: dict[str, Any], state: str, sign: str, write: Writer) -> None:
    write(en="own-state = { $x-state }\nown-sign = { $x-sign }")
    found = Finding(**{**vars(SCORE), **changes})
    assert say.text(say.message("own-state", x=found)) == state
    assert say.text(say.message("own-sign", x=found)) == sign


def test_of_a_withheld_finding_no_number_is_said(write: Writer) -> None:
    numbers = ["", "bare", "interval", "span", "magnitude", "precise", "mde", "se", "low", "high"]
    write(en="own = " + " | ".join(f"{{ $x{'-' * bool(part)}{part} }}" for part in numbers) + " | { $x-n }")
    said = say.text(say.message("own", x=Finding(**{**vars(SCORE), "suppressed": True, "min_n": 10})))
    assert said.split(" | ") == ["not shown"] * len(numbers) + ["< 10"]


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        (Name("North"), "North"),
        (Quote(SCORE, "interval"), "−33 to −28"),
        ("month", "month"),
        (True, "yes"),
        (13_612, "13,612"),
        (["North", "South", "East"], "North, South and East"),
        ([], ""),
        (say.Day("2017-05-30"), "30 May 2017"),
        (say.Period("2024-04-01", "quarter"), "Q2 2024"),
        (say.Label("mde"), "Smallest detectable difference"),
        (say.Label("visit_band"), "visit band"),
        (say.Group("promoter"), "promoters"),
        (say.Span(12, "months"), "12\xa0months"),
    ],
)
def test_what_may_fill_a_slot(slot: Any, words: str, write: Writer) -> None:
    write(en="own = { $x }")
    assert say.text(say.message("own", x=slot)) == words


@pytest.mark.parametrize(
    ("slot", "words"), [(1, "1 answer"), (2, "2 answers"), (["a"], "a answer"), (["a", "b"], "a and b answers")]
)
def test_a_count_chooses_between_one_and_many(slot: Any, words: str, write: Writer) -> None:
    write(en="own = { $x } { $x-count ->\n    [one] answer\n   *[other] answers\n }")
    assert say.text(say.message("own", x=slot)) == words


def test_a_count_chooses_words_and_is_not_printed_itself(write: Writer) -> None:
    write(en="own = { $x-count }")
    with pytest.raises(ValueError, match="must hold no digits"):
        say.text(say.message("own", x=SCORE))


@pytest.mark.parametrize(
    ("slot", "given"), [(Name(""), "no"), (Name("x"), "yes"), ("", "no"), ([], "no"), ([1], "yes")]
)
def test_whether_a_slot_is_given(slot: Any, given: str, write: Writer) -> None:
    write(en="own = { $x-given }")
    assert say.text(say.message("own", x=slot)) == given


def test_sentences_in_a_slot_keep_their_findings(write: Writer) -> None:
    write(en="own = Lowest: { $x }.\nown-one = { $one-name } { $one-bare }")
    other = Finding(**{**vars(SCORE), "scope": {"region": "South"}, "value": 12.0, "ci_low": 10.0, "ci_high": 14.0})
    made = say.sentence(say.message("own", x=say.each("own-one", [SCORE, other])))
    assert isinstance(made, Sentence)
    assert [part.finding.value for part in made.parts if isinstance(part, Quote)] == [-30.24, 12.0]
    assert say.text(say.message("own", x=say.each("own-one", [SCORE, other]))) == "Lowest: North −30; South 12."


def test_what_says_how_a_number_was_computed_is_no_group(write: Writer) -> None:
    write(en="own = { $x-name } by { $x-by }")
    found = Finding(**{**vars(SCORE), "scope": {"horizon": "90", "region": "North"}})
    assert say.text(say.message("own", x=found)) == "North by region"


def test_an_attribute_that_a_message_lacks_is_empty(write: Writer) -> None:
    write(en="own = Words\n    .title = A title")
    assert say.text(say.message("own"), attribute="title") == "A title"
    assert say.text(say.message("own"), attribute="caption") == ""


def test_the_slots_of_attributes_are_needed_too(write: Writer) -> None:
    write(en="own = Words\n    .title = { $y }")
    with pytest.raises(SchemaError, match="Message `own` needs the slots y: none were given"):
        say.message("own")


def test_findings_are_ranked_by_size_and_missing_levels_left_out() -> None:
    small = Finding(**{**vars(SCORE), "value": 2.0, "scope": {"region": "unknown"}})
    assert say.ranked([small, SCORE], "large") == [SCORE, small]
    assert say.of_known_groups([small, SCORE]) == [SCORE]
    assert say.ends([small, SCORE, Finding(**{**vars(SCORE), "value": 0.0})]) == [SCORE, small]
