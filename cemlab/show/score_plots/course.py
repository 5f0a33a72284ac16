"""The score of each period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.score_plots.labels import axis_label, basis, digits_of, name_of, printed

_WEEK = "week of "


def course(
    score: Estimates, *, overall: Estimates, changes: Estimates | None = None, period: str, info: LabInfo
) -> Figure:
    """Draw the score of each period with its interval.

    Parameters
    ----------
    score : Estimates
        From ``stats.scores.estimate`` by ``period``, with ``complete``.
    overall : Estimates
        One row: the whole window, drawn as the reference line.
    changes : Estimates, optional
        From ``stats.change.consecutive`` after adjustment; a flagged step is a diamond in ink.
    period : {"week", "month", "quarter", "year"}
        Length of a step, for its name.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dots, a band at 20 % opacity, incomplete periods hatched and named, withheld ones named.
    """
    table = printed(score.table.sort_values("period").reset_index(drop=True), unit=score.unit)
    table["name"] = [numbers.period_name(day, period=period) for day in table["period"]]
    table["complete"] = table["complete"].astype(bool)
    table["flagged"] = False
    if changes is not None:
        judged = changes.table
        table["flagged"] = table["period"].isin(judged.loc[judged["flagged"], "period"])
    whole = numbers.scaled(float(overall.table["estimate"].iloc[0]), score.unit)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        _paint_course(axes, table, whole=whole)
        _paint_axes(axes, table, label=axis_label(score), medium=medium)

    name = name_of(score)
    shown = tables.of_estimates(
        score, caption=f"{name} of each period", info=info, label=name, extra={"complete": "Complete"}
    )
    alt = _in_words(table, name=name, info=info)
    return draw(
        _paint, title=f"{name} over time", alt=alt, table=shown, info=info, height=280, basis=basis(overall, info=info)
    )


def _paint_course(axes: Axes, table: pd.DataFrame, *, whole: float) -> None:
    at, complete, flagged = np.arange(len(table)), table["complete"].to_numpy(), table["flagged"].to_numpy()
    axes.axhline(whole, color=theme.LINE, lw=1)
    sure = table[["estimate", "ci_low", "ci_high"]].where(table["complete"])
    axes.fill_between(at, sure["ci_low"], sure["ci_high"], color=theme.CONTEXT, alpha=0.2, lw=0)
    axes.plot(at, sure["estimate"], color=theme.CONTEXT)
    for which, marker, colour in ((~flagged, "o", theme.CONTEXT), (flagged, "D", theme.INK)):
        chosen = complete & which
        axes.scatter(at[chosen], sure["estimate"][chosen], s=28, zorder=3, color=colour, marker=marker)
    for position in at[~complete]:
        axes.axvspan(position - 0.5, position + 0.5, facecolor="none", hatch="///", hatchcolor=theme.LINE, lw=0)
        row = table.loc[position]
        axes.plot([position] * 2, [row["ci_low"], row["ci_high"]], color=theme.CONTEXT)
        axes.plot(position, row["estimate"], "o", mfc=theme.PAPER, color=theme.CONTEXT)
    hidden = at[table["suppressed"]]
    axes.plot(hidden, np.full(len(hidden), 0.02), "x", transform=axes.get_xaxis_transform(), color=theme.MUTED)
    if len(hidden) == len(at):
        axes.set_yticks([])


def _paint_axes(axes: Axes, table: pd.DataFrame, *, label: str, medium: theme.Medium) -> None:
    steps = max(1, int(np.ceil(len(table) / (4 if medium.narrow else 8))))
    ticks = slice(None, None, steps)
    axes.set_xticks(np.arange(len(table))[ticks], table["name"].str.removeprefix(_WEEK).iloc[ticks])
    told = [_WEEK.strip()] if table["name"].str.startswith(_WEEK).any() else []
    told += ["line: whole window"]
    told += ["diamond: larger than the floor"] if table["flagged"].any() else []
    told += ["hatched: incomplete"] if not table["complete"].all() else []
    told += ["×: withheld"] if table["suppressed"].any() else []
    half = (len(told) + 1) // 2
    words = (
        "; ".join(told[:half]) + ";\n" + "; ".join(told[half:]) if medium.narrow and len(told) > 2 else "; ".join(told)
    )
    axes.set(ylabel=label, xlabel=words, xlim=(-0.6, len(table) - 0.4))


def _in_words(table: pd.DataFrame, *, name: str, info: LabInfo) -> str:
    sure = table.loc[table["complete"] & ~table["suppressed"] & table["estimate"].notna()]
    if sure.empty:
        return f"Line chart of {name} over time: no complete period can be shown."
    low, high = sure.loc[sure["estimate"].idxmin()], sure.loc[sure["estimate"].idxmax()]
    digits = digits_of(sure)

    def point(row: Any) -> str:
        return f"{numbers.number(row['estimate'], digits, locale=info.locale)} in {row['name']}"

    marked = [
        (int(table["flagged"].sum()), "that are shown to be larger than the materiality floor"),
        (int((~table["complete"]).sum()), "incomplete"),
        (int(table["suppressed"].sum()), "withheld"),
    ]
    many = "period" if len(sure) == 1 else "periods"
    return (
        f"Line chart of {name} over {len(sure)} complete {many}: {point(sure.iloc[0])} at first, {point(sure.iloc[-1])}"
        f" at last, lowest {point(low)}, highest {point(high)}. Periods"
        f" {', '.join(f'{words}: {count}' for count, words in marked)}."
    )
