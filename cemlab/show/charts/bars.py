"""Bars: the share of each code, shares of groups on top of one another over time, or around a common middle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.results import Estimates
from cemlab.show import format as formats
from cemlab.show import say, theme, vocabulary
from cemlab.show import table as tables
from cemlab.show.charts import base
from cemlab.show.format import Style
from cemlab.show.say import Slot
from cemlab.show.stack import stacked

Layout = Literal["upright", "piled", "diverging"]
_UPRIGHT_PX, _PILED_PX, _ROW_PX, _AXIS_PX = 300.0, 300.0, 26.0, 96.0
_ROOM = 0.07
"""Share of the axis that a number needs to stand inside its bar."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars(base.Chart):
    """Bars of shares, counts or money.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``label`` (what a bar is of), ``part`` (the group that colours it), ``estimate``, ``ci_low``, ``ci_high``,
        ``suppressed``; ``panel`` (words) heads rows that belong together.
    layout : {"upright", "piled", "diverging"}
        One bar a label with whiskers; parts on top of one another; rows around a common middle.
    parts : tuple of str
        The groups, best first; the middle one of three lies around zero.
    totals : mapping of str to str
        Part → what is printed beside its name, such as its share of all.
    measure, across : str
        What the axes show, by their names in the vocabulary.
    names : mapping of str to str
        Label → length of the period that it begins; empty where labels are names.
    """

    layout: Layout = "upright"
    parts: tuple[str, ...] = ()
    totals: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    measure: str = "share"
    across: str = "score"
    period: str = ""

    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels."""
        del medium
        if self.layout == "diverging":
            return _AXIS_PX + _ROW_PX * max(1, len(_rows(self)))
        return _PILED_PX if self.layout == "piled" else _UPRIGHT_PX

    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw the bars, numbers on them."""
        painters = {"upright": _paint_upright, "piled": _paint_piled, "diverging": _paint_diverging}
        painters[self.layout](self, canvas.subplots(), medium, style)

    def spoken(self, style: Style) -> str:
        """Return each bar's numbers in words."""
        labels = list(dict.fromkeys(self.frame.loc[~self.frame["suppressed"], "label"]))
        said = []
        for label in labels[: base.MOST_SPOKEN]:
            rows = self.frame.loc[self.frame["label"].eq(label)].to_dict("records")
            told = [f"{self._value(row, style)} {_part_name(row['part'], style)}".strip() for row in rows]
            said.append(f"{self._label(label, style)}: {formats.listed(told, style=style)}")
        more = len(labels) - len(said)
        said += [style.words("chart-more", {"more": formats.number(more, style=style)})] if more else []
        return "; ".join(said) + "."

    def _value(self, row: Mapping[Any, Any], style: Style) -> str:
        return formats.amount(float(row["estimate"]), self.unit, 0, style=style)

    def _label(self, label: str, style: Style) -> str:
        return formats.period_name(label, period=self.period, style=style) if self.period else label


def bars(
    id: str,
    source: Estimates | Mapping[str, Estimates],
    /,
    *columns: tables.Column,
    layout: Layout = "upright",
    label: str = "",
    part: str = "group",
    parts: Sequence[str] = (),
    totals: Estimates | None = None,
    whole: Estimates | None = None,
    period: str = "",
    measure: str = "share",
    across: str = "",
    counted: str = "answers",
    **slots: Slot,
) -> Bars:
    """Return a chart of bars.

    Parameters
    ----------
    id : str
        Message with ``title``, ``caption`` and ``reading``.
    source : Estimates or mapping of str to Estimates
        One row per bar, or part of a bar; a mapping heads the rows of each with its name.
    *columns : Column
        Of the table of its data; groups, estimate, interval and count when none is given.
    layout : {"upright", "piled", "diverging"}
        One bar a label with whiskers; parts on top of one another; rows around a common middle.
    label : str, default ""
        Column that names the bars; the first group column when empty.
    part : str, default "group"
        Column that colours them: a group of answers; empty for one colour.
    parts : sequence of str, default ()
        The groups, best first; in the order of the rows when empty.
    totals : Estimates, optional
        By `part`: the share of each group in all, printed above its bars.
    whole : Estimates, optional
        Its first row tells how many rows of data there are.
    period : str, default ""
        Length of the period that a label begins; empty where labels are names.
    measure, across : str
        What the axes show, by their names in the vocabulary.
    counted : str, default "answers"
        What ``n`` counts.
    **slots : slot
        Of the message.

    Returns
    -------
    Bars
        To be shown. Beyond 40 rows of a diverging chart only the first 40 are drawn.
    """
    together = source if isinstance(source, Estimates) else stacked(source, label=label or "label")
    label = label or (together.by[0] if isinstance(source, Estimates) else "label")
    frame = base.complete(together.table)
    frame["panel"] = frame["grouping"] if not isinstance(source, Estimates) else ""
    frame["part"] = frame[part].astype(str) if part else ""
    frame["label"] = frame[label].astype(str)
    message = say.message(id, period=period, **slots)
    said = {}
    if totals is not None:
        rows = totals.table.assign(half=(totals.table["ci_high"] - totals.table["ci_low"]) / 2)
        said = {
            str(row[part]): (float(row["estimate"]), formats.decimals(100 * row["half"]))
            for row in rows.to_dict("records")
        }
    return Bars(
        message=message,
        frame=frame,
        table=tables.of(message, together, *columns, part=part),
        unit=together.unit,
        level=together.level if frame["ci_low"].notna().any() and layout == "upright" else math.nan,
        min_n=together.min_n,
        n=base.whole(whole),
        counted=counted,
        layout=layout,
        parts=tuple(parts or dict.fromkeys(frame["part"])),
        totals=said,
        measure=measure,
        across=across or label,
        period=period,
    )


