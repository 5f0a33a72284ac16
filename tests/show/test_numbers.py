"""Numbers as a reader sees them: precision that follows the interval, the lab's separators."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cemlab.core.results import Aspect, Finding, Name, Quote, Sentence, Unit
from cemlab.show import numbers


def _finding(value: float, half: float, *, unit: str = "points", **more: object) -> Finding:
    return Finding("k", value, unit, ci_low=value - half, ci_high=value + half, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("half", "printed"),
    [
        (1.1, "53 points"),
        (0.3, "53.4 points"),
        (0.04, "53.42 points"),
        (12, "53 points"),
        (1.0, "53 points"),
        (0.999, "53.4 points"),
        (0, "53 points"),
        (math.nan, "53 points"),
    ],
)
def test_first_digit_of_the_half_width_sets_the_last_of_the_estimate(half: float, printed: str) -> None:
    assert numbers.shown(_finding(53.4161, half)) == printed


@given(
    value=st.floats(-1e6, 1e6),
    half=st.floats(1e-4, 1e4),
    unit=st.sampled_from(["points", "days", "share"]),
)
def test_printed_value_lies_within_half_a_unit_of_its_last_digit(value: float, half: float, unit: str) -> None:
    finding = _finding(value, half, unit=unit)
    text = numbers.shown(finding, bare=True).replace(",", "").replace("−", "-").removesuffix(" %")
    last = 10.0 ** -len(text.partition(".")[2])
    exact = value * 100 if unit == "share" else value
    assert abs(float(text) - exact) <= last / 2 + 1e-9 * max(1, abs(exact))


@given(value=st.floats(-100, 100), half=st.floats(1e-3, 50))
def test_last_digit_is_no_finer_than_a_tenth_of_the_half_width(value: float, half: float) -> None:
    digits = numbers.decimals(half)
    assert digits == 0 or 10.0**-digits <= half < 10.0 ** (1 - digits) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("locale", "printed"),
    [("en-GB", "−13,612.5"), ("de-DE", "−13.612,5"), ("fr-FR", "−13\u202f612,5"), ("de", "−13.612,5")],
)
def test_thousands_decimals_and_minus_are_the_locales(locale: str, printed: str) -> None:
    assert numbers.number(-13612.49, 1, locale=locale) == printed


def test_nothing_is_printed_as_minus_zero() -> None:
    assert numbers.number(-0.04, 1) == "0.0"


def test_what_is_no_number_is_a_dash() -> None:
    assert [numbers.number(value) for value in (math.nan, math.inf)] == ["–", "–"]


def test_share_is_percent_and_a_count_has_no_unit() -> None:
    assert numbers.shown(_finding(0.622, 0.008, unit="share")) == "62.2 %"
    assert numbers.shown(Finding("k", 13612.0, "answers")) == "13,612"


def test_suppressed_numbers_are_not_shown_in_any_aspect() -> None:
    hidden = Finding("k", 7.0, "points", ci_low=1, ci_high=9, n=4, mde=3, std_error=2, suppressed=True, min_n=10)
    aspects: tuple[Aspect, ...] = ("value", "magnitude", "interval", "mde", "std_error")
    assert {numbers.shown(Quote(hidden, aspect)) for aspect in aspects} == {numbers.NOT_SHOWN}
    assert numbers.shown(Quote(hidden, "n")) == "< 10"


@pytest.mark.parametrize(
    ("mde", "printed"),
    [(3.01, "4 points"), (4.0, "4 points"), (5.9, "6 points"), (0.31, "0.4 points"), (27.2, "28 points")],
)
def test_detectable_difference_is_rounded_up(mde: float, printed: str) -> None:
    assert numbers.shown(Quote(Finding("k", 1.0, "points", mde=mde), "mde")) == printed


def test_detectable_difference_that_is_unknown_is_a_dash() -> None:
    assert numbers.shown(Quote(Finding("k", 1.0, "points"), "mde")) == "– points"


@given(mde=st.floats(0.001, 1e4))
def test_detectable_difference_is_never_printed_smaller_than_it_is(mde: float) -> None:
    text = numbers.shown(Quote(Finding("k", 1.0, "points", mde=mde), "mde"), bare=True)
    assert float(text.replace(",", "")) >= mde * (1 - 1e-6)


@pytest.mark.parametrize(("level", "printed"), [(0.95, "95 %"), (0.58, "58 %"), (0.999, "99.9 %"), (0.9995, "99.95 %")])
def test_level_is_printed_with_the_digits_that_it_has(level: float, printed: str) -> None:
    assert numbers.shown(Quote(Finding("k", 1.0, "points", level=level), "level")) == printed


def test_interval_has_the_precision_of_its_estimate() -> None:
    assert numbers.shown(Quote(_finding(53.4161, 1.0943), "interval")) == "52 and 55 points"
    assert numbers.shown(Quote(_finding(-8.2, 2.4), "interval"), locale="de-DE") == "−11 and −6 points"


def test_magnitude_has_no_sign() -> None:
    assert numbers.shown(Quote(_finding(-8.2, 2.4), "magnitude")) == "8 points"


def test_sentence_is_printed_part_by_part() -> None:
    said = Sentence(Name("Q1 2024"), " is ", _finding(1204.5, 30), ".")
    assert numbers.plain(said, locale="de-DE") == "Q1 2024 is 1.204 points."


@pytest.mark.parametrize(
    ("period", "name"),
    [("week", "week of 2024-03-04"), ("month", "2024-03"), ("quarter", "2024 Q1"), ("year", "2024")],
)
def test_periods_have_the_names_that_readers_use(period: str, name: str) -> None:
    assert numbers.period_name("2024-03-04", period=period) == name


@pytest.mark.parametrize(
    ("unit", "low", "high", "said"),
    [
        ("ratio", 0.70, 0.9949, "0.70 and 0.99"),
        ("ratio", 0.70, 1.04, "0.7 and 1.0"),
        ("points", 0.3, 12.4, "0.3 and 12.4"),
        ("points", -0.3, 12.4, "0 and 12"),
        ("share", 0.001, 0.08, "0 and 8 %"),
    ],
)
def test_a_limit_is_not_rounded_onto_no_difference(unit: Unit, low: float, high: float, said: str) -> None:
    found = Finding("f", (low + high) / 2, unit, ci_low=low, ci_high=high)
    assert numbers.shown(Quote(found, "interval"), bare=unit == "points") == said
