"""Needs, value and risk on one grid: whom to grow, keep, rescue or let be, and what is at stake."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, segment_tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.segment_words import unit_words
from cemlab.show.survival_axes import short

ACTIONS = ("rescue", "keep", "grow", "let be")
"""From the most to the least urgent."""

MEANS: Mapping[str, str] = {
    "rescue": "high value, at risk",
    "keep": "high value, safe",
    "grow": "low value, safe",
    "let be": "low value, at risk",
}

TINTS: Mapping[str, str] = {"rescue": "#f7d5c4", "keep": "#cfe6df", "grow": "#d6e6f2", "let be": "#eceef0"}


def grid(cells: Estimates, *, order: Sequence[str], info: LabInfo) -> Figure:
    """Draw customers and value at stake by segment and what to do.

    Parameters
    ----------
    cells : Estimates
        From ``stats.segments.grid``.
    order : sequence of str
        Segments from top to bottom.
    info : LabInfo
        For the locale, the currency and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        One box per cell: customers, their interval, and the value. On a phone segments stand under one
        another.
    """
    table = segment_tables.of_grid(cells, order=order, info=info)
    told = {(str(row["segment"]), str(row["action"])): row for row in cells.table.to_dict("records")}
    money = {(str(row["segment"]), str(row["action"])): row for row in cells.parts["at_stake"].to_dict("records")}
    seen = [name for name in order if any(segment == name for segment, _ in told)]

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        for down, name in enumerate(seen):
            for at, action in enumerate(ACTIONS):
                key = (name, action)
                _paint_cell(
                    axes,
                    told.get(key, {}),
                    money.get(key, {}),
                    at=(at, down),
                    action=action,
                    info=info,
                    narrow=medium.narrow,
                )
        _frame(axes, seen, narrow=medium.narrow)

    spoken = "; ".join(_spoken(told[key], money.get(key, {}), info=info) for key in told)
    return draw(
        _paint,
        title=f"Customers and their value{unit_words('currency', info=info)}",
        alt=f"Grid of segments by what to do. {spoken}.",
        table=table,
        info=info,
        height=70 + 66 * len(seen),
        narrow_height=70 + 80 * len(seen),
        basis=f"{numbers.level_text(cells.level, locale=info.locale)} intervals in brackets.",
    )


def _paint_cell(
    axes: Axes,
    row: Mapping[Any, Any],
    worth: Mapping[Any, Any],
    *,
    at: tuple[int, int],
    action: str,
    info: LabInfo,
    narrow: bool,
) -> None:
    x, y = at
    axes.add_patch(Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, facecolor=TINTS[action], edgecolor="none"))
    shown = bool(row) and not row["suppressed"]
    if shown and not row["estimate"]:
        axes.text(x, y, "nobody", ha="center", va="center", color=theme.MUTED)
        return
    text = numbers.number(float(row["estimate"]), locale=info.locale) if shown else "withheld" if row else "–"
    axes.text(x, y - 0.2, text, ha="center", va="center", color=theme.INK, fontweight="bold")
    if not shown or narrow:
        amount = _short(worth.get("estimate", math.nan), info=info) if shown else ""
        axes.text(x, y + 0.18, amount, ha="center", va="center", color=theme.INK)
        return
    axes.text(x, y + 0.05, f"({_between(row, info=info)})", ha="center", va="center", color=theme.MUTED)
    amount = _short(worth.get("estimate", math.nan), info=info)
    axes.text(x, y + 0.28, amount, ha="center", va="center", color=theme.INK)


def _frame(axes: Axes, seen: Sequence[str], *, narrow: bool) -> None:
    for at, action in enumerate(ACTIONS):
        axes.text(at, -0.85, action, ha="center", va="center", color=theme.INK, fontweight="bold")
        if not narrow:
            axes.text(at, -0.62, MEANS[action], ha="center", va="center", color=theme.MUTED)
    axes.set(xlim=(-0.5, len(ACTIONS) - 0.5), ylim=(len(seen) - 0.45, -1.05), xticks=[])
    axes.set_yticks(range(len(seen)), [short(name, most=12 if narrow else 18) for name in seen])
    axes.spines[["left", "bottom"]].set_visible(False)


def _short(value: float, *, info: LabInfo) -> str:
    """Thousands and millions in short: a box has little room."""
    if not math.isfinite(value):
        return "–"
    for size, sign in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{numbers.number(value / size, 1 if abs(value) < 10 * size else 0, locale=info.locale)}{sign}"
    return numbers.number(value, locale=info.locale)


def _between(row: Mapping[Any, Any], *, info: LabInfo) -> str:
    return numbers.interval_text(float(row["ci_low"]), float(row["ci_high"]), locale=info.locale)


def _spoken(row: Mapping[Any, Any], worth: Mapping[Any, Any], *, info: LabInfo) -> str:
    name = f"{row['segment']}, {row['action']}"
    if row["suppressed"]:
        return f"{name} withheld"
    amount = numbers.number(float(worth.get("estimate", math.nan)), locale=info.locale)
    return f"{name} {numbers.number(float(row['estimate']), locale=info.locale)} customers, {info.currency} {amount}"
