"""Figures do not depend on how matplotlib is set up for the person who draws them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from cycler import cycler
from matplotlib import rc_context
from matplotlib.figure import Figure as Canvas

from cemlab.show import figure, theme
from cemlab.show.format import Style
from cemlab.show.table import Table

ODD: list[dict[Any, Any]] = [
    {"text.usetex": True},
    {"font.size": 30, "font.family": "serif", "lines.linewidth": 9, "axes.prop_cycle": cycler(color=["#ff0000"])},
    {
        "axes.facecolor": "black",
        "text.color": "white",
        "axes.grid": True,
        "axes.titlesize": 40,
        "savefig.bbox": "tight",
    },
    {
        "axes.unicode_minus": False,
        "axes.formatter.use_locale": True,
        "axes.formatter.limits": (0, 1),
        "xtick.bottom": False,
    },
    {"path.sketch": (1, 100, 2), "figure.autolayout": True, "savefig.transparent": True, "patch.force_edgecolor": True},
    {
        "svg.fonttype": "path",
        "svg.hashsalt": "x",
        "svg.image_inline": False,
        "savefig.dpi": 600,
        "path.simplify": False,
    },
    {"axes.xmargin": 0.4, "figure.constrained_layout.h_pad": 1.0, "legend.loc": "center", "timezone": "Asia/Tokyo"},
]


def _paint(canvas: Canvas, _: theme.Medium) -> None:
    axes = canvas.subplots()
    axes.plot([0, 1, 2], [-2.5, 0, 1.5], label="score")
    axes.bar([0, 1], [1, 2])
    axes.set_title("Costs $5 to $6 & more")
    axes.legend()


def _drawn() -> list[str]:
    made = figure.drawn(
        _paint,
        title="t",
        alt="a",
        table=Table("t", (), (), pd.DataFrame()),
        style=Style(synthetic=True),
        height=lambda _: 200,
        paper=True,
    )
    return [made.wide, made.narrow, made.paper]


@pytest.mark.parametrize("settings", ODD, ids=lambda each: next(iter(each)))
def test_settings_of_a_session_change_no_figure(settings: dict[Any, Any]) -> None:
    plain = _drawn()
    with rc_context(settings):
        assert _drawn() == plain
        assert mpl.rcParams[next(iter(settings))] == next(iter(settings.values())), "the session keeps its own"


def _in_a_process(folder: Path, **variables: str) -> str:
    code = "import hashlib, test_figure; print(hashlib.sha256(''.join(test_figure._drawn()).encode()).hexdigest())"
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(figure.__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return made.stdout.strip()


def test_start_up_files_of_a_user_change_no_figure(tmp_path: Path) -> None:
    lines = "text.usetex: True\nfont.size: 30\nsvg.hashsalt: x\nno colon\nlines.linewidth: wide\nunheard.of: 3\n"
    (tmp_path / "matplotlib" / "stylelib").mkdir(parents=True)
    (tmp_path / "matplotlib" / "matplotlibrc").write_text(lines)
    (tmp_path / "matplotlib" / "stylelib" / "own.mplstyle").write_bytes(b"font.family: caf\xe9\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    plain = _in_a_process(empty, MATPLOTLIBRC=os.devnull)
    assert _in_a_process(empty, XDG_CONFIG_HOME=str(tmp_path)) == plain
    assert _in_a_process(empty, MATPLOTLIBRC=str(tmp_path / "matplotlib" / "matplotlibrc")) == plain
    assert _in_a_process(tmp_path / "matplotlib") == plain, "a file where the session was started"
