"""Figures of what a prediction is for: whom to contact, what it would bring, whether it still holds."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import numbers, prediction_tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.survival_axes import apart, label_right


def lift(found: Estimates, *, who: str = "by risk", info: LabInfo) -> Figure:
    """Draw which share of those who left would have been found by contacting those at highest risk.

    Parameters
    ----------
    found : Estimates
        One row per ``share`` of customers contacted: ``estimate``, the share of leavers among them.
    who : str, default "by risk"
        Name of the curve.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        A course with its band from none to all; the straight line is contacting at random.
    """
    table = found.table.loc[~found.table["suppressed"].astype(bool)].sort_values("share")
    at = np.concatenate([[0.0], table["share"].to_numpy(float), [1.0]]) * 100
    course = {
        name: np.concatenate([[0.0], table[name].to_numpy(float), [1.0]]) * 100
        for name in ("estimate", "ci_low", "ci_high")
    }
    title = "Share of leavers found among those contacted"

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        axes.plot([0, 100], [0, 100], color=theme.CONTEXT, lw=1, ls="--")
        axes.fill_between(at, course["ci_low"], course["ci_high"], color=theme.SERIES[0], alpha=0.2, lw=0)
        axes.plot(at, course["estimate"], color=theme.SERIES[0])
        axes.plot(at[1:-1], course["estimate"][1:-1], "o", color=theme.SERIES[0], ms=4.5)
        asked = "% contacted, highest risk first" if medium.narrow else "% of customers contacted, highest risk first"
        axes.set(xlim=(0, 100), ylim=(0, 103), ylabel="% of leavers found", xlabel=asked)
        last = len(at) - 2
        axes.annotate(
            who,
            (at[last], course["estimate"][last]),
            xytext=(-6, 10),
            textcoords="offset points",
            ha="right",
            color=theme.readable(theme.SERIES[0], paper=theme.PAPER),
        )
        axes.annotate("at random", (70, 70), xytext=(6, -4), textcoords="offset points", va="top", color=theme.MUTED)

    spoken = "; ".join(
        f"top {100 * row['share']:g} % of customers hold {numbers.number(100 * row['estimate'], locale=info.locale)} %"
        " of leavers"
        for row in table.to_dict("records")
    )
    shown = prediction_tables.of_shares(found, caption=title, info=info)
    return draw(
        _paint,
        title=title,
        alt=f"A curve above the line of chance: {spoken}.",
        table=shown,
        info=info,
        height=330,
        narrow_height=300,
        basis=prediction_tables.basis(found, info=info),
    )


def money(found: Estimates, *, info: LabInfo) -> Figure:
    """Draw what contacting everybody above a threshold of risk would bring, per customer.

    Parameters
    ----------
    found : Estimates
        One row per ``threshold``: ``estimate`` in money per customer, and ``everybody`` (contacting all).
    info : LabInfo
        For the locale, the currency and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        A course with its band; nobody contacted is zero, everybody contacted a thin line; the best threshold is marked.
    """
    table = found.table.loc[~found.table["suppressed"].astype(bool)].sort_values("threshold")
    at, value = 100 * table["threshold"].to_numpy(float), table["estimate"].to_numpy(float)
    low, high = (table[name].to_numpy(float) for name in ("ci_low", "ci_high"))
    everybody = table["everybody"].to_numpy(float)
    best = int(np.nanargmax(value)) if len(value) and np.isfinite(value).any() else 0
    title = "Expected money per customer by whom one contacts"

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        axes.axhline(0, color=theme.INK, lw=0.8)
        axes.fill_between(at, low, high, color=theme.SERIES[0], alpha=0.2, lw=0)
        axes.plot(at, value, color=theme.SERIES[0])
        axes.plot(at, everybody, color=theme.CONTEXT, lw=1, ls="--")
        axes.plot(at[best], value[best], "o", color=theme.SERIES[0], mfc=theme.PAPER, ms=7)
        ends = apart([value[-1], everybody[-1], 0.0], gap=0.07 * _span(value, low, high))
        names = ("by risk", "everybody", "nobody")
        colours = (theme.SERIES[0], theme.CONTEXT, theme.INK)
        for name, end, place, colour in zip(names, (value[-1], everybody[-1], 0.0), ends, colours, strict=True):
            label_right(axes, name, at=place, end=(float(at[-1]), float(end)), colour=colour)
        _money_axis(axes, at, value, low, high, info=info, narrow=medium.narrow)

    alt = _money_words(at, value, everybody, best=best, info=info)
    shown = prediction_tables.of_thresholds(found, caption=title, info=info)
    return draw(
        _paint,
        title=title,
        alt=alt,
        table=shown,
        info=info,
        height=320,
        narrow_height=300,
        basis=prediction_tables.basis(found, info=info),
    )


def _span(*courses: np.ndarray) -> float:
    known = np.concatenate(courses)
    known = known[np.isfinite(known)]
    return float(known.max() - known.min()) or 1.0


def _money_axis(
    axes: Axes, at: np.ndarray, value: np.ndarray, low: np.ndarray, high: np.ndarray, *, info: LabInfo, narrow: bool
) -> None:
    spread = _span(value, low, high, np.zeros(1))
    bottom = max(float(np.nanmin([*low, *value, 0.0])), float(np.nanmin([*value, 0.0])) - 0.6 * spread)
    axes.set(
        ylim=(bottom - 0.05 * spread, float(np.nanmax([*high, *value, 0.0])) + 0.08 * spread),
        xlim=(float(at[0]), float(at[-1])),
    )
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4 if narrow else 8, steps=[1, 2, 5, 10]))
    axes.set(xlabel="contact all above this risk, %", ylabel=f"{info.currency or 'money'} per customer")


def _money_words(at: np.ndarray, value: np.ndarray, everybody: np.ndarray, *, best: int, info: LabInfo) -> str:
    if not len(value) or not np.isfinite(value).any():
        return "No threshold can be told."
    amount, whole = (numbers.number(float(each), 2, locale=info.locale) for each in (value[best], everybody[best]))
    return (
        f"Expected {info.currency or 'money'} per customer by threshold of risk: highest with {amount} at"
        f" {at[best]:.1f} %; contacting everybody brings {whole}, nobody 0."
    )


def by_day(found: Estimates, *, info: LabInfo) -> Figure:
    """Draw observed over expected leaving on each judged day.

    Parameters
    ----------
    found : Estimates
        From ``stats.prediction.relation_by_day``: one row per ``day``, ``flagged`` where it moved.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dots with whiskers about one, oldest first.
    """
    table = found.table.loc[~found.table["suppressed"].astype(bool)].sort_values("day")
    days = [str(each) for each in table["day"]]
    values = table[["estimate", "ci_low", "ci_high"]].to_numpy(float)
    title = "Left for each leaver predicted, by judged day"

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        axes = canvas.subplots()
        axes.axhline(1, color=theme.CONTEXT, lw=1, ls="--")
        for place, ((value, low, high), moved) in enumerate(zip(values, table["flagged"], strict=True)):
            colour = theme.INK if moved else theme.CONTEXT
            axes.plot([place] * 2, [low, high], color=colour)
            axes.plot(place, value, "D" if moved else "o", color=colour, ms=5.5)
        every = max(1, math.ceil(len(days) / (3 if medium.narrow else 7)))
        axes.set_xticks(range(0, len(days), every), days[::every])
        axes.set(ylabel="observed / predicted", xlim=(-0.6, len(days) - 0.4), ylim=(0, None))

    said = "; ".join(
        f"{day} {value:.2f} ({low:.2f} to {high:.2f})" for day, (value, low, high) in zip(days, values, strict=True)
    )
    shown = prediction_tables.of_customers(
        found, caption=title, info=info, label="Left per leaver predicted", extra={"flagged": "Stands out"}
    )
    return draw(
        _paint,
        title=title,
        alt=f"Dots with whiskers about one: {said}.",
        table=shown,
        info=info,
        height=230,
        basis=prediction_tables.basis(found, info=info, whole=True),
    )
