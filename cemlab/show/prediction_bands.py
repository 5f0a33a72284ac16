"""Today's customers by band of risk: counts that tell nobody apart, and their figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.lab import LabInfo
from cemlab.core.suppression import hidden_cells
from cemlab.show import numbers, prediction_tables, tables, theme
from cemlab.show.figure import Figure, draw
from cemlab.show.survival_axes import short

COLOURS = ("#d6e6f2", "#8bbadb", "#3a86b8", "#0b4f7d", "#062c47")
"""From low risk to high: one hue, darker for more; the last for those without a score."""
_WITHHELD: dict[str, Any] = {"facecolor": theme.PAPER, "edgecolor": theme.CONTEXT, "hatch": "////", "lw": 0}
UNSCORED = "no score"
MOST_GROUPS = 24
_ROUND = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
_LEAST_LABEL = 8.0
"""Percent of a bar from which on its share is written into it."""


def edges(mean: float) -> tuple[float, ...]:
    """Return round risks near half the mean, the mean and twice it, at which bands begin.

    Parameters
    ----------
    mean : float
        Mean risk, in (0, 1).

    Returns
    -------
    tuple of float
        Rising, two or three.

    Examples
    --------
    >>> edges(0.055)
    (0.03, 0.06, 0.12)
    """
    near = [min(_ROUND, key=lambda each: abs(math.log(each / (mean * factor)))) for factor in (0.5, 1, 2)]
    return tuple(sorted(set(near)))


def name(low: float, high: float) -> str:
    """Return the name of a band of risk.

    Parameters
    ----------
    low, high : float
        The band is [low, high); NaN where there is no score.

    Returns
    -------
    str
        In percent.

    Examples
    --------
    >>> name(0.0, 0.03), name(0.03, 0.05), name(0.1, 1.0)
    ('below 3 %', '3 to 5 %', '10 % and over')
    """
    if math.isnan(low):
        return UNSCORED
    if low <= 0:
        return f"below {100 * high:g} %"
    return f"{100 * low:g} % and over" if high >= 1 else f"{100 * low:g} to {100 * high:g} %"


@dataclass(frozen=True, eq=False)
class _Bars:
    """Counts of customers by group and band: NaN where withheld."""

    names: tuple[str, ...]
    rows: pd.DataFrame  # grouping, group, one column per band, n


def bands(counts: Mapping[str, pd.DataFrame], *, info: LabInfo, min_n: int) -> Figure:
    """Draw today's customers by band of risk, group by group.

    Parameters
    ----------
    counts : mapping of str to pandas.DataFrame
        Column → from ``prepare.scores.distribution`` by that column; the key is empty for all customers together.
    info : LabInfo
        For the locale and the ribbon of a synthetic lab.
    min_n : int
        Smallest number of customers to show.

    Returns
    -------
    Figure
        Bars that are 100 % long, darker for higher risk, the share of each band written into it where it fits;
        customers at the right edge. Bands that are withheld are hatched, all of a bar as wide.
    """
    bars = _bars(counts, min_n=min_n)
    title = "Today's customers by predicted risk"
    labels = {"grouping": "Grouping", "group": "Group"} | {each: each for each in bars.names} | {"n": "Customers"}
    told = bars.rows.replace({"grouping": {"": "Everybody"}})
    table = prediction_tables.of_counts(told, caption=title, labels=labels, info=info)
    lines = _lines(bars)

    def _paint(canvas: Canvas, medium: theme.Medium) -> None:
        _paint_all(canvas.subplots(), lines, names=bars.names, narrow=medium.narrow, info=info)

    said = "; ".join(_spoken(row, bars.names) for row in bars.rows.to_dict("records")[:12])
    height = 90.0 + 27 * len(lines)
    return draw(
        _paint,
        title=title,
        alt=f"Bars of shares by band of risk. {said}.",
        table=table,
        info=info,
        height=height,
        narrow_height=height + 20 * (1 + len(bars.names)),
    )


def _bars(counts: Mapping[str, pd.DataFrame], *, min_n: int) -> _Bars:
    every = pd.concat([each[["low", "high"]] for each in counts.values()]).drop_duplicates().sort_values("low")
    names = [name(low, high) for low, high in every.to_numpy(float)]
    rows = pd.concat([_by_group(found, by, names, min_n=min_n) for by, found in counts.items()], ignore_index=True)
    return _Bars(tuple(names), rows)


def _by_group(found: pd.DataFrame, by: str, names: list[str], *, min_n: int) -> pd.DataFrame:
    """Counts of one grouping by band, small ones and what would give them away withheld."""
    bands = [name(low, high) for low, high in found[["low", "high"]].to_numpy(float)]
    cells = pd.DataFrame(
        {"group": found[by].astype(str) if by else "All", "band": bands, "n": found["n"].astype(float)}
    )
    cells = cells.groupby(["group", "band"])["n"].sum().reset_index()
    hidden = hidden_cells(cells, by=["group", "band"], n="n", min_n=min_n)
    cells["shown"] = cells["n"].mask(hidden)
    there = cells.pivot_table(index="group", columns="band", values="n", aggfunc="sum").reindex(columns=names).notna()
    wide = cells.loc[~hidden].pivot_table(index="group", columns="band", values="shown", aggfunc="sum")
    wide = wide.reindex(index=there.index, columns=names).where(there, 0.0)
    totals = cells.groupby("group")["n"].sum().reset_index()
    small = hidden_cells(totals, by=["group"], n="n", min_n=min_n).to_numpy()
    wide = wide.assign(n=totals["n"].to_numpy(), grouping=tables.heading(by) if by else "")
    return wide.loc[~small].reset_index()


def _lines(bars: _Bars) -> list[dict[str, Any]]:
    """Rows of the figure, with a heading before each grouping."""
    lines: list[dict[str, Any]] = []
    for grouping, rows in bars.rows.groupby("grouping", sort=False):
        lines += [{"label": str(grouping), "shares": None, "n": math.nan}] if grouping else []
        ordered = rows.assign(high=rows[list(bars.names)[-1]] / rows["n"]).sort_values(
            "high", ascending=False, na_position="last"
        )
        for row in ordered.head(MOST_GROUPS).to_dict("records"):
            shares = [100 * float(row[each]) / float(row["n"]) for each in bars.names]
            lines.append({"label": str(row["group"]), "shares": shares, "n": float(row["n"])})
    return lines


def _paint_all(
    axes: Axes, lines: Sequence[Mapping[str, Any]], *, names: Sequence[str], narrow: bool, info: LabInfo
) -> None:
    from matplotlib.patches import Patch

    edge = axes.get_yaxis_transform()
    for place, line in enumerate(lines):
        if line["shares"] is not None:
            _paint_bar(axes, line["shares"], place=place)
            axes.text(
                1.02,
                place,
                numbers.number(line["n"], locale=info.locale),
                transform=edge,
                va="center",
                color=theme.MUTED,
            )
    axes.text(1.02, -0.9, "customers", transform=edge, va="center", color=theme.MUTED)
    axes.set_yticks(range(len(lines)), [short(line["label"], most=14 if narrow else 30) for line in lines])
    for tick, line in zip(axes.get_yticklabels(), lines, strict=True):
        tick.set_fontweight("bold" if line["shares"] is None else "normal")
    axes.set(xlim=(0, 100), ylim=(len(lines) - 0.4, -1.2), xlabel="% of customers")
    keys = [Patch(facecolor=colour, label=each) for colour, each in zip(COLOURS, names, strict=False)]
    if any(line["shares"] is not None and np.isnan(line["shares"]).any() for line in lines):
        keys.append(Patch(**_WITHHELD, label="withheld"))
    axes.legend(
        handles=keys,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=1 if narrow else len(keys),
        borderaxespad=0,
        handlelength=1.0,
        columnspacing=1.2,
    )


def _paint_bar(axes: Axes, shares: Sequence[float], *, place: int) -> None:
    known = np.nan_to_num(np.array(shares))
    # Withheld bands share the place that is left.
    spare = 100 - known.sum()
    left = 0.0
    for share, colour in zip(shares, COLOURS, strict=False):
        width = spare / max(1, int(np.isnan(shares).sum())) if math.isnan(share) else share
        if math.isnan(share):
            axes.barh(place, width, left=left, height=0.74, **_WITHHELD)
        else:
            axes.barh(place, share, left=left, color=colour, height=0.74, edgecolor=theme.PAPER, lw=0.8)
        if not math.isnan(share) and share >= _LEAST_LABEL:
            ink = max((theme.INK, theme.PAPER), key=lambda each: theme.contrast(each, colour))
            axes.text(left + share / 2, place, f"{share:.0f}", ha="center", va="center", color=ink)
        left += width


def _spoken(row: Mapping[Any, Any], names: Sequence[str]) -> str:
    said = [
        f"{each} withheld" if math.isnan(row[each]) else f"{each} {100 * row[each] / row['n']:.0f} %" for each in names
    ]
    return f"{row['group']}: {', '.join(said)}"
