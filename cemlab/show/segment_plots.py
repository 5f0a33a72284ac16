"""Figures of segments in columns: what sets them apart, and who is in them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, segment_tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.segment_words import basis, word
from cemlab.show.survival_axes import short
from cemlab.show.tables import Cell, Column, Table

MOST_ROWS = 16
"""A heat map shows at most so many rows of each kind: those that tell most apart; the table has all."""

FULL = 1.5
"""Standard deviations at which a colour is as deep as it gets."""

_ROOMY = 4
"""Columns up to which there is room for signs on a phone and for intervals on a screen."""

SHADES = LinearSegmentedColormap.from_list("apart", ["#b35806", "#fdd9b0", theme.PAPER, "#b5d8ec", "#1f6fa8"])
"""Less than the others is brown, more is blue; the sign is printed too."""


@dataclass(frozen=True)
class _Line:
    """One row of the heat map."""

    label: str
    kind: str  # heading or values
    cells: tuple[float, ...] = ()
    known: tuple[bool, ...] = ()
    effect: float = math.nan
    tested: bool = False


def heat(
    items: pd.DataFrame, gaps: Estimates | None, *, order: Sequence[str], info: LabInfo, counted: str = "customers"
) -> Figure:
    """Draw how far each segment lies from all others, in standard deviations.

    Parameters
    ----------
    items : pandas.DataFrame
        From ``stats.segments.contrasts``: what the segments are made of. May be empty.
    gaps : Estimates or None
        From ``stats.segments.differences`` after adjustment: what else differs, with ``flagged``.
    order : sequence of str
        Segments from left to right.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    counted : str, default "customers"
        What the segments hold.

    Returns
    -------
    Figure
        One row per item and outcome, one column per segment; a difference that could be chance is grey and not
        coloured. At the right edge the share of variation that lies between segments.
    """
    made, said = _item_lines(items, order=order), _gap_lines(gaps, order=order)
    if items.empty:
        made = [line for line in said if not line.tested]
    said = [line for line in said if line.tested]
    shown = [*_block("What segments are made of", made), *_block("What they say and do", said)]
    title = f"Distance of each segment from all other {counted}, in standard deviations"
    spoken = "; ".join(_spoken(line, order=order) for line in shown if line.kind == "values")
    table = _heat_table([*made, *said], order=order, caption=title, info=info)
    tall = 80 + 23 * len(shown)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_heat(canvas.subplots(), shown, order=order, narrow=medium.narrow)

    return draw(
        _paint,
        title=title,
        alt=f"Heat map. {spoken}.",
        table=table,
        info=info,
        height=tall + 16 * (len(order) > 3) * 2,
        narrow_height=tall + 18 * len(order),
        basis=basis([gaps], info=info, intervals=False) if gaps else "",
    )


def _item_lines(items: pd.DataFrame, *, order: Sequence[str]) -> list[_Line]:
    """What segments are made of, by the segment that has most of it; levels that always go together once."""
    if items.empty:
        return []
    made: dict[tuple[float, ...], _Line] = {}
    for (_, _, name), rows in items.groupby(["item", "level", "word"], sort=False):
        values = rows.set_index("segment")["estimate"].reindex(list(order)).to_numpy(float)
        line = _Line(str(name), "values", tuple(values), (True,) * len(order), float(rows["explained"].iloc[0]))
        if np.isfinite(values).any():
            made.setdefault(tuple(values.round(3)), line)
    return sorted(made.values(), key=lambda line: int(np.nanargmax(line.cells)))


def _gap_lines(gaps: Estimates | None, *, order: Sequence[str]) -> list[_Line]:
    if gaps is None:
        return []
    explained = gaps.parts["explained"].set_index("outcome")["estimate"].clip(0, 1)
    made = []
    for outcome, rows in gaps.table.groupby("outcome", sort=False):
        each = rows.set_index("segment").reindex(list(order))
        tested = bool(each["p_value"].notna().any())
        known = each["flagged"].fillna(False).astype(bool) if tested else each["estimate"].notna()
        values = each["estimate"].where(~each["suppressed"].fillna(True).astype(bool)).to_numpy(float)
        effect = float(explained.get(outcome, math.nan))
        made.append(_Line(word(str(outcome)), "values", tuple(values), tuple(known), effect, tested))
    return sorted(made, key=lambda line: -_size(line))


def _block(heading: str, lines: Sequence[_Line]) -> list[_Line]:
    """The lines that tell most, in their order, below a heading."""
    most = sorted(lines, key=lambda line: -_size(line))[:MOST_ROWS]
    return [_Line(heading, "heading"), *(line for line in lines if line in most)] if lines else []


def _size(line: _Line) -> float:
    return float(np.nanmax(np.abs(line.cells))) if np.isfinite(line.cells).any() else 0.0


def _paint_heat(axes: Axes, lines: Sequence[_Line], *, order: Sequence[str], narrow: bool) -> None:
    scale, edge = Normalize(-FULL, FULL), axes.get_yaxis_transform()
    for place, line in enumerate(lines):
        for at, (value, known) in enumerate(zip(line.cells, line.known, strict=True)):
            shade = SHADES(scale(value)) if known and math.isfinite(value) else theme.PAPER
            axes.add_patch(_box(at, place, shade))
            ink = theme.MUTED if not known else theme.PAPER if abs(value) > 0.75 * FULL else theme.INK
            # Six numbers with their plus signs would touch on a phone.
            text = _signed(value).removeprefix("+") if narrow and len(order) > _ROOMY else _signed(value)
            axes.text(at, place, text, ha="center", va="center", color=ink)
        if line.kind == "values":
            axes.text(1.02, place, _percent(line.effect), transform=edge, va="center", color=theme.MUTED)
    axes.text(1.02, -1, "told, %" if narrow else "told apart, %", transform=edge, va="center", color=theme.MUTED)
    top = _paint_names(axes, order, narrow=narrow)
    axes.set_yticks(range(len(lines)), [short(line.label, most=17 if narrow else 34) for line in lines])
    for tick, line in zip(axes.get_yticklabels(), lines, strict=True):
        tick.set_fontweight("bold" if line.kind == "heading" else "normal")
    axes.set(xlim=(-0.5, len(order) - 0.5), ylim=(len(lines) - 0.4, top), xticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)


def _paint_names(axes: Axes, order: Sequence[str], *, narrow: bool) -> float:
    """Name the columns; on a phone by letters with a key above. Returns where the drawing begins."""
    if narrow:
        for at, name in enumerate(order):
            letter = chr(ord("A") + at)
            axes.text(at, -1, letter, ha="center", va="center", color=theme.INK, fontweight="bold")
            spot = -2.2 - 0.8 * (len(order) - 1 - at)
            axes.text(-0.5, spot, f"{letter}  {short(name, most=32)}", ha="left", va="center", color=theme.INK)
        return -2.8 - 0.8 * (len(order) - 1)
    wide = max(9, 50 // max(1, len(order)))
    wrapped = [
        [short(each, most=wide + 2) for each in textwrap.wrap(name, wide, break_long_words=False)[:4]] for name in order
    ]
    for at, words in enumerate(wrapped):
        small = {"fontsize": theme.TEXT_PX - 1} if len(order) > 5 else {"fontweight": "bold"}
        axes.text(at, -0.7, "\n".join(words), ha="center", va="bottom", color=theme.INK, **small)
    return -1.0 - 0.72 * max(len(words) for words in wrapped)


def _box(at: float, place: float, shade: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((at - 0.48, place - 0.46), 0.96, 0.92, facecolor=shade, edgecolor="none")


def _signed(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")


def _percent(share: float) -> str:
    if not math.isfinite(share):
        return "–"
    return f"{100 * share:.0f}" if share >= 0.01 else "< 1"


def _spoken(line: _Line, *, order: Sequence[str]) -> str:
    told = (
        f"{name} {_signed(value)}{'' if known else ' (could be chance)'}"
        for name, value, known in zip(order, line.cells, line.known, strict=True)
    )
    return f"{line.label}: {', '.join(told)}"


def _heat_table(lines: Sequence[_Line], *, order: Sequence[str], caption: str, info: LabInfo) -> Table:
    columns = (Column("What"), *(Column(name, numeric=True) for name in order), Column("Told apart, %", numeric=True))
    kept = [line for line in lines if line.kind == "values"]
    rows = tuple(
        (
            Cell(line.label, line.label),
            *(Cell(numbers.number(value, 2, locale=info.locale), value) for value in line.cells),
            Cell(numbers.number(100 * line.effect, 1, locale=info.locale), line.effect),
        )
        for line in kept
    )
    data = pd.DataFrame([line.cells for line in kept], columns=list(order)).assign(
        explained=[line.effect for line in kept]
    )
    data.insert(0, "what", [line.label for line in kept])
    return Table(caption, columns, rows, data)


def mix(found: Mapping[str, Estimates], *, order: Sequence[str], info: LabInfo, counted: str = "customers") -> Figure:
    """Draw the share of each level of several categories in each segment.

    Parameters
    ----------
    found : mapping of str to Estimates
        Category → from ``stats.segments.categories``, by ``segment`` and ``group``.
    order : sequence of str
        Segments from left to right.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    counted : str, default "customers"
        What the segments hold.

    Returns
    -------
    Figure
        Percent of the segment in each cell, darker for more, with its interval where there is room; beside each
        category how much it goes with the segments (Cramér's V).
    """
    rows = [row for name, each in found.items() for row in _mix_rows(name, each, order=order)]
    title = f"Who they are, % of the segment's {counted}"
    table = segment_tables.of_mixes(found, caption=title, info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_mix(canvas.subplots(), rows, order=order, narrow=medium.narrow)

    said = "; ".join(f"{row['label']} {', '.join(_shares(row, order))}" for row in rows if row["cells"])
    tall = 80 + 23 * len(rows)
    return draw(
        _paint,
        title=title,
        alt=f"Shares in percent. {said}.",
        table=table,
        info=info,
        height=tall + 32 * (len(order) > 3),
        narrow_height=tall + 18 * len(order),
        basis=_where(found, order=order, info=info),
    )


def _where(found: Mapping[str, Estimates], *, order: Sequence[str], info: LabInfo) -> str:
    """Where the intervals stand: in a figure that is narrow or has many columns there is no room for them."""
    level = numbers.level_text(next(iter(found.values())).level, locale=info.locale)
    return (
        f"{level} intervals in brackets or in the table."
        if len(order) <= _ROOMY
        else f"{level} intervals are in the table."
    )


def _mix_rows(name: str, found: Estimates, *, order: Sequence[str]) -> list[dict[str, Any]]:
    tied = float(found.parts["association"]["estimate"].iloc[0]) if "association" in found.parts else math.nan
    rows: list[dict[str, Any]] = [{"label": word(name)[:1].upper() + word(name)[1:], "cells": {}, "tied": tied}]
    for group, each in found.table.groupby("group", sort=False):
        cells = {str(row["segment"]): row for row in each.to_dict("records") if str(row["segment"]) in order}
        rows.append({"label": str(group), "cells": cells, "tied": math.nan})
    return rows


def _shares(row: Mapping[str, Any], order: Sequence[str]) -> list[str]:
    return [f"{name} {_whole(row['cells'][name])}" for name in order if name in row["cells"]]


def _whole(cell: Mapping[Any, Any], *, interval: bool = False) -> str:
    if cell["suppressed"] or not math.isfinite(cell["estimate"]):
        return "–"
    value = f"{100 * cell['estimate']:.0f}"
    if not interval or not math.isfinite(cell["ci_low"]):
        return value
    return f"{value} ({100 * cell['ci_low']:.0f} to {100 * cell['ci_high']:.0f})"


def _paint_mix(axes: Axes, rows: Sequence[Mapping[str, Any]], *, order: Sequence[str], narrow: bool) -> None:
    edge, roomy = axes.get_yaxis_transform(), not narrow and len(order) <= _ROOMY
    for place, row in enumerate(rows):
        for at, name in enumerate(order):
            if name in row["cells"]:
                cell = row["cells"][name]
                known = not cell["suppressed"] and math.isfinite(cell["estimate"])
                axes.add_patch(_box(at, place, SHADES(0.5 + 0.5 * cell["estimate"] * 0.6) if known else theme.PAPER))
                axes.text(at, place, _whole(cell, interval=roomy), ha="center", va="center", color=theme.INK)
        if math.isfinite(row["tied"]):
            axes.text(1.02, place, f"V {row['tied']:.2f}", transform=edge, va="center", color=theme.MUTED)
    top = _paint_names(axes, order, narrow=narrow)
    axes.set_yticks(range(len(rows)), [short(row["label"], most=15 if narrow else 30) for row in rows])
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("normal" if row["cells"] else "bold")
    axes.set(xlim=(-0.5, len(order) - 0.5), ylim=(len(rows) - 0.4, top), xticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)
