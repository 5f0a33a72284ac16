"""Points on two axes of numbers: predicted against observed, or a curve with its band, such as of a lift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.results import Estimates
from cemlab.show import format as formats
from cemlab.show import say, theme, vocabulary
from cemlab.show import table as tables
from cemlab.show.charts import base
from cemlab.show.format import Style
from cemlab.show.say import Slot

_HEIGHT, _SQUARE, _SPARE = 320.0, 380.0, 0.04
_FROM_ZERO = 0.35
"""Axes with a diagonal start at 0 where the lowest number is below so much of the highest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Points(base.Chart):
    """Points with whiskers, or joined with a band.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``x``, ``estimate``, ``ci_low``, ``ci_high``, ``suppressed``, in the order of ``x``.
    joined : bool
        True for a curve through the points.
    ends : tuple of (float, float)
        Further points without interval, through which the curve goes.
    diagonal : bool
        True to draw the line on which both axes are equal; both start at the same place.
    line : float
        Height of a line of reference; NaN for none.
    ring : float
        Where on ``x`` a ring marks a point; NaN for none.
    measure, across : str
        What the axes show, by their names in the vocabulary.
    across_unit : str
        Of ``x``.
    """

    joined: bool = False
    ends: tuple[tuple[float, float], ...] = ()
    diagonal: bool = False
    line: float = math.nan
    ring: float = math.nan
    measure: str = "estimate"
    across: str = "x"
    across_unit: str = "ratio"

    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels."""
        return _SQUARE if self.diagonal and not medium.narrow else _HEIGHT

    @property
    def points(self) -> pd.DataFrame:
        """What may be drawn, the ends of a curve included, from left to right."""
        seen = self.frame.loc[~self.frame["suppressed"]].dropna(subset=["x", "estimate"])
        names = ["x", "estimate", "ci_low", "ci_high"]
        ends = pd.DataFrame([(x, y, y, y) for x, y in self.ends], columns=names, dtype=float)
        return pd.concat([seen[names].astype(float), ends]).sort_values("x", kind="stable", ignore_index=True)

    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw the reference, then the points."""
        axes, points = canvas.subplots(), self.points
        _limits(self, axes, points)
        if self.diagonal:
            start, end = axes.get_xlim()[0], min(axes.get_xlim()[1], axes.get_ylim()[1])
            axes.plot([start, end], [start, end], color=theme.CONTEXT, lw=1, ls="--")
            axes.annotate(
                self.words("line", style),
                (start + 0.72 * (end - start), start + 0.72 * (end - start)),
                xytext=(8, -4),
                textcoords="offset points",
                va="top",
                color=theme.MUTED,
            )
        elif math.isfinite(self.line):
            axes.axhline(self.line, color=theme.CONTEXT, lw=1)
        _paint(self, axes, points)
        base.value_axis(axes, unit=self.unit, style=style, most=6, vertical=True)
        base.value_axis(axes, unit=self.across_unit, style=style, most=4 if medium.narrow else 8, vertical=False)
        unit = formats.unit_heading(self.unit, style=style)
        measure = vocabulary.label(self.measure, style=style)
        told = base.several([vocabulary.label(self.across, style=style), *self._reference(style)])
        axes.set_ylabel(f"{measure}, {unit}" if unit and unit != "%" else measure)
        axes.set_xlabel(base.wrapped(told, width=44 if medium.narrow else 90))

    def spoken(self, style: Style) -> str:
        """Return each point in words."""
        seen = self.frame.loc[~self.frame["suppressed"]].dropna(subset=["x", "estimate"])
        digits = formats.precision(seen, unit=self.unit)
        ats = [formats.scaled(float(at), self.across_unit) for at in seen["x"]]
        fine = next((n for n in range(4) if len({round(at, n) for at in ats}) == len(set(ats))), 3)
        every = max(1, math.ceil(len(seen) / base.MOST_SPOKEN))
        said = [self._said(row, digits, fine, style) for row in seen.iloc[::every].to_dict("records")]
        return f"{'; '.join(said)}."

    def _said(self, row: Mapping[Any, Any], digits: int, fine: int, style: Style) -> str:
        words = {
            "name": style.words("chart-where", {"at": formats.amount(row["x"], self.across_unit, fine, style=style)}),
            "value": formats.amount(row["estimate"], self.unit, digits=digits, style=style),
            "interval": formats.interval(row["ci_low"], row["ci_high"], self.unit, digits=digits, style=style),
        }
        known = math.isfinite(row["ci_low"]) and math.isfinite(row["ci_high"])
        return style.words("chart-point-interval" if known else "chart-point", words)

    def _reference(self, style: Style) -> list[str]:
        """What is drawn beside the points; a diagonal is named where it lies."""
        return [
            self.words("line", style) if math.isfinite(self.line) and not self.diagonal else "",
            self.words("ring", style) if math.isfinite(self.ring) else "",
        ]


