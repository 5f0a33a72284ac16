"""Two scores side by side: weighted and unweighted, believed and given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.score_plots.labels import (
    MOST_GROUPS,
    axis_label,
    basis,
    digits_of,
    name_of,
    paint_names,
    printed,
)

_EVERYONE = "All answers"


def weighting(overall: Estimates, groups: Mapping[str, Estimates] | None = None, *, info: LabInfo) -> Figure:
    """Draw weighted and unweighted scores as pairs, of all answers and of each group.

    Parameters
    ----------
    overall : Estimates
        From ``stats.scores.estimate`` of weighted answers; its companion ``unweighted``.
    groups : mapping of str to Estimates, optional
        Column → weighted scores by that column.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        A dot for the weighted score with its interval, a ring for the unweighted one.
    """
    pieces = [_paired(overall, "")]
    pieces += [_paired(each, by) for by, each in (groups or {}).items() if "unweighted" in each.part_names]
    table = pd.concat(pieces, ignore_index=True)
    name, every = name_of(overall), len(table)
    shown = tables.of_estimates(
        _as_estimates(table, overall),
        caption=f"{name}, weighted and unweighted",
        info=info,
        label="Weighted",
        extra={"unweighted": "Unweighted"},
    )
    table = table.loc[~table["suppressed"]].head(MOST_GROUPS).reset_index(drop=True)
    return _draw(
        table,
        overall,
        shown=shown,
        info=info,
        title=f"{name}, weighted and unweighted" + (f": {len(table)} of {every}" if len(table) < every else ""),
        other=("unweighted", "ring: unweighted"),
        alt="weighted {}, unweighted {}",
    )


def beliefs(gaps: Estimates, *, info: LabInfo) -> Figure:
    """Draw what is believed beside what customers gave.

    Parameters
    ----------
    gaps : Estimates
        From ``stats.perception.gap``: ``believed``, ``<metric>_given``, the gap and its interval.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        A dot for the score that customers gave with its interval, a ring for the belief.
    """
    given = next(str(name) for name in gaps.table if str(name).endswith("_given"))
    rows = gaps.table
    level = "share" if gaps.unit == "percentage points" else gaps.unit
    table = rows.assign(
        group=[_who(row) for row in rows.to_dict("records")],
        brief=rows["group"].mask(rows["column"] == "", _EVERYONE),
        estimate=rows[given],
        ci_low=rows["believed"] - rows["ci_high"],
        ci_high=rows["believed"] - rows["ci_low"],
        other=rows["believed"],
    )
    scores = Estimates(
        table, ("group",), given.removesuffix("_given"), level, gaps.method, gaps.level, gaps.min_n, notes=gaps.notes
    )
    shown = tables.of_estimates(
        scores, caption="Believed and given scores", info=info, label="Given", extra={"believed": "Believed"}
    )
    table = printed(table, unit=level, columns=("estimate", "ci_low", "ci_high", "other"))
    return _draw(
        table.loc[~table["suppressed"]].reset_index(drop=True),
        scores,
        shown=shown,
        info=info,
        title=f"{name_of(scores)} as believed and as given",
        other=("believed", "ring: believed"),
        alt="customers gave {}, believed were {}",
    )


def _who(row: Mapping[Any, Any]) -> str:
    return f"{tables.heading(str(row['column']))}: {row['group']}" if row["column"] else _EVERYONE


def _paired(score: Estimates, by: str) -> pd.DataFrame:
    """Weighted levels with the unweighted score beside them, in printed units."""
    unit = score.unit
    table = printed(score.table, unit=unit)
    plain = score.companion("unweighted", by=score.by, unit=unit).table
    names = [f"{tables.heading(by)}: {name}" for name in table[by]] if by else [_EVERYONE]
    kept = ["estimate", "ci_low", "ci_high", "n", "suppressed", "too_small"]
    other = plain["estimate"].to_numpy() * numbers.scaled(1.0, unit)
    return table[kept].assign(group=names, brief=table[by].astype(str) if by else _EVERYONE, other=other)


def _as_estimates(table: pd.DataFrame, score: Estimates) -> Estimates:
    factor = 1 / numbers.scaled(1.0, score.unit)
    raw = table.assign(
        **{name: table[name] * factor for name in ("estimate", "ci_low", "ci_high")}, unweighted=table["other"] * factor
    )
    return Estimates(raw, ("group",), score.measure, score.unit, score.method, score.level, score.min_n)


def _draw(
    table: pd.DataFrame,
    score: Estimates,
    *,
    shown: tables.Table,
    info: LabInfo,
    title: str,
    other: tuple[str, str],
    alt: str,
) -> Figure:
    digits = digits_of(table)
    said = [
        f"{row['group']}: "
        + alt.format(*(numbers.number(row[name], digits, locale=info.locale) for name in ("estimate", "other")))
        for row in table.head(12).to_dict("records")
    ]

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        _paint_pairs(axes, table)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if medium.narrow else 9, steps=[1, 2, 5, 10]))
        dot = "weighted" if other[0] == "unweighted" else "given"
        told = f"(dot: {dot}; {other[1]})"
        axes.set(xlabel=f"{axis_label(score)}\n{told}" if medium.narrow else f"{axis_label(score)} {told}")
        names = [str(name) for name in table["brief" if medium.narrow else "group"]]
        paint_names(axes, table.to_dict("records"), names=names, medium=medium, min_n=score.min_n, info=info)

    words = f"Dot chart of {title}. {'; '.join(said)}." if said else f"Dot chart of {title}: all are withheld."
    height = 74 + 26 * max(len(table), 1)
    return draw(_paint, title=title, alt=words, table=shown, info=info, height=height, basis=basis(score, info=info))


def _paint_pairs(axes: Axes, table: pd.DataFrame) -> None:
    for position, row in enumerate(table.to_dict("records")):
        axes.plot([row["ci_low"], row["ci_high"]], [position] * 2, color=theme.CONTEXT)
        axes.plot(row["estimate"], position, "o", color=theme.INK, ms=5.5)
        axes.plot(row["other"], position, "o", mfc="none", color=theme.INK, ms=8)
    axes.set(ylim=(len(table) - 0.5, -0.9))
