"""Figures of how long customers stay: curves with the customers at risk below them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, survival_tables, theme
from cemlab.show.figure import Figure, draw, in_words
from cemlab.show.survival_axes import apart, course, label_right, short, start_of, ticks_below

MOST_CURVES = len(theme.SERIES)
"""More groups than these are drawn in panels of their own."""
MOST_PANELS = 24
"""Of more groups than these only the largest are drawn."""
_MEDIAN_AT = 1.1
"""Of the width of the axes: clear of the last number at risk."""


@dataclass(frozen=True, eq=False)
class _Group:
    """One curve as it is drawn."""

    name: str
    n: float
    curve: pd.DataFrame  # at, estimate, ci_low, ci_high
    risk: pd.DataFrame  # duration, at_risk
    median: float

    @property
    def last(self) -> float:
        return float(self.curve["estimate"].iloc[-1])


def times(curve: Estimates, *, clock: str, most: int = 7) -> list[float]:
    """Return round times from the start to the end of the longest curve, for an axis and a table below it.

    Parameters
    ----------
    curve : Estimates
        From ``stats.survival.kaplan_meier`` or ``cumulative_incidence``.
    clock : {"months", "days"}
        Unit of the durations.
    most : int, default 7
        At most so many.

    Returns
    -------
    list of float
        Ascending from 0, in the unit of the durations.
    """
    return ticks_below(float(curve.table["duration"].max()), clock=clock, most=most)


def curves(
    curve: Estimates,
    *,
    risk: Estimates,
    medians: Estimates | None = None,
    overall: Estimates | None = None,
    clock: str,
    info: LabInfo,
) -> Figure:
    """Draw the share still there over time, with the customers at risk in a table below.

    Parameters
    ----------
    curve : Estimates
        From ``stats.survival.kaplan_meier``, without groups or by one column.
    risk : Estimates
        From ``stats.survival.at`` on the same life table at `times`: the ticks, and the table.
    medians : Estimates, optional
        From ``stats.survival.quantiles``; a median that is reached is marked.
    overall : Estimates, optional
        The curve of all, drawn in grey where groups have panels of their own.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Steps with a band at 20 % opacity, each named at its end; curves end where the risk set does. Above
        `MOST_CURVES` groups small multiples on shared axes, of the `MOST_PANELS` largest. Withheld groups
        are named in the words.
    """
    by = [name for name in curve.by if name != "duration"]
    groups, hidden = _groups(curve, risk=risk, medians=medians, by=by)
    subject = numbers.listed(survival_tables.subject(name) for name in by)
    which = f" by {subject}" if by else ""
    table = survival_tables.of_curves(risk, caption=f"Share still there{which}", clock=clock, info=info)
    shown = sorted(groups, key=lambda group: -group.n)[:MOST_PANELS] if len(groups) > MOST_PANELS else groups
    title = f"Share still there{which}"
    if len(shown) < len(groups):
        title += f": the {len(shown)} largest of {len(groups)} groups"
    start = start_of(curve)
    alt = _alt(shown, hidden=hidden, title=title, clock=clock, info=info)
    basis = survival_tables.basis(curve, info=info)
    if not shown:
        return draw(in_words(), title=title, alt=alt, table=table, info=info, height=80, basis=basis)
    whole = course(overall.table, start=start, first=1.0) if overall else None
    if len(shown) > MOST_CURVES:
        basis = f"Beside each name its spells{'; grey: all' if overall else ''}. {basis}"
    grid = sorted(float(time) for time in risk.table["duration"].unique())

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        if len(shown) > MOST_CURVES:
            _paint_panels(canvas, shown, whole=whole, grid=grid, clock=clock, narrow=medium.narrow, info=info)
        else:
            _paint_together(canvas, shown, grid=grid, start=start, clock=clock, narrow=medium.narrow, info=info)

    if len(shown) > MOST_CURVES:
        wide, narrow = (150.0 * math.ceil(len(shown) / columns) + 40 for columns in (3, 2))
    else:
        wide = narrow = 300.0 + 20 * len(shown)
    return draw(_paint, title=title, alt=alt, table=table, info=info, height=wide, narrow_height=narrow, basis=basis)


def _groups(
    curve: Estimates, *, risk: Estimates, medians: Estimates | None, by: list[str]
) -> tuple[list[_Group], list[str]]:
    """Return the curves that may be shown, the highest last value first, and the names of those that are withheld."""
    at_risk, middle = _keyed(risk.table, by), _keyed(medians.table if medians else pd.DataFrame(columns=by), by)
    made: list[_Group] = []
    for name, rows in _keyed(curve.table, by).items():
        if bool(rows["suppressed"].iloc[0]):
            continue
        drawn = course(rows, start=start_of(curve), first=1.0)
        median = middle[name].query("share_left == 0.5")["estimate"] if name in middle else pd.Series(dtype=float)
        made.append(
            _Group(
                name, float(rows["n"].iloc[0]), drawn, at_risk[name], float(median.iloc[0]) if len(median) else math.nan
            )
        )
    shown = {group.name for group in made}
    hidden = [name for name in _keyed(curve.parts["groups"], by) if name not in shown]
    return sorted(made, key=lambda group: -group.last), hidden


def _keyed(table: pd.DataFrame, by: list[str]) -> dict[str, pd.DataFrame]:
    if not by or table.empty:
        return {"All": table} if len(table) else {}
    keys = table[by].astype(str).agg(", ".join, axis=1)
    return {str(name): rows for name, rows in table.groupby(keys, sort=False)}


def _paint_together(
    canvas: Canvas,
    groups: Sequence[_Group],
    *,
    grid: list[float],
    start: float,
    clock: str,
    narrow: bool,
    info: LabInfo,
) -> None:
    top, below = canvas.subplots(2, 1, sharex=True, height_ratios=[250, 34 + 20 * len(groups)])
    alone = len(groups) == 1
    colours = [theme.INK] if alone else list(theme.SERIES)
    top.axhline(50, color=theme.LINE, lw=1, ls=":")
    for group, colour in zip(groups, colours, strict=False):
        _paint_curve(top, group, colour=colour)
    if not alone:
        ends = [100 * group.last for group in groups]
        for group, colour, spot in zip(groups, colours, apart(ends, gap=6.5, low=2), strict=False):
            name = short(group.name, most=11 if narrow else 22)
            label_right(top, name, at=spot, end=(float(group.curve["at"].iloc[-1]), 100 * group.last), colour=colour)
    whose = f" of those there at {start:g} {clock}" if start > 0 else ""
    top.set(ylim=(0, 103), ylabel=f"% still there{whose}", xlim=(min(start, grid[0]), max(grid[-1], _end(groups))))
    top.tick_params(labelbottom=False, length=0)
    _paint_risk(
        below,
        groups,
        colours=colours,
        grid=grid[:: _every(groups, grid, narrow=narrow, info=info)],
        info=info,
        narrow=narrow,
    )
    below.set_xlabel(f"{clock} since the start")


def _every(groups: Sequence[_Group], grid: Sequence[float], *, narrow: bool, info: LabInfo) -> int:
    """Return which of the times the table below shows, each, every second, ..., so that its numbers keep apart."""
    letters = max(len(numbers.number(float(group.risk["at_risk"].max()), locale=info.locale)) for group in groups)
    room = 150 if narrow else 400
    return math.ceil(len(grid) * (7 * letters + 8) / room)


def _end(groups: Sequence[_Group]) -> float:
    return max(float(group.curve["at"].iloc[-1]) for group in groups)


def _paint_curve(axes: Axes, group: _Group, *, colour: str) -> None:
    drawn = group.curve
    axes.fill_between(
        drawn["at"], 100 * drawn["ci_low"], 100 * drawn["ci_high"], step="post", color=colour, alpha=0.2, lw=0
    )
    axes.step(drawn["at"], 100 * drawn["estimate"], where="post", color=colour)
    if math.isfinite(group.median):
        axes.plot(group.median, 50, "o", color=colour, mfc=theme.PAPER, ms=6, zorder=4)


def _paint_risk(
    axes: Axes, groups: Sequence[_Group], *, colours: Sequence[str], grid: list[float], info: LabInfo, narrow: bool
) -> None:
    for position, group in enumerate(groups):
        at_risk = group.risk.set_index("duration")["at_risk"]
        for time in grid:
            value = float(at_risk.get(time, math.nan))
            axes.text(
                time, position, numbers.number(value, locale=info.locale), ha="center", va="center", color=theme.INK
            )
        median = f"{group.median:g}" if math.isfinite(group.median) else "–"
        axes.text(_MEDIAN_AT, position, median, transform=axes.get_yaxis_transform(), va="center", color=theme.INK)
    axes.text(_MEDIAN_AT, -1, "median", transform=axes.get_yaxis_transform(), va="center", color=theme.MUTED)
    axes.text(0, -1, "at risk", transform=axes.get_yaxis_transform(), va="center", color=theme.MUTED)
    names = [short(group.name, most=11 if narrow else 22) for group in groups]
    axes.set(ylim=(len(groups) - 0.4, -1.5), xticks=grid)
    axes.set_yticks(range(len(groups)), names)
    for text, colour in zip(axes.get_yticklabels(), colours, strict=False):
        text.set_color(theme.readable(colour, paper=theme.PAPER))
    axes.spines["left"].set_visible(False)
    first = max(len(numbers.number(float(group.risk["at_risk"].iloc[0]), locale=info.locale)) for group in groups)
    axes.tick_params(axis="y", pad=8 + 4 * first)


def _paint_panels(
    canvas: Canvas,
    groups: Sequence[_Group],
    *,
    whole: pd.DataFrame | None,
    grid: list[float],
    clock: str,
    narrow: bool,
    info: LabInfo,
) -> None:
    columns = 2 if narrow else 3
    panels = canvas.subplots(math.ceil(len(groups) / columns), columns, sharex=True, sharey=True, squeeze=False)
    flat = panels.ravel()
    for axes in flat[len(groups) :]:
        axes.set_visible(False)
    for axes, group in zip(flat, groups, strict=False):
        if whole is not None:
            axes.step(whole["at"], 100 * whole["estimate"], where="post", color=theme.CONTEXT, lw=1)
        _paint_curve(axes, group, colour=theme.SERIES[0])
        n = numbers.number(group.n, locale=info.locale)
        axes.set_title(f"{short(group.name, most=14 if narrow else 20)} · {n}", fontsize=theme.TEXT_PX, loc="left")
        axes.set(ylim=(0, 103), xticks=grid[:: 2 if narrow else 1])
    canvas.supxlabel(f"{clock} since the start", color=theme.MUTED, fontsize=theme.TEXT_PX)
    canvas.supylabel("% still there", color=theme.MUTED, fontsize=theme.TEXT_PX)


def _alt(groups: Sequence[_Group], *, hidden: list[str], title: str, clock: str, info: LabInfo) -> str:
    def _spoken(group: _Group) -> str:
        last = numbers.number(100 * group.last, locale=info.locale)
        median = f", median {group.median:g} {clock}" if math.isfinite(group.median) else ", median not reached"
        return f"{group.name} {last} % after {group.curve['at'].iloc[-1]:g} {clock}{median}"

    said = [f"Survival curves. {title}."]
    said += [f"Highest first: {'; '.join(_spoken(group) for group in groups[:12])}."] if groups else []
    said += [f"Withheld for too few customers: {numbers.listed(hidden)}."] if hidden else []
    return " ".join(said)