def points(
    id: str,
    source: Estimates,
    /,
    *columns: tables.Column,
    x: str,
    joined: bool = False,
    ends: Sequence[tuple[float, float]] = (),
    diagonal: bool = False,
    line: float = math.nan,
    ring: float = math.nan,
    n: float = math.nan,
    measure: str = "estimate",
    across: str = "",
    across_unit: str = "ratio",
    counted: str = "answers",
    **slots: Slot,
) -> Points:
    """Return a chart of points on two axes of numbers.

    Parameters
    ----------
    id : str
        Message with ``title``, ``caption``, ``reading``, and ``line`` and ``ring`` for what these are.
    source : Estimates
        One row per point.
    *columns : Column
        Of the table of its data; the place, the estimate, interval and count when none is given.
    x : str
        Column of the horizontal axis.
    joined : bool, default False
        True for a curve with a band; False for points with whiskers.
    ends : sequence of (float, float), default ()
        Further points through which a curve goes, such as none and all.
    diagonal : bool, default False
        True to draw the line on which both axes are equal.
    line, ring : float, optional
        Height of a line of reference, and where on ``x`` a ring marks the curve.
    n : float, optional
        How many rows of data it rests on.
    measure, across : str
        What the axes show, by their names in the vocabulary; `x` when empty.
    across_unit : str, default "ratio"
        Of ``x``.
    counted : str, default "answers"
        What ``n`` counts.
    **slots : slot
        Of the message.

    Returns
    -------
    Points
        To be shown.
    """
    frame = base.complete(source.table)
    frame = frame.assign(x=frame[x]).sort_values("x", kind="stable", ignore_index=True)
    message = say.message(id, **slots)
    shown = columns or (
        tables.value(x, label=across or x, unit=across_unit),
        tables.value(label=measure),
        tables.interval(),
        tables.count(label=counted),
    )
    return Points(
        message=message,
        frame=frame,
        table=tables.of(message, source, *shown),
        unit=source.unit,
        level=source.level,
        min_n=source.min_n,
        n=n,
        counted=counted,
        joined=joined,
        ends=tuple(ends),
        diagonal=diagonal,
        line=line,
        ring=ring,
        measure=measure,
        across=across or x,
        across_unit=across_unit,
    )


def _limits(chart: Points, axes: Axes, points: pd.DataFrame) -> None:
    """Both axes fit the data; with a diagonal they start at the same place, at 0 where that costs little."""
    heights = pd.concat([points[name] for name in ("estimate", "ci_low", "ci_high")]).dropna()
    low, high = float(heights.min()), float(heights.max())
    left, right = float(points["x"].min()), float(points["x"].max())
    if chart.diagonal:
        start, top = min(low, left), max(high, right)
        start = 0.0 if start < _FROM_ZERO * top else start - (top - start) * _SPARE
        axes.set(xlim=(start, right + (top - start) * _SPARE), ylim=(start, high + (top - start) * _SPARE))
        return
    if math.isfinite(chart.line):
        low, high = min(low, chart.line), max(high, chart.line)
    spare, beside = (max(high - low, 1e-9) * _SPARE, max(right - left, 1e-9) * _SPARE)
    axes.set(xlim=(left - beside, right + beside), ylim=(low - spare, high + spare))


def _paint(chart: Points, axes: Axes, points: pd.DataFrame) -> None:
    import seaborn as sns

    colour = theme.SERIES[0]
    if chart.joined:
        axes.fill_between(points["x"], points["ci_low"], points["ci_high"], color=colour, alpha=0.2, lw=0)
        sns.lineplot(x=points["x"], y=points["estimate"], ax=axes, color=colour, errorbar=None, estimator=None)
    else:
        axes.vlines(points["x"], points["ci_low"], points["ci_high"], color=colour, lw=1.4)
    if not chart.joined or len(points) <= base.MOST_SPOKEN:
        marked = points.loc[~points["x"].isin([at for at, _ in chart.ends])]
        sns.scatterplot(x=marked["x"], y=marked["estimate"], ax=axes, color=colour, s=34, legend=False, zorder=3)
    if math.isfinite(chart.ring) and len(points):
        nearest = points.iloc[int((points["x"] - chart.ring).abs().to_numpy().argmin())]
        axes.plot(nearest["x"], nearest["estimate"], "o", color=colour, mfc=theme.PAPER, ms=8, zorder=4)
