"""Histograms: how many customers have which value, coloured by the band in which it lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from cemlab.core.suppression import hidden_cells
from cemlab.show import format as formats
from cemlab.show import say, theme, vocabulary
from cemlab.show import table as tables
from cemlab.show.charts import base
from cemlab.show.format import Style
from cemlab.show.say import Slot

MOST_BARS, SHOWN = 30, 0.99
"""Bars at most, and the share of rows that they spread out: the rest stand in the last bar."""
_HEIGHT, _KEY_PX = 280.0, 20.0
_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Distribution(base.Chart):
    """Bars of counts, small ones left out, with the counts of bands.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per bar: ``low``, ``high``, ``n``, ``band`` (its number), ``suppressed``.
    bands : pandas.DataFrame
        One row per band: ``low``, ``high``, ``n``, ``estimate`` (share of all), ``suppressed``.
    measure : str
        What is counted by, by its name in the vocabulary.
    """

    bands: pd.DataFrame
    measure: str = "estimate"

    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels."""
        return _HEIGHT + (_KEY_PX * len(self.bands) if medium.narrow else 0)

    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw the bars, the bands named with their counts."""
        import seaborn as sns

        axes = canvas.subplots()
        seen = self.frame.loc[~self.frame["suppressed"]]
        colours = dict(zip(self.bands.index, theme.BANDS[-len(self.bands) :], strict=False))
        edges = [*self.frame["low"], self.frame["high"].iloc[-1]]
        sns.histplot(
            x=(seen["low"] + seen["high"]) / 2,
            weights=seen["n"],
            bins=edges,
            hue=seen["band"],
            palette={at: colours[at] for at in set(seen["band"])},
            multiple="stack",
            alpha=1,
            edgecolor=theme.PAPER,
            linewidth=0.6,
            legend=False,
            ax=axes,
        )
        axes.set_xlim(edges[0], edges[-1])
        base.value_axis(axes, unit=self.unit, style=style, most=4 if medium.narrow else 8, vertical=False)
        base.value_axis(axes, unit="rows", style=style, most=4, vertical=True)
        keys = [Patch(color=colours[at], label=self._band(at, style)) for at in self.bands.index]
        # on a phone the bars leave no room beside them
        place: dict[str, Any] = (
            {"loc": "lower right", "bbox_to_anchor": (1, 1)} if medium.narrow else {"loc": "upper right"}
        )
        axes.legend(handles=keys, handlelength=1.0, **place)
        axes.set_ylabel(vocabulary.counted(self.counted, style=style))
        words = f"{vocabulary.label(self.measure, style=style)} ({style.words('chart-last-bar')})"
        axes.set_xlabel(base.wrapped(words, width=44 if medium.narrow else 90))

    def spoken(self, style: Style) -> str:
        """Return the counts of the bands in words."""
        return f"{'; '.join(self._band(at, style) for at in self.bands.index)}."

    def _band(self, at: int, style: Style) -> str:
        row = self.bands.loc[at]
        ends = [float(end) for end in self.bands[["low", "high"]].to_numpy().ravel() if math.isfinite(end)]
        scaled = [formats.scaled(end, self.unit) for end in ends]
        digits = next((places for places in range(6) if all(abs(round(e, places) - e) < 1e-9 for e in scaled)), 6)
        kind = "below" if at == self.bands.index[0] else "over" if at == self.bands.index[-1] else "between"
        values = {
            "kind": kind,
            "low": formats.amount(float(row["low"]), self.unit, digits, style=style),
            "high": formats.amount(float(row["high"]), self.unit, digits, style=style),
            "state": "withheld" if row["suppressed"] else "shown",
            "n": formats.number(float(row["n"]), style=style),
            "share": formats.amount(float(row["estimate"]), "share", 0, style=style),
        }
        return style.words("chart-band", values)


def distribution(
    id: str,
    source: pd.DataFrame,
    /,
    *,
    x: str,
    bands: Sequence[float],
    n: str = "n",
    unit: str = "share",
    measure: str = "",
    counted: str = "answers",
    min_n: int = 0,
    **slots: Slot,
) -> Distribution:
    """Return a histogram of counted values, from 0.

    Parameters
    ----------
    id : str
        Message with ``title``, ``caption`` and ``reading``.
    source : pandas.DataFrame
        One row per value, or per group of rows with about the same; missing values are left out.
    x : str
        Column of the values.
    bands : sequence of float
        Rising values at which a further band begins; at least one.
    n : str, default "n"
        Column of counts.
    unit : str, default "share"
        Of the values.
    measure : str, default ""
        What they are, by its name in the vocabulary; `x` when empty.
    counted : str, default "answers"
        What `n` counts.
    min_n : int, default 0
        Smallest count that is shown; bars and bands of fewer, and what would give them away, are left out.
    **slots : slot
        Of the message.

    Returns
    -------
    Distribution
        To be shown; the table of its data has a row per band.

    Examples
    --------
    >>> risks = pd.DataFrame({"risk": [0.01, 0.04, 0.3], "n": [500, 300, 4]})
    >>> chart = distribution("frame", risks, x="risk", bands=[0.03, 0.1], min_n=10)
    >>> chart.bands["n"].tolist(), chart.bands["suppressed"].tolist()
    ([500.0, 300.0, 4.0], [False, True, True])
    """
    known = source.dropna(subset=[x])
    values, counts = known[x].to_numpy(dtype=float), known[n].to_numpy(dtype=float)
    edges = _edges(values, counts, bands=bands)
    bars = _counted(values, counts, edges, by=np.searchsorted(bands, edges[:-1], side="right"), min_n=min_n)
    cuts = np.array([0.0, *bands, math.inf])
    each = _counted(values, counts, cuts, by=np.zeros(len(cuts) - 1), min_n=min_n)
    each["estimate"] = each["n"] / max(counts.sum(), 1)
    bars["suppressed"] |= bars["band"].map(each["suppressed"]).eq(True)
    message = say.message(id, **slots)
    shown = [
        tables.value("low", unit=unit),
        tables.value("high", unit=unit),
        tables.count(label=counted),
        tables.value(label="share", unit="share"),
    ]
    return Distribution(
        message=message,
        frame=bars,
        table=replace(tables.of(message, each, *shown), min_n=min_n),
        unit=unit,
        min_n=min_n,
        n=float(counts.sum()),
        counted=counted,
        bands=each,
        measure=measure or x,
    )


def _edges(values: np.ndarray, counts: np.ndarray, *, bands: Sequence[float]) -> np.ndarray:
    """Round edges from 0 that hold nearly all rows, and on which every band begins."""
    if not len(values):
        return np.array([0.0, *bands])
    order = np.argsort(values)
    held = np.searchsorted(np.cumsum(counts[order]), SHOWN * counts.sum())
    top = max(float(values[order][min(held, len(order) - 1)]), float(bands[-1]) * 1.01)
    tens = 10.0 ** math.floor(math.log10(top / MOST_BARS))
    step = next(each * tens for each in (*_STEPS, 10.0, 20.0) if top / (each * tens) <= MOST_BARS)
    even = np.arange(0, math.ceil(top / step + 1e-9) + 1) * step
    # a band that begins within a bar parts it
    return np.unique(np.round(np.concatenate([even, np.asarray(bands, dtype=float)]), 12))


def _counted(values: np.ndarray, counts: np.ndarray, edges: np.ndarray, *, by: np.ndarray, min_n: int) -> pd.DataFrame:
    """Rows per interval and the band that it is part of; what lies beyond the last edge counts in the last."""
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    n = np.bincount(place, weights=counts, minlength=len(edges) - 1)
    made = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": n, "band": by.astype(int)})
    hidden = hidden_cells(made, by=["band", "low"], n="n", min_n=min_n)
    return made.assign(suppressed=hidden, too_small=hidden & (made["n"] < min_n))
