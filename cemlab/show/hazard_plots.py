"""Figures of what goes with leaving: hazard ratios, whether they hold over time, and three ways to ask."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import forests, hazard_tables, numbers, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.forests import Row
from cemlab.show.survival_axes import short, ticks_below

MOST_ROWS = 40
"""A figure shows at most so many ratios: those of the terms that come first."""
MOST_PANELS = 6
_AXIS = "hazard ratio, log scale (line: as the reference)"


def ratios(fit: Estimates, *, info: LabInfo) -> Figure:
    """Draw the hazard ratio of each level against its reference, term by term.

    Parameters
    ----------
    fit : Estimates
        From ``stats.hazards``, log hazard ratios by ``term`` and ``level``, after adjustment: with ``flagged``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker on a scale of doublings; flagged ratios in ink, the others grey, references named; spells
        at the right edge.
    """
    rows = _forest_rows(fit, info=info)
    title = "Rate of leaving against the reference"
    if len(rows) > MOST_ROWS:
        rows, title = rows[:MOST_ROWS], f"{title}: the first {MOST_ROWS} rows"
    table = hazard_tables.of_ratios(fit, caption="Hazard ratios", info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_ratios(canvas.subplots(), rows, narrow=medium.narrow)

    return draw(
        _paint, title=title, alt=f"Dot and whisker chart of hazard ratios. {_in_words(fit, info=info)}", table=table,
        info=info, height=76 + 22 * len(rows), basis=hazard_tables.basis(fit, info=info),
    )  # fmt: skip


def _forest_rows(fit: Estimates, *, info: LabInfo) -> list[Row]:
    made: list[Row] = []
    for term, levels in fit.table.groupby("term", sort=False):
        name = hazard_tables.named(str(term))
        single = len(levels) == 1 and not str(levels["level"].iloc[0])
        if not single:
            made += [Row(name, "heading"), Row(f"{levels['reference'].iloc[0]} (reference)", "reference", 1.0)]
        for row in levels.sort_values("estimate", ascending=False).to_dict("records"):
            made.append(_ratio_row(row, label=name if single else str(row["level"]), info=info))
    return made


def _ratio_row(row: Mapping[Any, Any], *, label: str, info: LabInfo) -> Row:
    if row["suppressed"] or not math.isfinite(row["estimate"]):
        return Row(label, "withheld")
    value, low, high = (math.exp(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    colour = theme.INK if row.get("flagged") else theme.CONTEXT
    return Row(label, "dot", value, low, high, numbers.number(row["n"], locale=info.locale), colour)


def _paint_ratios(axes: Axes, rows: Sequence[Row], *, narrow: bool, counted: str = "spells") -> None:
    label = "hazard ratio, log scale" if narrow else _AXIS
    forests.paint(axes, rows, line=1.0, label=label, counted=counted, narrow=narrow, ratios=True)


def _in_words(fit: Estimates, *, info: LabInfo) -> str:
    seen = fit.table.loc[~fit.table["suppressed"].astype(bool)]
    spoken = []
    for row in seen.to_dict("records")[:12]:
        ends = [math.exp(row[name]) for name in ("estimate", "ci_low", "ci_high")]
        digits = hazard_tables.ratio_digits(*ends[1:])
        value, low, high = (numbers.number(end, digits, locale=info.locale) for end in ends)
        against = f" against {row['reference']}" if row["level"] else " per unit"
        spoken.append(f"{hazard_tables.named(str(row['term']))} {row['level']}{against} {value} ({low} to {high})")
    more = f"; {len(seen) - 12} more are in the table" if len(seen) > 12 else ""
    return f"{'; '.join(spoken)}{more}."


def over_time(tests: Estimates, *, fit: Estimates, clock: str, info: LabInfo) -> Figure:
    """Draw how each effect runs over time, where the model has it constant.

    Parameters
    ----------
    tests : Estimates
        From ``stats.diagnostics.proportional_hazards``, with the part ``effect``: log hazard ratios by ``term``, ``level`` and slice of
        time from ``start`` to ``stop``.
    fit : Estimates
        The fit that was tested: levels that it withholds are not drawn.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        One panel per level on shared axes, at most `MOST_PANELS`: those that move most. The line is zero: above it
        customers leave sooner than those of the reference.
    """
    effects = hazard_tables.published_effects(tests, fit=fit)
    groups = _moving_most(effects)
    title = "Effect in slices of time, log hazard ratio"
    if len(groups) < len(effects[["term", "level"]].drop_duplicates()):
        title += f": the {len(groups)} that move most"
    table = hazard_tables.of_effects(tests, fit=fit, caption=title, clock=clock, info=info)

    if not groups:
        alt = "No level holds enough endings in a slice of time to be drawn."
        return draw(_paint_nothing, title=title, alt=alt, table=table, info=info, height=80)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        columns = 1 if medium.narrow else min(3, len(groups)) if len(groups) != 4 else 2
        panels = canvas.subplots(-(-len(groups) // columns), columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes in panels[len(groups) :]:
            axes.set_visible(False)
        for axes, (name, rows) in zip(panels, groups, strict=False):
            _paint_slices(axes, rows)
            axes.set_xticks(ticks_below(float(rows["stop"].max()), clock=clock, most=6))
            axes.tick_params(labelbottom=True)
            axes.set_title(short(name, most=24 if columns > 2 else 40), fontsize=theme.TEXT_PX, loc="left")
        canvas.supxlabel(f"{clock} since the start", color=theme.MUTED, fontsize=theme.TEXT_PX)
        canvas.supylabel("log hazard ratio", color=theme.MUTED, fontsize=theme.TEXT_PX)

    ends = [(name, rows["estimate"].dropna().tolist()) for name, rows in groups]
    spoken = "; ".join(f"{name} from {each[0]:.2f} to {each[-1]:.2f}".replace("-", "−") for name, each in ends)
    return draw(
        _paint, title=title, alt=f"Steps with bands, first slice to last: {spoken}.", table=table, info=info,
        height=40 + 190 * (1 if len(groups) < 4 else 2), narrow_height=40 + 140 * len(groups),
        basis=hazard_tables.basis(tests, info=info),
    )  # fmt: skip


def _paint_nothing(canvas: Canvas, medium: theme.Medium) -> None:  # noqa: ARG001 - all media alike
    canvas.text(0.5, 0.5, "too few endings to be drawn", ha="center", va="center", color=theme.MUTED)


def _paint_slices(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axhline(0, color=theme.LINE, lw=1)
    for row in rows.to_dict("records"):
        axes.fill_between(
            [row["start"], row["stop"]], row["ci_low"], row["ci_high"], color=theme.SERIES[0], alpha=0.2, lw=0
        )
    edges = [*rows["start"], rows["stop"].iloc[-1]]
    axes.stairs(rows["estimate"].to_numpy(float), edges, baseline=None, color=theme.SERIES[0], lw=1.6)


def _moving_most(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    made = [
        (hazard_tables.row_name(str(term), str(level)), rows.sort_values("start"))
        for (term, level), rows in table.groupby(["term", "level"], sort=False)
        if rows["estimate"].notna().any()
    ]
    made.sort(key=lambda each: -float(np.nanmax(each[1]["estimate"]) - np.nanmin(each[1]["estimate"])))
    return made[:MOST_PANELS]


def ways(fits: Mapping[str, Estimates], *, terms: Sequence[str], traps: Sequence[str] = (), info: LabInfo) -> Figure:
    """Draw what several ways to ask give for the same covariates, one under the other.

    Parameters
    ----------
    fits : mapping of str to Estimates
        Way to ask, in words → log hazard ratios by ``term`` and ``level``.
    terms : sequence of str
        The covariates; of each the telling level is shown: a detractor, a thing that happened.
    traps : sequence of str
        Those of `fits` that are wrong and shown as a warning.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker on a log scale; the traps hollow and in another colour, with their name.
    """
    rows: list[Row] = []
    for term in terms:
        told = {way: hazard_tables.telling(fit, term) for way, fit in fits.items()}
        known = {way: row for way, row in told.items() if row is not None}
        if known:
            rows.append(Row(hazard_tables.against(next(iter(known.values()))), "heading"))
            rows += [_way_row(row, way=way, trap=way in traps, info=info) for way, row in known.items()]
    title = f"Rate of leaving, asked in {len(fits)} ways"
    table = hazard_tables.of_ways(fits, terms=terms, caption=title, info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        _paint_ratios(axes, rows, narrow=medium.narrow, counted="n")
        for position, row in enumerate(rows):
            if row.label in traps and row.kind == "dot":
                axes.plot(row.value, position, "o", color=row.colour, mfc=theme.PAPER)

    alt = f"Dot and whisker chart of hazard ratios. {'; '.join(_row_in_words(row, info=info) for row in rows)}."
    return draw(_paint, title=title, alt=alt, table=table, info=info, height=76 + 24 * len(rows))


def _way_row(row: Mapping[Any, Any], *, way: str, trap: bool, info: LabInfo) -> Row:
    made = _ratio_row({**row, "flagged": True}, label=way, info=info)
    return replace(made, colour=theme.GROUPS["detractor"]) if trap else made


def _row_in_words(row: Row, *, info: LabInfo) -> str:
    if row.kind in ("withheld", "heading"):
        return row.label if row.kind == "heading" else f"{row.label} withheld"
    digits = hazard_tables.ratio_digits(row.low, row.high)
    value, low, high = (numbers.number(each, digits, locale=info.locale) for each in (row.value, row.low, row.high))
    return f"{row.label} {value} ({low} to {high})"
