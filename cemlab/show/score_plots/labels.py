"""What all figures of scores share: names, numbers and labels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, theme

MOST_GROUPS = 40
"""A figure shows at most so many groups: the highest and the lowest half each."""


def name_of(score: Estimates) -> str:
    """Return the score's name as a reader knows it.

    Parameters
    ----------
    score : Estimates
        Whose measure begins with the metric.

    Returns
    -------
    str
        Such as ``NPS``.
    """
    return score.measure.partition("_")[0].upper()


def axis_label(score: Estimates) -> str:
    """Return the score's name with its unit.

    Parameters
    ----------
    score : Estimates
        A level.

    Returns
    -------
    str
        Such as ``NPS, points``.
    """
    return f"{name_of(score)}, {numbers.unit_heading(score.unit)}"


def printed(
    table: pd.DataFrame, *, unit: str, columns: Sequence[str] = ("estimate", "ci_low", "ci_high")
) -> pd.DataFrame:
    """Return a table with the given columns in the unit that is printed.

    Parameters
    ----------
    table : pandas.DataFrame
        Of estimates.
    unit : str
        Their unit.
    columns : sequence of str
        Numbers in that unit.

    Returns
    -------
    pandas.DataFrame
        A copy.
    """
    return table.assign(**{name: table[name] * numbers.scaled(1.0, unit) for name in columns if name in table})


def digits_of(table: pd.DataFrame) -> int:
    """Return the decimals that the median interval of a table in printed units allows.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``ci_low`` and ``ci_high``.

    Returns
    -------
    int
        0 where there is no interval.
    """
    widths = (table["ci_high"] - table["ci_low"]).dropna()
    return numbers.decimals(float(widths.median()) / 2) if len(widths) else 0


def basis(estimates: Estimates, *, info: LabInfo, whiskers: bool = True) -> str:
    """Return how many answers a figure rests on and which interval it draws; empty when that is withheld.

    Parameters
    ----------
    estimates : Estimates
        The whole, in its first row.
    info : LabInfo
        For the locale.
    whiskers : bool, default True
        False for a figure that draws no intervals.

    Returns
    -------
    str
        A caption's last words.
    """
    row = estimates.table.iloc[0]
    if row["suppressed"]:
        return ""
    drawn = f", {numbers.level_text(estimates.level, locale=info.locale)} intervals" if whiskers else ""
    return f"{numbers.number(row['n'], locale=info.locale)} answers{drawn}."


def both_ends(ranked: pd.DataFrame, *, info: LabInfo, most: int = MOST_GROUPS) -> tuple[pd.DataFrame, str]:
    """Return all groups, or when they are too many the two ends of those that may be shown; and words that say so.

    Parameters
    ----------
    ranked : pandas.DataFrame
        Highest first, with ``suppressed``.
    info : LabInfo
        For the locale.
    most : int
        Groups to draw.

    Returns
    -------
    pandas.DataFrame
        At most so many.
    str
        Empty when all are there.
    """
    if len(ranked) <= most:
        return ranked, ""
    open_rows, half = ranked.loc[~ranked["suppressed"]], most // 2
    every = f"{numbers.number(len(ranked), locale=info.locale)} groups"
    if len(open_rows) <= most:
        return open_rows.reset_index(drop=True), f": {len(open_rows)} of {every}, the others are withheld"
    ends = pd.concat([open_rows.head(half), open_rows.tail(half)], ignore_index=True)
    return ends, f": the {half} highest and the {half} lowest of {every}"


def short(name: str, *, most: int) -> str:
    """Return a label on one line, cut between words where it has any.

    Parameters
    ----------
    name : str
        From data.
    most : int
        Letters.

    Returns
    -------
    str
        Not longer.
    """
    cut = textwrap.shorten(name, width=most, placeholder="…")
    # a word longer than the label leaves nothing but the placeholder
    return cut if cut not in ("", "…") else name[: most - 1] + "…"


def paint_names(
    axes: Axes,
    rows: Sequence[Mapping[Any, Any]],
    *,
    names: Sequence[str],
    medium: theme.Medium,
    min_n: int,
    info: LabInfo,
    places: Sequence[float] | None = None,
) -> None:
    """Write names at the left edge and numbers of answers at the right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Rows run downwards.
    rows : sequence of mapping
        With ``n``, ``suppressed`` and ``too_small``.
    names : sequence of str
        As many.
    medium : Medium
        For the length of names.
    min_n : int
        What a small n prints as.
    info : LabInfo
        For the locale.
    places : sequence of float, optional
        Where each row lies; 0, 1, 2 … when left out.
    """
    places = list(range(len(rows))) if places is None else list(places)
    axes.set_yticks(places, [short(name, most=16 if medium.narrow else 34) for name in names])
    right = axes.secondary_yaxis("right")
    sizes = [
        (f"< {min_n}" if row["too_small"] else "–")
        if row["suppressed"]
        else numbers.number(row["n"], locale=info.locale)
        for row in rows
    ]
    right.set_yticks(places, sizes)
    right.spines["right"].set_visible(False)
    right.tick_params(length=0, labelcolor=theme.MUTED)
