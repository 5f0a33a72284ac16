"""Lines over time: levels of periods, curves in steps, shares on top of one another, with bands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
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

MOST_TOGETHER, MOST_PANELS = 6, 12
"""Series on one pair of axes; more become panels, of which the largest are drawn."""
_HEIGHT, _PANEL_PX, _RISK_PX = 280.0, 150.0, 20.0
_FROM_ZERO = 0.35
"""An axis of shares starts at 0 where the lowest number is below so much of the highest."""
_HATCHES = ("", "////", "....", "xxxx", "----", "\\\\\\\\")
_LABEL_GAP_PX = 14.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines(base.Chart):
    """Lines with bands, of one or more series, together or in panels.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``series`` (words), ``x``, ``estimate``, ``ci_low``, ``ci_high``, ``suppressed``, ``flagged``, ``complete``;
        ``dash`` ("", "--" or ":") and ``muted`` (grey, for context).
    names : mapping of float to str
        What ``x`` is called where it is a period; empty where it is a number.
    step : bool
        True for curves that hold their value until the next point.
    pile : bool
        True for series on top of one another.
    panels : bool
        True for a panel per series.
    line : float
        Height of a line of reference; NaN for none.
    trend : tuple of (float, float, float)
        First and last height of a straight line, and the half-width of its band at the last; empty for none.
    risk : pandas.DataFrame
        ``series``, ``x``, ``n``: the table below the curves; empty for none.
    marks : mapping of str to float
        Series → where on ``x`` a ring marks its median.
    measure, across : str
        What the axes show, by their names in the vocabulary.
    across_unit : str
        Of ``x``, such as ``months``.
    """

    names: Mapping[float, str] = field(default_factory=dict)
    step: bool = False
    pile: bool = False
    panels: bool = False
    line: float = math.nan
    trend: tuple[float, ...] = ()
    risk: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["series", "x", "n"]))
    marks: Mapping[str, float] = field(default_factory=dict)
    measure: str = "estimate"
    across: str = "period"
    across_unit: str = ""

    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels."""
        if self.panels:
            shown = min(len(self.series), MOST_PANELS)
            return _PANEL_PX * math.ceil(shown / _columns(medium)) + 40
        return _HEIGHT + (40 + _RISK_PX * len(self.series) if len(self.risk) else 0)

    @property
    def series(self) -> list[str]:
        """Names of the series, in order, without those that are drawn for context only."""
        return list(dict.fromkeys(self.frame.loc[~self.frame["muted"], "series"]))

    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw all series together, or each in its panel."""
        if self.panels:
            _paint_panels(self, canvas, medium, style)
            return
        if len(self.risk):
            axes, below = canvas.subplots(2, 1, sharex=True, height_ratios=[_HEIGHT, 34 + _RISK_PX * len(self.series)])
        else:
            axes, below = canvas.subplots(), None
        colours = _colours(self.series)
        if self.pile:
            _paint_pile(self, axes, medium, style)
        else:
            for name in dict.fromkeys(self.frame["series"]):
                _paint_series(self, axes, name, colour=colours.get(name, theme.CONTEXT))
            _paint_trend(self, axes)
        _limits(self, axes, style)
        if not self.pile and len(self.series) > 1:
            _name_at_right(self, axes, colours, medium)
        _across(self, axes if below is None else below, medium, style)
        if below is not None:
            _paint_risk(self, below, colours, medium, style)
            axes.tick_params(labelbottom=False, length=0)

    def spoken(self, style: Style) -> str:
        """Return first, last, lowest and highest of each series."""
        said = [self._course(name, style) for name in self.series[: base.MOST_SPOKEN]]
        hidden = list(dict.fromkeys(self.frame.loc[self.frame["suppressed"], "series"])) if len(self.series) > 1 else []
        if hidden:
            said.append(style.words("chart-named-withheld", {"names": formats.listed(hidden, style=style)}))
        open_periods = int((~self.frame["complete"]).sum())
        if open_periods:
            values = {"n": formats.number(open_periods, style=style), "count": open_periods}
            said.append(style.words("chart-incomplete", values))
        return " ".join(f"{words.rstrip('.')}." for words in said if words)

    def _course(self, name: str, style: Style) -> str:
        rows = self.frame.loc[self.frame["series"].eq(name) & self.frame["complete"] & ~self.frame["suppressed"]]
        rows = rows.dropna(subset=["estimate"])
        if rows.empty:
            return ""
        digits = formats.precision(rows, unit=self.unit)

        def point(row: Any) -> str:
            value = formats.amount(float(row["estimate"]), self.unit, digits, style=style, bare=True)
            return style.words("chart-at", {"value": value, "at": self._named(float(row["x"]), style)})

        found: dict[str, Any] = {"first": rows.iloc[0], "last": rows.iloc[-1]}
        found |= {"low": rows.loc[rows["estimate"].idxmin()], "high": rows.loc[rows["estimate"].idxmax()]}
        words = name or vocabulary.label(self.measure, style=style)
        return style.words("chart-course", {"name": words} | {key: point(row) for key, row in found.items()})

    def _named(self, x: float, style: Style) -> str:
        if self.names:
            return _name(self, x, style)
        digits = 0 if x == round(x) else 1
        return formats.amount(x, self.across_unit or "ratio", digits, style=style)


def lines(
    id: str,
    source: Estimates,
    /,
    *columns: tables.Column,
    x: str = "period",
    series: str = "",
    period: str = "",
    whole: Estimates | None = None,
    step: bool = False,
    pile: bool = False,
    line: float = math.nan,
    straight: Sequence[float] = (),
    context: Estimates | None = None,
    risk: Estimates | None = None,
    marks: Mapping[str, float] | None = None,
    measure: str = "estimate",
    across: str = "",
    across_unit: str = "",
    counted: str = "answers",
    **slots: Slot,
) -> Lines:
    """Return a chart of lines with bands.

    Parameters
    ----------
    id : str
        Message with ``title``, ``caption``, ``reading``, and ``line`` for what the line of reference is.
    source : Estimates
        One row per point.
    *columns : Column
        Of the table of its data; groups, estimate, interval and count when none is given.
    x : str, default "period"
        Column that runs to the right: days of periods as text, or numbers.
    series : str, default ""
        Column that names the lines; empty for one line.
    period : str, default ""
        Length of a period, which names the points.
    whole : Estimates, optional
        Its first row gives how many rows of data there are and, but for steps and piles, the line of reference.
    step : bool, default False
        True for curves that hold their value until the next point.
    pile : bool, default False
        True for series on top of one another.
    line : float, optional
        Height of the line of reference, without `whole`.
    straight : sequence of float, default ()
        First and last height of a straight line through all points, and the half-width of its band at the last.
    context : Estimates, optional
        A curve drawn in grey behind the others.
    risk : Estimates, optional
        How many are at risk at a few points, for the table below: ``at_risk`` or ``n``.
    marks : mapping of str to float, optional
        Series → where its median lies.
    measure, across : str
        What the axes show, by their names in the vocabulary.
    across_unit : str, default ""
        Of `x`, such as ``months``.
    counted : str, default "answers"
        What ``n`` counts.
    **slots : slot
        Of the message.

    Returns
    -------
    Lines
        To be shown. Above 6 series each has a panel on shared axes.
    """
    frame = _frame(source, x=x, series=series)
    names = _period_names(frame, period=period) if period else {}
    if period:
        frame["x"] = frame["x"].map({first: float(at) for at, first in enumerate(sorted(set(frame["x"])))})
    if context is not None:
        frame = pd.concat([_frame(context, x=x, series="").assign(muted=True), frame], ignore_index=True)
    message = say.message(id, period=period, **slots)
    below = pd.DataFrame(columns=["series", "x", "n"])
    if risk is not None:
        below = _frame(risk, x=x, series=series)
        below = below.assign(n=below["at_risk"] if "at_risk" in below else below["n"])[["series", "x", "n"]]
    together = len(set(frame.loc[~frame["muted"], "series"])) <= MOST_TOGETHER
    return Lines(
        message=message,
        frame=frame,
        table=tables.of(message, risk if risk is not None and not columns else source, *columns),
        unit=source.unit,
        level=source.level,
        min_n=source.min_n,
        n=base.whole(whole),
        counted=counted,
        names=names,
        step=step,
        pile=pile,
        panels=not together and not pile,
        line=float(whole.table["estimate"].iloc[0])
        if whole is not None and math.isnan(line) and not (step or pile)
        else line,
        trend=tuple(straight),
        risk=below,
        marks=dict(marks or {}),
        measure=measure,
        across=across or x,
        across_unit=across_unit,
    )


def _frame(source: Estimates, *, x: str, series: str) -> pd.DataFrame:
    frame = base.complete(source.table, {"complete": True, "dash": "", "muted": False})
    frame["complete"] = frame["complete"].eq(True)
    return frame.assign(x=frame[x], series=frame[series].astype(str) if series else "")


def _period_names(frame: pd.DataFrame, *, period: str) -> dict[float, str]:
    firsts = sorted(set(frame["x"]))
    return {float(at): f"{period}|{first}" for at, first in enumerate(firsts)}


def _name(chart: Lines, x: float, style: Style) -> str:
    period, _, first = chart.names[x].partition("|")
    return formats.period_name(first, period=period, style=style)


def _columns(medium: theme.Medium) -> int:
    return 2 if medium.narrow else 3


def _colours(series: Sequence[str]) -> dict[str, str]:
    """One series is drawn in ink; several each in a colour of their own."""
    return dict(zip(series, theme.SERIES if len(series) > 1 else [theme.INK], strict=False))


def _paint_series(chart: Lines, axes: Axes, name: str, *, colour: str) -> None:
    import seaborn as sns

    rows = chart.frame.loc[chart.frame["series"].eq(name)]
    sure = rows.where(rows["complete"] & ~rows["suppressed"])
    colour = theme.CONTEXT if rows["muted"].any() else colour
    style = "steps-post" if chart.step else "default"
    for dash, points in sure.groupby(rows["dash"], sort=False):
        if not rows["muted"].any():
            band: dict[str, Any] = {"step": "post"} if chart.step else {}
            axes.fill_between(points["x"], points["ci_low"], points["ci_high"], color=colour, alpha=0.2, lw=0, **band)
        drawn = points.dropna(subset=["estimate"])
        sns.lineplot(
            x=drawn["x"],
            y=drawn["estimate"],
            ax=axes,
            color=colour,
            ls=dash or "-",
            drawstyle=style,
            errorbar=None,
            estimator=None,
            legend=False,
        )
    if chart.names:
        _paint_points(axes, rows, colour=colour)
    if name in chart.marks and math.isfinite(chart.marks[name]):
        axes.plot(chart.marks[name], 0.5, "o", color=colour, mfc=theme.PAPER, ms=6, zorder=4)


def _paint_points(axes: Axes, rows: pd.DataFrame, *, colour: str) -> None:
    """Periods are points: flagged ones diamonds, incomplete ones hollow and hatched, withheld ones crosses."""
    seen = ~rows["suppressed"]
    for chosen, marker in ((seen & ~rows["flagged"], "o"), (seen & rows["flagged"], "D")):
        points = rows.loc[chosen & rows["complete"]]
        axes.scatter(points["x"], points["estimate"], s=28, zorder=3, color=colour, marker=marker)
    for row in rows.loc[~rows["complete"]].to_dict("records"):
        axes.axvspan(row["x"] - 0.5, row["x"] + 0.5, facecolor="none", hatch="///", hatchcolor=theme.LINE, lw=0)
        axes.plot([row["x"]] * 2, [row["ci_low"], row["ci_high"]], color=colour)
        axes.plot(row["x"], row["estimate"], "o", mfc=theme.PAPER, color=colour)
    hidden = rows.loc[rows["suppressed"], "x"]
    axes.plot(hidden, np.full(len(hidden), 0.02), "x", transform=axes.get_xaxis_transform(), color=theme.MUTED)


def _paint_trend(chart: Lines, axes: Axes) -> None:
    """The straight line of a significant trend, with its band from the middle outwards."""
    if len(chart.trend) < 3:
        return
    at = np.sort(chart.frame.loc[chart.frame["complete"], "x"].unique().astype(float))[[0, -1]]
    first, last, half = chart.trend[:3]
    middle = (first + last) / 2
    xs, share = np.array([at[0], at.mean(), at[1]]), np.array([1.0, 0.0, 1.0])
    ys = np.array([first, middle, last])
    axes.plot(at, [first, last], color=theme.SERIES[0], lw=2, zorder=2)
    axes.fill_between(xs, ys - half / 2 * share, ys + half / 2 * share, color=theme.SERIES[0], alpha=0.15, lw=0)


def _limits(chart: Lines, axes: Axes, style: Style) -> None:
    """An axis fits its data; one of shares starts at 0 where that costs little."""
    seen = chart.frame.loc[~chart.frame["suppressed"]]
    if chart.pile:
        low, high = 0.0, 1.0 if chart.unit == "share" else float(seen.groupby("x")["estimate"].sum().max())
    else:
        found = seen[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float).ravel()
        found = found[np.isfinite(found)]
        ends = [float(found.min()), float(found.max()), *([chart.line] if math.isfinite(chart.line) else [])]
        spare = max((max(ends) - min(ends)) * 0.06, 1e-9)
        low, high = min(ends) - spare, max(ends) + spare
        if chart.unit == "share":
            low = 0.0 if min(ends) < _FROM_ZERO * max(ends) else max(low, 0.0)
            high = min(high, 1.03)
    axes.set_ylim(low, high)
    if math.isfinite(chart.line):
        axes.axhline(chart.line, color=theme.LINE, lw=1, zorder=0)
    base.value_axis(axes, unit=chart.unit, style=style, most=6, vertical=True)
    unit = formats.unit_heading(chart.unit, style=style)
    measure = vocabulary.label(chart.measure, style=style)
    axes.set(xlabel="", ylabel=f"{measure}, {unit}" if unit and unit != "%" else measure)


def _across(chart: Lines, axes: Axes, medium: theme.Medium, style: Style) -> None:
    told = [
        chart.words("line", style) if math.isfinite(chart.line) else "",
        style.words("chart-flagged") if chart.frame["flagged"].any() else "",
        style.words("chart-hatched") if not chart.frame["complete"].all() else "",
        style.words("chart-crossed") if chart.names and chart.frame["suppressed"].any() else "",
    ]
    unit = formats.unit_heading(chart.across_unit, style=style) if chart.across_unit else ""
    words = "" if chart.names else base.several([vocabulary.label(chart.across, style=style), unit])
    note = base.several([words, *told])
    axes.set_xlabel(base.wrapped(note, width=48 if medium.narrow else 96, lines=3))
    if chart.names:
        steps = max(1, math.ceil(len(chart.names) / (3 if medium.narrow else 7)))
        ticks = list(chart.names)[::steps]
        axes.set_xticks(ticks, [base.wrapped(_name(chart, at, style), width=12) for at in ticks])
        axes.set_xlim(-0.6, len(chart.names) - 0.4)
    else:
        drawn = chart.frame["x"].astype(float)
        axes.set_xlim(float(drawn.min()), float(drawn.max()))


def _apart(values: Sequence[float], *, gap: float) -> list[float]:
    """Places for labels near their values that keep a gap, in the same order."""
    order = np.argsort(values, kind="stable")
    places = np.asarray(values, dtype=float)[order]
    for _ in range(200):
        short_by = gap - np.diff(places)
        if not len(short_by) or short_by.max() <= 1e-9 * gap:
            break
        worst = int(short_by.argmax())
        places[worst] -= short_by[worst] / 2
        places[worst + 1] += short_by[worst] / 2
    result = np.empty_like(places)
    result[order] = places
    return [float(place) for place in result]


def _name_at_right(chart: Lines, axes: Axes, colours: Mapping[str, str], medium: theme.Medium) -> None:
    """Each line is named where it ends."""
    last = chart.frame.loc[~chart.frame["suppressed"] & ~chart.frame["muted"]].groupby("series", sort=False).last()
    low, high = axes.get_ylim()
    gap = (high - low) * _LABEL_GAP_PX / _HEIGHT * 1.2
    for (name, row), place in zip(last.iterrows(), _apart(list(last["estimate"]), gap=gap), strict=True):
        _label(axes, str(name), at=place, end=(row["x"], row["estimate"]), colour=colours[str(name)], medium=medium)


def _label(axes: Axes, name: str, *, at: float, end: tuple[float, float], colour: str, medium: theme.Medium) -> None:
    axes.annotate(
        base.wrapped(name, width=13 if medium.narrow else 22),
        xy=end,
        xytext=(1.02, at),
        textcoords=axes.get_yaxis_transform(),
        va="center",
        annotation_clip=False,
        color=theme.readable(colour, paper=theme.PAPER),
        # dotted and grey: a line in the curve's own colour would read as its going on
        arrowprops={
            "arrowstyle": "-",
            "color": theme.MUTED,
            "lw": 0.6,
            "linestyle": (0, (1, 2.5)),
            "shrinkA": 1,
            "shrinkB": 0,
        },
    )


def _paint_pile(chart: Lines, axes: Axes, medium: theme.Medium, style: Style) -> None:
    """Series on top of one another, each named at the right with its last value."""
    wide = chart.frame.pivot_table(index="x", columns="series", values="estimate", sort=False).sort_index().ffill()
    below = np.zeros(len(wide))
    printed = medium is theme.PRINT
    words, middles = [], []
    for at, name in enumerate(chart.series):
        above = below + wide[name].to_numpy()
        colour = theme.PAPER if printed else theme.SERIES[at % len(theme.SERIES)]
        axes.fill_between(
            wide.index,
            below,
            above,
            step="post" if chart.step else None,
            color=colour,
            lw=0.8,
            ec=theme.INK if printed else theme.PAPER,
            hatch=_HATCHES[at % len(_HATCHES)] if printed else None,
        )
        words.append(f"{name} {formats.amount(float(wide[name].iloc[-1]), chart.unit, style=style)}")
        middles.append(float(below[-1] + above[-1]) / 2)
        below = above
    top = 1.0 if chart.unit == "share" else float(below.max())
    places = _apart(middles, gap=top * _LABEL_GAP_PX / _HEIGHT * 1.3)
    for at, (name, place, middle) in enumerate(zip(words, places, middles, strict=True)):
        colour = theme.SERIES[at % len(theme.SERIES)]
        _label(axes, name, at=place, end=(float(wide.index[-1]), middle), colour=colour, medium=medium)


def _paint_risk(chart: Lines, axes: Axes, colours: Mapping[str, str], medium: theme.Medium, style: Style) -> None:
    """How many are at risk, in a table under the curves."""
    grid = sorted(set(chart.risk["x"]))
    letters = max((len(formats.number(float(n), style=style)) for n in chart.risk["n"]), default=1)
    every = math.ceil(len(grid) * (7 * letters + 8) / (150 if medium.narrow else 400))
    edge = axes.get_yaxis_transform()
    for place, name in enumerate(chart.series):
        counts = chart.risk.loc[chart.risk["series"].eq(name)].set_index("x")["n"]
        for at in grid[::every]:
            told = formats.number(float(counts.get(at, math.nan)), style=style)
            axes.text(at, place, told, ha="center", va="center", color=theme.INK)
    axes.text(0, -1, style.words("chart-at-risk"), transform=edge, va="center", color=theme.MUTED)
    axes.set(ylim=(len(chart.series) - 0.4, -1.5), xticks=grid[::every])
    names = [base.wrapped(name or style.words("table-all"), width=13 if medium.narrow else 22) for name in chart.series]
    axes.set_yticks(range(len(names)), names)
    for words, name in zip(axes.get_yticklabels(), chart.series, strict=True):
        words.set_color(theme.readable(colours.get(name, theme.INK), paper=theme.PAPER))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", pad=8 + 4 * letters)


def _paint_panels(chart: Lines, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
    """A panel per series on shared axes; what is drawn for context stands in each."""
    shown, columns = chart.series[:MOST_PANELS], _columns(medium)
    grid = canvas.subplots(math.ceil(len(shown) / columns), columns, sharex=True, sharey=True, squeeze=False)
    flat = grid.ravel()
    for axes in flat[len(shown) :]:
        axes.set_visible(False)
    for axes, name in zip(flat, shown, strict=False):
        for behind in dict.fromkeys(chart.frame.loc[chart.frame["muted"], "series"]):
            _paint_series(chart, axes, behind, colour=theme.CONTEXT)
        _paint_series(chart, axes, name, colour=theme.SERIES[0])
        axes.set_title(base.wrapped(name, width=16 if medium.narrow else 24), fontsize=theme.TEXT_PX, loc="left")
    _limits(chart, flat[0], style)
    _across(chart, flat[0], medium, style)
    for axes in flat[: len(shown)]:
        axes.set(xlabel="", ylabel="")
    canvas.supxlabel(vocabulary.label(chart.across, style=style), color=theme.MUTED, fontsize=theme.TEXT_PX)
    canvas.supylabel(vocabulary.label(chart.measure, style=style), color=theme.MUTED, fontsize=theme.TEXT_PX)
