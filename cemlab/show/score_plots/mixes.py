"""What the answers of each group are made of: bars that diverge around the middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.score_plots.labels import MOST_GROUPS, basis, paint_names

_EVERYONE = "All answers"
_ROOM = 7
"""Percent that a number needs to stand inside its bar."""


def mixes(
    overall: Estimates, groups: Mapping[str, Estimates] | None = None, *, info: LabInfo, metric: MetricScale = NPS
) -> Figure:
    """Draw the share of each group of answers, of all and of each group of customers, around a common middle.

    Parameters
    ----------
    overall : Estimates
        From ``stats.scores.estimate`` without groups; its companion ``shares``.
    groups : mapping of str to Estimates, optional
        Column → scores by that column.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    metric : MetricScale, default NPS
        The question.

    Returns
    -------
    Figure
        Good answers to the right, bad ones to the left, those between around zero; a group whose shares are
        withheld is left out and counted.
    """
    rows = [_row(_EVERYONE, "", part) for part in _shares(overall, by=[])]
    total = 1
    for column, score in (groups or {}).items():
        found = [_row(str(part[column].iloc[0]), tables.heading(column), part) for part in _shares(score, by=[column])]
        total += len(found)
        rows += sorted(found, key=lambda row: -float(row[next(iter(metric.groups))]))
    shown_rows = [row for row in rows if not row["suppressed"]]
    drawn = shown_rows if len(shown_rows) <= MOST_GROUPS else shown_rows[:1]
    frame = pd.DataFrame(shown_rows, columns=["kind", "name", *metric.groups, "n"])
    labels = {"kind": "Grouping", "name": "Group"} | {
        name: f"{tables.heading(numbers.group_words(name))}, %" for name in metric.groups
    }
    table = tables.of_frame(
        frame, caption="What the answers of each group are made of", labels=labels | {"n": "Answers"}, info=info
    )
    names, brief = _names(drawn), [str(row["name"]) for row in drawn]

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        _paint_rows(axes, drawn, metric=metric, medium=medium, info=info)
        paint_names(axes, drawn, names=brief if medium.narrow else names, medium=medium, min_n=overall.min_n, info=info)

    left = total - len(drawn)
    title = "What the answers are made of" + (f": {left} groups are left out, see the table" if left else "")
    alt = f"Stacked bars around a common middle. {_in_words(drawn, metric=metric, info=info)}"
    return draw(
        _paint,
        title=title,
        alt=alt,
        table=table,
        info=info,
        height=96 + 24 * max(len(drawn), 1),
        basis=basis(overall, info=info, whiskers=False),
    )


def _shares(score: Estimates, *, by: list[str]) -> list[pd.DataFrame]:
    parts = score.companion("shares", by=[*by, "group"], unit="share").table
    return [part for _, part in parts.groupby(by, sort=False)] if by else [parts]


def _row(name: str, kind: str, part: pd.DataFrame) -> dict[str, Any]:
    first = part.iloc[0]
    shares = {str(group): 100 * share for group, share in zip(part["group"], part["estimate"], strict=True)}
    return {
        "kind": kind or "–",
        "name": name,
        "n": first["n"],
        "suppressed": bool(first["suppressed"]),
        "too_small": bool(first["too_small"]),
        **shares,
    }


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names, the first of each grouping with the grouping before it."""
    kinds = [str(row["kind"]) for row in rows]
    return [
        str(row["name"]) if kind == "–" or (at and kinds[at - 1] == kind) else f"{kind}: {row['name']}"
        for at, (row, kind) in enumerate(zip(rows, kinds, strict=True))
    ]


def _paint_rows(
    axes: Axes, rows: Sequence[Mapping[str, Any]], *, metric: MetricScale, medium: theme.Medium, info: LabInfo
) -> None:
    order = list(metric.groups)[::-1]
    wide = {name: np.array([float(row[name]) for row in rows]) for name in order}
    left, least = -wide[order[0]] - (wide[order[1]] / 2 if len(order) > 2 else 0), _ROOM * (2 if medium.narrow else 1)
    for name in order:
        axes.barh(
            np.arange(len(rows)),
            wide[name],
            left=left,
            height=0.72,
            color=medium.fills[name],
            lw=0.5,
            hatch=medium.hatches.get(name, ""),
            edgecolor=theme.INK if medium.hatches else "none",
        )
        style: dict[str, Any] = {"ha": "center", "color": _ink_on(medium.fills[name]), "bbox": _behind(medium, name)}
        for position in map(int, np.flatnonzero(wide[name] >= least)):
            text = numbers.number(wide[name][position], locale=info.locale)
            axes.text(left[position] + wide[name][position] / 2, position, text, va="center", **style)
        if rows:
            heading, at = numbers.group_words(name), _heading_at(name, order, medium=medium)
            axes.text(left[0] + wide[name][0] / 2, at, heading, ha="center", va="bottom", color=theme.INK)
        left = left + wide[name]
    axes.axvline(0, color=theme.LINE, lw=1, zorder=0)
    axes.set(ylim=(len(rows) - 0.5, -2.3 if medium.narrow else -1.5), xlabel="% of answers, around the middle")
    axes.xaxis.set_major_formatter(lambda value, _: numbers.number(abs(value), locale=info.locale))


def _heading_at(name: str, order: Sequence[str], *, medium: theme.Medium) -> float:
    """Names stand in two rows where they would run into each other."""
    return -1.4 if medium.narrow and order.index(name) % 2 else -0.62


def _behind(medium: theme.Medium, name: str) -> dict[str, Any] | None:
    """A ground on which a number can be read over a pattern."""
    return {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 1} if medium.hatches.get(name) else None


def _ink_on(fill: str) -> str:
    return theme.PAPER if theme.contrast(theme.PAPER, fill) > theme.contrast(theme.INK, fill) else theme.INK


def _in_words(rows: Sequence[Mapping[str, Any]], *, metric: MetricScale, info: LabInfo) -> str:
    said = [
        f"{row['name']}: "
        + numbers.listed(
            f"{numbers.number(float(row[name]), locale=info.locale)} % {numbers.group_words(name)}"
            for name in metric.groups
        )
        for row in rows[:12]
    ]
    more = f" {len(rows) - 12} more are in the table." if len(rows) > 12 else ""
    return "; ".join(said) + "." + more if said else "All are withheld."
