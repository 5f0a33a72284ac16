"""Groups compared with the rest."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.score_plots.labels import axis_label, basis, both_ends, digits_of, name_of, paint_names, printed

_SPOKEN_GROUPS = 12
Reach = tuple[float, float]


def reach(levels: Iterable[Estimates]) -> Reach | None:
    """Return the ends of a scale that all these levels fit on.

    Parameters
    ----------
    levels : iterable of Estimates
        Scores by one column each.

    Returns
    -------
    tuple of (float, float) or None
        In the unit that is printed, with a twentieth to spare; None when nothing may be shown.
    """
    ends = [
        numbers.scaled(float(end), each.unit)
        for each in levels
        for name in ("ci_low", "ci_high", "estimate")
        for end in each.table[name].dropna()
    ]
    if not ends:
        return None
    spare = max((max(ends) - min(ends)) / 20, 1e-6)
    return min(ends) - spare, max(ends) + spare


def forest(
    differences: Estimates, *, score: Estimates, overall: Estimates, info: LabInfo, scale: Reach | None = None
) -> Figure:
    """Draw the score of each group with its interval, highest first.

    Parameters
    ----------
    differences : Estimates
        From ``stats.scores.against_rest`` after adjustment: which groups are flagged, and from where on
        they would have been (``mde``).
    score : Estimates
        From ``stats.scores.estimate`` by the same column.
    overall : Estimates
        One row: all customers, drawn as the reference line.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    scale : tuple of (float, float), optional
        From `reach`, so that several of these figures share it.

    Returns
    -------
    Figure
        Dot and whisker per group, flagged ones as diamonds in ink, the others grey; brackets where a
        group would have been seen to differ; n at the right edge. Beyond `MOST_GROUPS` groups only the highest
        and the lowest are drawn, and title and words say so.
    """
    by = score.by[0]
    ranked = _judged(tables.ordered(score), differences, by=by)
    caption = f"{name_of(score)} by {tables.heading(by).lower()}"
    extra = {"difference": "Difference from the rest", "mde": "Would have been seen from", "flagged": "Stands out"}
    extra = {name: words for name, words in extra.items() if name in ranked.table}
    shown = tables.of_estimates(ranked, caption=caption, info=info, label=name_of(score), extra=extra)
    columns = ("estimate", "ci_low", "ci_high", "mde", "rest")
    table, which = both_ends(printed(ranked.table, unit=score.unit, columns=columns))
    whole = numbers.scaled(float(overall.table["estimate"].iloc[0]), score.unit)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes, rows = canvas.subplots(), table.to_dict("records")
        _paint_groups(axes, table, whole=whole, medium=medium, scale=scale)
        told = "line: all customers" + (
            "; brackets: would have been seen beyond" if "mde" in table and not medium.narrow else ""
        )
        axes.set(xlabel=f"{axis_label(score)} ({told})")
        names = [str(name) for name in table[by]]
        paint_names(axes, rows, names=names, medium=medium, min_n=score.min_n, info=info)

    alt = f"Dot and whisker chart of {caption + which}. {_in_words(table, by=by, info=info)}"
    return draw(
        _paint, title=caption + which, alt=alt, table=shown, info=info, height=74 + 26 * len(table),
        basis=basis(overall, info=info),
    )  # fmt: skip


def _judged(score: Estimates, differences: Estimates, *, by: str) -> Estimates:
    """Levels with what their comparison said: difference, detectable difference, score of the rest, flag."""
    judged = differences.table.drop_duplicates(by).set_index(by)
    groups = score.table[by]
    columns = {"flagged": groups.map(judged["flagged"]).eq(True)}
    rest = next((name for name in judged if str(name).endswith("_rest") and name != "n_rest"), None)
    if rest is not None:
        columns |= {"difference": groups.map(judged["estimate"]), "rest": groups.map(judged[rest])}
    if "mde" in judged:
        columns["mde"] = groups.map(judged["mde"])
    return score.with_columns(columns)


def _paint_groups(axes: Axes, table: pd.DataFrame, *, whole: float, medium: theme.Medium, scale: Reach | None) -> None:
    axes.axvline(whole, color=theme.LINE, lw=1)
    for position, row in enumerate(table.to_dict("records")):
        if row["suppressed"]:
            axes.text(0.5, position, "withheld", transform=axes.get_yaxis_transform(), va="center", ha="center",
                      color=theme.MUTED)  # fmt: skip
            continue
        colour, marker = (theme.INK, "D") if row["flagged"] else (theme.CONTEXT, "o")
        axes.plot([row["ci_low"], row["ci_high"]], [position] * 2, color=colour)
        axes.plot(row["estimate"], position, marker, color=colour, ms=5.5)
        if "mde" in row and "rest" in row:
            for side, bracket in ((-1, "["), (1, "]")):
                axes.text(row["rest"] + side * row["mde"], position, bracket, ha="center", va="center", color=theme.MUTED,
                          clip_on=True, size=9)  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if medium.narrow else 9))
    if scale is not None:
        axes.set_xlim(scale)
    if table["suppressed"].all():
        axes.set_xticks([])
    axes.set(ylim=(len(table) - 0.5, -0.9))


def _in_words(table: pd.DataFrame, *, by: str, info: LabInfo) -> str:
    seen, digits = table.loc[~table["suppressed"]], digits_of(table)
    spoken = [
        f"{row[by]} {numbers.number(row['estimate'], digits, locale=info.locale)} "
        f"({numbers.interval_text(row['ci_low'], row['ci_high'], digits=digits, locale=info.locale)})"
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
    verb = "stands" if len(out) == 1 else "stand"
    return " ".join(
        [*said, f"{numbers.listed(out)} {verb} out from the rest." if out else "None stands out from the rest."]
    )