def _rows(chart: Bars) -> list[tuple[str, str]]:
    """Panel and label of each row that is drawn."""
    seen = chart.frame.loc[~chart.frame["suppressed"], ["panel", "label"]].drop_duplicates()
    return list(seen.head(base.MOST_ROWS).itertuples(index=False, name=None))


def _part_name(part: str, style: Style) -> str:
    return vocabulary.group(part, style=style) if part else ""


def _fill(medium: theme.Medium, part: str) -> dict[str, Any]:
    """Colour of a part, and its pattern on paper."""
    return {
        "color": medium.fills.get(part, theme.SERIES[0]),
        "hatch": medium.hatches.get(part, ""),
        "edgecolor": theme.INK if medium.hatches else "none",
        "lw": 0.5,
    }


def _ink_on(fill: str) -> str:
    return theme.PAPER if theme.contrast(theme.PAPER, fill) > theme.contrast(theme.INK, fill) else theme.INK


def _paint_upright(chart: Bars, axes: Axes, medium: theme.Medium, style: Style) -> None:
    """One bar a label, with its whisker; the parts are named above their bars."""
    import seaborn as sns

    rows = chart.frame.loc[~chart.frame["suppressed"]].reset_index(drop=True)
    order = list(dict.fromkeys(rows["label"]))
    sns.barplot(
        data=rows,
        x="label",
        y="estimate",
        hue="part",
        order=order,
        dodge=False,
        errorbar=None,
        legend=False,
        ax=axes,
        palette={part: medium.fills.get(part, theme.SERIES[0]) for part in set(rows["part"])},
        saturation=1,
        width=0.8,
    )
    places = rows["label"].map({label: at for at, label in enumerate(order)}).to_numpy(dtype=float)
    below, above = rows["estimate"] - rows["ci_low"], rows["ci_high"] - rows["estimate"]
    whiskers = np.nan_to_num(np.vstack([below, above])).clip(min=0)
    axes.errorbar(places, rows["estimate"], yerr=whiskers, fmt="none", ecolor=theme.INK, elinewidth=1)
    top = float(np.nanmax([rows["ci_high"].max(), rows["estimate"].max()]))
    axes.set_ylim(0, top * (1.38 if medium.narrow else 1.24) if chart.totals else top * 1.06)
    _name_parts(chart, axes, rows.assign(place=places), top, medium, style)
    base.value_axis(axes, unit=chart.unit, style=style, most=5, vertical=True)
    axes.set(xlabel=vocabulary.label(chart.across, style=style), ylabel=vocabulary.label(chart.measure, style=style))


def _name_parts(chart: Bars, axes: Axes, rows: pd.DataFrame, top: float, medium: theme.Medium, style: Style) -> None:
    for part, (share, digits) in chart.totals.items():
        places = rows.loc[rows["part"] == part, "place"]
        if places.empty:
            continue
        low, high = float(places.min()) - 0.4, float(places.max()) + 0.4
        colour = theme.INK if medium.hatches else medium.fills.get(part, theme.SERIES[0])
        axes.plot([low, high], [top * 1.06] * 2, color=colour, lw=2)
        # names of narrow groups would run into each other, so the outer ones keep to the outside
        side = "left" if low < 0.5 and len(places) > 2 else "right" if high > rows["place"].max() else "center"
        at = {"left": low, "right": high, "center": (low + high) / 2}[side]
        words = [_part_name(part, style), formats.amount(share, "share", digits, style=style)]
        axes.text(at, top * 1.09, ("\n" if medium.narrow else " ").join(words), ha=side, va="bottom", color=theme.INK)


