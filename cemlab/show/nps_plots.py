"""Figures of the NPS study: the distribution of answers, the course over time, groups compared."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
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
_SPOKEN_GROUPS = 12
_LABEL_SPOTS = {"detractor": (3.0, "center"), "passive": (8.4, "right"), "promoter": (8.7, "left")}
"""On a phone the names of the right two groups would run into each other, centred."""
_WEEK = "week of "
_WITHHELD = "withheld: too few customers"


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
        Bars with whiskers; each NPS group is named above its bars with its share. Says so when the
        answers are withheld.
    """
    title, table = "Share of answers at each score", answers.table
    shown = tables.of_estimates(answers, caption=title, info=info, label="Share")
    if table["suppressed"].all():
        alt = f"Bar chart of the share of answers at each score: {_WITHHELD}."
        return draw(_paint_withheld, title=title, alt=alt, table=shown, info=info, height=80)
    shares = {
        str(group): numbers.number(100 * float(rows["estimate"].sum()), digits=1, locale=info.locale)
        for group, rows in table.groupby("group", observed=True)
    }
    spoken = numbers.listed(f"{group}s {shares[group]} %" for group in theme.GROUPS if group in shares)
    peak = table.nlargest(1, "estimate").to_dict("records")[0]
    alt = (
        f"Bar chart of the share of answers at each score from 0 to 10: {spoken}. The most frequent score is "
        f"{int(peak['score'])} with {numbers.number(100 * peak['estimate'], digits=1, locale=info.locale)} %."
    )

    def _paint(canvas: Canvas, narrow: bool) -> None:
        _paint_bars(canvas.subplots(), table, shares=shares, narrow=narrow)

    return draw(_paint, title=title, alt=alt, table=shown, info=info, height=300, basis=_basis(answers, info=info))


def _basis(estimates: Estimates, *, info: LabInfo) -> str:
    """Return how many answers a figure rests on and which interval it draws; empty when that is withheld."""
    row = estimates.table.iloc[0]
    if row["suppressed"]:
        return ""
    level = numbers.level_text(estimates.level, locale=info.locale)
    return f"{numbers.number(row['n'], locale=info.locale)} answers, {level} intervals."


def _paint_withheld(canvas: Canvas, narrow: bool) -> None:  # noqa: ARG001 - both widths alike
    canvas.text(0.5, 0.5, _WITHHELD, ha="center", va="center", color=theme.MUTED)


