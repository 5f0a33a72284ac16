"""Groups compared with the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    both_ends,
    digits_of,
    name_of,
    paint_names,
    printed,
)
from cemlab.show.text.outcomes import outcome_words

_SPOKEN_GROUPS = 12
_FEWEST = 12
"""Groups of each of many panels."""
_PRINTED = ("estimate", "ci_low", "ci_high", "mde", "rest")
_ROW_PX, _AXIS_PX, _HEADING = 25, 84, 0.9


def forest(
    differences: Mapping[str, Estimates], *, scores: Mapping[str, Estimates], overall: Estimates, info: LabInfo
) -> Figure:
    """Draw the score of each group with its interval, highest first, one panel per grouping on one scale.

    Parameters
    ----------
    differences : mapping of str to Estimates
        Column → from ``stats.scores.against_rest`` after adjustment: which groups are flagged, and from where
        on they would have been (``mde``).
    scores : mapping of str to Estimates
        Column → from ``stats.scores.estimate`` by that column.
    overall : Estimates
        One row: all answers, drawn as the reference line.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker per group, flagged ones as diamonds in ink, the others grey; ticks at the smallest
        detectable difference; n at the right edge. Beyond `MOST_GROUPS` groups of a panel only the highest and the
        lowest are drawn, and title and words say so.
    """
    judged = {by: _judged(tables.ordered(score), differences[by], by=by) for by, score in scores.items()}
    name, most = name_of(overall), max(_FEWEST, MOST_GROUPS // len(scores))
    panels = {
        by: both_ends(printed(each.table, unit=overall.unit, columns=_PRINTED), info=info, most=most)
        for by, each in judged.items()
    }
    caption = f"{name} by {numbers.listed(tables.heading(by).lower() for by in scores)}"
    several = len(panels) > 1
    cut = [
        (f"{tables.heading(by).lower()} " if several else "") + which.removeprefix(": ")
        for by, (_, which) in panels.items()
        if which
    ]
    title = caption + (f": {'; '.join(cut)}" if cut else "")
    whole = numbers.scaled(float(overall.table["estimate"].iloc[0]), overall.unit)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        drawn = {by: table for by, (table, _) in panels.items()}
        _paint_panels(
            canvas.subplots(),
            drawn,
            whole=whole,
            label=axis_label(overall),
            medium=medium,
            min_n=overall.min_n,
            info=info,
        )

    said = [_in_words(table, by=by, info=info) for by, (table, _) in panels.items()]
    height = _AXIS_PX + sum(_ROW_PX * (len(table) + (_HEADING if several else 0)) for table, _ in panels.values())
    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker chart of {title}. {' '.join(said)}",
        info=info,
        height=height,
        table=_table(judged, overall, caption=caption, info=info),
        basis=basis(overall, info=info),
    )


def _judged(score: Estimates, differences: Estimates, *, by: str) -> Estimates:
    """Levels with what their comparison said: difference, detectable difference, score of the rest, flag."""
    judged = differences.table.drop_duplicates(by).set_index(by)
    groups = score.table[by]
    columns: dict[str, Any] = {"flagged": groups.map(judged["flagged"]).eq(True)}
    rest = next((name for name in judged if str(name).endswith("_rest") and name != "n_rest"), None)
    if rest is not None:
        columns |= {"difference": groups.map(judged["estimate"]), "rest": groups.map(judged[rest])}
    columns |= {name: groups.map(judged[name]) for name in ("mde", "conclusion", "floor") if name in judged}
    return score.with_columns(columns)


def _table(judged: Mapping[str, Estimates], overall: Estimates, *, caption: str, info: LabInfo) -> tables.Table:
    """All groupings in one table, each group with the name of its grouping."""
    kept = ["estimate", "ci_low", "ci_high", "n", "suppressed", "too_small"]
    extra = {"difference": "From the rest", "mde": "Smallest detectable difference", "conclusion": "Outcome"}
    frames = [
        each.table[[*kept, *(name for name in (*extra, "floor") if name in each.table)]].assign(
            grouping=tables.heading(by), group=each.table[by].astype(str)
        )
        for by, each in judged.items()
    ]
    together = pd.concat(frames, ignore_index=True)
    single = len(judged) == 1
    group = tables.heading(next(iter(judged))) if single else "group"
    together = together.rename(columns={"group": group})
    columns = (group,) if single else (group, "grouping")
    merged = Estimates(together, columns, overall.measure, overall.unit, overall.method, overall.level, overall.min_n)
    extra = {name: words for name, words in extra.items() if name in together}
    return tables.of_estimates(merged, caption=caption, info=info, label=name_of(overall), extra=extra)


def _paint_panels(
    axes: Axes,
    panels: Mapping[str, pd.DataFrame],
    *,
    whole: float,
    label: str,
    medium: theme.Medium,
    min_n: int,
    info: LabInfo,
) -> None:
    """Draw all panels on one pair of axes, which is much faster than one pair each."""
    axes.axvline(whole, color=theme.LINE, lw=1)
    rows: list[dict[Any, Any]] = []
    places: list[float] = []
    for number, (by, table) in enumerate(panels.items()):
        first = len(places) + (number + 1) * _HEADING if len(panels) > 1 else 0.0
        if len(panels) > 1:
            axes.annotate(
                tables.heading(by),
                (0, first - 0.55),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="bottom",
                color=theme.MUTED,
                weight="bold",
            )
        found = [{**row, "name": str(row[by])} for row in table.to_dict("records")]
        rows, places = rows + found, places + [first + at for at in range(len(found))]
    for place, row in zip(places, rows, strict=True):
        _paint_group(axes, row, place=place)
    paint_names(axes, rows, names=[row["name"] for row in rows], medium=medium, min_n=min_n, info=info, places=places)
    axes.annotate(
        "answers", (1, 1), xycoords="axes fraction", xytext=(4, 2), textcoords="offset points", color=theme.MUTED
    )
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if medium.narrow else 9, steps=[1, 2, 5, 10]))
    _fit(axes, panels, last=places[-1])
    told = "line: all" if medium.narrow else "line: all answers; ticks: smallest detectable difference"
    axes.set(xlabel=f"{label} ({told})")


def _fit(axes: Axes, panels: Mapping[str, pd.DataFrame], *, last: float) -> None:
    """Set the ends of the axes to those of what is drawn, detectable differences aside."""
    ends = pd.concat([table[name] for table in panels.values() for name in ("estimate", "ci_low", "ci_high")]).dropna()
    if ends.empty:
        axes.set_xticks([])
    else:
        spare = max((ends.max() - ends.min()) / 20, 0.02)
        axes.set_xlim(ends.min() - spare, ends.max() + spare)
    axes.set_ylim(last + 0.6, -0.7)


def _paint_group(axes: Axes, row: Mapping[Any, Any], *, place: float) -> None:
    if row["suppressed"]:
        axes.text(
            0.5, place, "withheld", transform=axes.get_yaxis_transform(), va="center", ha="center", color=theme.MUTED
        )
        return
    colour, marker = (theme.INK, "D") if row["flagged"] else (theme.CONTEXT, "o")
    axes.plot([row["ci_low"], row["ci_high"]], [place] * 2, color=colour)
    axes.plot(row["estimate"], place, marker, color=colour, ms=5.5)
    if "mde" in row and "rest" in row:
        axes.plot(
            [row["rest"] - row["mde"], row["rest"] + row["mde"]], [place] * 2, "|", color=theme.MUTED, ms=8, mew=1
        )


def _in_words(table: pd.DataFrame, *, by: str, info: LabInfo) -> str:
    seen, digits = table.loc[~table["suppressed"]], digits_of(table)
    spoken = [
        f"{row[by]} {numbers.number(row['estimate'], digits, locale=info.locale)} "
        f"({numbers.interval_text(row['ci_low'], row['ci_high'], digits=digits, locale=info.locale)})"
        for row in seen.head(_SPOKEN_GROUPS).to_dict("records")
    ]
    further = len(seen) - len(spoken)
    more = f"; {further} more are in the table" if further else ""
    said = [f"{tables.heading(by)}, highest first: {', '.join(spoken)}{more}."] if spoken else []
    hidden = _listed([str(name) for name in table.loc[table["suppressed"], by]])
    said += [f"Withheld for too few customers: {hidden}."] if hidden else []
    said += _outcomes_in_words(seen, by=by)
    return " ".join(said)


def _outcomes_in_words(seen: pd.DataFrame, *, by: str) -> list[str]:
    """Groups by the outcome of their comparison with the rest."""
    if "conclusion" not in seen:
        return []
    outcomes = seen["conclusion"]
    told = {
        outcome: [str(name) for name in seen.loc[outcomes == outcome, by]] for outcome in outcomes.dropna().unique()
    }
    return [f"Difference from the rest {outcome_words(outcome)}: {_listed(names)}." for outcome, names in told.items()]


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _SPOKEN_GROUPS:
        return numbers.listed(names)
    return f"{', '.join(names[:_SPOKEN_GROUPS])} and {len(names) - _SPOKEN_GROUPS} more"
