"""Numbers, money, days and names look as the page's language writes them."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Finding
from cemlab.show import format as formats
from cemlab.show.format import Style

ENGLISH = Style(currency="EUR")
GERMAN = Style("de", "de-DE", "EUR")
NAN = math.nan


@pytest.mark.parametrize(
    ("language", "locale", "written"),
    [
        ("en", "en-GB", "en-GB"),
        ("en", "en-US", "en-US"),
        ("en", "de-DE", "en-GB"),
        ("de", "de-AT", "de-AT"),
        ("de", "en-GB", "de-DE"),
        ("qps", "de-DE", "en-GB"),
    ],
)
def test_a_locale_counts_only_in_its_own_language(language: str, locale: str, written: str) -> None:
    assert Style.of(LabInfo("a", "A", "UTC", locale=locale, language=language)).locale == written


@pytest.mark.parametrize(
    ("half_width", "rounded", "digits"),
    [
        (1.1, False, 0),
        (0.3, False, 1),
        (0.02, False, 2),
        (12, False, 0),
        (6_500, True, -3),
        (0, False, 0),
        (NAN, True, 0),
        (math.inf, False, 0),
        (-1, False, 0),
        (1e-12, False, 6),
    ],
)
def test_decimals_follow_the_half_width(half_width: float, rounded: bool, digits: int) -> None:
    assert formats.decimals(half_width, rounded=rounded) == digits


@pytest.mark.parametrize(
    ("value", "digits", "english", "german"),
    [
        (13_612, 0, "13,612", "13.612"),
        (-53.4161, 1, "−53.4", "−53,4"),
        (38_426, -3, "38,000", "38.000"),
        (-0.2, 0, "0", "0"),
        (NAN, 0, "–", "–"),
        (math.inf, 0, "–", "–"),
    ],
)
def test_numbers(value: float, digits: int, english: str, german: str) -> None:
    assert formats.number(value, digits, style=ENGLISH) == english
    assert formats.number(value, digits, style=GERMAN) == german


@pytest.mark.parametrize(
    ("value", "unit", "digits", "english", "german"),
    [
        (0.643, "share", 0, "64%", "64\xa0%"),
        (0.6432, "share", 1, "64.3%", "64,3\xa0%"),
        (38_426, "currency", -3, "€38,000", "38.000\xa0€"),
        (-38.5, "currency", 1, "−€38.50", "−38,50\xa0€"),
        (27, "points", 0, "27\xa0points", "27\xa0Punkte"),
        (0.05, "percentage points", 0, "5\xa0percentage points", "5\xa0Prozentpunkte"),
        (4850, "answers", 0, "4,850", "4.850"),
        (1.5, "ratio", 1, "1.5", "1,5"),
        (NAN, "share", 0, "–", "–"),
    ],
)
def test_amounts(value: float, unit: str, digits: int, english: str, german: str) -> None:
    assert formats.amount(value, unit, digits, style=ENGLISH) == english
    assert formats.amount(value, unit, digits, style=GERMAN) == german


def test_a_bare_amount_keeps_signs_and_leaves_words_out() -> None:
    assert formats.amount(27, "points", bare=True) == "27"
    assert formats.amount(0.64, "share", bare=True) == "64%"
    assert formats.amount(38_426, "currency", -3, style=GERMAN, bare=True) == "38.000\xa0€"


@pytest.mark.parametrize(
    ("low", "high", "unit", "english", "german"),
    [
        (27.4, 32.1, "points", "27 to 32", "27 bis 32"),
        (-3.4, 2.9, "points", "−3 to 3", "−3 bis 3"),
        (0.62, 0.67, "share", "62% to 67%", "62\xa0% bis 67\xa0%"),
        (NAN, 3.0, "points", "–", "–"),
        (3.0, NAN, "points", "–", "–"),
    ],
)
def test_intervals(low: float, high: float, unit: str, english: str, german: str) -> None:
    assert formats.interval(low, high, unit, style=ENGLISH) == english
    assert formats.interval(low, high, unit, style=GERMAN) == german


def test_levels_have_the_decimals_that_they_need() -> None:
    assert [formats.level(each) for each in (0.95, 0.9, 0.995, 0.9995)] == ["95%", "90%", "99.5%", "99.95%"]
    assert formats.level(0.995, style=GERMAN) == "99,5\xa0%"


def test_no_limit_is_rounded_onto_no_difference() -> None:
    found = Finding("d", 4.0, "points", ci_low=0.3, ci_high=7.7, level=0.95)
    assert formats.finding_digits(found) == 1
    assert formats.finding_digits(Finding("d", 4.0, "points", ci_low=-0.3, ci_high=8.3, level=0.95)) == 0


@pytest.mark.parametrize(
    ("date", "english", "german"),
    [
        ("2017-05-30", "30 May 2017", "30. Mai 2017"),
        (dt.date(2024, 3, 1), "1 March 2024", "1. März 2024"),
        ("2024-03-01T10:15:00", "1 March 2024", "1. März 2024"),
        ("wave 3", "wave 3", "wave 3"),
        ("", "", ""),
    ],
)
def test_days(date: str | dt.date, english: str, german: str) -> None:
    assert formats.day(date, style=ENGLISH) == english
    assert formats.day(date, style=GERMAN) == german


def test_days_within_a_text() -> None:
    assert formats.days_in("from 2024-01-01 on", style=GERMAN) == "from 1. Januar 2024 on"
    assert formats.days_in("run 12024-01-011") == "run 12024-01-011"


@pytest.mark.parametrize(
    ("period", "english", "german"),
    [
        ("week", "week of 1 April 2024", "Woche vom 1. April 2024"),
        ("month", "April 2024", "April 2024"),
        ("quarter", "Q2 2024", "Q2 2024"),
        ("year", "2024", "2024"),
        ("wave", "wave of 1 April 2024", "Welle vom 1. April 2024"),
        ("", "2024-04-01", "2024-04-01"),
    ],
)
def test_periods(period: str, english: str, german: str) -> None:
    assert formats.period_name("2024-04-01", period=period, style=ENGLISH) == english
    assert formats.period_name("2024-04-01", period=period, style=GERMAN) == german


@pytest.mark.parametrize(
    ("length", "unit", "english", "german"),
    [
        (1, "days", "1\xa0day", "1\xa0Tag"),
        (30, "days", "30\xa0days", "30\xa0Tage"),
        (1, "months", "1\xa0month", "1\xa0Monat"),
        (1.5, "months", "1.5\xa0months", "1,5\xa0Monate"),
        (NAN, "days", "–", "–"),
    ],
)
def test_spans(length: float, unit: str, english: str, german: str) -> None:
    assert formats.span(length, unit, style=ENGLISH) == english
    assert formats.span(length, unit, style=GERMAN) == german


@pytest.mark.parametrize(
    ("names", "english", "german"),
    [
        ([], "", ""),
        (["A"], "A", "A"),
        (["A", "B"], "A and B", "A und B"),
        (["A", "B", "C"], "A, B and C", "A, B und C"),
    ],
)
def test_lists(names: list[str], english: str, german: str) -> None:
    assert formats.listed(names, style=ENGLISH) == english
    assert formats.listed(names, style=GERMAN) == german


def test_headings_name_units() -> None:
    units = ("share", "currency", "points", "percentage points", "ratio", "answers")
    assert [formats.unit_heading(each, style=ENGLISH) for each in units] == [
        "%",
        "€",
        "points",
        "percentage points",
        "",
        "",
    ]
    assert [formats.unit_heading(each, style=GERMAN) for each in units] == ["%", "€", "Punkte", "Prozentpunkte", "", ""]
