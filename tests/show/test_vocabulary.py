"""The same column has the same words on every page, and the lab's own words come first."""

from __future__ import annotations

import pytest

from cemlab.show import vocabulary
from cemlab.show.format import Style

GERMAN = Style("de", "de-DE")


@pytest.mark.parametrize(
    ("name", "english", "inline", "german"),
    [
        ("nps", "NPS", "NPS", "NPS"),
        (
            "mde",
            "Smallest detectable difference",
            "Smallest detectable difference",
            "Kleinster nachweisbarer Unterschied",
        ),
        ("to-detect", "Difference", "difference", "Unterschied"),
        ("p_value", "p-value", "p-value", "p-Wert"),
        ("visit_band", "Visit band", "visit band", "Visit band"),
        ("ratings:visit_band", "Visit band", "visit band", "Visit band"),
    ],
)
def test_columns(name: str, english: str, inline: str, german: str) -> None:
    assert vocabulary.label(name) == english
    assert vocabulary.label(name, inline=True) == inline
    assert vocabulary.label(name, style=GERMAN) == german


def test_columns_of_windows_and_channels() -> None:
    assert vocabulary.label("complaints_90d") == "Complaints, last 90 days"
    assert "help line" in vocabulary.label("contacts_help_line_share")


def test_the_words_of_the_lab_come_first() -> None:
    style = Style("de", "de-DE", labels={"region": "Bundesland", "nps": "Empfehlung"})
    assert vocabulary.label("region", style=style) == "Bundesland"
    assert vocabulary.label("nps", style=style, inline=True) == "Empfehlung"


def test_what_is_counted() -> None:
    assert [vocabulary.counted(each) for each in ("answers", "customers", "rows", "points")] == [
        "Answers",
        "Customers",
        "Rows",
        "Count",
    ]
    assert [
        vocabulary.counted(each, style=GERMAN) for each in ("answers", "customers", "rows", "spells", "points")
    ] == [
        "Antworten",
        "Kunden",
        "Zeilen",
        "Beziehungen",
        "Anzahl",
    ]


def test_groups_of_answers() -> None:
    assert [vocabulary.group(each) for each in ("promoter", "top box", "level 3")] == [
        "promoters",
        "top boxes",
        "level 3",
    ]
    assert [vocabulary.group(each, style=GERMAN) for each in ("promoter", "top box", "level 3")] == [
        "Promotoren",
        "Top-Boxen",
        "level 3",
    ]
