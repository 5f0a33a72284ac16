"""Figures of the NPS study: the distribution of answers, the course over time, groups compared."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables, theme
from cemlab.show.figure import Figure, draw

MOST_GROUPS = 40
"""A figure shows at most so many groups: the highest and the lowest half each."""


_LABEL_SPOTS = {"detractor": (3.0, "center"), "passive": (8.4, "right"), "promoter": (8.7, "left")}
"""On a phone the names of the right two groups would run into each other, centred."""


def distribution(answers: Estimates, *, info: LabInfo) -> Figure:
    """Draw the share of each score with its interval, coloured by NPS group.

    Parameters
    ----------
    answers : Estimates
        From ``stats.nps.distribution`` without groups: one row per score with ``score``,
        ``group``, ``estimate`` (share), ``ci_low``, ``ci_high``, ``n``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Bars with whiskers; each NPS group is named above its bars with its share.
    """
    table = answers.table
    shares = {str(group): float(rows["estimate"].sum()) for group, rows in table.groupby("group", observed=True)}

    def paint(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        colours = [theme.GROUPS[group] for group in table["group"]]
        axes.bar(table["score"], 100 * table["estimate"], color=colours, width=0.78)
        _whiskers(axes, table["score"], table, scale=100, vertical=True)
        top = 100 * float(table["ci_high"].max())
        for group, scores in table.groupby("group", observed=True)["score"]:
            share = numbers.number(100 * shares[str(group)], digits=1, locale=info.locale)
            name = f"{group}s\n{share} %" if narrow else f"{group}s {share} %"
            axes.plot([scores.min() - 0.4, scores.max() + 0.4], [top * 1.06] * 2, color=theme.GROUPS[str(group)], lw=2)
            at, side = _LABEL_SPOTS[str(group)] if narrow else (scores.mean(), "center")
            axes.text(at, top * 1.09, name, ha=side, va="bottom", color=theme.INK)
        axes.set(
            xlim=(-0.6, 11.4 if narrow else 10.6),
            ylim=(0, top * (1.34 if narrow else 1.22)),
            xlabel="score",
            ylabel="% of answers",
            xticks=range(11),
        )

    spoken = numbers.listed(
        f"{group}s {numbers.number(100 * shares[str(group)], digits=1, locale=info.locale)} %"
        for group in theme.GROUPS
        if group in shares
    )
    peak = table.nlargest(1, "estimate").to_dict("records")[0]
    alt = (
        f"Bar chart of the share of answers at each score from 0 to 10: {spoken}. The most frequent score is "
        f"{int(peak['score'])} with {numbers.number(100 * peak['estimate'], digits=1, locale=info.locale)} %."
    )
    shown = tables.of_estimates(answers, caption="Share of answers at each score", info=info, label="Share")
    return draw(paint, title="Share of answers at each score", alt=alt, table=shown, info=info, height=300)


def course(
    score: Estimates, *, overall: Estimates, changes: Estimates | None = None, period: str, info: LabInfo
) -> Figure:
    """Draw the NPS of each period with its interval.

    Parameters
    ----------
    score : Estimates
        From ``stats.nps.estimate`` by ``period``, with ``complete``.
    overall : Estimates
        One row: the whole window, drawn as the reference line.
    changes : Estimates, optional
        From ``stats.change.consecutive`` after adjustment; a flagged step is drawn in ink.
    period : {"week", "month", "quarter", "year"}
        Length of a step, for its name.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dots, a band at 20 % opacity, incomplete periods hatched and named.
    """
    table = score.table.sort_values("period").reset_index(drop=True)
    table["name"] = [numbers.period_name(day, period=period) for day in table["period"]]
    whole = overall.table["estimate"].iloc[0]
    flagged = set() if changes is None else set(changes.table.loc[changes.table["flagged"], "period"])
    complete = table["complete"].astype(bool).to_numpy()

    def paint(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        at = np.arange(len(table))
        axes.axhline(whole, color=theme.LINE, lw=1)
        axes.text(-0.4, whole, "whole window ", va="bottom", color=theme.MUTED, size=11)
        sure = np.where(complete, table["estimate"], np.nan)
        axes.fill_between(at, np.where(complete, table["ci_low"], np.nan), np.where(complete, table["ci_high"], np.nan),
                          color=theme.CONTEXT, alpha=0.2, lw=0)  # fmt: skip
        axes.plot(at, sure, color=theme.CONTEXT)
        marked = table["period"].isin(flagged).to_numpy()
        axes.scatter(
            at[complete], sure[complete], s=28, zorder=3, color=np.where(marked, theme.INK, theme.CONTEXT)[complete]
        )
        for position in at[~complete]:
            axes.axvspan(position - 0.5, position + 0.5, facecolor="none", hatch="///", edgecolor=theme.LINE, lw=0)
            row = table.loc[position]
            axes.errorbar(position, row["estimate"], yerr=[[row["estimate"] - row["ci_low"]], [row["ci_high"] - row["estimate"]]],
                          fmt="o", mfc=theme.PAPER, color=theme.CONTEXT)  # fmt: skip
        step = max(1, int(np.ceil(len(at) / (4 if narrow else 9))))
        axes.set_xticks(at[::step], table["name"].iloc[::step])
        axes.set(ylabel="NPS, points", xlim=(-0.6, len(at) - 0.4))

    shown = tables.of_estimates(
        score, caption="NPS of each period", info=info, label="NPS", extra={"complete": "Complete"}
    )
    alt = _course_alt(table, complete=complete, flagged=flagged, info=info)
    return draw(paint, title="NPS over time", alt=alt, table=shown, info=info, height=280)


def _course_alt(table: pd.DataFrame, *, complete: np.ndarray, flagged: set[object], info: LabInfo) -> str:
    sure = table.loc[complete & table["estimate"].notna().to_numpy()]
    if sure.empty:
        return "Line chart of NPS over time: no period is complete."
    low, high = sure.loc[sure["estimate"].idxmin()], sure.loc[sure["estimate"].idxmax()]

    def point(row: Any) -> str:
        return f"{numbers.number(row['estimate'], locale=info.locale)} in {row['name']}"

    return (
        f"Line chart of NPS over {len(sure)} complete periods: {point(sure.iloc[0])} at first, {point(sure.iloc[-1])} at last, "
        f"lowest {point(low)}, highest {point(high)}. {len(flagged)} steps stand out from chance"
        f"{f'; {int((~complete).sum())} incomplete periods are marked' if (~complete).any() else ''}."
    )


def forest(differences: Estimates, *, score: Estimates, overall: Estimates, info: LabInfo) -> Figure:
    """Draw the NPS of each group with its interval, highest first.

    Parameters
    ----------
    differences : Estimates
        From ``stats.nps.against_rest`` after adjustment: which groups are flagged.
    score : Estimates
        From ``stats.nps.estimate`` by the same column.
    overall : Estimates
        One row: all customers, drawn as the reference line.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker per group, flagged ones in ink, the others grey, n at the right edge.
    """
    by = score.by[0]
    merged = tables.ordered(score).table
    compared = differences.table[[by, "flagged"]]
    merged = merged.merge(compared, on=by, how="left")
    merged["flagged"] = merged["flagged"].eq(True)
    table = (
        merged
        if len(merged) <= MOST_GROUPS
        else pd.concat([merged.head(MOST_GROUPS // 2), merged.tail(MOST_GROUPS // 2)])
    )
    table = table.reset_index(drop=True)
    whole = float(overall.table["estimate"].iloc[0])
    subject = tables.heading(by).lower()

    def paint(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        at = np.arange(len(table))
        axes.axvline(whole, color=theme.LINE, lw=1)
        colours = np.where(table["flagged"], theme.INK, theme.CONTEXT)
        for position, colour in zip(at, colours, strict=True):
            row = table.loc[position]
            if row["suppressed"]:
                axes.text(whole, float(position), "withheld", va="center", ha="center", color=theme.MUTED, size=11)
                continue
            axes.plot([row["ci_low"], row["ci_high"]], [position] * 2, color=colour)
            axes.plot(row["estimate"], position, "o", color=colour)
        _group_labels(axes, table, by=by, narrow=narrow, min_n=score.min_n, info=info)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if narrow else 9, integer=True))
        axes.set(xlabel="NPS, points (line: all customers)", ylim=(len(at) - 0.5, -0.9))

    extra = {"flagged": "Stands out"}
    shown = tables.of_estimates(
        _with_flags(tables.ordered(score), merged), caption=f"NPS by {subject}", info=info, label="NPS", extra=extra
    )
    height = 70 + 26 * len(table)
    alt = _forest_alt(table, by=by, subject=subject, info=info)
    return draw(paint, title=f"NPS by {subject}", alt=alt, table=shown, info=info, height=height)


def _with_flags(score: Estimates, merged: pd.DataFrame) -> Estimates:
    return score.with_columns({"flagged": merged["flagged"].to_numpy()})


def _group_labels(axes: Axes, table: pd.DataFrame, *, by: str, narrow: bool, min_n: int, info: LabInfo) -> None:
    width = 16 if narrow else 34
    labels = [
        textwrap.shorten(str(name), width=width, placeholder="…") or str(name)[: width - 1] + "…" for name in table[by]
    ]
    axes.set_yticks(np.arange(len(table)), labels)
    right = axes.secondary_yaxis("right")
    sizes = [
        (f"< {min_n}" if small else "–") if hidden else numbers.number(n, locale=info.locale)
        for n, hidden, small in zip(table["n"], table["suppressed"], table["too_small"], strict=True)
    ]
    right.set_yticks(np.arange(len(table)), sizes)
    right.spines["right"].set_visible(False)
    right.tick_params(length=0, labelcolor=theme.MUTED)
    axes.annotate("answers", (1, 1), xycoords="axes fraction", xytext=(4, -2), textcoords="offset points",
                  va="top", color=theme.MUTED, size=11)  # fmt: skip


def _forest_alt(table: pd.DataFrame, *, by: str, subject: str, info: LabInfo) -> str:
    seen = table.loc[~table["suppressed"]]
    spoken = [
        f"{row[by]} {numbers.number(row['estimate'], locale=info.locale)} "
        f"({numbers.interval_text(row['ci_low'], row['ci_high'], locale=info.locale)})"
        for row in seen.head(12).to_dict("records")
    ]
    rest = f"; {len(seen) - 12} more are in the table" if len(seen) > 12 else ""
    out = [str(name) for name in seen.loc[seen["flagged"], by]]
    verdict = f"{numbers.listed(out)} stand out from the rest." if out else "None stands out from the rest."
    return f"Dot and whisker chart of NPS by {subject}, highest first: {', '.join(spoken)}{rest}. {verdict}"


def _whiskers(axes: Axes, at: pd.Series, table: pd.DataFrame, *, scale: float, vertical: bool) -> None:
    spread = np.vstack([table["estimate"] - table["ci_low"], table["ci_high"] - table["estimate"]]).clip(min=0) * scale
    values = table["estimate"] * scale
    if vertical:
        axes.errorbar(at, values, yerr=spread, fmt="none", ecolor=theme.INK, elinewidth=1)
    else:
        axes.errorbar(values, at, xerr=spread, fmt="none", ecolor=theme.INK, elinewidth=1)
