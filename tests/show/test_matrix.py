"""Tables of shades: what is printed, what is shaded, what is withheld."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from cemlab import show
from cemlab.show import table, theme
from cemlab.show.format import Style


def _texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture
def moves() -> pd.DataFrame:
    """Where customers of two segments are now; one cell is withheld."""
    return pd.DataFrame(
        {
            "a": ["One", "One", "Two", "Two"],
            "b": ["One", "Two", "One", "Two"],
            "estimate": [0.8, 0.2, 0.5, float("nan")],
            "ci_low": [0.7, 0.1, 0.4, float("nan")],
            "ci_high": [0.9, 0.3, 0.6, float("nan")],
            "suppressed": [False, False, False, True],
        }
    )


def _matrix(moves: pd.DataFrame, **more: Any) -> Any:
    shown = [table.text("a"), table.text("b"), table.value(label="share-of")]
    return show.matrix("segments-turns", moves, *shown, label="a", column="b", unit="share", **more)


def test_cells_hold_their_numbers_with_intervals_where_there_is_room(moves: pd.DataFrame) -> None:
    drawn = _matrix(moves).draw()
    wide, narrow = _texts(drawn.wide), _texts(drawn.narrow)
    assert "80% (70% to 90%)" in wide
    assert "80%" in narrow
    assert not any("(" in each for each in narrow)
    assert wide.count("withheld") == narrow.count("withheld") == 1
    assert "One: One 80%; Two 20%." in drawn.alt
    assert [row[2].text for row in table.draw(_matrix(moves).table).rows][:2] == ["80", "20"]


def test_columns_stand_in_the_order_asked_for(moves: pd.DataFrame) -> None:
    chart = _matrix(moves, order=["Two", "One"])
    assert "One: Two 20%; One 80%." in chart.draw().alt


def test_numbers_around_a_middle_have_signs_and_what_could_be_chance_has_no_shade() -> None:
    frame = pd.DataFrame(
        {
            "panel": ["made-of", "made-of", "differs-in", "differs-in"],
            "label": ["price", "price", "help", "help"],
            "segment": ["One", "Two", "One", "Two"],
            "estimate": [1.5, -1.5, 0.3, -0.04],
            "shaded": [True, True, False, False],
        }
    )
    chart = show.matrix(
        "segments-distances", frame, label="label", column="segment", panel="panel", shades="around", digits=1
    )
    drawn = chart.draw()
    words = _texts(drawn.wide)
    assert {"+1.5", "−1.5", "+0.3", "0.0"} <= set(words)
    assert "What segments are made of" in words
    cells = [
        node.attrib["style"] for node in ET.fromstring(drawn.wide).iter() if "fill:" in node.attrib.get("style", "")
    ]
    shades = {each.partition("fill:")[2].partition(";")[0].strip() for each in cells}
    assert {theme.AROUND[0], theme.AROUND[-1]} <= shades


def test_everything_is_said_in_the_language(moves: pd.DataFrame) -> None:
    drawn = _matrix(moves).draw(style=Style("de", "de-DE"))
    assert "nicht ausgewiesen" in _texts(drawn.wide)