def _paint_bars(axes: Axes, table: pd.DataFrame, *, shares: Mapping[str, str], narrow: bool) -> None:
    percent = table[["estimate", "ci_low", "ci_high"]] * 100
    axes.bar(table["score"], percent["estimate"], color=[theme.GROUPS[group] for group in table["group"]], width=0.78)
    below, above = percent["estimate"] - percent["ci_low"], percent["ci_high"] - percent["estimate"]
    axes.errorbar(
        table["score"], percent["estimate"], yerr=np.vstack([below, above]).clip(min=0), fmt="none", ecolor=theme.INK,
        elinewidth=1,
    )  # fmt: skip
    top = float(percent["ci_high"].max())
    for group, scores in table.groupby("group", observed=True)["score"]:
        name = f"{group}s\n{shares[str(group)]} %" if narrow else f"{group}s {shares[str(group)]} %"
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
        Dots, a band at 20 % opacity, incomplete periods hatched and named, withheld ones named.
    """
    table = score.table.sort_values("period").reset_index(drop=True)
    table["name"] = [numbers.period_name(day, period=period) for day in table["period"]]
    table["complete"] = table["complete"].astype(bool)
    table["flagged"] = False
    if changes is not None:
        judged = changes.table
        table["flagged"] = table["period"].isin(judged.loc[judged["flagged"], "period"])
    whole = float(overall.table["estimate"].iloc[0])

    def _paint(canvas: Canvas, narrow: bool) -> None:
        _paint_course(canvas.subplots(), table, whole=whole, narrow=narrow)

    extra = {"complete": "Complete"}
    shown = tables.of_estimates(score, caption="NPS of each period", info=info, label="NPS", extra=extra)
    alt = _course_alt(table, info=info)
    basis = _basis(overall, info=info)
    return draw(_paint, title="NPS over time", alt=alt, table=shown, info=info, height=280, basis=basis)


def _paint_course(axes: Axes, table: pd.DataFrame, *, whole: float, narrow: bool) -> None:
    at, complete = np.arange(len(table)), table["complete"].to_numpy()
    axes.axhline(whole, color=theme.LINE, lw=1)
    sure = table[["estimate", "ci_low", "ci_high"]].where(table["complete"])
    axes.fill_between(at, sure["ci_low"], sure["ci_high"], color=theme.CONTEXT, alpha=0.2, lw=0)
    axes.plot(at, sure["estimate"], color=theme.CONTEXT)
    colours = np.where(table["flagged"], theme.INK, theme.CONTEXT)
    axes.scatter(at[complete], sure["estimate"][complete], s=28, zorder=3, color=colours[complete])
    for position in at[~complete]:
        axes.axvspan(position - 0.5, position + 0.5, facecolor="none", hatch="///", edgecolor=theme.LINE, lw=0)
        row = table.loc[position]
        axes.plot([position] * 2, [row["ci_low"], row["ci_high"]], color=theme.CONTEXT)
        axes.plot(position, row["estimate"], "o", mfc=theme.PAPER, color=theme.CONTEXT)
    hidden = at[table["suppressed"]]
    axes.plot(hidden, np.full(len(hidden), 0.02), "x", transform=axes.get_xaxis_transform(), color=theme.MUTED)
    if len(hidden) == len(at):
        axes.set_yticks([])
    ticks = slice(None, None, max(1, int(np.ceil(len(at) / (4 if narrow else 8)))))
    axes.set_xticks(at[ticks], table["name"].str.removeprefix(_WEEK).iloc[ticks])
    told = [_WEEK.strip()] if table["name"].str.startswith(_WEEK).any() else []
    told += ["line: whole window"] + (["×: withheld"] if len(hidden) else [])
    axes.set(ylabel="NPS, points", xlabel="; ".join(told), xlim=(-0.6, len(at) - 0.4))


def _course_alt(table: pd.DataFrame, *, info: LabInfo) -> str:
    sure = table.loc[table["complete"] & ~table["suppressed"] & table["estimate"].notna()]
    if sure.empty:
        return "Line chart of NPS over time: no complete period can be shown."
    low, high = sure.loc[sure["estimate"].idxmin()], sure.loc[sure["estimate"].idxmax()]

    def point(row: Any) -> str:
        return f"{numbers.number(row['estimate'], locale=info.locale)} in {row['name']}"

    marked = [
        (int(table["flagged"].sum()), "that stand out from chance"),
        (int((~table["complete"]).sum()), "incomplete"),
        (int(table["suppressed"].sum()), "withheld"),
    ]
    return (
        f"Line chart of NPS over {len(sure)} complete periods: {point(sure.iloc[0])} at first, {point(sure.iloc[-1])} at last, "
        f"lowest {point(low)}, highest {point(high)}. Periods {', '.join(f'{words}: {count}' for count, words in marked)}."
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
        Dot and whisker per group, flagged ones in ink, the others grey, n at the right edge. Beyond
        `MOST_GROUPS` groups only the highest and the lowest are drawn, and title and words say so.
    """
    by = score.by[0]
    subject = tables.heading(by).lower()
    judged = differences.table.set_index(by)["flagged"]
    ranked = tables.ordered(score)
    ranked = ranked.with_columns({"flagged": ranked.table[by].map(judged).eq(True)})
    caption = f"NPS by {subject}"
    shown = tables.of_estimates(ranked, caption=caption, info=info, label="NPS", extra={"flagged": "Stands out"})
    table, which = _both_ends(ranked.table, info=info)
    title = caption + which
    whole = float(overall.table["estimate"].iloc[0])

    def _paint(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _paint_groups(axes, table, whole=whole, narrow=narrow)
        _group_labels(axes, table, by=by, narrow=narrow, min_n=score.min_n, info=info)

    alt = f"Dot and whisker chart of {title}. {_groups_in_words(table, by=by, info=info)}"
    basis = _basis(overall, info=info)
    return draw(_paint, title=title, alt=alt, table=shown, info=info, height=70 + 26 * len(table), basis=basis)


def _both_ends(ranked: pd.DataFrame, *, info: LabInfo) -> tuple[pd.DataFrame, str]:
    """Return all groups, or when they are too many the two ends of those that may be shown; and words that say so."""
    if len(ranked) <= MOST_GROUPS:
        return ranked, ""
    open_rows, half = ranked.loc[~ranked["suppressed"]], MOST_GROUPS // 2
    every = f"{numbers.number(len(ranked), locale=info.locale)} groups"
    if len(open_rows) <= MOST_GROUPS:
        return open_rows, f": {len(open_rows)} of {every}, the others are withheld"
    ends = pd.concat([open_rows.head(half), open_rows.tail(half)], ignore_index=True)
    return ends, f": the {half} highest and the {half} lowest of {every}"


def _paint_groups(axes: Axes, table: pd.DataFrame, *, whole: float, narrow: bool) -> None:
    axes.axvline(whole, color=theme.LINE, lw=1)
    for position, row in enumerate(table.to_dict("records")):
        if row["suppressed"]:
            axes.text(0.5, position, "withheld", transform=axes.get_yaxis_transform(), va="center", ha="center",
                      color=theme.MUTED)  # fmt: skip
            continue
        colour = theme.INK if row["flagged"] else theme.CONTEXT
        axes.plot([row["ci_low"], row["ci_high"]], [position] * 2, color=colour)
        axes.plot(row["estimate"], position, "o", color=colour)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if narrow else 9, integer=True))
    if table["suppressed"].all():
        axes.set_xticks([])
    axes.set(xlabel="NPS, points (line: all customers)", ylim=(len(table) - 0.5, -0.9))


