"""What a formula says beyond the time that anybody was followed: drawn dashed, and said as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates, Finding, Name, Quote, Sentence
from cemlab.show import numbers, survival_tables, theme
from cemlab.show.checks import Check
from cemlab.show.figure import Figure, draw
from cemlab.show.survival_axes import apart, course, label_right, start_of, ticks_below
from cemlab.show.survival_text import span
from cemlab.show.tables import Cell, Column, Table

_FORMULAS: Mapping[str, str] = {
    "weibull": "Weibull",
    "lognormal": "log-normal",
    "loglogistic": "log-logistic",
    "piecewise_exponential": "piecewise exponential",
}
POINTS = 60
"""A smooth line needs no more."""


def named_formula(family: str) -> str:
    """Return the name of a family of formulas.

    Parameters
    ----------
    family : str
        As in ``stats.hazards``.

    Returns
    -------
    str
        As in a sentence.

    Examples
    --------
    >>> named_formula("lognormal")
    'log-normal'
    """
    return _FORMULAS.get(family, family)


def times(curve: Estimates, *, until: float) -> list[float]:
    """Return the times at which a formula is asked, from where the curve speaks to where it is asked for.

    Parameters
    ----------
    curve : Estimates
        From ``stats.survival.kaplan_meier``.
    until : float
        The last time, in the unit of the durations.

    Returns
    -------
    list of float
        Ascending, above the curve's start.
    """
    return [float(each) for each in np.linspace(start_of(curve), until, POINTS + 1)[1:]]


def curve(
    observed: Estimates, *, formula: Estimates, others: Mapping[str, Estimates], clock: str, info: LabInfo
) -> Figure:
    """Draw the observed curve, and the formula beside it and beyond it.

    Parameters
    ----------
    observed : Estimates
        From ``stats.survival.kaplan_meier``, without groups.
    formula : Estimates
        From ``stats.hazards.predicted_formula`` at `times`.
    others : mapping of str to Estimates
        The same of the other families that were tried.
    clock : {"months", "days"}
        Unit of the durations.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Solid what was seen; dashed the formula, with its band only beyond follow-up; dotted the others, only there.
    """
    table = formula.table
    last, until = float(observed.table["duration"].max()), float(table["duration"].max())
    title = "Share still there, and what a formula says beyond"
    named = [
        float(observed.table["estimate"].iloc[-1]),
        *(float(table[name].iloc[-1]) for name in ("estimate", "ci_low", "ci_high")),
    ]
    seen, value, low, high = (numbers.number(100 * each, locale=info.locale) for each in named)
    alt = (
        f"Solid, what was seen: {seen} % still there after {last:g} {clock}. Dashed, the formula: "
        f"{value} % ({low} to {high}) after {until:g} {clock}, beyond follow-up."
    )
    ends = [
        (name, numbers.number(100 * float(each.table["estimate"].iloc[-1]), locale=info.locale))
        for name, each in others.items()
    ]
    alt += (
        f" Dotted, other formulas: {numbers.listed(f'{named_formula(name)} {end} %' for name, end in ends)}."
        if ends
        else ""
    )

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        for each in others.values():
            beyond = each.table.loc[each.table["duration"] >= last]
            axes.plot(beyond["duration"], 100 * beyond["estimate"], color=theme.MUTED, ls=":", lw=1.2)
        _paint_lines(axes, observed, formula, last=last)
        axes.set(
            ylim=(0, 103),
            xlim=(0, until),
            ylabel="% still there",
            xlabel=f"{clock} since the start",
            xticks=ticks_below(until, clock=clock, most=5 if medium.narrow else 9),
        )
        _name_ends(
            axes, {"the formula": formula, **{named_formula(name): each for name, each in others.items()}}, info=info
        )

    shown = _table(formula, last=last, caption=title, clock=clock, info=info)
    return draw(
        _paint,
        title=title,
        alt=alt,
        table=shown,
        info=info,
        height=280,
        basis=survival_tables.basis(observed, info=info),
    )


def _paint_lines(axes: Axes, observed: Estimates, formula: Estimates, *, last: float) -> None:
    seen = course(observed.table, start=start_of(observed), first=1.0)
    axes.fill_between(
        seen["at"], 100 * seen["ci_low"], 100 * seen["ci_high"], step="post", color=theme.INK, alpha=0.2, lw=0
    )
    axes.step(seen["at"], 100 * seen["estimate"], where="post", color=theme.INK)
    table, colour = formula.table, theme.SERIES[0]
    beyond = table.loc[table["duration"] >= last]
    axes.fill_between(
        beyond["duration"], 100 * beyond["ci_low"], 100 * beyond["ci_high"], color=colour, alpha=0.15, lw=0
    )
    axes.plot(table["duration"], 100 * table["estimate"], color=colour, ls="--", lw=1.4)
    axes.axvline(last, color=theme.LINE, lw=1, ls=":")
    axes.annotate(
        "follow-up ends", xy=(last, 103), xytext=(4, -2), textcoords="offset points", va="top", color=theme.MUTED
    )


def _name_ends(axes: Axes, formulas: Mapping[str, Estimates], *, info: LabInfo) -> None:
    """Name each formula beside its line, with its last share."""
    until = float(axes.get_xlim()[1])
    ends = [100 * float(each.table["estimate"].iloc[-1]) for each in formulas.values()]
    colours = [theme.SERIES[0], *[theme.MUTED] * (len(formulas) - 1)]
    for name, end, spot, colour in zip(formulas, ends, apart(ends, gap=7, low=2), colours, strict=True):
        words = f"{name} {numbers.number(end, locale=info.locale)} %"
        label_right(axes, words, at=spot, end=(until, end), colour=colour)


def _table(formula: Estimates, *, last: float, caption: str, clock: str, info: LabInfo) -> Table:
    """The formula at a dozen times."""
    table = formula.table.iloc[:: max(1, len(formula.table) // 12)]
    table = formula.table.loc[table.index.union([formula.table.index[-1]])].reset_index(drop=True)
    level = numbers.level_text(formula.level, locale=info.locale)
    columns = (
        Column(f"After, {clock}", numeric=True),
        Column("Share by the formula, %", numeric=True),
        Column(f"{level} interval", numeric=True),
        Column("Beyond follow-up"),
    )
    rows = []
    for row in table.to_dict("records"):
        value, low, high = (100 * float(row[name]) for name in ("estimate", "ci_low", "ci_high"))
        beyond = "yes" if row["duration"] > last else "no"
        rows.append(
            (
                Cell(f"{row['duration']:g}", row["duration"]),
                Cell(numbers.number(value, 1, locale=info.locale), value),
                Cell(numbers.interval_text(low, high, digits=1, locale=info.locale), low),
                Cell(beyond, beyond),
            )
        )
    return Table(caption, columns, tuple(rows), table)


def expected(share: Finding, *, formula: str, last: float, clock: str) -> Sentence:
    """Say what a formula expects beyond follow-up, and that nobody has seen it.

    Parameters
    ----------
    share : Finding
        The share still there by the formula, with ``duration`` in the scope.
    formula : str
        Its family.
    last : float
        Where the curve ends.
    clock : {"months", "days"}
        Unit of the times.

    Returns
    -------
    Sentence
        With the interval, which takes the formula for right.
    """
    return Sentence(
        "Follow-up ends after ",
        span(last, clock=clock),
        ". If leaving went on by the formula that best foretold spells it had not seen (",
        Name(named_formula(formula)),
        "), ",
        share,
        " would still be there after ",
        span(share.scope["duration"], clock=clock),
        " (between ",
        Quote(share, "interval"),
        ", taking the formula for right). This is what the formula says; nobody has seen it.",
    )


def other_formulas(share: Finding, others: Sequence[Finding], *, clock: str) -> Check:
    """Say what the other formulas would expect.

    Parameters
    ----------
    share : Finding
        The share by the chosen formula, with ``duration`` in the scope.
    others : sequence of Finding
        The same by the others.
    clock : {"months", "days"}
        Unit of the time.

    Returns
    -------
    Check
        Holds when all lie inside the interval; to be watched otherwise: the interval does not cover the choice
        of formula.
    """
    parts = [part for place, each in enumerate(others) for part in ((" and " if place else ""), each)]
    words = Sentence(
        "For ",
        span(share.scope["duration"], clock=clock),
        ", beyond follow-up, the formula chosen expects ",
        share,
        "; the others that were tried expect ",
        *(part for part in parts if part != ""),
        ".",
    )
    inside = all(share.ci_low <= each.value <= share.ci_high for each in others)
    return Check("Another formula beyond follow-up", (words,), "holds" if inside else "watch")
