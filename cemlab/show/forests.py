"""Dots with whiskers under one another: what several figures of levels, terms and segments share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from cemlab.core.lab import LabInfo
from cemlab.show import numbers, theme
from cemlab.show.survival_axes import short

Kind = Literal["heading", "reference", "dot", "none", "withheld"]
_RATIOS = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
_DECADES = (0.001, 0.01, 0.1, 1, 10, 100, 1000)


@dataclass(frozen=True)
class Row:
    """One line: a heading, a reference, a number with its interval, or one that is withheld.

    Attributes
    ----------
    label : str
        Its name.
    kind : {"heading", "reference", "dot", "none", "withheld"}
        What is drawn; ``none`` is a ratio of 0, which a log scale has no place for.
    value, low, high : float
        As printed; a limit that is not known is NaN.
    n : str
        What stands at the right edge.
    colour : str
        Of dot and whisker.
    """

    label: str
    kind: Kind
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: str = ""
    colour: str = theme.CONTEXT


def row(found: Mapping[Any, Any], *, label: str, unit: str, info: LabInfo) -> Row:
    """Return the line of one estimate: ink where it is flagged, grey where it could be chance.

    Parameters
    ----------
    found : mapping
        A row of estimates.
    label : str
        Its name.
    unit : str
        Unit of the estimate: a share prints in percent.
    info : LabInfo
        For the locale.

    Returns
    -------
    Row
        Withheld where it is suppressed or unknown.
    """
    if found.get("suppressed") or not math.isfinite(found["estimate"]):
        return Row(label, "withheld")
    value, low, high = (
        numbers.scaled(float(found.get(name, math.nan)), unit) for name in ("estimate", "ci_low", "ci_high")
    )
    colour = theme.INK if found.get("flagged") else theme.CONTEXT
    kind: Kind = "none" if unit == "ratio" and value <= 0 else "dot"
    return Row(label, kind, value, low, high, numbers.number(float(found["n"]), locale=info.locale), colour)


def spoken(line: Row, *, info: LabInfo, least: int = 0) -> str:
    """Return a line in words.

    Parameters
    ----------
    line : Row
        Any.
    info : LabInfo
        For the locale.
    least : int, default 0
        Decimals at least.

    Returns
    -------
    str
        Such as ``Plan: monthly 1.4 (1.1 to 1.8)``.
    """
    if line.kind != "dot":
        return f"{line.label} {line.kind}" if line.kind in ("withheld", "none") else line.label
    digits = min(3, max(least, numbers.decimals((line.high - line.low) / 2)))
    value = f"{line.label} {numbers.number(line.value, digits, locale=info.locale)}"
    if not (math.isfinite(line.low) and math.isfinite(line.high)):
        return value
    return f"{value} ({numbers.interval_text(line.low, line.high, digits=digits, locale=info.locale)})"


def paint(
    axes: Axes, rows: Sequence[Row], *, line: float, label: str, counted: str, narrow: bool, ratios: bool = False
) -> None:
    """Draw rows downwards, with a line of reference, and counts at the right edge.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty.
    rows : sequence of Row
        In order.
    line : float
        Where the line of reference stands.
    label : str
        Of the horizontal axis.
    counted : str
        What the counts count.
    narrow : bool
        True on a phone: names are shorter.
    ratios : bool, default False
        True for a log scale.
    """
    axes.axvline(line, color=theme.LINE, lw=1)
    edge = axes.get_yaxis_transform()
    for position, each in enumerate(rows):
        if each.kind in ("withheld", "none"):
            axes.text(0.5, position, each.kind, transform=edge, va="center", ha="center", color=theme.MUTED)
        elif each.kind == "reference":
            axes.plot(line, position, "|", color=theme.MUTED, ms=9)
        elif each.kind == "dot":
            axes.plot([each.low, each.high], [position] * 2, color=each.colour)
            axes.plot(each.value, position, "o", color=each.colour)
        axes.text(1.02, position, each.n, transform=edge, va="center", color=theme.MUTED)
    axes.text(1.02, -1, counted, transform=edge, va="center", color=theme.MUTED)
    axes.set_yticks(range(len(rows)), [short(each.label, most=19 if narrow else 40) for each in rows])
    for tick, each in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if each.kind == "heading" else "normal")
        tick.set_color(theme.MUTED if each.kind == "reference" else theme.INK)
    (_ratio_axis if ratios else _even_axis)(axes, rows, line=line, narrow=narrow)
    axes.set(ylim=(len(rows) - 0.4, -1.5), xlabel=label)


def _ends(rows: Sequence[Row]) -> list[float]:
    return [end for each in rows for end in (each.low, each.high, each.value) if math.isfinite(end)]


def _even_axis(axes: Axes, rows: Sequence[Row], *, line: float, narrow: bool) -> None:
    ends = [line, *_ends(rows)]
    spare = max((max(ends) - min(ends)) / 20, 0.01)
    axes.set_xlim(min(ends) - spare, max(ends) + spare)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4 if narrow else 7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))


def _ratio_axis(axes: Axes, rows: Sequence[Row], *, line: float, narrow: bool) -> None:
    ends = [end for end in _ends(rows) if end > 0]
    low, high = min(0.8 * line, *ends), max(1.25 * line, *ends)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.08, high * 1.08)
    axes.xaxis.set_major_locator(FixedLocator(_round_ratios(math.log(high / low) * (1.6 if narrow else 1))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _round_ratios(spread: float) -> tuple[float, ...]:
    """Return ticks for a range of ratios, given its width in logarithms."""
    if spread < 1:
        return (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2)
    if spread < 2.5:
        return (0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4)
    return _RATIOS if spread < 7 else _DECADES