def _group_labels(axes: Axes, table: pd.DataFrame, *, by: str, narrow: bool, min_n: int, info: LabInfo) -> None:
    axes.set_yticks(np.arange(len(table)), [_short(str(name), most=16 if narrow else 34) for name in table[by]])
    right = axes.secondary_yaxis("right")
    sizes = [
        (f"< {min_n}" if small else "–") if hidden else numbers.number(n, locale=info.locale)
        for n, hidden, small in zip(table["n"], table["suppressed"], table["too_small"], strict=True)
    ]
    right.set_yticks(np.arange(len(table)), sizes)
    right.spines["right"].set_visible(False)
    right.tick_params(length=0, labelcolor=theme.MUTED)
    axes.annotate("answers", (1, 1), xycoords="axes fraction", xytext=(4, -2), textcoords="offset points", va="top",
                  color=theme.MUTED)  # fmt: skip


def _short(name: str, *, most: int) -> str:
    """Return a label on one line, cut between words where it has any."""
    short = textwrap.shorten(name, width=most, placeholder="…")
    # a word longer than the label leaves nothing but the placeholder
    return short if short not in ("", "…") else name[: most - 1] + "…"


def _groups_in_words(table: pd.DataFrame, *, by: str, info: LabInfo) -> str:
    seen = table.loc[~table["suppressed"]]
    spoken = [
        f"{row[by]} {numbers.number(row['estimate'], locale=info.locale)} "
        f"({numbers.interval_text(row['ci_low'], row['ci_high'], locale=info.locale)})"
        for row in seen.head(_SPOKEN_GROUPS).to_dict("records")
    ]
    further = len(seen) - len(spoken)
    said = (
        [f"Highest first: {', '.join(spoken)}{f'; {further} more are in the table' if further else ''}."]
        if spoken
        else []
    )
    hidden = [str(name) for name in table.loc[table["suppressed"], by]]
    said += [f"Withheld for too few customers: {numbers.listed(hidden)}."] if hidden else []
    out = [str(name) for name in seen.loc[seen["flagged"], by]]
    return " ".join(
        [*said, f"{numbers.listed(out)} stand out from the rest." if out else "None stands out from the rest."]
    )
