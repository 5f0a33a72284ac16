"""Figures: drawn for a desk, for a phone and for paper, with words that say what they show."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from matplotlib import rc_context, rcParamsDefault
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cemlab.show import theme
from cemlab.show.format import Style

Painter = Callable[[Canvas, theme.Medium], None]
_NOTE_PX = 18
_PATH, _FINE = re.compile(r' d="([^"]*)"'), re.compile(r"(\.\d\d)\d+")
"""Coordinates finer than a hundredth of a pixel, which nobody sees and which make up half of a page."""
_STRAIGHT, _CORNER = re.compile(r"[MLz\d.\s-]*"), re.compile(r"([MLz])(?: (\S+) (\S+))?")
_HASHED = re.compile(r"(?<=[\"#])[a-z][0-9a-f]{10}(?=[\")])")
"""Names that matplotlib gives to what a drawing uses again."""
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
    paper : str
        SVG as a journal prints it: 174 mm wide, 8 pt, letters as outlines, told apart without colour.
    """

    title: str
    alt: str
    wide: str
    narrow: str
    table: Any
    basis: str = ""
    paper: str = ""

    def _repr_html_(self) -> str:
        """Return the wide drawing for a notebook's own display, as an image that cannot run."""
        data = base64.b64encode(self.wide.encode()).decode()
        return f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(self.alt, quote=True)}">'


def drawn(
    paint: Painter,
    *,
    title: str,
    alt: str,
    table: Any,
    style: Style,
    height: Callable[[theme.Medium], float],
    basis: str = "",
    paper: bool = False,
) -> Figure:
    """Draw a figure for a desk and a phone, and for paper where that is asked for.

    Parameters
    ----------
    paint : callable
        Takes a canvas and where it will be seen; draws and returns nothing.
    title, alt : str
        What is shown, and the figure in words.
    table : Table
        Its data, in words.
    style : Style
        A synthetic lab is named as such on the figure.
    height : callable
        Medium → CSS pixels.
    basis : str, default ""
        What it rests on, for its caption.
    paper : bool, default False
        True to draw it for a journal too.

    Returns
    -------
    Figure
        The same numbers give the same bytes.
    """
    note = style.words("synthetic") if style.synthetic else ""
    media = (theme.DESK, theme.PHONE, *([theme.PRINT] if paper else []))
    made = [_svg(paint, medium, height=height(medium), note=note) for medium in media]
    return Figure(title, f"{note}. {alt}" if note else alt, made[0], made[1], table, basis, made[2] if paper else "")


def _svg(paint: Painter, medium: theme.Medium, *, height: float, note: str) -> str:
    with rc_context(_settings(medium)), warnings.catch_warnings():
        # text stays text: the reader's browser has fonts for what this machine cannot measure
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        layout = ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - _NOTE_PX / height if note else 1))
        canvas = Canvas(figsize=(medium.width / 72, height / 72), layout=layout)
        paint(canvas, medium)
        if note:
            canvas.text(0.995, 0.995, note, ha="right", va="top", color=theme.MUTED, style="italic")
        page = io.StringIO()
        canvas.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    svg = _numbered(page.getvalue())
    svg = _PATH.sub(lambda found: f' d="{_shorter(found[1])}"', svg)
    # the page sets the size; points would be read as 4/3 of a pixel
    size = r'\1 width="\2" height="\3"'
    if medium is theme.PRINT:
        size = rf'\1 width="{theme.PAPER_MM}mm" height="{theme.PAPER_MM * height / medium.width:.1f}mm"'
    return _SIZE.sub(size, svg[svg.index("<svg") :], count=1)


def _numbered(svg: str) -> str:
    """Return a drawing whose names are numbers: matplotlib's are hashes of coordinates, whose last digits may differ from run to run."""
    names = {name: f"{name[0]}{at}" for at, name in enumerate(dict.fromkeys(_HASHED.findall(svg)))}
    return _HASHED.sub(lambda found: names[found[0]], svg) if names else svg


def _settings(medium: theme.Medium) -> dict[Any, Any]:
    """Return all settings of a drawing: ours over matplotlib's own defaults, so that no start-up file of a user takes part."""
    return {name: value for name, value in rcParamsDefault.items() if name != "backend"} | medium.rc


def _shorter(path: str) -> str:
    """Return a path with no finer coordinates than are seen, level and upright lines in one number: steps halve."""
    path = _FINE.sub(r"\1", path)
    if not _STRAIGHT.fullmatch(path):
        return path
    made, here = [], ("", "")
    for command, x, y in _CORNER.findall(path):
        if command != "L":
            made.append(f"M{x} {y}" if command == "M" else "z")
        elif y == here[1]:
            made.append(f"H{x}")
        else:
            made.append(f"V{y}" if x == here[0] else f"L{x} {y}")
        here = (x, y)
    return "".join(made)
