"""What all charts share: the spec's words and data, and how it is drawn for a desk, a phone and paper."""

from __future__ import annotations

import math
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from cemlab.core.results import Estimates
from cemlab.show import figure, say, theme
from cemlab.show import format as formats
from cemlab.show import table as tables
from cemlab.show.format import Style
from cemlab.show.say import Message

MOST_ROWS = 40
"""A chart shows at most so many groups: the highest and the lowest half each."""
MOST_SPOKEN = 12
_FLAGS = ("suppressed", "too_small", "flagged")
_DRAWN_DIGITS = 10
_USUAL = {"ci_low": math.nan, "ci_high": math.nan}


@dataclass(frozen=True, kw_only=True, eq=False)
class Chart(ABC):
    """A chart, not yet drawn.

    Attributes
    ----------
    message : Message
        Its attributes are the words: ``title``, ``caption``, ``reading``, and those of the chart's kind.
    frame : pandas.DataFrame
        One row per mark, numbers in `unit`.
    table : TableSpec
        The data, as a reader sees them.
    unit : str
        Of the numbers.
    level : float
        Of the intervals; NaN where none is drawn.
    min_n : int
        Smallest count that is printed.
    n : float
        How many rows of data it rests on; NaN where that is not said.
    counted : str
        What they are: ``answers``, ``customers``, ``rows``.
    """

    message: Message
    frame: pd.DataFrame
    table: tables.TableSpec
    unit: str
    level: float = math.nan
    min_n: int = 0
    n: float = math.nan
    counted: str = "answers"

    @abstractmethod
    def paint(self, canvas: Canvas, medium: theme.Medium, style: Style) -> None:
        """Draw on a canvas, as it will be seen.

        Parameters
        ----------
        canvas : matplotlib.figure.Figure
            Empty.
        medium : Medium
            Desk, phone or paper.
        style : Style
            For language and locale.
        """

    @abstractmethod
    def height(self, medium: theme.Medium) -> float:
        """Return its height in CSS pixels.

        Parameters
        ----------
        medium : Medium
            Desk, phone or paper.

        Returns
        -------
        float
            More than 0.
        """

    @abstractmethod
    def spoken(self, style: Style) -> str:
        """Return its numbers in words, for readers who cannot see it.

        Parameters
        ----------
        style : Style
            For language and locale.

        Returns
        -------
        str
            One or more sentences.
        """

    @property
    def kind(self) -> str:
        """Its kind, as the messages call it."""
        return type(self).__name__.lower()

    def words(self, attribute: str, style: Style) -> str:
        """Return one of the words that its message has.

        Parameters
        ----------
        attribute : str
            Such as ``title``.
        style : Style
            For the language.

        Returns
        -------
        str
            Empty where the message has none.
        """
        return say.text(self.message, style=style, attribute=attribute)

    def title(self, style: Style) -> str:
        """Return what is shown, with a word on what is left out.

        Parameters
        ----------
        style : Style
            For the language.

        Returns
        -------
        str
            Without a full stop.
        """
        return self.words("title", style)

    @property
    def visible(self) -> bool:
        """Whether anything may be drawn."""
        return bool(len(self.frame)) and not self.frame["suppressed"].all()

    def draw(self, *, style: Style = formats.PLAIN, paper: bool = False) -> figure.Figure:
        """Return the chart drawn.

        Parameters
        ----------
        style : Style, optional
            For language, locale and currency.
        paper : bool, default False
            True to draw it for a journal too.

        Returns
        -------
        Figure
            The same numbers give the same bytes.
        """
        title, shown = self.title(style), self.visible
        kind = style.words(f"chart-{self.kind}")
        told = self.spoken(style) if shown else style.words("chart-withheld")
        return figure.drawn(
            (lambda canvas, medium: self.paint(canvas, medium, style)) if shown else _withheld(style),
            title=title,
            alt=f"{kind}: {title}. {told}",
            table=tables.draw(self.table, style=style),
            style=style,
            height=self.height if shown else lambda _: 70.0,
            basis=self._basis(style) if shown else "",
            paper=paper,
        )

    def _basis(self, style: Style) -> str:
        if math.isnan(self.n):
            return ""
        values = {
            "n": formats.number(self.n, style=style),
            "n-count": int(self.n),
            "counted": self.counted,
            "intervals": "yes" if self.level == self.level else "no",
            "level": formats.level(self.level, style=style) if self.level == self.level else "",
        }
        return style.words("chart-basis", values)


def _withheld(style: Style) -> figure.Painter:
    def _paint(canvas: Canvas, _: theme.Medium) -> None:
        canvas.text(0.5, 0.5, style.words("chart-withheld"), ha="center", va="center", color=theme.MUTED)

    return _paint


def complete(frame: pd.DataFrame, defaults: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return a frame with the columns that every chart reads.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of estimates, or made by hand.
    defaults : mapping, optional
        Column → value where the frame has none.

    Returns
    -------
    pandas.DataFrame
        A copy with a new index; flags are booleans.
    """
    made = frame.reset_index(drop=True).copy()
    for name, value in {**_USUAL, **dict.fromkeys(_FLAGS, False), **(defaults or {})}.items():
        if name not in made:
            made[name] = value
    for name in _FLAGS:
        made[name] = made[name].eq(True)
    # sums differ in their last digit between two runs; a drawing must not
    for column in made.select_dtypes("float"):
        made[column] = [float(f"{value:.{_DRAWN_DIGITS}g}") for value in made[column]]
    return made


def whole(estimates: Estimates | None) -> float:
    """Return how many rows of data stand behind a level, for the caption.

    Parameters
    ----------
    estimates : Estimates or None
        The whole, in its first row.

    Returns
    -------
    float
        NaN where that is withheld or not known.
    """
    if estimates is None or not len(estimates.table):
        return math.nan
    row = estimates.table.iloc[0]
    return math.nan if row["suppressed"] else float(row["n"])


def wrapped(label: str, *, width: int, lines: int = 2) -> str:
    """Return a label on at most two lines; what does not fit is cut at its end.

    Parameters
    ----------
    label : str
        From data.
    width : int
        Letters of a line.
    lines : int, default 2
        At most.

    Returns
    -------
    str
        With a line feed between the lines.
    """
    made = textwrap.wrap(label, width=width, max_lines=lines, placeholder="…", break_long_words=True)
    return "\n".join(made) if made else label


def value_axis(axes: Axes, *, unit: str, style: Style, most: int, vertical: bool) -> None:
    """Print an axis of values as the page prints them: percent, money, thousands.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its limits set.
    unit : str
        Of the values.
    style : Style
        For language, locale and currency.
    most : int
        Ticks.
    vertical : bool
        True for the vertical axis.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    ticks = axis.get_major_locator().tick_values(*axis.get_view_interval())
    step = formats.scaled(float(abs(ticks[1] - ticks[0])), unit) if len(ticks) > 1 else 1.0
    digits = next((places for places in range(7) if abs(round(step, places) - step) < 1e-9 * max(step, 1)), 6)
    axis.set_major_formatter(FuncFormatter(lambda at, _: formats.amount(at, unit, digits, style=style, bare=True)))


def several(pieces: Sequence[str]) -> str:
    """Return the parts of a note as one line.

    Parameters
    ----------
    pieces : sequence of str
        Empty ones are left out.

    Returns
    -------
    str
        Parted by semicolons.
    """
    return "; ".join(piece for piece in pieces if piece)
