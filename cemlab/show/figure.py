"""Figures: drawn once for a desk and once for a phone, with words that say what they show."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from matplotlib import rc_context
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cemlab.core.lab import LabInfo
from cemlab.show import theme
from cemlab.show.tables import Table

Painter = Callable[[Canvas, bool], None]
_NOTE_PX = 18
_SIZE = re.compile(r'(<svg[^>]*?) width="([\d.]+)pt" height="([\d.]+)pt"')


@dataclass(frozen=True)
class Figure:
    """A figure as a report shows it.

    Attributes
    ----------
    title : str
        What is shown.
    alt : str
        What a reader who cannot see it must know, with the numbers.
    wide, narrow : str
        SVG for 680 and for 340 CSS pixels.
    table : Table
        The data of the figure.
    basis : str
        What it rests on, for its caption: how many answers, which interval.
    """

    title: str
    alt: str
    wide: str
    narrow: str
    table: Table
    basis: str = ""

    def _repr_html_(self) -> str:
        """Return the wide drawing for a notebook's own display, as an image that cannot run."""
        data = base64.b64encode(self.wide.encode()).decode()
        return f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(self.alt, quote=True)}">'


def draw(
    paint: Painter,
    *,
    title: str,
    alt: str,
    table: Table,
    info: LabInfo,
    height: float,
    narrow_height: float | None = None,
    basis: str = "",
) -> Figure:
    """Draw a figure for both widths.

    Parameters
    ----------
    paint : callable
        Takes a canvas and whether it is narrow; draws and returns nothing.
    title : str
        What is shown.
    alt : str
        The figure in words, with its numbers.
    table : Table
        Its data.
    info : LabInfo
        A synthetic lab is named as such on the figure.
    height, narrow_height : float
        In CSS pixels; the narrow one defaults to the wide one.
    basis : str, default ""
        What it rests on, for its caption.

    Returns
    -------
    Figure
        The same numbers give the same bytes.
    """
    note = "Synthetic data" if info.synthetic else ""
    wide = _svg(paint, width=theme.WIDE_PX, height=height, narrow=False, note=note)
    narrow = _svg(paint, width=theme.NARROW_PX, height=narrow_height or height, narrow=True, note=note)
    return Figure(title, f"{note}. {alt}" if note else alt, wide, narrow, table, basis)


def _svg(paint: Painter, *, width: float, height: float, narrow: bool, note: str) -> str:
    with rc_context(theme.RC), warnings.catch_warnings():
        # text stays text: the reader's browser has fonts for what this machine cannot measure
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        layout = ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - _NOTE_PX / height if note else 1))
        canvas = Canvas(figsize=(width / 72, height / 72), layout=layout)
        paint(canvas, narrow)
        if note:
            canvas.text(0.995, 0.995, note, ha="right", va="top", color=theme.MUTED, style="italic")
        page = io.StringIO()
        canvas.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    svg = page.getvalue()
    # the page sets the size; points would be read as 4/3 of a pixel
    return _SIZE.sub(r'\1 width="\2" height="\3"', svg[svg.index("<svg") :], count=1)