def _paint_piled(chart: Bars, axes: Axes, medium: theme.Medium, style: Style) -> None:
    """Parts of each label on top of one another, the first at the foot; the parts are named at the right."""
    wide = chart.frame.pivot_table(index="label", columns="part", values="estimate", sort=False, dropna=False)
    at, below = np.arange(len(wide)), np.zeros(len(wide))
    ends = []
    for part in chart.parts:
        heights = wide[part].fillna(0).to_numpy()
        axes.bar(at, heights, bottom=below, width=0.8, **_fill(medium, part))
        _numbers_on(axes, chart, heights, below, at, part=part, medium=medium, style=style)
        ends.append(float(below[-1] + heights[-1] / 2))
        below = below + heights
    edge = axes.get_yaxis_transform()
    for part, place in zip(chart.parts, ends, strict=True):
        colour = theme.readable(medium.fills.get(part, theme.INK), paper=theme.PAPER)
        axes.text(1.02, place, _part_name(part, style), transform=edge, va="center", color=colour)
    every = max(1, math.ceil(len(wide) / (3 if medium.narrow else 7)))
    names = [base.wrapped(chart._label(str(label), style), width=12) for label in wide.index]
    axes.set_xticks(at[::every], names[::every])
    axes.set(
        xlim=(-0.6, len(wide) - 0.4), ylim=(0, 1.0), xlabel="", ylabel=vocabulary.label(chart.measure, style=style)
    )
    base.value_axis(axes, unit=chart.unit, style=style, most=5, vertical=True)


def _numbers_on(
    axes: Axes,
    chart: Bars,
    heights: np.ndarray,
    below: np.ndarray,
    at: np.ndarray,
    *,
    part: str,
    medium: theme.Medium,
    style: Style,
) -> None:
    """Numbers on the bars of a part, where there is room for them."""
    if len(at) * (34 if medium.narrow else 30) > medium.width * 0.86:
        return
    ink = theme.INK if medium.hatches else _ink_on(medium.fills.get(part, theme.SERIES[0]))
    for x, height, foot in zip(at, heights, below, strict=True):
        if height >= _ROOM:
            words = formats.amount(float(height), chart.unit, 0, style=style)
            axes.text(x, foot + height / 2, words, ha="center", va="center", color=ink, bbox=_ground(medium, part))


def _ground(medium: theme.Medium, part: str) -> dict[str, Any] | None:
    """A ground on which a number can be read over a pattern."""
    return {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 1} if medium.hatches.get(part) else None


def _paint_diverging(chart: Bars, axes: Axes, medium: theme.Medium, style: Style) -> None:
    """Rows around a common middle: good answers to the right, bad ones to the left, those between around zero."""
    rows = _rows(chart)
    wide = chart.frame.pivot_table(index=["panel", "label"], columns="part", values="estimate", sort=False).loc[rows]
    at = np.arange(len(rows))
    left = -wide[chart.parts[-1]].to_numpy() - (wide[chart.parts[1]].to_numpy() / 2 if len(chart.parts) > 2 else 0.0)
    for part in reversed(chart.parts):
        width = wide[part].fillna(0).to_numpy()
        axes.barh(at, width, left=left, height=0.74, **_fill(medium, part))
        ink = theme.INK if medium.hatches else _ink_on(medium.fills.get(part, theme.SERIES[0]))
        for place, wide_one, start in zip(at, width, left, strict=True):
            if wide_one >= _ROOM * (2 if medium.narrow else 1):
                words = formats.amount(float(wide_one), chart.unit, 0, style=style)
                middle = start + wide_one / 2
                axes.text(middle, float(place), words, ha="center", va="center", color=ink, bbox=_ground(medium, part))
        heading = -1.4 if medium.narrow and chart.parts.index(part) % 2 else -0.62
        axes.text(left[0] + width[0] / 2, heading, _part_name(part, style), ha="center", va="bottom", color=theme.INK)
        left = left + width
    names = [
        label if medium.narrow or not panel else f"{vocabulary.label(panel, style=style)}: {label}"
        for panel, label in rows
    ]
    axes.set_yticks(at, [base.wrapped(name, width=16 if medium.narrow else 34) for name in names])
    axes.axvline(0, color=theme.LINE, lw=1, zorder=0)
    axes.set(ylim=(len(rows) - 0.5, -2.3 if medium.narrow else -1.5), xlabel=style.words("chart-around"), ylabel="")
    _absolute(axes, style)


def _absolute(axes: Axes, style: Style) -> None:
    """Both sides of a diverging axis count upwards."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: formats.amount(abs(value), "share", style=style)))
