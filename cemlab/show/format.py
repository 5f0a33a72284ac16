"""How numbers, money, days and names look: precision that follows the interval, in the page's language."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cemlab.core.lab import LabInfo
from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import messages

_IN_PERCENT = ("share", "percentage points")
_WITH_WORDS = ("points", "percentage points", "scale points", "days", "months", "weeks", "years")
_ROUNDED = ("currency", "customers", "answers", "rows")
"""Units of which tens, hundreds or thousands are enough where the interval says no more."""
_NEUTRAL: Mapping[str, float] = {"ratio": 1.0, "points": 0.0, "percentage points": 0.0, "scale points": 0.0}
"""Where a difference, or a ratio, is none."""
_MOST_DIGITS = 6
_LEVEL_DIGITS = 6
_USUAL = {"en": "en-GB", "de": "de-DE", messages.PSEUDO: "en-GB"}
DASH = "–"


@dataclass(frozen=True)
class Style:
    """In which language a page is written, and how it writes numbers, days and money.

    Attributes
    ----------
    language : str
        Of its words: a file of `cemlab.show.messages`.
    locale : str
        Language and region of its numbers and days, such as ``en-GB``.
    currency : str
        ISO code; empty when no money is recorded.
    labels : mapping of str to str
        Column → what this lab calls it.
    synthetic : bool
        True when the customers are made up.
    """

    language: str = messages.ENGLISH
    locale: str = "en-GB"
    currency: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    synthetic: bool = False

    @classmethod
    def of(cls, info: LabInfo) -> Style:
        """Return how the pages of a lab look.

        Parameters
        ----------
        info : LabInfo
            Its language decides; its locale counts where it is one of that language, else numbers would be read
            wrongly: "3.060" on an English page.

        Returns
        -------
        Style
            Complete.

        Examples
        --------
        >>> Style.of(LabInfo("a", "A", "UTC", locale="de-DE")).locale
        'en-GB'
        """
        same = info.locale.partition("-")[0] == info.language
        locale = info.locale if same else _USUAL.get(info.language, info.language)
        return cls(info.language, locale, info.currency, MappingProxyType(dict(info.labels)), info.synthetic)

    def words(self, name: str, values: Mapping[str, Any] | None = None) -> str:
        """Return a message in this language.

        Parameters
        ----------
        name : str
            ``message`` or ``message.attribute``.
        values : mapping, optional
            Variable → what stands for it.

        Returns
        -------
        str
            In English where this language has none.
        """
        return messages.words(name, values, language=self.language)

    @property
    def babel(self) -> str:
        """The locale as Babel writes it."""
        return self.locale.replace("-", "_")


PLAIN = Style()


def decimals(half_width: float, *, rounded: bool = False) -> int:
    """Return how many decimals an estimate deserves, given half the width of its interval.

    The first significant digit of the half-width sets the last digit of the estimate.

    Parameters
    ----------
    half_width : float
        In the unit that is printed. 0 or NaN (no interval) gives 0.
    rounded : bool, default False
        True for a number that may be rounded to tens, hundreds, thousands: the result may be negative.

    Returns
    -------
    int
        At most 6.

    Examples
    --------
    >>> decimals(1.1), decimals(0.3), decimals(12), decimals(6_500, rounded=True)
    (0, 1, 0, -3)
    """
    if not math.isfinite(half_width) or half_width <= 0:
        return 0
    digits = -math.floor(math.log10(half_width))
    return min(_MOST_DIGITS, digits if rounded else max(0, digits))


def number(value: float, digits: int = 0, *, style: Style = PLAIN) -> str:
    """Return `value` with thousands separated and decimals as the locale writes them.

    Parameters
    ----------
    value : float
        Any finite number; NaN gives an en dash.
    digits : int, default 0
        Decimals; below 0, tens and thousands are rounded.
    style : Style, optional
        For the locale.

    Returns
    -------
    str
        With a true minus sign.

    Examples
    --------
    >>> number(13612), number(-53.4161, 1, style=Style(locale="fr-FR")), number(38_426, -3)
    ('13,612', '−53,4', '38,000')
    """
    return _formatted(value, digits, _decimal_pattern(digits), style)


def amount(value: float, unit: str, digits: int = 0, *, style: Style = PLAIN, bare: bool = False) -> str:
    """Return a number as it is printed with its unit: "64%", "€38,000", "27 points".

    Parameters
    ----------
    value : float
        In `unit`: a share from 0 to 1.
    unit : str
        Of an estimate.
    digits : int, default 0
        Decimals of what is printed.
    style : Style, optional
        For locale, language and currency.
    bare : bool, default False
        True to leave out what is a word: "points" of points, never the sign of percent or of a currency.

    Returns
    -------
    str
        Counts and ratios have no word.

    Examples
    --------
    >>> amount(0.643, "share"), amount(38_426, "currency", -3, style=Style(currency="EUR")), amount(-3, "points", bare=True)
    ('64%', '€38,000', '−3')
    """
    if not math.isfinite(value):
        return DASH
    if unit == "share":
        return _formatted(100 * value, digits, _percent_pattern(style.babel, digits), style, scale=0.01)
    if unit == "currency" and style.currency:
        return _money(value, digits, style)
    text = number(scaled(value, unit), digits, style=style)
    if bare or unit not in _WITH_WORDS:
        return text
    return f"{text}\N{NO-BREAK SPACE}{style.words('unit-' + unit.replace(' ', '-'))}"


def interval(low: float, high: float, unit: str, *, digits: int = 0, style: Style = PLAIN) -> str:
    """Return an interval as pages write it: "27 to 32", "62% to 67%".

    Parameters
    ----------
    low, high : float
        In `unit`.
    unit : str
        Of an estimate.
    digits : int, default 0
        Decimals.
    style : Style, optional
        For locale and language.

    Returns
    -------
    str
        Without words of units.
    """
    if math.isnan(low) or math.isnan(high):
        return DASH
    ends = (amount(end, unit, digits, style=style, bare=True) for end in (low, high))
    return style.words("interval", dict(zip(("low", "high"), ends, strict=True)))


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


def span(length: float, unit: str, *, style: Style = PLAIN) -> str:
    """Return a length of time: "12 months", "1 day".

    Parameters
    ----------
    length : float
        In the unit.
    unit : {"days", "months"}
        The unit.
    style : Style, optional
        For language and locale.

    Returns
    -------
    str
        With a space that does not break.

    Examples
    --------
    >>> span(1.0, "days"), span(12, "months"), span(0.5, "months")
    ('1\xa0day', '12\xa0months', '0.5\xa0months')
    """
    if not math.isfinite(length):
        return DASH
    whole = length == round(length)
    values = {"n": number(length, 0 if whole else 1, style=style), "count": int(length) if whole else length}
    return style.words(f"span-{unit}", values).replace(" ", "\N{NO-BREAK SPACE}")


def unit_heading(unit: str, *, style: Style = PLAIN) -> str:
    """Return a unit as an axis or a column's heading names it.

    Parameters
    ----------
    unit : str
        Unit of an estimate.
    style : Style, optional
        For language and currency.

    Returns
    -------
    str
        ``%`` of a share, the currency's sign of money, empty for counts and ratios.
    """
    if unit == "share":
        return "%"
    if unit == "currency" and style.currency:
        from babel.numbers import get_currency_symbol

        return str(get_currency_symbol(style.currency, locale=style.babel))
    return style.words("unit-" + unit.replace(" ", "-")) if unit in _WITH_WORDS else ""


def level(value: float, *, style: Style = PLAIN) -> str:
    """Return a confidence level in percent, with as many decimals as it has.

    Parameters
    ----------
    value : float
        In (0, 1).
    style : Style, optional
        For the locale.

    Returns
    -------
    str
        With the sign of percent.

    Examples
    --------
    >>> level(0.95), level(0.9995)
    ('95%', '99.95%')
    """
    digits = len(f"{value * 100:.{_LEVEL_DIGITS}f}".rstrip("0").partition(".")[2])
    return amount(value, "share", digits, style=style)


def precision(table: Any, *, unit: str, finer: int = 0) -> int:
    """Return the decimals that the median interval of a table allows.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``ci_low`` and ``ci_high``, in `unit`; without them 0.
    unit : str
        Of the estimates.
    finer : int, default 0
        Decimals to add.

    Returns
    -------
    int
        Of what is printed.
    """
    if "ci_low" not in table:
        return finer
    widths = (table["ci_high"] - table["ci_low"]).dropna()
    half = scaled(float(widths.median()) / 2, unit) if len(widths) else 0.0
    return decimals(half, rounded=unit in _ROUNDED) + finer


def finding_digits(finding: Finding) -> int:
    """Return the decimals that a finding's interval allows.

    Parameters
    ----------
    finding : Finding
        With its interval, if it has one.

    Returns
    -------
    int
        In the unit that is printed; below 0 where thousands are enough.
    """
    unit = finding.unit
    digits = decimals(scaled((finding.ci_high - finding.ci_low) / 2, unit), rounded=unit in _ROUNDED)
    if not finding.ci_low <= finding.ci_high:
        return _two_figures(finding)
    if unit not in _NEUTRAL:
        return digits
    # a limit that only rounding puts on "no difference" would belie a sentence that calls it one
    neutral = _NEUTRAL[unit]
    ends = [scaled(end, unit) for end in (finding.ci_low, finding.ci_high)]
    hidden = [end for end in ends if end != neutral and (ends[0] > neutral or ends[1] < neutral)]
    while digits < _MOST_DIGITS and any(round(end, digits) == neutral for end in hidden):
        digits += 1
    return digits


def _two_figures(finding: Finding) -> int:
    """Decimals of a number without an interval: two figures of a sum of money or of a small share, else none."""
    value = abs(scaled(finding.value, finding.unit))
    if not math.isfinite(value) or not value or (finding.unit != "currency" and value >= 1):
        return 0
    return 1 - math.floor(math.log10(value)) if finding.unit in ("currency", "share") else 0


def shown(part: Part, *, style: Style = PLAIN, bare: bool = False) -> str:
    """Return one part of a sentence as text.

    Parameters
    ----------
    part : str, Name, Quote or Finding
        Words and names come back as they are; a finding as its value with unit.
    style : Style, optional
        How numbers look.
    bare : bool, default False
        True to leave words of units out.

    Returns
    -------
    str
        ``not shown`` for a suppressed number, ``< 10`` for its n.
    """
    if isinstance(part, str):
        return part
    if isinstance(part, Name):
        return part.text
    return _aspect(part if isinstance(part, Quote) else Quote(part), style=style, bare=bare)


def plain(sentence: Sentence, *, style: Style = PLAIN) -> str:
    """Return a sentence as plain text.

    Parameters
    ----------
    sentence : Sentence
        Words, names and findings.
    style : Style, optional
        How numbers look.

    Returns
    -------
    str
        The text a reader sees.

    Examples
    --------
    >>> nps = Finding("nps.overall", 53.4161, "points", ci_low=52.3, ci_high=54.5)
    >>> plain(Sentence("NPS is ", Quote(nps, "bare"), " (", Quote(nps, "interval"), ")."))
    'NPS is 53 (52 to 54).'
    """
    return "".join(shown(part, style=style) for part in sentence.parts)


def _aspect(quote: Quote, *, style: Style, bare: bool) -> str:
    finding, aspect = quote.finding, quote.aspect
    if aspect == "level":
        return level(finding.level, style=style)
    if aspect == "n":
        return f"< {finding.min_n}" if finding.suppressed else number(finding.n, style=style)
    if finding.suppressed:
        return style.words("not-shown")
    if aspect in ("floor", "mde"):
        return _difference(finding, aspect, style=style, bare=bare)
    return _value(quote, style=style, bare=bare)


def _value(quote: Quote, *, style: Style, bare: bool) -> str:
    """An aspect that is printed as precisely as the interval allows."""
    finding, aspect, digits = quote.finding, quote.aspect, finding_digits(quote.finding)
    if aspect in ("interval", "span"):
        ends = (finding.ci_low, finding.ci_high)
        # of a fall by 18 the limits are those of the fall
        low, high = (-ends[1], -ends[0]) if aspect == "span" and finding.value < 0 else ends
        return interval(low, high, finding.unit, digits=digits, style=style)
    if aspect == "std_error":
        unit = "percentage points" if finding.unit == "share" else finding.unit
        return amount(finding.std_error, unit, digits + 1, style=style, bare=bare)
    values = {"magnitude": abs(finding.value), "low": finding.ci_low, "high": finding.ci_high}
    places = digits + 1 if aspect == "precise" else digits
    number_shown = values.get(aspect, finding.value)
    return amount(number_shown, finding.unit, places, style=style, bare=bare or aspect in ("bare", "low", "high"))


def _difference(finding: Finding, aspect: str, *, style: Style, bare: bool) -> str:
    """A floor as it was given; a detectable difference rounded up: one smaller than is printed may go unseen."""
    unit = "percentage points" if finding.unit == "share" else finding.unit
    size = scaled(finding.floor if aspect == "floor" else finding.mde, unit)
    if aspect == "floor":
        places = 0 if size == round(size) else decimals(size) + 1
    else:
        places = 0 if size >= 5 else decimals(size / 2)
        size = rounded_up(size, digits=places)
    return amount(size / scaled(1.0, unit), unit, places, style=style, bare=bare)


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
    return round(math.ceil(difference / unit - 1e-9) * unit, max(digits, 0))


def day(date: str | dt.date, *, style: Style = PLAIN) -> str:
    """Return a day as a reader writes it.

    Parameters
    ----------
    date : str or datetime.date
        ISO text, or a day; what is no day comes back as it is.
    style : Style, optional
        For the locale.

    Returns
    -------
    str
        Such as ``30 May 2017``.

    Examples
    --------
    >>> day("2017-05-30"), day("2017-05-30", style=Style(locale="de-DE"))
    ('30 May 2017', '30. Mai 2017')
    """
    from babel.dates import format_date

    try:
        when = date if isinstance(date, dt.date) else dt.date.fromisoformat(str(date)[:10])
    except ValueError:
        return str(date)
    # the locale's own pattern, but with the month in letters, so that no reader takes day and month for each other
    pattern = "d. MMMM yyyy" if style.locale.startswith("de") else "d MMMM yyyy"
    return str(format_date(when, format="long" if style.locale == "en-US" else pattern, locale=style.babel))


def period_name(first: str, *, period: str, style: Style = PLAIN) -> str:
    """Return a step of time as a reader calls it.

    Parameters
    ----------
    first : str
        Its first day, ISO.
    period : {"week", "month", "quarter", "year", "wave"}
        Its length.
    style : Style, optional
        For language and locale.

    Returns
    -------
    str
        Such as ``March 2024``, ``Q1 2024``, ``2024``, or ``week of 4 March 2024``.

    Examples
    --------
    >>> period_name("2024-04-01", period="quarter"), period_name("2024-04-01", period="month")
    ('Q2 2024', 'April 2024')
    """
    from babel.dates import format_date

    if period not in ("week", "month", "quarter", "year", "wave"):
        return first
    if period in ("week", "wave"):
        return style.words(f"period-{period}", {"day": day(first, style=style)})
    pattern = {"year": "yyyy", "quarter": "QQQ yyyy", "month": "MMMM yyyy"}[period]
    return str(format_date(dt.date.fromisoformat(first[:10]), format=pattern, locale=style.babel))


def days_in(text: str, *, style: Style = PLAIN) -> str:
    """Return a text with each ISO day in it as a reader writes it.

    Parameters
    ----------
    text : str
        Such as a method or a note.
    style : Style, optional
        For the locale.

    Returns
    -------
    str
        With its other words as they were.
    """
    return re.sub(r"\b\d{4}-\d\d-\d\d\b", lambda found: day(found[0], style=style), text)


def listed(names: Iterable[str], *, style: Style = PLAIN) -> str:
    """Return names as a list in words.

    Parameters
    ----------
    names : iterable of str
        In the order in which they are to be read.
    style : Style, optional
        For the locale.

    Returns
    -------
    str
        Empty for none.

    Examples
    --------
    >>> listed(["North", "South", "East"])
    'North, South and East'
    """
    from babel.lists import format_list

    items = list(names)
    return str(format_list(items, locale=style.babel)) if items else ""


def _decimal_pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits > 0 else "")


@functools.cache
def _percent_pattern(locale: str, digits: int) -> str:
    from babel import Locale

    return str(Locale.parse(locale).percent_formats[None].pattern).replace("#,##0", _decimal_pattern(digits))


def _money(value: float, digits: int, style: Style) -> str:
    from babel import Locale
    from babel.numbers import format_currency

    digits = 2 if digits == 1 else digits  # nobody writes half of the cents
    pattern = str(Locale.parse(style.babel).currency_formats["standard"].pattern)
    pattern = re.sub(r"#,##0(\.0+)?", _decimal_pattern(digits), pattern)
    text = format_currency(
        _rounded(value, digits), style.currency, format=pattern, locale=style.babel, currency_digits=False
    )
    return str(text).replace("-", "−")


def _rounded(value: float, digits: int) -> float:
    """Half of a last digit is rounded alike whatever noise the sums left in the thirteenth digit."""
    return round(float(f"{value:.12g}"), digits) + 0.0


def _formatted(value: float, digits: int, pattern: str, style: Style, *, scale: float = 1.0) -> str:
    from babel.numbers import format_decimal

    if not math.isfinite(value):
        return DASH
    rounded = _rounded(value, digits)
    text = format_decimal(rounded * scale, format=pattern, locale=style.babel) if scale == 1.0 else ""
    if not text:
        from babel.numbers import format_percent

        text = format_percent(round(rounded * scale, digits + 2), format=pattern, locale=style.babel)
    return str(text).replace("-", "−")
