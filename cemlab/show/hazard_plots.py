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
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import forests, hazard_tables, numbers, theme
from cemlab.show.figure import Figure, draw, in_words
from cemlab.show.forests import Row
from cemlab.show.survival_axes import short, ticks_below

MOST_ROWS = 40
"""A figure shows at most so many ratios: those of the terms that come first."""
MOST_PANELS = 6
_MANY_DOUBLINGS = math.log(2**6)
_REFERENCE, _NARROW_LABEL = " (reference)", 19
_AXIS = "hazard ratio, log scale (line: as the reference)"


def ratios(fit: Estimates, *, cause: str = "", info: LabInfo) -> Figure:
    """Draw the hazard ratio of each level against its reference, term by term.

    Parameters
    ----------
    fit : Estimates
        From ``stats.hazards``, log hazard ratios by ``term`` and ``level``, after adjustment: with ``flagged``.
    cause : str, default ""
        Of leaving for this cause alone; empty for all.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker on a scale of doublings; flagged ratios in ink, the others grey, references named; spells
        at the right edge.
    """
    rows = _forest_rows(fit, info=info)
    title = f"Rate of leaving{_so(cause)} against the reference"
    if len(rows) > MOST_ROWS:
        rows, title = rows[:MOST_ROWS], f"{title}: the first {MOST_ROWS} rows"
    table = hazard_tables.of_ratios(fit, caption="Hazard ratios", info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_ratios(canvas.subplots(), rows, narrow=medium.narrow)

    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker chart of hazard ratios. {_in_words(fit, info=info)}",
        table=table,
        info=info,
        height=76 + 22 * len(rows),
        basis=hazard_tables.basis(fit, cause=cause, info=info),
    )


def _so(cause: str) -> str:
    return f" for “{cause}”" if cause else ""


def _forest_rows(fit: Estimates, *, info: LabInfo) -> list[Row]:
    made: list[Row] = []
    for term, levels in fit.table.groupby("term", sort=False):
        name = hazard_tables.named(str(term))
        single = len(levels) == 1 and not str(levels["level"].iloc[0])
        if not single:
            made += [Row(name, "heading"), Row(f"{levels['reference'].iloc[0]}{_REFERENCE}", "reference", 1.0)]
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
    rows = [replace(row, label=_shorter(row)) for row in rows] if narrow else rows
    forests.paint(axes, rows, line=1.0, label=label, counted=counted, narrow=narrow, ratios=True)


