"""Figures of how good a prediction is: skill by day, predicted against observed, models and terms compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import forests, hazard_tables, numbers, prediction_tables, tables, theme
from cemlab.show.figure import WITHHELD, Figure, draw
from cemlab.show.forests import Row
from cemlab.show.survival_axes import short

MOST_ROWS = 40
"""A forest shows at most so many rows."""
SHOWN = 0.99
"""Share of customers whose predictions the histogram spreads out; the rest stand in its last bar."""
BARS = 30
"""Bars of the histogram of predictions."""


def skill(
    by_day: Mapping[str, Estimates], *, overall: Mapping[str, Estimates], lines: Mapping[str, float], info: LabInfo
) -> Figure:
    """Draw how good the prediction was on each judged day, one panel per measure.

    Parameters
    ----------
    by_day : mapping of str to Estimates
        Measure, in words → one row per judged ``day``.
    overall : mapping of str to Estimates
        The same measures over all days together, one row each.
    lines : mapping of str to float
        What each measure is without any skill, in the unit that is printed.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker; all days together in ink, single days in grey; customers at the right edge.
    """
    panels = {name: _days(by_day[name], overall[name], info=info) for name in by_day}
    title = "How well churn was predicted on later data"
    table = prediction_tables.of_measures(by_day, overall=overall, caption=title, info=info)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        for axes, (name, rows) in zip(_stacked(canvas, len(panels)), panels.items(), strict=True):
            forests.paint(
                axes,
                rows,
                line=lines[name],
                label=_with_unit(name, by_day[name].unit),
                counted="customers",
                narrow=medium.narrow,
            )

    said = [
        f"{name}: {'; '.join(forests.spoken(row, info=info) for row in rows)} ({lines[name]:g} is no skill)."
        for name, rows in panels.items()
    ]
    height = sum(76 + 24 * len(rows) for rows in panels.values())
    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker charts. {' '.join(said)}",
        table=table,
        info=info,
        height=height,
        basis=prediction_tables.basis(next(iter(overall.values())), info=info),
    )


def _days(by_day: Estimates, overall: Estimates, *, info: LabInfo) -> list[Row]:
    whole = [
        forests.row({**row, "flagged": True}, label="all days together", unit=overall.unit, info=info)
        for row in overall.table.to_dict("records")
    ]
    each = [
        forests.row({**row, "flagged": False}, label=str(row["day"]), unit=by_day.unit, info=info)
        for row in by_day.table.to_dict("records")
    ]
    return whole + (each if len(each) > 1 else [])


def _with_unit(name: str, unit: str) -> str:
    return f"{name}, {numbers.unit_heading(unit)}" if unit in ("share", "percentage points") else name


def _stacked(canvas: Canvas, count: int) -> Sequence[Axes]:
    return list(canvas.subplots(count, 1, squeeze=False).ravel())


def compared(
    found: Estimates,
    *,
    by: str,
    title: str,
    label: str,
    info: LabInfo,
    line: float = 0.0,
    names: Mapping[str, str] | None = None,
    heading: str = "Column",
) -> Figure:
    """Draw one estimate per row under one another, such as models, terms or segments compared.

    Parameters
    ----------
    found : Estimates
        One row per value of `by`, in the order in which they are to stand; ``flagged`` ones in ink.
    by : str
        The column that names the rows.
    title : str
        What is shown.
    label : str
        Of the axis, without unit.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    line : float, default 0
        The reference, in the unit that is printed.
    names : mapping of str to str, optional
        What rows are called; as they stand when left out.
    heading : str, default "Column"
        What the named rows are, as the table's first column is headed.

    Returns
    -------
    Figure
        Dot and whisker, at most `MOST_ROWS` rows; customers at the right edge.
    """
    names, records = names or {}, found.table.to_dict("records")
    rows = [
        forests.row(row, label=names.get(str(row[by]), str(row[by])), unit=found.unit, info=info)
        for row in records[:MOST_ROWS]
    ]
    if len(records) > MOST_ROWS:
        title = f"{title}: the first {MOST_ROWS} of {len(records)}"
    table = prediction_tables.of_customers(found, caption=title, info=info, label=label)
    table = prediction_tables.renamed(table, place=found.by.index(by), names=names, heading=heading)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        forests.paint(
            canvas.subplots(),
            rows,
            line=line,
            label=short(_with_unit(label, found.unit), most=38 if medium.narrow else 90),
            counted="customers",
            narrow=medium.narrow,
        )

    said = "; ".join(forests.spoken(row, info=info) for row in rows[:12])
    more = f"; {len(rows) - 12} more are in the table" if len(rows) > 12 else ""
    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker chart. {title}, {label}: {said}{more}. The line is {line:g}.",
        table=table,
        info=info,
        height=84 + 24 * len(rows),
        basis=prediction_tables.basis(found, info=info),
    )


def models(gain: Estimates, *, info: LabInfo) -> Figure:
    """Draw how much more each model explains than the one it is compared with.

    Parameters
    ----------
    gain : Estimates
        From ``stats.prediction.compare`` of one skill at one horizon: one row per ``model``, with ``versus``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Paired differences, in the order given, flagged ones in ink.
    """
    versus = str(gain.table["versus"].iloc[0])
    title = f"Squared error removed, more than by {versus}"
    # a model is named after the column that it sees, as the export writes it
    names = {model: str(model).replace("_", " ") for model in gain.table["model"]}
    return compared(
        gain, by="model", title=title, label=f"difference from {versus}", info=info, names=names, heading="Model"
    )


def carried(loss: Estimates, *, info: LabInfo) -> Figure:
    """Draw how much skill is lost without each column.

    Parameters
    ----------
    loss : Estimates
        From ``stats.prediction.lost``, by ``term``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        The largest loss first, flagged ones in ink.
    """
    names = {term: hazard_tables.named(term) for term in loss.table["term"]}
    title = "What each column adds to the squared error removed"
    return compared(loss, by="term", title=title, label="lost without it", info=info, names=names)


def segments(found: Mapping[str, Estimates], *, info: LabInfo) -> Figure:
    """Draw observed over predicted leaving for each segment, grouping by grouping.

    Parameters
    ----------
    found : mapping of str to Estimates
        Column → from ``stats.prediction.calibration`` by that column, after adjustment.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Dot and whisker about one on a scale of doublings, the highest first in each grouping; flagged ones in ink.
    """
    rows: list[Row] = []
    for by, each in found.items():
        rows.append(Row(tables.heading(by), "heading"))
        ordered = each.table.sort_values("estimate", ascending=False, na_position="last").to_dict("records")
        rows += [forests.row(row, label=str(row[by]), unit=each.unit, info=info) for row in ordered]
    title = "Left for each leaver predicted, by segment"
    table = prediction_tables.of_groupings(found, caption=title, label="Left per leaver predicted", info=info)
    rows = rows[:MOST_ROWS]

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        forests.paint(
            canvas.subplots(),
            rows,
            line=1.0,
            label="left for each leaver predicted, log scale",
            counted="customers",
            narrow=medium.narrow,
            ratios=True,
        )

    said = "; ".join(forests.spoken(row, info=info, least=1) for row in rows[:16])
    return draw(
        _paint,
        title=title,
        alt=f"Dot and whisker chart about one. {said}.",
        table=table,
        info=info,
        height=84 + 24 * len(rows),
        basis=prediction_tables.basis(next(iter(found.values())), info=info, whole=True),
    )


def alone(found: Estimates, *, info: LabInfo) -> Figure:
    """Draw how well each covariate alone ranks those who left.

    Parameters
    ----------
    found : Estimates
        From ``stats.diagnostics.leakage``: one row per ``term``, with ``leaking``.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        A dot per covariate on a scale from chance to certainty; those that give the answer away in ink.
    """
    marked = found.with_columns({"flagged": found.table["leaking"]})
    names = {term: hazard_tables.named(term) for term in found.table["term"]}
    return compared(
        marked,
        by="term",
        title="How well each column alone ranks those who left",
        label="area under the curve",
        info=info,
        line=50.0,
        names=names,
    )


def calibration(curve: Estimates, *, predictions: pd.DataFrame, risk: str, horizon: str, info: LabInfo) -> Figure:
    """Draw what came against what had been predicted, in groups of equal size, with all predictions below.

    Parameters
    ----------
    curve : Estimates
        One row per group of customers with similar predictions: ``predicted`` (mean), ``estimate`` (share that left).
    predictions : pandas.DataFrame
        Cells with ``n`` and the column `risk`, for the histogram.
    risk : str
        Column of the predicted risk.
    horizon : str
        How far ahead, in words.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.

    Returns
    -------
    Figure
        Points with intervals about the diagonal; below the number of customers by predicted risk, bars of fewer
        customers than may be shown left out.
    """
    shown = curve.table.loc[~curve.table["suppressed"].astype(bool)].sort_values("predicted")
    title = f"Predicted and observed share leaving within {horizon}"
    table = prediction_tables.of_calibration(curve, caption=title, info=info)
    bars = histogram(predictions[risk].to_numpy(float), predictions["n"].to_numpy(float), min_n=curve.min_n)
    points = shown[["predicted", "estimate", "ci_low", "ci_high"]].to_numpy(float) * 100
    told = [f"{each[0]:.1f} % predicted, {each[1]:.1f} % left ({each[2]:.1f} to {each[3]:.1f})" for each in points]

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        top, below = canvas.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
        _paint_points(top, points, edge=float(bars["high"].max()) if len(bars) else 1.0)
        _paint_bars(below, bars, medium=medium)

    return draw(
        _paint,
        title=title,
        alt=f"Points about a diagonal, lowest predictions first: {'; '.join(told)}.",
        table=table,
        info=info,
        height=430,
        narrow_height=400,
        basis=prediction_tables.basis(curve, info=info, whole=True),
    )


def histogram(risk: np.ndarray, n: np.ndarray, *, min_n: int) -> pd.DataFrame:
    """Return how many customers were given which risk.

    Parameters
    ----------
    risk : numpy.ndarray
        Predicted, in [0, 1]; NaN where there is none.
    n : numpy.ndarray
        Customers.
    min_n : int
        Smallest number to show.

    Returns
    -------
    pandas.DataFrame
        ``low``, ``high`` in percent, ``n``; NaN where fewer than `min_n`, but some. The highest predictions
        stand in the last bar.

    Examples
    --------
    >>> int(histogram(np.array([0.01, 0.30]), np.array([50, 3]), min_n=10)["n"].sum())
    50
    """
    known = np.isfinite(risk)
    if not known.any():
        return pd.DataFrame({"low": [], "high": [], "n": []})
    order = np.argsort(risk[known])
    nearly_all = np.searchsorted(np.cumsum(n[known][order]), SHOWN * n[known].sum())
    top = max(float(risk[known][order][min(nearly_all, len(order) - 1)]) * 100, 1.0)
    step = next(each for each in (0.1, 0.2, 0.5, 1, 2, 5) if top / each <= BARS or each == 5)
    edges = np.arange(0, math.ceil(top / step + 1e-9) * step + step / 2, step)
    counts = np.histogram(np.minimum(risk[known] * 100, edges[-1]), bins=edges, weights=n[known])[0]
    return pd.DataFrame(
        {"low": edges[:-1], "high": edges[1:], "n": np.where((counts > 0) & (counts < min_n), np.nan, counts)}
    )


def _paint_points(axes: Axes, points: np.ndarray, *, edge: float) -> None:
    most = np.nanmax(points) if len(points) else edge
    end = 1.04 * max(edge, float(most))
    axes.plot([0, end], [0, end], color=theme.CONTEXT, lw=1, ls="--")
    for predicted, value, low, high in points:
        axes.plot([predicted] * 2, [low, high], color=theme.SERIES[0], lw=1.4)
        axes.plot(predicted, value, "o", color=theme.SERIES[0], ms=5.5)
    if not len(points):
        axes.text(0.5, 0.5, WITHHELD, transform=axes.transAxes, ha="center", color=theme.MUTED)
    axes.annotate(
        "as predicted",
        (0.97 * end, 0.97 * end),
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        color=theme.MUTED,
    )
    axes.set(xlim=(0, end), ylim=(0, end), ylabel="% that left")
    axes.tick_params(labelbottom=False, length=0)


def _paint_bars(axes: Axes, bars: pd.DataFrame, *, medium: theme.Medium) -> None:
    axes.bar(
        bars["low"],
        bars["n"].fillna(0),
        width=bars["high"] - bars["low"],
        align="edge",
        color=theme.CONTEXT,
        edgecolor=theme.PAPER,
        lw=0.6,
    )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if medium.narrow else 9, steps=[1, 2, 5, 10]))
    axes.set(xlabel="predicted, % (last bar: and more)", ylabel="customers")
