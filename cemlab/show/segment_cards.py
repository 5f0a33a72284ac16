"""A card per segment: what sets it apart, and what is known of it, on one figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import segment_tables, segment_words, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.survival_axes import short

MOST_BARS = 8
"""Differences on a card: the largest."""


def card(
    name: str, *, apart: pd.DataFrame, facts: Mapping[str, Estimates], info: LabInfo, grid: Estimates | None = None
) -> Figure:
    """Draw what is known of one segment.

    Parameters
    ----------
    name : str
        The segment.
    apart : pandas.DataFrame
        One row per ``word`` with ``estimate``, the segment's distance from the rest in standard deviations.
    facts : mapping of str to Estimates
        What is known → one row per ``segment``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    grid : Estimates, optional
        From ``stats.segments.grid``: how many there are to rescue.

    Returns
    -------
    Figure
        Bars of the largest differences, and the lines beside them; on a phone below them.
    """
    lines = segment_words.lines(name, facts, info=info)
    if grid is not None:
        lines += segment_words.lines(name, {"rescue": _to_rescue(grid)}, info=info)
    known = apart.loc[apart["estimate"].abs().map(math.isfinite)]
    most = known.reindex(known["estimate"].abs().sort_values(ascending=False, kind="stable").index[:MOST_BARS])
    bars = most.sort_values("estimate", ascending=False, kind="stable")
    table = segment_tables.of_lines(lines, caption=name)
    down = 40 + 22 * max(len(bars), 3), 14 + 21 * len(lines)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        if medium.narrow:
            left, right = canvas.subplots(2, 1, height_ratios=down)
        else:
            left, right = canvas.subplots(1, 2, width_ratios=[5, 6])
        _paint_bars(left, bars)
        _paint_lines(right, lines, across=medium.narrow)

    said = ", ".join(
        f"{word} {value:+.1f}".replace("-", "−")
        for word, value in zip(bars["word"].astype(str), bars["estimate"], strict=True)
    )
    told = "; ".join(f"{what} {much}" for what, much in lines)
    return draw(
        _paint,
        title=name,
        basis="Intervals in brackets.",
        alt=f"Card of {name}. Standard deviations from the rest: {said}. {told}.",
        table=table,
        info=info,
        height=30 + max(down),
        narrow_height=40 + sum(down),
    )


def _to_rescue(grid: Estimates) -> Estimates:
    table = grid.table
    return replace(grid, _table=table.loc[table["action"] == "rescue"], by=("segment",))


def _paint_bars(axes: Axes, bars: pd.DataFrame) -> None:
    values = bars["estimate"].to_numpy(float)
    colours = [theme.SERIES[0] if value > 0 else theme.SERIES[1] for value in values]
    axes.barh(range(len(values)), values, color=colours, height=0.7)
    axes.axvline(0, color=theme.LINE, lw=1)
    axes.set_yticks(range(len(values)), [short(str(word), most=19) for word in bars["word"]])
    far = max([0.5, *abs(values)]) * 1.08
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axes.set(xlim=(-far, far), ylim=(max(len(values), 1) - 0.4, -0.6), xlabel="standard deviations from the rest")


def _paint_lines(axes: Axes, lines: Sequence[tuple[str, str]], *, across: bool) -> None:
    """Lines of text; `across` the whole figure, below the labels of the bars too, where it is narrow."""
    from matplotlib.transforms import blended_transform_factory

    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(max(len(lines), 1) - 0.4, -0.6))
    edge = blended_transform_factory(axes.figure.transFigure, axes.transData) if across else axes.transData
    left, right = (0.01, 0.99) if across else (0.0, 1.0)
    for place, (what, much) in enumerate(lines):
        drawn = [
            axes.text(left, place, short(what, most=24), va="center", color=theme.MUTED, transform=edge),
            axes.text(right, place, much, va="center", ha="right", color=theme.INK, transform=edge),
            *axes.plot([left, right], [place + 0.5] * 2, color=theme.LINE, lw=0.6, transform=edge, clip_on=False),
        ]
        for each in drawn:
            each.set_in_layout(not across)