def _shorter(row: Row) -> str:
    """Return a label of which a phone shows what tells it from others: that it is the reference, which level it is."""
    if row.kind == "reference":
        return f"{short(row.label.removesuffix(_REFERENCE), most=12)} (ref.)"
    if row.kind == "heading" and len(row.label) > _NARROW_LABEL:
        return row.label.rpartition(": ")[2].partition(",")[0].capitalize()
    return row.label


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
        From ``stats.diagnostics.proportional_hazards``, with the part ``effect``: log hazard ratios by
        ``term``, ``level`` and slice of time from ``start`` to ``stop``.
    fit : Estimates
        The fit that was tested: levels that it withholds are not drawn.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        One panel per level on shared log axes, at most `MOST_PANELS`: those that move most. The line is one: above it
        customers leave sooner than those of the reference.
    """
    effects = hazard_tables.published_effects(tests, fit=fit)
    groups = _moving_most(effects)
    title = "Hazard ratio in slices of time"
    table = hazard_tables.of_effects(tests, fit=fit, caption=title, clock=clock, info=info)
    if len(groups) < len(effects[["term", "level"]].drop_duplicates()):
        title += f": the {len(groups)} that move most"
    if not groups:
        alt = "No level holds enough endings in a slice of time to be drawn."
        return draw(in_words("too few endings to be drawn"), title=title, alt=alt, table=table, info=info, height=80)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        columns = 1 if medium.narrow else min(3, len(groups)) if len(groups) != 4 else 2
        panels = canvas.subplots(-(-len(groups) // columns), columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes in panels[len(groups) :]:
            axes.set_visible(False)
        for axes, (name, rows) in zip(panels, groups, strict=False):
            _paint_slices(axes, rows)
            axes.set_xticks(ticks_below(float(rows["stop"].max()), clock=clock, most=6))
            axes.tick_params(labelbottom=True)
            axes.set_title(_on_lines(name, most=24 if columns > 2 else 40), fontsize=theme.TEXT_PX, loc="left")
        _ratio_scale(panels[0], [rows for _, rows in groups])
        canvas.supxlabel(f"{clock} since the start", color=theme.MUTED, fontsize=theme.TEXT_PX)
        canvas.supylabel("hazard ratio, log scale", color=theme.MUTED, fontsize=theme.TEXT_PX)

    ends = [(name, np.exp(rows["estimate"].dropna()).tolist()) for name, rows in groups]
    spoken = "; ".join(
        f"{name} from {' to '.join(numbers.number(each[place], 2, locale=info.locale) for place in (0, -1))}"
        for name, each in ends
    )
    return draw(
        _paint,
        title=title,
        alt=f"Steps with bands, first slice to last: {spoken}.",
        table=table,
        info=info,
        height=40 + 200 * (1 if len(groups) < 4 else 2),
        narrow_height=40 + 145 * len(groups),
        basis=hazard_tables.basis(tests, info=info),
    )


def _paint_slices(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axhline(1, color=theme.LINE, lw=1)
    for row in rows.to_dict("records"):
        low, high = math.exp(row["ci_low"]), math.exp(row["ci_high"])
        axes.fill_between([row["start"], row["stop"]], low, high, color=theme.SERIES[0], alpha=0.2, lw=0)
    edges = [*rows["start"], rows["stop"].iloc[-1]]
    axes.stairs(np.exp(rows["estimate"].to_numpy(float)), edges, baseline=None, color=theme.SERIES[0], lw=1.6)


def _on_lines(name: str, *, most: int) -> str:
    """Return a name on one line, or term and level on two, each cut where it must be."""
    if len(name) <= most:
        return name
    return "\n".join(short(part, most=most) for part in name.split(": ", 1))


def _ratio_scale(axes: Axes, drawn: Sequence[pd.DataFrame]) -> None:
    """Give the shared axis doublings where it is short, tenfolds where it is long."""
    seen = pd.concat(drawn)
    low, high = min(0.0, seen["ci_low"].min()), max(0.0, seen["ci_high"].max())
    base = 2 if high - low < _MANY_DOUBLINGS else 10
    powers = range(math.ceil(low / math.log(base)), math.floor(high / math.log(base)) + 1)
    axes.set_yscale("log")
    axes.set_ylim(math.exp(low) / 1.1, math.exp(high) * 1.1)
    axes.yaxis.set_major_locator(FixedLocator([base**power for power in powers]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _moving_most(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    made = [
        (hazard_tables.row_name(str(term), str(level)), rows.sort_values("start"))
        for (term, level), rows in table.groupby(["term", "level"], sort=False)
        if rows["estimate"].notna().any()
    ]
    made.sort(key=lambda each: -float(np.nanmax(each[1]["estimate"]) - np.nanmin(each[1]["estimate"])))
    return made[:MOST_PANELS]


def ways(
    fits: Mapping[str, Estimates], *, terms: Sequence[str], traps: Sequence[str] = (), cause: str = "", info: LabInfo
) -> Figure:
    """Draw what several ways to ask give for the same covariates, one under the other.

    Parameters
    ----------
    fits : mapping of str to Estimates
        Way to ask, in words → log hazard ratios by ``term`` and ``level``.
    terms : sequence of str
        The covariates; of each the telling level is shown: a detractor, a thing that happened.
    traps : sequence of str
        Those of `fits` that are wrong and shown as a warning.
    cause : str, default ""
        Of leaving for this cause alone; empty for all.
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
    title = f"Rate of leaving{_so(cause)}, asked in {len(fits)} ways"
    table = hazard_tables.of_ways(fits, terms=terms, caption=title, info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        _paint_ratios(axes, rows, narrow=medium.narrow, counted="n")
        for position, row in enumerate(rows):
            if row.label in traps and row.kind == "dot":
                axes.plot(row.value, position, "o", color=row.colour, mfc=theme.PAPER)

    alt = f"Dot and whisker chart of hazard ratios. {'; '.join(_row_in_words(row, info=info) for row in rows)}."
    level = numbers.level_text(next(iter(fits.values())).level, locale=info.locale)
    basis = f"{level} intervals; n counts spells, or the stretches of them that were followed over time."
    return draw(_paint, title=title, alt=alt, table=table, info=info, height=76 + 24 * len(rows), basis=basis)


def _way_row(row: Mapping[Any, Any], *, way: str, trap: bool, info: LabInfo) -> Row:
    made = _ratio_row({**row, "flagged": True}, label=way, info=info)
    return replace(made, colour=theme.GROUPS["detractor"]) if trap else made


def _row_in_words(row: Row, *, info: LabInfo) -> str:
    if row.kind in ("withheld", "heading"):
        return row.label if row.kind == "heading" else f"{row.label} withheld"
    digits = hazard_tables.ratio_digits(row.low, row.high)
    value, low, high = (numbers.number(each, digits, locale=info.locale) for each in (row.value, row.low, row.high))
    return f"{row.label} {value} ({low} to {high})"
