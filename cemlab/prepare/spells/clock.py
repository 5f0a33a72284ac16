"""The two clocks: whole months and days between two days, as expressions of the engine.

One calendar rule counts months everywhere. Two days lie a whole number of months apart where their days of the
month are the same, the last day of a month standing for every later day too: 28 February for the 29th, 30th and
31st. So a date less k months, clipped to the last day of a short month as usual, lies k months before that
date, whatever the day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import ibis.expr.types as ir

Clock = Literal["days", "months"]
CLOCKS = ("days", "months")


def days_between(first: Any, last: Any) -> ir.IntegerValue:
    """Return the days from one day to another.

    Parameters
    ----------
    first, last : ibis date
        Days.

    Returns
    -------
    ibis integer
        Negative where `last` lies before `first`.
    """
    return last.delta(first, unit="day").cast("int32")


def months_begun(first: Any, last: Any) -> ir.IntegerValue:
    """Return the months from one day to another, a begun one as a whole: the month in which `last` lies.

    The n-th month ends on the same day of the month as `first`, or on the month's last day where it has no such day:
    so from 31 January to 28 February is one month, and to 1 March two. From 28 February to 31 March is one.

    Parameters
    ----------
    first, last : ibis date
        Days, `last` not before `first`.

    Returns
    -------
    ibis integer
        ⌈T⌉; 0 where the days are the same.
    """
    begun = (last.day() > first.day()) & ~_ends_month(first)
    return _calendar_months(first, last) + begun.cast("int32")


def months_whole(first: Any, last: Any) -> ir.IntegerValue:
    """Return the whole months from one day to another.

    Parameters
    ----------
    first, last : ibis date
        Days, `last` not before `first`.

    Returns
    -------
    ibis integer
        ⌊T⌋, of months as `months_begun` counts them.
    """
    short = (last.day() < first.day()) & ~_ends_month(last)
    return _calendar_months(first, last) - short.cast("int32")


def _ends_month(day: Any) -> Any:
    """Whether a day is the last of its month."""
    import ibis

    return (day + ibis.interval(days=1)).day() == 1


def _calendar_months(first: Any, last: Any) -> Any:
    return (12 * (last.year() - first.year()) + (last.month() - first.month())).cast("int32")
