"""Figures of segments under one another: how large they are, what each says, does and is worth, and against rivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import forests, numbers, segment_tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.segment_words import basis, unit_words, word


def levels(
    found: Mapping[str, Estimates],
    *,
    title: str,
    info: LabInfo,
    flagged: Estimates | None = None,
    counted: str = "customers",
) -> Figure:
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
    counted : str, default "customers"
        What the segments hold.

    Returns
    -------
    Figure
        Dot and whisker; the line is the mean of all customers; customers at the right edge.
    """
    dark = _dark(flagged)
    panels = [(name, each, _rows(name, each, dark=dark, info=info)) for name, each in found.items()]
    table = segment_tables.of_levels(found, caption=title, info=info, counted=counted)
    many = max((len(rows) for _, _, rows in panels), default=1)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        across = 1 if medium.narrow or len(panels) == 1 else 2
        down = -(-len(panels) // across)
        axes = canvas.subplots(down, across, squeeze=False, gridspec_kw={"wspace": 0.12}).ravel()
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
    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker charts. {spoken}.",
        table=table,
        info=info,
        height=each * (1 if len(panels) == 1 else -(-len(panels) // 2)),
        narrow_height=each * len(panels),
        basis=basis(list(found.values()), info=info, counted=counted),
    )


def _dark(flagged: Estimates | None) -> set[tuple[str, str]] | None:
    if flagged is None:
        return None
    rows = flagged.table.loc[flagged.table["flagged"].fillna(False).astype(bool)]
    return {(str(row["outcome"]), str(row["segment"])) for row in rows.to_dict("records")}


def _rows(name: str, found: Estimates, *, dark: set[tuple[str, str]] | None, info: LabInfo) -> list[forests.Row]:
    ordered = found.table.sort_values("estimate", ascending=False, na_position="last", kind="stable")
    return [
        forests.row(
            {**row, "flagged": dark is None or (name, str(row["segment"])) in dark},
            label=str(row["segment"]),
            unit=found.unit,
            info=info,
        )
        for row in ordered.to_dict("records")
    ]


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
    table = segment_tables.of_levels(renamed, caption=title, info=info, grouped="Rival", units=False)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        forests.paint(
            canvas.subplots(),
            lines,
            line=0.0,
            label="percentage points" if medium.narrow else title,
            counted="n",
            narrow=medium.narrow,
        )

    spoken = "; ".join(forests.spoken(line, info=info, least=1) for line in lines)
    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker chart. {spoken}.",
        table=table,
        info=info,
        height=76 + 22 * len(lines),
        basis=f"{numbers.level_text(next(iter(found.values())).level, locale=info.locale)} intervals.",
    )
