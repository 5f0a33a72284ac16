"""Dots with whiskers under one another: levels of groups, ratios, differences, pairs of estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from cemlab.core.results import Estimates
from cemlab.show import format as formats
from cemlab.show import say, theme, vocabulary
from cemlab.show import table as tables
from cemlab.show.charts import base
from cemlab.show.format import Style
from cemlab.show.say import Slot
from cemlab.show.stack import stacked

Naming = Literal["text", "term", "day"]
_ROW_PX, _PHONE_ROW_PX, _AXIS_PX, _HEADING = 25, 38, 84, 0.9
_LABEL_WIDTH = 34
_MOST_SPREAD = 7.0
_RATIOS = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
_DECADES = (0.001, 0.01, 0.1, 1, 10, 100, 1000)


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervals(base.Chart):
    """Dots with whiskers, one row each, in panels on one scale.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``panel`` and ``label`` (words), ``estimate``, ``ci_low``, ``ci_high``, ``n``, ``flagged``, ``suppressed``; and,
        where they are drawn, ``other`` (a ring), ``tick_low`` and ``tick_high``, ``reference`` (true of the level that
        others are compared with).
    line : float
        Where a line of reference stands; NaN for none.
    scale : {"even", "ratio"}
        A ratio has a logarithmic axis.
    measure : str
        What the axis shows, by its name in the vocabulary.
    naming : {"text", "term", "day"}
        What the labels are: words of the data, columns as the vocabulary calls them, or days.
    """

    line: float = math.nan
    scale: Literal["even", "ratio"] = "even"
    measure: str = "estimate"
    naming: Naming = "text"

    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels: a phone's labels stand above their whiskers."""
        panels = self.frame["panel"].nunique()
        rows = len(self.frame) + (_HEADING * panels if panels > 1 else 0)
        return _AXIS_PX + rows * (_PHONE_ROW_PX if medium.narrow else _ROW_PX)

    def title(self, style: Style) -> str:
        """Return what is shown, and which rows where not all are."""
        kept = _kept(self.frame)
        words = super().title(style)
        if len(kept) == len(self.frame):
            return words
        slots = {
            "half": formats.number(len(kept) // 2, style=style),
            "all": formats.number(len(self.frame), style=style),
        }
        return f"{words}: {style.words('chart-ends', slots)}"

    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw all panels on one pair of axes, which is much faster than one pair each."""
        axes, rows = canvas.subplots(), _kept(self._named(style))
        places = _places(rows)
        if math.isfinite(self.line):
            axes.axvline(self.line, color=theme.LINE, lw=1, zorder=0)
        for place, row in zip(places, rows.to_dict("records"), strict=True):
            _paint_row(axes, row, place=place, chart=self, style=style)
        self._limits(axes, rows, medium, style)
        (_names_above if medium.narrow else _names_beside)(axes, rows, places, chart=self, style=style)
        if len(set(rows["panel"])) > 1:
            _paint_headings(axes, rows, places, above=0.72 if medium.narrow else 0.5, style=style)
        axes.set_ylim(places[-1] + 0.6, -1.0 if medium.narrow else -0.7)
        axes.set(xlabel=base.wrapped(self._label(rows, style), width=46 if medium.narrow else 90, lines=4))

    def spoken(self, style: Style) -> str:
        """Return each panel's rows in words."""
        said = []
        for panel, rows in self._named(style).groupby("panel", sort=False):
            said += _spoken_panel(str(panel), rows, chart=self, style=style)
        return " ".join(said)

    def _named(self, style: Style) -> pd.DataFrame:
        """The rows with their labels in words."""
        if self.naming == "text":
            return self.frame
        named = formats.day if self.naming == "day" else vocabulary.label
        return self.frame.assign(label=[named(label, style=style) for label in self.frame["label"]])

    def _label(self, rows: pd.DataFrame, style: Style) -> str:
        unit = formats.unit_heading(self.unit, style=style)
        measure = vocabulary.label(self.measure, style=style)
        told = [
            self.words("line", style) if math.isfinite(self.line) else "",
            style.words("chart-flagged") if rows["flagged"].any() else "",
            self.words("ring", style) if "other" in rows and rows["other"].notna().any() else "",
            style.words("chart-ticks") if "tick_low" in rows and rows["tick_low"].notna().any() else "",
        ]
        axis = f"{measure}, {unit}" if unit else measure
        note = base.several(told)
        return f"{axis} ({note})" if note else axis

    def _limits(self, axes: Axes, rows: pd.DataFrame, medium: theme.Medium, style: Style) -> None:
        names = [name for name in ("estimate", "ci_low", "ci_high", "other") if name in rows]
        drawn = rows.loc[~rows["suppressed"], names].to_numpy(dtype=float).ravel()
        ends = [float(end) for end in (*drawn, self.line) if math.isfinite(end)]
        if self.scale == "ratio":
            _ratio_axis(axes, [end for end in ends if end > 0], line=self.line, narrow=medium.narrow, style=style)
            return
        spare = max((max(ends) - min(ends)) / 20, 1e-6 * max(1.0, *map(abs, ends)))
        axes.set_xlim(min(ends) - spare, max(ends) + spare)
        base.value_axis(axes, unit=self.unit, style=style, most=4 if medium.narrow else 8, vertical=False)


def intervals(
    id: str,
    source: Estimates | Mapping[str, Estimates],
    /,
    *columns: tables.Column,
    label: str = "",
    naming: Naming = "text",
    whole: Estimates | None = None,
    line: float = math.nan,
    scale: Literal["even", "ratio"] = "even",
    measure: str = "estimate",
    other: str = "",
    reference: str = "",
    counted: str = "answers",
    **slots: Slot,
) -> Intervals:
    """Return a chart of dots and whiskers, in the order of the rows.

    Parameters
    ----------
    id : str
        Message with ``title``, ``caption``, ``reading``, and ``line`` and ``ring`` for what these are.
    source : Estimates or mapping of str to Estimates
        One panel, or a panel per column of grouping. With ``mde`` and ``rest`` (`cemlab.show.stack.judged`) the smallest
        detectable difference is marked; flagged rows are diamonds in ink, the others grey.
    *columns : Column
        Of the table of its data; groups, estimate, interval and count when none is given.
    label : str, default ""
        Column that names the rows, in one panel; the last two group columns name panels and rows when empty.
    naming : {"text", "term", "day"}
        What the rows are: words of the data, columns as the vocabulary calls them, or days.
    whole : Estimates, optional
        Its first row gives the line of reference and how many rows of data there are.
    line : float, optional
        Where the line of reference stands, if not at `whole`.
    scale : {"even", "ratio"}
        A ratio has a logarithmic axis.
    measure : str, default "estimate"
        What the axis shows, by its name in the vocabulary.
    other : str, default ""
        Column of a second number, drawn as a ring.
    reference : str, default ""
        Column that is true of the level that the others are compared with.
    counted : str, default "answers"
        What ``n`` counts.
    **slots : slot
        Of the message.

    Returns
    -------
    Intervals
        To be shown. Beyond 40 rows the highest and the lowest of each panel are drawn, and the title says so.
    """
    together = source if isinstance(source, Estimates) else stacked(source)
    by = (label,) if label else together.by or ("",)
    frame = base.complete(together.table)
    frame["panel"] = frame[by[-2]].astype(str) if len(by) > 1 else ""
    frame["label"] = frame[by[-1]].astype(str) if by[-1] else ""
    if other:
        frame["other"] = frame[other]
    if {"mde", "rest"} <= set(frame):
        frame["tick_low"], frame["tick_high"] = frame["rest"] - frame["mde"], frame["rest"] + frame["mde"]
    frame["reference"] = frame[reference].eq(True) if reference else False
    if whole is not None and math.isnan(line):
        line = float(whole.table["estimate"].iloc[0])
    message = say.message(id, **slots)
    shown = [*columns] or [
        *[tables.term(name) for name in by[:-1]],
        *[tables.Column(naming, name) for name in by[-1:] if name],
        tables.value(label=measure),
        *([tables.interval()] if "ci_low" in together.table else []),
        *([tables.value(other)] if other else []),
        *([tables.value("difference"), tables.value("mde")] if {"difference", "mde"} <= set(frame) else []),
        *([tables.outcome()] if "conclusion" in frame else []),
        tables.count(label=counted),
    ]
    return Intervals(
        message=message,
        frame=frame,
        table=tables.of(message, together, *shown),
        unit=together.unit,
        level=together.level,
        min_n=together.min_n,
        n=base.whole(whole),
        counted=counted,
        line=line,
        scale=scale,
        measure=measure,
        naming=naming,
    )


def _kept(frame: pd.DataFrame) -> pd.DataFrame:
    """All rows, or where they are too many the two ends of each panel."""
    panels = frame["panel"].nunique()
    most = max(base.MOST_SPOKEN, base.MOST_ROWS // max(panels, 1))
    if all(len(rows) <= most for _, rows in frame.groupby("panel")):
        return frame
    pieces = []
    for _, rows in frame.groupby("panel", sort=False):
        open_rows = rows.loc[~rows["suppressed"]] if len(rows) > most else rows
        cut = len(open_rows) > most
        pieces.append(pd.concat([open_rows.head(most // 2), open_rows.tail(most // 2)]) if cut else open_rows)
    return pd.concat(pieces).reset_index(drop=True)


def _places(rows: pd.DataFrame) -> list[float]:
    """Where each row lies; a panel's name takes room above its rows."""
    headed = len(set(rows["panel"])) > 1
    panel = rows["panel"].ne(rows["panel"].shift()).cumsum()
    return [at + (_HEADING * number if headed else 0.0) for at, number in zip(range(len(rows)), panel, strict=True)]


def _paint_row(axes: Axes, row: Mapping[Any, Any], *, place: float, chart: Intervals, style: Style) -> None:
    edge = axes.get_yaxis_transform()
    if row["suppressed"] or not math.isfinite(row["estimate"]):
        words = style.words("chart-cell-withheld") if row["suppressed"] else formats.DASH
        axes.text(0.5, place, words, transform=edge, va="center", ha="center", color=theme.MUTED)
        return
    if row["reference"]:
        axes.plot(chart.line, place, "|", color=theme.MUTED, ms=9)
        return
    colour, marker = (theme.INK, "D") if row["flagged"] else (theme.CONTEXT, "o")
    axes.plot([row["ci_low"], row["ci_high"]], [place] * 2, color=colour)
    axes.plot(row["estimate"], place, marker, color=colour, ms=5.5)
    if math.isfinite(row.get("other", math.nan)):
        axes.plot(row["other"], place, "o", mfc="none", color=theme.INK, ms=8)
    if math.isfinite(row.get("tick_low", math.nan)):
        axes.plot([row["tick_low"], row["tick_high"]], [place] * 2, "|", color=theme.MUTED, ms=8, mew=1)


def _paint_headings(axes: Axes, rows: pd.DataFrame, places: Sequence[float], *, above: float, style: Style) -> None:
    first = rows["panel"].ne(rows["panel"].shift()).to_numpy()
    for panel, place in zip(rows["panel"][first], pd.Series(places)[first], strict=True):
        axes.annotate(
            vocabulary.label(str(panel), style=style),
            (0, place - above),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="bottom",
            color=theme.MUTED,
            weight="bold",
        )


def _counts(rows: pd.DataFrame, *, chart: Intervals, style: Style) -> list[str]:
    """What stands at the right edge of each row."""
    return [
        (f"< {chart.min_n}" if row["too_small"] else formats.DASH)
        if row["suppressed"]
        else formats.number(float(row.get("n", math.nan)), style=style)
        for row in rows.to_dict("records")
    ]


def _names_beside(axes: Axes, rows: pd.DataFrame, places: Sequence[float], *, chart: Intervals, style: Style) -> None:
    axes.set_yticks(list(places), [base.wrapped(name, width=_LABEL_WIDTH) for name in rows["label"]])
    right = axes.secondary_yaxis("right")
    right.set_yticks(list(places), _counts(rows, chart=chart, style=style))
    right.spines["right"].set_visible(False)
    right.tick_params(length=0, labelcolor=theme.MUTED)
    heading = vocabulary.counted(chart.counted, style=style).lower()
    axes.annotate(
        heading, (1, 1), xycoords="axes fraction", xytext=(4, 2), textcoords="offset points", color=theme.MUTED
    )


def _names_above(axes: Axes, rows: pd.DataFrame, places: Sequence[float], *, chart: Intervals, style: Style) -> None:
    """On a phone a name has the whole width, above its whisker; the count stands at its end."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    counted = vocabulary.counted(chart.counted, style=style).lower()
    counts = _counts(rows, chart=chart, style=style)
    for at, (place, name, count) in enumerate(zip(places, rows["label"], counts, strict=True)):
        edge = axes.get_yaxis_transform()
        axes.text(0, place - 0.26, base.wrapped(name, width=36, lines=1), transform=edge, va="bottom", color=theme.INK)
        told = f"{count} {counted}" if at == 0 else count
        axes.text(1, place - 0.26, told, transform=edge, va="bottom", ha="right", color=theme.MUTED)


def _ratio_axis(axes: Axes, ends: Sequence[float], *, line: float, narrow: bool, style: Style) -> None:
    at = line if math.isfinite(line) else 1.0
    low, high = min(0.8 * at, *ends, at), max(1.25 * at, *ends, at)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.08, high * 1.08)
    axes.xaxis.set_major_locator(FixedLocator(_round_ratios(math.log(high / low) * (1.6 if narrow else 1))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _ratio_words(value, style)))


def _ratio_words(value: float, style: Style) -> str:
    digits = next((places for places in range(4) if abs(round(value, places) - value) < 1e-9), 3)
    return formats.number(value, digits, style=style)


def _round_ratios(spread: float) -> tuple[float, ...]:
    """Return ticks for a range of ratios, given its width in logarithms."""
    if spread < 1:
        return (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2)
    if spread < 2.5:
        return (0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4)
    return _RATIOS if spread < _MOST_SPREAD else _DECADES


def _spoken_panel(panel: str, rows: pd.DataFrame, *, chart: Intervals, style: Style) -> list[str]:
    seen = rows.loc[~rows["suppressed"]]
    digits = formats.precision(seen, unit=chart.unit)
    spoken = [_spoken_row(row, digits, chart, style) for row in seen.head(base.MOST_SPOKEN).to_dict("records")]
    more = len(seen) - len(spoken)
    spoken += [style.words("chart-more", {"more": formats.number(more, style=style)})] if more else []
    said = []
    if spoken:
        listed = "; ".join(spoken)
        said.append(
            style.words("chart-panel", {"panel": vocabulary.label(panel, style=style), "rows": listed})
            if panel
            else f"{listed}."
        )
    for name, chosen in (
        ("chart-named-withheld", rows.loc[rows["suppressed"], "label"]),
        ("chart-named-flagged", seen.loc[seen["flagged"], "label"]),
    ):
        if len(chosen):
            names = formats.listed(chosen.head(base.MOST_SPOKEN), style=style)
            said.append(style.words(name, {"names": names}))
    return said


def _spoken_row(row: Mapping[Any, Any], digits: int, chart: Intervals, style: Style) -> str:
    value = formats.amount(row["estimate"], chart.unit, digits, style=style, bare=True)
    between = formats.interval(row["ci_low"], row["ci_high"], chart.unit, digits=digits, style=style)
    known = math.isfinite(row["ci_low"]) and math.isfinite(row["ci_high"])
    words = {"name": row["label"], "value": value, "interval": between}
    return style.words("chart-point-interval" if known else "chart-point", words)
