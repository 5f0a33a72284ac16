"""The share of each score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables, theme
from cemlab.show.figure import WITHHELD, Figure, draw, in_words
from cemlab.show.score_plots.labels import basis, digits_of

_LABEL_SPOTS = {"detractor": (3.0, "center"), "passive": (8.4, "right"), "promoter": (8.7, "left")}
"""On a phone the names of the right two groups would run into each other, centred."""


def distribution(answers: Estimates, *, info: LabInfo, shares: Estimates | None = None) -> Figure:
    """Draw the share of each score with its interval, coloured by its group.

    Parameters
    ----------
    answers : Estimates
        From ``stats.scores.distribution`` without groups: one row per score with ``score``,
        ``group``, ``estimate`` (share), ``ci_low``, ``ci_high``, ``n``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    shares : Estimates, optional
        Share of each ``group`` with its interval, which sets how precisely it is printed.

    Returns
    -------
    Figure
        Bars with whiskers; each group is named above its bars with its share. Says so when the
        answers are withheld.
    """
    title, table = "Share of answers at each score", answers.table
    shown = tables.of_estimates(answers, caption=title, info=info, label="Share")
    if table["suppressed"].all():
        alt = f"Bar chart of the share of answers at each score: {WITHHELD}."
        return draw(in_words(), title=title, alt=alt, table=shown, info=info, height=80)
    said = _shares(table, shares, info=info)
    spoken = numbers.listed(f"{numbers.group_words(group)} {said[group]} %" for group in theme.GROUPS if group in said)
    peak = table.nlargest(1, "estimate").to_dict("records")[0]
    digits = digits_of(table[["ci_low", "ci_high"]] * 100)
    alt = (
        f"Bar chart of the share of answers at each score from {table['score'].min()} to {table['score'].max()}:"
        f" {spoken}. The most frequent score is {int(peak['score'])} with"
        f" {numbers.number(100 * peak['estimate'], digits=digits, locale=info.locale)} %."
    )

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_bars(canvas.subplots(), table, shares=said, medium=medium)

    return draw(
        _paint,
        title=title,
        alt=alt,
        table=shown,
        info=info,
        height=300,
        basis=basis(answers, info=info),
    )


def _shares(table: pd.DataFrame, shares: Estimates | None, *, info: LabInfo) -> dict[str, str]:
    """Share of each group in percent, as precise as its interval allows."""
    if shares is None:
        sums = table.groupby("group", observed=True)["estimate"].sum() * 100
        return {str(group): numbers.number(share, locale=info.locale) for group, share in sums.items()}
    rows = shares.table.assign(digits=(shares.table["ci_high"] - shares.table["ci_low"]) * 50)
    return {
        str(row["group"]): numbers.number(100 * row["estimate"], numbers.decimals(row["digits"]), locale=info.locale)
        for row in rows.to_dict("records")
    }


def _paint_bars(axes: Axes, table: pd.DataFrame, *, shares: Mapping[str, str], medium: theme.Medium) -> None:
    percent = table[["estimate", "ci_low", "ci_high"]] * 100
    groups = [str(group) for group in table["group"]]
    axes.bar(
        table["score"],
        percent["estimate"],
        color=[medium.fills[group] for group in groups],
        width=0.78,
        hatch=[medium.hatches.get(group, "") for group in groups],
        edgecolor=theme.INK if medium.hatches else "none",
        lw=0.5,
    )
    below, above = percent["estimate"] - percent["ci_low"], percent["ci_high"] - percent["estimate"]
    axes.errorbar(
        table["score"],
        percent["estimate"],
        yerr=np.vstack([below, above]).clip(min=0),
        fmt="none",
        ecolor=theme.INK,
        elinewidth=1,
    )
    top = float(percent["ci_high"].max()) if percent["ci_high"].notna().any() else float(percent["estimate"].max())
    for group, scores in table.groupby("group", observed=True)["score"]:
        words = numbers.group_words(str(group))
        name = f"{words}\n{shares[str(group)]} %" if medium.narrow else f"{words} {shares[str(group)]} %"
        axes.plot(
            [scores.min() - 0.4, scores.max() + 0.4],
            [top * 1.06] * 2,
            color=theme.INK if medium.hatches else medium.fills[str(group)],
            lw=2,
        )
        at, side = (
            _LABEL_SPOTS.get(str(group), (scores.mean(), "center")) if medium.narrow else (scores.mean(), "center")
        )
        axes.text(at, top * 1.09, name, ha=side, va="bottom", color=theme.INK)
    first, last = int(table["score"].min()), int(table["score"].max())
    axes.set(
        xlim=(first - 0.6, last + (1.4 if medium.narrow and last == 10 else 0.6)),
        ylim=(0, top * (1.34 if medium.narrow else 1.22)),
        xlabel="score",
        ylabel="% of answers",
        xticks=range(first, last + 1),
    )
