"""Figures of why customers leave: shares that have left by cause, and the overstatement to avoid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, survival_tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.survival_axes import apart, course, label_right, short, start_of, ticks_below

MOST_CAUSES = len(theme.SERIES) - 1
"""Of more causes than these the rarer are drawn as one."""
OTHER = "other causes"
_HATCHES = ("", "////", "....", "xxxx", "----")
"""On paper causes are told apart without colour."""


def stacked(shares: Estimates, *, at: Estimates, clock: str, info: LabInfo) -> Figure:
    """Draw who has left for which cause, the shares on top of one another.

    Parameters
    ----------
    shares : Estimates
        From ``stats.survival.cumulative_incidence`` without groups.
    at : Estimates
        The same at a few times, for the table.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        One area per cause, named at the right with its last share; what is left above is still there.
    """
    drawn = _causes(shares)
    title = "Share that has left, by cause"
    table = survival_tables.of_curves(at, caption=title, clock=clock, info=info)
    names = {name: numbers.number(100 * float(each["estimate"].iloc[-1]), locale=info.locale) for name, each in drawn}
    end = float(drawn[0][1]["at"].iloc[-1])

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        _paint_stack(axes, drawn, shares=names, medium=medium)
        axes.set(
            ylim=(0, 103),
            ylabel="% of all",
            xlabel=f"{clock} since the start",
            xlim=(drawn[0][1]["at"].iloc[0], end),
            xticks=ticks_below(end, clock=clock, most=5 if medium.narrow else 8),
        )

    spoken = numbers.listed(f"{name} {share} %" for name, share in names.items())
    alt = f"Stacked areas. {title} after {end:g} {clock}: {spoken}; the rest are still there."
    basis = survival_tables.basis(shares, info=info, bands=False)
    return draw(_paint, title=title, alt=alt, table=table, info=info, height=300, basis=basis)


def _causes(shares: Estimates) -> list[tuple[str, pd.DataFrame]]:
    """Return the course of each cause on one grid of times, the most frequent first, rare ones added up."""
    start = start_of(shares)
    table = shares.table
    made = [
        (str(cause), course(rows, start=start, first=0.0, columns=("overstated",)))
        for cause, rows in table.groupby("cause", sort=True)
    ]
    made.sort(key=lambda each: -float(each[1]["estimate"].iloc[-1]))
    if len(made) <= MOST_CAUSES:
        return made
    kept, rest = made[: MOST_CAUSES - 1], made[MOST_CAUSES - 1 :]
    total = np.sum([each["estimate"].to_numpy() for _, each in rest], axis=0)
    # errors of a sum of causes are not known here, so it is drawn without a band
    other = rest[0][1].assign(estimate=total, ci_low=total, ci_high=total, overstated=np.nan)
    return [*kept, (OTHER, other)]


def _paint_stack(
    axes: Axes, drawn: Sequence[tuple[str, pd.DataFrame]], *, shares: dict[str, str], medium: theme.Medium
) -> None:
    at = drawn[0][1]["at"].to_numpy()
    below = np.zeros(len(at))
    middles = []
    printed = medium is theme.PRINT
    fills = [theme.PAPER] * len(drawn) if printed else theme.SERIES
    for (_, each), colour, hatch in zip(drawn, fills, _HATCHES, strict=False):
        above = below + 100 * each["estimate"].to_numpy()
        axes.fill_between(
            at,
            below,
            above,
            step="post",
            color=colour,
            lw=0.8,
            ec=theme.INK if printed else theme.PAPER,
            hatch=hatch if printed else None,
        )
        middles.append(float(below[-1] + above[-1]) / 2)
        below = above
    middles.append((100 + float(below[-1])) / 2)
    left = 100 - float(below[-1])
    words = [f"{short(name, most=14 if medium.narrow else 22)} {shares[name]} %" for name, _ in drawn]
    words.append(f"still there {left:.0f} %")
    colours = [*theme.SERIES[: len(drawn)], theme.MUTED]
    for name, spot, middle, colour in zip(words, apart(middles, gap=7, low=2), middles, colours, strict=True):
        label_right(axes, name, at=spot, end=(float(at[-1]), middle), colour=colour)


def overstatement(shares: Estimates, *, at: Estimates, clock: str, info: LabInfo) -> Figure:
    """Draw each cause's share with its band, and what 1 − Kaplan–Meier would claim instead.

    Parameters
    ----------
    shares : Estimates
        From ``stats.survival.cumulative_incidence`` without groups.
    at : Estimates
        The same at a few times, for the table.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        One panel per cause on shared axes: solid with band what the cause took, dashed the overstatement.
    """
    drawn = [each for each in _causes(shares) if each[0] != OTHER]
    title = "What a cause took, and what 1 − Kaplan–Meier would claim"
    table = survival_tables.of_overstated(at, caption=title, clock=clock, info=info)
    end = float(drawn[0][1]["at"].iloc[-1])
    top = 100 * max(float(each[name].max()) for _, each in drawn for name in ("overstated", "ci_high"))

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        columns = 1 if medium.narrow else min(3, len(drawn))
        panels = canvas.subplots(-(-len(drawn) // columns), columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes in panels[len(drawn) :]:
            axes.set_visible(False)
        for axes, (name, each), colour in zip(panels, drawn, theme.SERIES, strict=False):
            _paint_cause(axes, each, colour=colour)
            _name_ends(axes, each, colour=colour, gap=(0.18 if medium.narrow else 0.1) * top, info=info)
            axes.set_title(short(name, most=26), fontsize=theme.TEXT_PX, loc="left")
            axes.set(xticks=ticks_below(end, clock=clock, most=4), ylim=(0, 1.04 * top))
        canvas.supxlabel(
            f"{clock} since the start (dashed: 1 − Kaplan–Meier)", color=theme.MUTED, fontsize=theme.TEXT_PX
        )
        canvas.supylabel("% of all", color=theme.MUTED, fontsize=theme.TEXT_PX)

    rows = -(-len(drawn) // 3)
    spoken = "; ".join(_claimed(name, each, info=info) for name, each in drawn)
    return draw(
        _paint,
        title=title,
        alt=f"Lines with bands, after {end:g} {clock}: {spoken}.",
        table=table,
        info=info,
        height=40 + 200 * rows,
        narrow_height=40 + 150 * len(drawn),
        basis=survival_tables.basis(shares, info=info),
    )


def _claimed(name: str, each: pd.DataFrame, *, info: LabInfo) -> str:
    took, claimed = (
        numbers.number(100 * float(each[column].iloc[-1]), locale=info.locale) for column in ("estimate", "overstated")
    )
    return f"{name} took {took} %, one less Kaplan–Meier claims {claimed} %"


def _paint_cause(axes: Axes, each: pd.DataFrame, *, colour: str) -> None:
    axes.fill_between(
        each["at"], 100 * each["ci_low"], 100 * each["ci_high"], step="post", color=colour, alpha=0.2, lw=0
    )
    axes.step(each["at"], 100 * each["estimate"], where="post", color=colour)
    axes.step(each["at"], 100 * each["overstated"], where="post", color=theme.MUTED, ls="--", lw=1.2)


def _name_ends(axes: Axes, each: pd.DataFrame, *, colour: str, gap: float, info: LabInfo) -> None:
    """Put both last shares beside the lines."""
    ends = [100 * float(each[column].iloc[-1]) for column in ("estimate", "overstated")]
    colours = [theme.readable(colour, paper=theme.PAPER), theme.MUTED]
    for end, spot, shade in zip(ends, apart(ends, gap=gap, low=gap / 3), colours, strict=True):
        words = f"{numbers.number(end, locale=info.locale)} %"
        axes.text(1.02, spot, words, transform=axes.get_yaxis_transform(), va="center", color=shade)
