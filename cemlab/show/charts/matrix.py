"""Tables of shades: one number per row and column, darker for more, or coloured around a middle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas

from cemlab.core.results import Estimates
from cemlab.show import format as formats
from cemlab.show import say, theme, vocabulary
from cemlab.show import table as tables
from cemlab.show.charts import base
from cemlab.show.format import Style
from cemlab.show.say import Slot

MOST_ROWS = 40
_ROW_PX, _ROOMY = 24, 4
"""Height of a row, and columns up to which there is room for intervals."""

Shades = Literal["more", "around"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix(base.Chart):
    """Numbers in cells, shaded.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per cell: ``panel``, ``label``, ``column``, ``estimate``, ``ci_low``, ``ci_high``, ``suppressed``, and
        ``shaded``, False for a number that is printed in grey without a shade.
    order : tuple of str
        Columns from left to right.
    shades : {"more", "around"}
        Darker for more, or two colours around 0.
    naming : {"text", "term"}
        What the rows are: words of the data, or columns as the vocabulary calls them.
    digits : int
        Decimals of a number without an interval.
    """

    order: tuple[str, ...] = ()
    shades: Shades = "more"
    naming: Literal["text", "term"] = "text"
    digits: int = 0

    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels."""
        return 60 + (_ROW_PX + 8 * medium.narrow) * len(self._lines())

    def _lines(self) -> list[tuple[str, str]]:
        """Panel and label of each line; a heading has no label."""
        made: list[tuple[str, str]] = []
        for panel, rows in self.frame.groupby("panel", sort=False):
            made += [(str(panel), "")] * bool(panel)
            made += [(str(panel), str(label)) for label in dict.fromkeys(rows["label"])]
        return made[:MOST_ROWS]

    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw the cells with their numbers, columns named above."""
        import seaborn as sns

        axes, lines = canvas.subplots(), self._lines()
        wide = self.frame.pivot_table(
            index=["panel", "label"], columns="column", values="estimate", sort=False, dropna=False
        )
        values = wide.reindex(index=pd.MultiIndex.from_tuples(lines), columns=list(self.order)).to_numpy(float)
        cells = {
            (str(row["panel"]), str(row["label"]), str(row["column"])): row for row in self.frame.to_dict("records")
        }
        found = [[cells.get((*line, column), {}) for column in self.order] for line in lines]
        hidden = np.array([[not cell or cell["suppressed"] or not cell["shaded"] for cell in line] for line in found])
        most = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
        low, high = (-most, most) if self.shades == "around" else (0.0, most * 1.6)
        shades = LinearSegmentedColormap.from_list("cells", theme.AROUND if self.shades == "around" else theme.MORE)
        sns.heatmap(
            values,
            mask=hidden | ~np.isfinite(values),
            cmap=shades,
            vmin=low,
            vmax=high,
            cbar=False,
            linewidths=2,
            linecolor=theme.PAPER,
            ax=axes,
        )
        roomy = not medium.narrow and len(self.order) <= _ROOMY
        for down, line in enumerate(found):
            for at, cell in enumerate(line):
                if cell:
                    ground = _hex(shades((values[down, at] - low) / (high - low)))
                    paler = theme.contrast(theme.PAPER, ground) > theme.contrast(theme.INK, ground)
                    dark = not hidden[down, at] and paler
                    ink = theme.PAPER if dark else theme.INK if cell["shaded"] else theme.MUTED
                    axes.text(
                        at + 0.5,
                        down + 0.5,
                        self._printed(cell, style, interval=roomy),
                        ha="center",
                        va="center",
                        color=ink,
                    )
        self._name(axes, lines, medium, style)

    def _name(self, axes: Axes, lines: Sequence[tuple[str, str]], medium: theme.Medium, style: Style) -> None:
        named = [
            vocabulary.label(label, style=style) if self.naming == "term" and label else label for _, label in lines
        ]
        words = [label or vocabulary.label(panel, style=style) for (panel, _), label in zip(lines, named, strict=True)]
        width = 17 if medium.narrow else 34
        axes.set_yticks(
            np.arange(len(lines)) + 0.5,
            [base.wrapped(each, width=width, lines=2 if medium.narrow else 1) for each in words],
            rotation=0,
        )
        for tick, (_, label) in zip(axes.get_yticklabels(), lines, strict=True):
            tick.set_fontweight("normal" if label else "bold")
        across = max(9, (30 if medium.narrow else 66) // max(1, len(self.order)))
        heads = [base.wrapped(each, width=across, lines=3) for each in self.order]
        axes.set_xticks(np.arange(len(self.order)) + 0.5, heads, rotation=0)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set(xlabel="", ylabel="")
        axes.spines[:].set_visible(False)

    def _printed(self, cell: Mapping[Any, Any], style: Style, *, interval: bool) -> str:
        if cell["suppressed"]:
            return style.words("chart-cell-withheld")
        value, low, high = (float(cell[name]) for name in ("estimate", "ci_low", "ci_high"))
        known = math.isfinite(low) and math.isfinite(high)
        digits = self.digits
        if known:
            digits = max(
                0, formats.decimals(formats.scaled((high - low) / 2, self.unit), rounded=self.unit == "currency")
            )
        words = formats.amount(value, self.unit, digits, style=style, bare=True)
        if self.shades == "around" and value > 0 and words.strip("0.,") != "":
            words = f"+{words}"
        if not (interval and known):
            return words
        return f"{words} ({formats.interval(low, high, self.unit, digits=digits, style=style)})"

    def spoken(self, style: Style) -> str:
        """Return each line in words."""
        said = []
        for panel, label in self._lines()[: base.MOST_SPOKEN]:
            rows = self.frame.loc[self.frame["panel"].eq(panel) & self.frame["label"].eq(label)]
            cells = {str(row["column"]): self._printed(row, style, interval=False) for row in rows.to_dict("records")}
            points = [
                style.words("chart-point", {"name": name, "value": cells[name]}) for name in self.order if name in cells
            ]
            name = vocabulary.label(label, style=style) if self.naming == "term" else label
            if points:
                said.append(style.words("chart-panel", {"panel": name, "rows": "; ".join(points)}))
        return " ".join(said)


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(colour)


def matrix(
    id: str,
    source: Estimates | pd.DataFrame,
    /,
    *columns: tables.Column,
    label: str,
    column: str,
    panel: str = "",
    order: Sequence[str] = (),
    shades: Shades = "more",
    naming: Literal["text", "term"] = "text",
    unit: str = "",
    digits: int = 0,
    whole: Estimates | None = None,
    counted: str = "customers",
    **slots: Slot,
) -> Matrix:
    """Return a table of shades.

    Parameters
    ----------
    id : str
        Message with ``title``, ``caption`` and ``reading``.
    source : Estimates or pandas.DataFrame
        One row per cell: ``estimate``, and where known ``ci_low``, ``ci_high``, ``suppressed`` and ``shaded``.
    *columns : Column
        Of the table of its data.
    label, column : str
        Columns that name the rows and the columns.
    panel : str, default ""
        Column that names groups of rows.
    order : sequence of str, default ()
        Columns from left to right; in the order of the rows when empty.
    shades : {"more", "around"}
        Darker for more, or two colours around 0.
    naming : {"text", "term"}
        What the rows are: words of the data, or columns as the vocabulary calls them.
    unit : str, default ""
        Of a frame's numbers.
    digits : int, default 0
        Decimals of a number without an interval.
    whole : Estimates, optional
        Its first row tells how many rows of data there are.
    counted : str, default "customers"
        What ``n`` counts.
    **slots : slot
        Of the message.

    Returns
    -------
    Matrix
        To be shown. Beyond 40 rows only the first are drawn.
    """
    table = source.table if isinstance(source, Estimates) else source
    frame = base.complete(table, {"shaded": True})
    frame["shaded"] = frame["shaded"].eq(True)
    frame["panel"] = frame[panel].astype(str) if panel else ""
    frame = frame.assign(label=frame[label].astype(str), column=frame[column].astype(str))
    message = say.message(id, **slots)
    made = isinstance(source, Estimates)
    return Matrix(
        message=message,
        frame=frame,
        table=tables.of(message, source, *columns, unit=unit),
        unit=unit or (source.unit if isinstance(source, Estimates) else "ratio"),
        level=source.level if isinstance(source, Estimates) and frame["ci_low"].notna().any() else math.nan,
        min_n=source.min_n if isinstance(source, Estimates) else 0,
        n=base.whole(whole) if whole is not None or not made else math.nan,
        counted=counted,
        order=tuple(order or dict.fromkeys(frame["column"])),
        shades=shades,
        naming=naming,
        digits=digits,
    )
