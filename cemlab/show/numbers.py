"""How numbers look: precision that follows the interval, the lab's thousands and decimals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from cemlab.core.results import Finding, Name, Part, Quote, Sentence

NOT_SHOWN = "not shown"
_UNIT_WORDS = {
    "points": "points",
    "percentage points": "percentage points",
    "scale points": "scale points",
    "days": "days",
    "months": "months",
}
_IN_PERCENT = ("share", "percentage points")
_GROUP_WORDS = {"promoter": "promoters", "passive": "passives", "detractor": "detractors", "top box": "top boxes"}
_NEUTRAL: Mapping[str, float] = {"ratio": 1.0, "points": 0.0, "percentage points": 0.0, "scale points": 0.0}
"""Where a difference, or a ratio, is none."""
_MOST_DIGITS = 6
_COUNTED = ("customers", "answers", "rows")


def decimals(half_width: float) -> int:
    """Return how many decimals an estimate deserves, given half the width of its interval.

    The first significant digit of the half-width sets the last digit of the estimate.

    Parameters
    ----------
    half_width : float
        In the unit that is printed. 0 or NaN (no interval) gives 0.

    Returns
    -------
    int
        0 to 6.

    Examples
    --------
    >>> decimals(1.1), decimals(0.3), decimals(0.04), decimals(12)
    (0, 1, 2, 0)
    """
    if not math.isfinite(half_width) or half_width <= 0:
        return 0
    return min(_MOST_DIGITS, max(0, -math.floor(math.log10(half_width))))


def number(value: float, digits: int = 0, *, locale: str = "en-GB") -> str:
    """Return `value` with thousands separated and decimals as the locale writes them.

    Parameters
    ----------
    value : float
        Any finite number; NaN gives an en dash.
    digits : int, default 0
        Decimals.
    locale : str, default "en-GB"
        Language and region.

    Returns
    -------
    str
        With a true minus sign.

    Examples
    --------
    >>> number(13612), number(-53.4161, digits=1, locale="fr-FR")
    ('13,612', '−53,4')
    """
    from babel.numbers import format_decimal

    if not math.isfinite(value):
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text: str = format_decimal(round(value, digits) + 0.0, format=pattern, locale=locale.replace("-", "_"))
    return text.replace("-", "−")


def scaled(value: float, unit: str) -> float:
    """Return a number as it is printed: a share in percent, everything else as it is.

    Parameters
    ----------
    value : float
        In `unit`.
    unit : str
        Unit of an estimate.

    Returns
    -------
    float
        In the unit that is printed.
    """
    return value * 100 if unit in _IN_PERCENT else value


def with_unit(text: str, unit: str) -> str:
    """Return a printed number followed by its unit.

    Parameters
    ----------
    text : str
        The number as printed.
    unit : str
        Unit of an estimate.

    Returns
    -------
    str
        Without a unit word for counts, ratios and money.
    """
    if unit == "share":
        return f"{text} %"
    return f"{text} {_UNIT_WORDS[unit]}" if unit in _UNIT_WORDS else text


def unit_heading(unit: str) -> str:
    """Return a unit as an axis or a column's heading names it.

    Parameters
    ----------
    unit : str
        Unit of an estimate.

    Returns
    -------
    str
        ``%`` of a share.
    """
    return "%" if unit == "share" else unit


def group_words(group: str) -> str:
    """Return a group of answers as a reader calls it.

    Parameters
    ----------
    group : str
        As in `cemlab.core.metrics.MetricScale.groups`.

    Returns
    -------
    str
        In the plural where it has one.

    Examples
    --------
    >>> group_words("promoter"), group_words("low effort")
    ('promoters', 'low effort')
    """
    return _GROUP_WORDS.get(group, group)


def finding_digits(finding: Finding) -> int:
    """Return the decimals that a finding's interval allows.

    Parameters
    ----------
    finding : Finding
        With its interval, if it has one.

    Returns
    -------
    int
        In the unit that is printed.
    """
    digits = decimals(scaled((finding.ci_high - finding.ci_low) / 2, finding.unit))
    if finding.unit not in _NEUTRAL:
        return digits
    # a limit that only rounding puts on "no difference" would belie a sentence that calls it one
    neutral = _NEUTRAL[finding.unit]
    ends = [scaled(end, finding.unit) for end in (finding.ci_low, finding.ci_high)]
    hidden = [end for end in ends if end != neutral and (ends[0] > neutral or ends[1] < neutral)]
    while digits < _MOST_DIGITS and any(round(end, digits) == neutral for end in hidden):
        digits += 1
    return digits


def rough(value: float) -> float:
    """Return a number to two significant figures, for a sum that has no interval to set its precision.

    Parameters
    ----------
    value : float
        Any; NaN stays NaN.

    Returns
    -------
    float
        Rounded.

    Examples
    --------
    >>> rough(25270.7), rough(3.14)
    (25000.0, 3.1)
    """
    return float(f"{value:.2g}")


def shown(part: Part, *, locale: str = "en-GB", bare: bool = False) -> str:
    """Return one part of a sentence as text.

    Parameters
    ----------
    part : str, Name, Quote or Finding
        Literal words and names come back as they are; a finding as its value with unit.
    locale : str, default "en-GB"
        Language and region.
    bare : bool, default False
        True to leave the unit out.

    Returns
    -------
    str
        ``not shown`` for a suppressed number, ``< 10`` for its n.
    """
    if isinstance(part, str):
        return part
    if isinstance(part, Name):
        return part.text
    quote = part if isinstance(part, Quote) else Quote(part)
    return _aspect(quote, locale=locale, bare=bare)


def _aspect(quote: Quote, *, locale: str, bare: bool) -> str:
    finding, digits = quote.finding, finding_digits(quote.finding)

    def _print_one(value: float, places: int = digits) -> str:
        return number(scaled(value, finding.unit), digits=places, locale=locale)

    if quote.aspect == "level":
        return level_text(finding.level, locale=locale)
    if quote.aspect == "n":
        return f"< {finding.min_n}" if finding.suppressed else number(finding.n, locale=locale)
    if finding.suppressed:
        return NOT_SHOWN
    if quote.aspect == "interval":
        text = f"{_print_one(finding.ci_low)} and {_print_one(finding.ci_high)}"
    elif quote.aspect == "floor":
        floor = scaled(finding.floor, finding.unit)
        text = number(floor, 0 if floor == round(floor) else decimals(floor) + 1, locale=locale)
    elif quote.aspect == "mde":
        mde = scaled(finding.mde, finding.unit)
        places = 0 if mde >= 5 else decimals(mde / 2)
        text = number(rounded_up(mde, digits=places), places, locale=locale)
    elif quote.aspect == "std_error":
        text = _print_one(finding.std_error, digits + 1)
    elif quote.aspect == "precise":
        text = _print_one(finding.value, digits + 1)
    else:
        text = _print_one(abs(finding.value) if quote.aspect == "magnitude" else finding.value)
    unit = "percentage points" if finding.unit == "share" and quote.aspect == "std_error" else finding.unit
    return text if bare or unit in _COUNTED else with_unit(text, unit)


def rounded_up(difference: float, *, digits: int) -> float:
    """Return a detectable difference rounded up: one smaller than is printed may go unseen.

    Parameters
    ----------
    difference : float
        At least 0; NaN stays NaN.
    digits : int
        Decimals to keep.

    Returns
    -------
    float
        Not below `difference`, but for what a float cannot hold.

    Examples
    --------
    >>> rounded_up(3.2, digits=0), rounded_up(0.31, digits=1)
    (4.0, 0.4)
    """
    if not math.isfinite(difference):
        return difference
    unit = 10.0**-digits
    return round(math.ceil(difference / unit - 1e-9) * unit, digits)


def level_text(level: float, *, locale: str = "en-GB") -> str:
    """Return a confidence level in percent, with as many decimals as it has.

    Parameters
    ----------
    level : float
        In (0, 1).
    locale : str, default "en-GB"
        Language and region.

    Returns
    -------
    str
        With the sign of percent.

    Examples
    --------
    >>> level_text(0.95), level_text(0.9995)
    ('95 %', '99.95 %')
    """
    digits = len(f"{level * 100:.6f}".rstrip("0").partition(".")[2])
    return f"{number(level * 100, digits, locale=locale)} %"


def period_name(day: str, *, period: str) -> str:
    """Return a step of time as a reader calls it.

    Parameters
    ----------
    day : str
        Its first day, ISO.
    period : {"week", "month", "quarter", "year", "wave"}
        Its length.

    Returns
    -------
    str
        Such as ``2024-03``, ``2024 Q1``, ``2024``, or ``week of 2024-03-04``.

    Examples
    --------
    >>> period_name("2024-04-01", period="quarter"), period_name("2024-04-01", period="month")
    ('2024 Q2', '2024-04')
    """
    year, month = day[:4], int(day[5:7])
    return {"year": year, "quarter": f"{year} Q{(month + 2) // 3}", "month": day[:7]}.get(period, f"{period} of {day}")


def plain(sentence: Sentence, *, locale: str = "en-GB") -> str:
    """Return a sentence as plain text.

    Parameters
    ----------
    sentence : Sentence
        Words, names and findings.
    locale : str, default "en-GB"
        Language and region.

    Returns
    -------
    str
        The text a reader sees.

    Examples
    --------
    >>> nps = Finding("nps.overall", 53.4161, "points", ci_low=52.3, ci_high=54.5)
    >>> plain(Sentence("The NPS is ", nps, ", between ", Quote(nps, "interval"), "."))
    'The NPS is 53 points, between 52 and 54 points.'
    """
    return "".join(shown(part, locale=locale) for part in sentence.parts)


def interval_text(low: float, high: float, *, digits: int = 0, locale: str = "en-GB") -> str:
    """Return an interval as a table shows it.

    Parameters
    ----------
    low, high : float
        In the unit that is printed.
    digits : int, default 0
        Decimals.
    locale : str, default "en-GB"
        Language and region.

    Returns
    -------
    str
        Such as ``31 to 38``.
    """
    return f"{number(low, digits=digits, locale=locale)} to {number(high, digits=digits, locale=locale)}"


def listed(names: Iterable[str]) -> str:
    """Return names as a list in words.

    Parameters
    ----------
    names : iterable of str
        In the order in which they are to be read.

    Returns
    -------
    str
        Empty for none.

    Examples
    --------
    >>> listed(["North", "South", "East"])
    'North, South and East'
    """
    items = list(names)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
