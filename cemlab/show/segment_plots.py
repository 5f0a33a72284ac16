"""Figures of segments: what sets them apart, and what each says, does and is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import forests, numbers, segment_tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.prediction_tables import basis, of_customers
from cemlab.show.segment_words import unit_words, word
from cemlab.show.survival_axes import short
from cemlab.show.tables import Cell, Column, Table

MOST_ROWS = 30
"""A heat map shows at most so many rows of each kind: those that tell most apart."""

FULL = 1.5
"""Standard deviations at which a colour is as deep as it gets."""

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


def heat(items: pd.DataFrame, gaps: Estimates | None, *, order: Sequence[str], info: LabInfo) -> Figure:
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

    Returns
    -------
    Figure
        One row per item and outcome, one column per segment; a difference that could be chance is grey and not coloured. At
        the right edge the share of variation that lies between segments.
    """
    lines = _item_lines(items, order=order) + (_gap_lines(gaps, order=order) if gaps else [])
    title = "Distance of each segment from all others, in standard deviations"
    spoken = "; ".join(_spoken(line, order=order) for line in lines if line.kind == "values")
    table = _heat_table(lines, order=order, caption=title, info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_heat(canvas.subplots(), lines, order=order, narrow=medium.narrow)

    return draw(_paint, title=title, alt=f"Heat map. {spoken}.", table=table, info=info, height=80 + 23 * len(lines),
                basis=basis(gaps, info=info) if gaps else "")  # fmt: skip


def _item_lines(items: pd.DataFrame, *, order: Sequence[str]) -> list[_Line]:
    if items.empty:
        return []
    made = []
    for (_, _, name), rows in items.groupby(["item", "level", "word"], sort=False):
        values = rows.set_index("segment")["estimate"].reindex(list(order)).to_numpy(float)
        effect = float(rows["explained"].iloc[0])
        made.append(_Line(str(name).replace("ratings:", ""), "values", tuple(values), (True,) * len(order), effect))
    kept = sorted(made, key=lambda line: -_size(line))[:MOST_ROWS]
    return [
        _Line("What segments are made of", "heading"),
        *sorted(kept, key=lambda line: int(np.nanargmax(line.cells))),
    ]


def _gap_lines(gaps: Estimates, *, order: Sequence[str]) -> list[_Line]:
    table = gaps.table
    explained = gaps.parts["explained"].set_index("outcome")["estimate"]
    made = []
    for outcome, rows in table.groupby("outcome", sort=False):
        each = rows.set_index("segment").reindex(list(order))
        judged = each["p_value"].notna().any()
        known = each["flagged"].fillna(False).astype(bool) if judged else each["estimate"].notna()
        values = each["estimate"].where(~each["suppressed"].fillna(True).astype(bool)).to_numpy(float)
        effect = float(explained.get(outcome, math.nan))
        made.append(_Line(word(str(outcome)), "values", tuple(values), tuple(known), effect))
    return (
        [_Line("What they say and do", "heading"), *sorted(made, key=lambda line: -_size(line))[:MOST_ROWS]]
        if made
        else []
    )


def _size(line: _Line) -> float:
    return float(np.nanmax(np.abs(line.cells))) if np.isfinite(line.cells).any() else 0.0


def _paint_heat(axes: Axes, lines: Sequence[_Line], *, order: Sequence[str], narrow: bool) -> None:
    scale, edge = Normalize(-FULL, FULL), axes.get_yaxis_transform()
    for place, line in enumerate(lines):
        for at, (value, known) in enumerate(zip(line.cells, line.known, strict=True)):
            shade = SHADES(scale(value)) if known and math.isfinite(value) else theme.PAPER
            axes.add_patch(_box(at, place, shade))
            ink = theme.MUTED if not known else theme.PAPER if abs(value) > 0.75 * FULL else theme.INK
            axes.text(at, place, _signed(value), ha="center", va="center", color=ink)
        if line.kind == "values":
            axes.text(1.02, place, _percent(line.effect), transform=edge, va="center", color=theme.MUTED)
    axes.text(1.02, -1, "told, %" if narrow else "told apart, %", transform=edge, va="center", color=theme.MUTED)
    wide = max(5, (22 if narrow else 62) // max(1, len(order)))
    for at, name in enumerate(order):
        axes.text(at, -1, short(name, most=wide), ha="center", va="center", color=theme.INK, fontweight="bold")
    axes.set_yticks(range(len(lines)), [short(line.label, most=17 if narrow else 34) for line in lines])
    for tick, line in zip(axes.get_yticklabels(), lines, strict=True):
        tick.set_fontweight("bold" if line.kind == "heading" else "normal")
    axes.set(xlim=(-0.5, len(order) - 0.5), ylim=(len(lines) - 0.4, -1.6), xticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)


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
    told = (f"{name} {_signed(value)}{'' if known else ' (could be chance)'}"
            for name, value, known in zip(order, line.cells, line.known, strict=True))  # fmt: skip
    return f"{line.label}: {', '.join(told)}"


def _heat_table(lines: Sequence[_Line], *, order: Sequence[str], caption: str, info: LabInfo) -> Table:
    columns = (Column("What"), *(Column(name, numeric=True) for name in order), Column("Told apart, %", numeric=True))
    kept = [line for line in lines if line.kind == "values"]
    rows = tuple(
        (
            Cell(line.label, line.label), *(Cell(numbers.number(value, 2, locale=info.locale), value) for value in line.cells),
            Cell(numbers.number(100 * line.effect, 1, locale=info.locale), line.effect),
        )
        for line in kept
    )  # fmt: skip
    data = pd.DataFrame([line.cells for line in kept], columns=list(order)).assign(
        explained=[line.effect for line in kept]
    )
    data.insert(0, "what", [line.label for line in kept])
    return Table(caption, columns, rows, data)


def levels(found: Mapping[str, Estimates], *, title: str, info: LabInfo, flagged: Estimates | None = None) -> Figure:
    """Draw outcomes by segment, one panel per outcome.

    Parameters
    ----------
    found : mapping of str to Estimates
        Outcome → one row per ``segment``, as ``stats.segments.profiles``; or ``sizes``.
    title : str
        What is shown.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    flagged : Estimates, optional
        From ``stats.segments.differences`` after adjustment: what stands out is dark. Without, all is dark.

    Returns
    -------
    Figure
        Dot and whisker; the line is the mean of all customers; customers at the right edge.
    """
    dark = _dark(flagged)
    panels = [(name, each, _rows(name, each, dark=dark, info=info)) for name, each in found.items()]
    table = segment_tables.of_levels(found, caption=title, info=info)
    many = max((len(rows) for _, _, rows in panels), default=1)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        across = 1 if medium.narrow or len(panels) == 1 else 2
        down = -(-len(panels) // across)
        axes = canvas.subplots(down, across, squeeze=False).ravel()
        for spare in axes[len(panels) :]:
            spare.set_visible(False)
        for each, (name, estimates, rows) in zip(axes, panels, strict=False):
            line = _mean(estimates)
            label = f"{word(name)}{unit_words(estimates.unit, info=info)}"
            forests.paint(each, rows, line=line, label=label, counted="n", narrow=medium.narrow or across > 1)

    spoken = "; ".join(
        f"{word(name)}: {', '.join(forests.spoken(row, info=info) for row in rows)}" for name, _, rows in panels
    )
    each = 74 + 24 * many
    return draw(_paint, title=title, alt=f"Dot and whisker charts. {spoken}.", table=table, info=info,
                height=each * (1 if len(panels) == 1 else -(-len(panels) // 2)), narrow_height=each * len(panels),
                basis=basis(next(iter(found.values())), info=info, whole=True))  # fmt: skip


def _dark(flagged: Estimates | None) -> set[tuple[str, str]] | None:
    if flagged is None:
        return None
    rows = flagged.table.loc[flagged.table["flagged"].fillna(False).astype(bool)]
    return {(str(row["outcome"]), str(row["segment"])) for row in rows.to_dict("records")}


def _rows(name: str, found: Estimates, *, dark: set[tuple[str, str]] | None, info: LabInfo) -> list[forests.Row]:
    ordered = found.table.sort_values("estimate", ascending=False, na_position="last", kind="stable")
    return [
        forests.row({**row, "flagged": dark is None or (name, str(row["segment"])) in dark}, label=str(row["segment"]),
                    unit=found.unit, info=info)
        for row in ordered.to_dict("records")
    ]  # fmt: skip


def _mean(found: Estimates) -> float:
    """Mean of all customers who were assigned, which the line shows."""
    seen = found.table.loc[~found.table["suppressed"].astype(bool)]
    if found.measure == "class_share" or not len(seen):
        return 0.0
    return float(numbers.scaled(float(np.average(seen["uncorrected"], weights=seen["n"])), found.unit))


def rivals(found: Mapping[str, Estimates], *, info: LabInfo) -> Figure:
    """Draw how much more of what came later the segments explain than each simpler split.

    Parameters
    ----------
    found : mapping of str to Estimates
        Later outcome → from ``stats.segments.beats``, after adjustment.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker in percentage points of variation; flagged ones dark.
    """
    lines: list[forests.Row] = []
    for name, each in found.items():
        lines.append(forests.Row(word(name), "heading"))
        lines += [
            forests.row(row, label=f"against {row['scheme']}", unit="share", info=info)
            for row in each.table.to_dict("records")
        ]
    title = "Explained variation beyond a simple split, percentage points"
    renamed = {
        name: replace(each, _table=each.table.rename(columns={"scheme": "segment"}), by=("segment",))
        for name, each in found.items()
    }
    table = segment_tables.of_levels(renamed, caption=title, info=info, grouped="Rival")

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        forests.paint(canvas.subplots(), lines, line=0.0, label="percentage points" if medium.narrow else title,
                      counted="n", narrow=medium.narrow)  # fmt: skip

    spoken = "; ".join(forests.spoken(line, info=info, least=1) for line in lines)
    return draw(_paint, title=title, alt=f"Dot and whisker chart. {spoken}.", table=table, info=info, height=76 + 22 * len(lines),
                basis=basis(next(iter(found.values())), info=info))  # fmt: skip


def mix(found: Estimates, *, outcome: str, order: Sequence[str], info: LabInfo) -> Figure:
    """Draw the share of each level of a category in each segment.

    Parameters
    ----------
    found : Estimates
        From ``stats.segments.categories``, by ``segment`` and ``group``.
    outcome : str
        What the groups are.
    order : sequence of str
        Segments.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker, level by level.
    """
    lines: list[forests.Row] = []
    for level, rows in found.table.groupby("group", sort=False):
        lines.append(forests.Row(str(level), "heading"))
        told = {str(row["segment"]): {**row, "flagged": True} for row in rows.to_dict("records")}
        lines += [forests.row(told[name], label=name, unit="share", info=info) for name in order if name in told]
    title = f"{word(outcome)[:1].upper()}{word(outcome)[1:]} by segment, % of its customers"
    table = of_customers(found, caption=title, info=info, label="Share")

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        forests.paint(canvas.subplots(), lines, line=0.0, label="% of the segment", counted="n", narrow=medium.narrow)

    spoken = "; ".join(forests.spoken(line, info=info) for line in lines)
    return draw(_paint, title=title, alt=f"Dot and whisker chart. {spoken}.", table=table, info=info, height=76 + 21 * len(lines),
                basis=f"{numbers.level_text(found.level, locale=info.locale)} intervals.")  # fmt: skip
